//! What a protected value belongs to.

use lintel_domain::ids::OrgId;

/// Sets our values apart from whatever else may ever be sealed under the same key.
const LABEL: &str = "lintel-vault-1";

/// The field of the record a protected value belongs to. A sealed value opens only in the place it was sealed for, so the
/// record's id has to be one that stays: Lintel's own, not a vendor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub record: String,
    pub field: String,
}

impl Context {
    pub fn new(record: impl Into<String>, field: impl Into<String>) -> Self {
        Self { record: record.into(), field: field.into() }
    }

    /// The associated data of the encryption. Each part is preceded by its length, so that no two places read the same.
    pub(super) fn associated_data(&self, org: &OrgId) -> Vec<u8> {
        let parts = [LABEL, org.as_str(), &self.record, &self.field];
        let length = |part: &str| u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
        parts.iter().flat_map(|part| length(part).into_iter().chain(part.bytes())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_have_the_same_associated_data() {
        let data = |org: &str, record: &str, field: &str| Context::new(record, field).associated_data(&OrgId::new(org));
        let places =
            [("o", "r", "f"), ("o", "rf", ""), ("o", "", "rf"), ("or", "", "f"), ("", "or", "f"), ("o", "f", "r")];
        for (at, one) in places.iter().enumerate() {
            for other in &places[at + 1..] {
                assert_ne!(data(one.0, one.1, one.2), data(other.0, other.1, other.2), "{one:?} {other:?}");
            }
        }
    }
}
