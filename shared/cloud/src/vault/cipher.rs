//! AES-256-GCM over AWS-LC, which is in every binary through TLS.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use lintel_domain::protected::Protected;
use zeroize::Zeroizing;

/// Bytes of a data key.
pub(super) const KEY_LENGTH: usize = 32;
/// Bytes of a nonce. Random ones may serve one key some four thousand million times before two are likely to meet.
pub(super) const NONCE_LENGTH: usize = 12;
/// Bytes of the tag behind the ciphertext.
pub(super) const TAG_LENGTH: usize = 16;

/// A data key, ready to be used. AWS-LC wipes it when it is dropped.
pub(super) struct DataKey(LessSafeKey);

impl DataKey {
    /// `None` if AWS-LC does not take the key.
    pub(super) fn new(bytes: &[u8; KEY_LENGTH]) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, bytes).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// Ciphertext and tag; `None` if AWS-LC refuses.
    pub(super) fn seal(&self, nonce: [u8; NONCE_LENGTH], place: &[u8], plain: &Protected) -> Option<Vec<u8>> {
        let plain = plain.expose().as_bytes();
        // With its final capacity the buffer never moves, so no copy of the plain text stays behind.
        let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_LENGTH));
        buffer.extend_from_slice(plain);
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut *buffer).ok()?;
        Some(std::mem::take(&mut *buffer))
    }

    /// The plain text; `None` if anything of it, or its place, is not as it was sealed.
    pub(super) fn open(&self, nonce: [u8; NONCE_LENGTH], place: &[u8], sealed: &[u8]) -> Option<Protected> {
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut buffer).ok()?;
        std::str::from_utf8(plain).ok().map(Protected::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected bytes come from two other implementations: Node's `crypto` and Python's `cryptography`.
    #[test]
    fn the_ciphertext_is_what_other_implementations_make() {
        let key = DataKey::new(&std::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap();
        let nonce: [u8; NONCE_LENGTH] = std::array::from_fn(|at| 100 + u8::try_from(at).unwrap());
        let sealed = key.seal(nonce, b"place", &Protected::new("900-55-0142")).unwrap();
        assert_eq!(hex::encode(&sealed), "712bee4b4cdc7bae0f566dd03d3b0070ce599e25492affff038e1a");
        assert_eq!(key.open(nonce, b"place", &sealed).unwrap().expose(), "900-55-0142");
    }
}
