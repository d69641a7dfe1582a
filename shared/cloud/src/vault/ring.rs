//! An organization's data keys: the one that seals, those that still open, and what is known of those that were given up.

use super::{
    Context, KeyId, NoRandomness, Sealed, SecureRandom, VaultError,
    cipher::{DataKey, KEY_LENGTH},
    fingerprints::Fingerprints,
    random,
    rings::KeyStand,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use lintel_domain::{ids::OrgId, protected::Protected};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroizing;

/// Version of the stored shape.
const VERSION: u8 = 1;

/// The keys as the secret holds them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredRing {
    v: u8,
    current: KeyId,
    keys: BTreeMap<KeyId, StoredKey>,
    /// The key of hashes.
    hashing: KeyBytes,
    /// When which key was given up. A key's id outlives it, so that an error can say what became of it.
    #[serde(default)]
    retired: BTreeMap<KeyId, Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    key: KeyBytes,
    made_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    superseded_at: Option<Timestamp>,
}

/// A key in base64. Never part of a larger error or print.
struct KeyBytes(Zeroizing<[u8; KEY_LENGTH]>);

/// What retiring a key came to.
pub(super) enum Retiring {
    Retired,
    RetiredBefore,
    NoSuchKey,
    Current,
    /// The key was current until then.
    TooSoon(Timestamp),
}

impl StoredRing {
    /// A ring of one new key.
    pub(super) fn new(random: &dyn SecureRandom, now: Timestamp) -> Result<Self, NoRandomness> {
        let (current, key) = StoredKey::new(random, now)?;
        let hashing = KeyBytes::new(random)?;
        Ok(Self {
            v: VERSION,
            keys: BTreeMap::from([(current.clone(), key)]),
            hashing,
            current,
            retired: BTreeMap::new(),
        })
    }

    /// Reads the secret's text. The reason of a failure tells the place only: the text around it holds keys.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let ring: Self = serde_json::from_str(text)
            .map_err(|error| format!("line {}, column {} is not as expected", error.line(), error.column()))?;
        if ring.v != VERSION {
            return Err(format!("version {} is not known", ring.v));
        }
        if !ring.keys.contains_key(&ring.current) {
            return Err(format!("the current key {} is missing", ring.current));
        }
        Ok(ring)
    }

    pub(super) fn write(&self) -> Result<Zeroizing<String>, String> {
        serde_json::to_string(self).map(Zeroizing::new).map_err(|_| "cannot be written as JSON".to_owned())
    }

    pub(super) fn current(&self) -> &KeyId {
        &self.current
    }

    /// The keys that are held, the current one without a time at which another took its place.
    pub(super) fn stands(&self) -> Vec<KeyStand> {
        let one = |(id, key): (&KeyId, &StoredKey)| KeyStand {
            key: id.clone(),
            made_at: key.made_at,
            superseded_at: key.superseded_at,
        };
        self.keys.iter().map(one).collect()
    }

    /// Makes a new key the current one. The one before still opens what it sealed. An id that was used before would put the
    /// new key in an earlier one's place, and means that the randomness is none.
    pub(super) fn rotate(&mut self, random: &dyn SecureRandom, now: Timestamp) -> Result<(), NoRandomness> {
        let (id, key) = StoredKey::new(random, now)?;
        if self.keys.contains_key(&id) || self.retired.contains_key(&id) {
            return Err(NoRandomness);
        }
        if let Some(before) = self.keys.get_mut(&self.current) {
            before.superseded_at = Some(now);
        }
        self.keys.insert(id.clone(), key);
        self.current = id;
        Ok(())
    }

    /// Gives up a key that was superseded by `settled`.
    pub(super) fn retire(&mut self, key: &KeyId, settled: Timestamp, now: Timestamp) -> Retiring {
        if self.retired.contains_key(key) {
            return Retiring::RetiredBefore;
        }
        let Some(stored) = self.keys.get(key) else { return Retiring::NoSuchKey };
        let Some(superseded_at) = stored.superseded_at.filter(|_| *key != self.current) else {
            return Retiring::Current;
        };
        if superseded_at > settled {
            return Retiring::TooSoon(superseded_at);
        }
        self.keys.remove(key);
        self.retired.insert(key.clone(), now);
        Retiring::Retired
    }
}

impl StoredKey {
    fn new(random: &dyn SecureRandom, now: Timestamp) -> Result<(KeyId, Self), NoRandomness> {
        let key = KeyBytes::new(random)?;
        let id = KeyId::of(random::bytes(random)?);
        Ok((id, Self { key, made_at: now, superseded_at: None }))
    }
}

impl KeyBytes {
    fn new(random: &dyn SecureRandom) -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        random.fill(&mut *key)?;
        Ok(Self(key))
    }
}

impl Serialize for KeyBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(*self.0)))
    }
}

impl<'de> Deserialize<'de> for KeyBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64)
    }
}

/// Reads a key where it stands, without a copy that would be left behind.
struct Base64;

impl de::Visitor<'_> for Base64 {
    type Value = KeyBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KEY_LENGTH} bytes in base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<KeyBytes, E> {
        let refused = || E::custom("not a key");
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| refused())?);
        let key = <[u8; KEY_LENGTH]>::try_from(bytes.as_slice()).map_err(|_| refused())?;
        Ok(KeyBytes(Zeroizing::new(key)))
    }
}

/// The keys ready to be used.
pub(super) struct Ring {
    current: KeyId,
    sealing: DataKey,
    hashing: Fingerprints,
    earlier: BTreeMap<KeyId, DataKey>,
    retired: BTreeMap<KeyId, Timestamp>,
}

/// What a ring knows of a key.
pub(super) enum Standing<'a> {
    Held(&'a DataKey),
    Retired(Timestamp),
    Unknown,
}

impl Ring {
    /// `None` if a key is not fit to be used.
    pub(super) fn of(stored: &StoredRing) -> Option<Self> {
        let mut keys = BTreeMap::new();
        for (id, key) in &stored.keys {
            keys.insert(id.clone(), DataKey::new(&key.key.0)?);
        }
        let sealing = keys.remove(&stored.current)?;
        let hashing = Fingerprints::new(&stored.hashing.0[..]);
        Some(Self { current: stored.current.clone(), sealing, hashing, earlier: keys, retired: stored.retired.clone() })
    }

    /// The key that seals, and its id.
    pub(super) fn current(&self) -> (&KeyId, &DataKey) {
        (&self.current, &self.sealing)
    }

    pub(super) fn fingerprints(&self) -> &Fingerprints {
        &self.hashing
    }

    /// Encrypts under the current key.
    pub(super) fn seal(
        &self,
        random: &dyn SecureRandom,
        org: &OrgId,
        context: &Context,
        plain: &Protected,
    ) -> Result<Sealed, VaultError> {
        let (id, data_key) = self.current();
        let nonce = random::bytes(random)?;
        let content = data_key.seal(nonce, &context.associated_data(org), plain).ok_or(VaultError::Cipher)?;
        Ok(Sealed { key: id.clone(), nonce, content })
    }

    pub(super) fn standing(&self, key: &KeyId) -> Standing<'_> {
        if *key == self.current {
            return Standing::Held(&self.sealing);
        }
        match (self.earlier.get(key), self.retired.get(key)) {
            (Some(held), _) => Standing::Held(held),
            (None, Some(at)) => Standing::Retired(*at),
            (None, None) => Standing::Unknown,
        }
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("current", &self.current).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::SystemRandom, *};

    fn ring() -> StoredRing {
        StoredRing::new(&SystemRandom, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn the_secret_holds_the_current_id_and_each_key_as_32_bytes_in_base64() {
        let text = ring().write().unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let id = json["current"].as_str().unwrap();
        let key = json["keys"][id]["key"].as_str().unwrap();
        assert_eq!(STANDARD.decode(key).unwrap().len(), 32);
        assert_eq!(StoredRing::read(&text).unwrap().write().unwrap(), text);
    }

    #[test]
    fn what_is_no_ring_is_refused_without_repeating_a_key() {
        let text = ring().write().unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let id = json["current"].as_str().unwrap();
        let key = json["keys"][id]["key"].as_str().unwrap();
        let broken = [
            text.replace(key, &format!("{}AAAA", &key[..40])),
            text.replace(key, &key[..40]),
            text.replace(&format!("\"{key}\""), &format!("[\"{key}\"]")),
            text.replace(&format!("\"current\":\"{id}\""), "\"current\":\"00000000\""),
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("\"v\":1", "\"v\":1,\"more\":true"),
            text.replace("\"current\"", &format!("\"{key}\"")),
            "{}".to_owned(),
        ];
        for broken in broken {
            assert_ne!(broken, *text);
            let reason = StoredRing::read(&broken).map(drop).unwrap_err();
            assert!(!reason.contains(&key[..8]), "{reason}");
        }
    }
}
