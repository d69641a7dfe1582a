//! Keyed hashes of protected values: equal ones can be told from different ones without opening either.

use aws_lc_rs::hmac;
use lintel_domain::protected::Protected;

/// Begins every hash, so that one can be told from text wherever it turns up; the number is the form's version.
const VERSION: &str = "keyed1";
/// Bytes that are kept of a hash.
const LENGTH: usize = 16;

/// Hashes of one organization's values, under a key of its own (HMAC-SHA256). Without the key a short value, a tax id, could be found by
/// trying all there are. The key stays when data keys are changed: hashes of different keys tell nothing of each other, so every link
/// would look as if both sides had changed.
pub(super) struct Fingerprints(hmac::Key);

impl Fingerprints {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// What stands for a value of a field. The same value in another field has another hash.
    pub(super) fn of(&self, field: &str, plain: &Protected) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [field, plain.expose()] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        format!("{VERSION}.{}", hex::encode(tag.as_ref().get(..LENGTH).unwrap_or(tag.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_of_one_field_and_key_alone_have_the_same_hash() {
        let (one, other) = (Fingerprints::new(&[1; 32]), Fingerprints::new(&[2; 32]));
        let hash = |prints: &Fingerprints, field: &str| prints.of(field, &Protected::new("900-55-0142"));
        assert_eq!(hash(&one, "tax_id"), hash(&one, "tax_id"));
        assert_ne!(hash(&one, "tax_id"), hash(&other, "tax_id"));
        assert_ne!(hash(&one, "tax_id"), hash(&one, "comment"));
        assert_ne!(hash(&one, "tax_id"), one.of("tax_id", &Protected::new("900-55-0143")));
        assert_eq!(hash(&one, "tax_id").len(), "keyed1.".len() + 32);
    }
}
