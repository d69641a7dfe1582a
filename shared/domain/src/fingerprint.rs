//! What stands for a text once the text is gone.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use siphasher::sip::SipHasher13;
use std::{borrow::Cow, fmt};

/// What the prints are keyed with. Not a secret, and never another: prints are stored.
const KEYS: (u64, u64) = (0x6c69_6e74_656c_2066, 0x696e_6765_7270_7269);

/// Equal for equal texts: tells a guest's name from another without keeping either. Shown and stored as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Of the text as it is: where case and spacing shall not count, they are folded before.
    pub fn of(text: &str) -> Self {
        Self(SipHasher13::new_with_keys(KEYS.0, KEYS.1).hash(text.as_bytes()).to_be_bytes())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let mut print = [0; 8];
        hex::decode_to_slice(text.as_bytes(), &mut print).map_err(D::Error::custom)?;
        Ok(Self(print))
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn a_print_is_the_same_in_every_release() {
        assert_eq!(Fingerprint::of("ann example").to_string(), "9d1a637c5d6ee74b");
    }

    #[test]
    fn what_was_stored_is_the_same_fingerprint() {
        let print = Fingerprint::of("ann example");
        assert_ne!(print, Fingerprint::of("ann sample"));
        let stored = serde_json::to_string(&print).unwrap();
        assert_eq!(stored, format!("\"{print}\""));
        assert_eq!(stored.len(), 18);
        assert_eq!(serde_json::from_str::<Fingerprint>(&stored).unwrap(), print);
    }
}
