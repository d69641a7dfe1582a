//! Who an entry is: one canonical key, given at first sight and kept (ical-feeds.md section 4, csv-reports.md section 5.1).

pub mod folding;
pub mod pairing;

use crate::{
    ids::{PropertyId, SourceId, SourceUid, StayKey},
    snapshot::{EntryKind, Observation},
    source::Keying,
};
use sha2::{Digest, Sha256};

/// Nights above which an entry is taken for a fault of its source.
pub const MAX_NIGHTS: u32 = 1_100;

/// Hexadecimal digits of a key: 48 bits, within one property.
const KEY_DIGITS: usize = 12;

/// What a new stay is keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBasis {
    Confirmation,
    Uid,
    Dates,
}

impl KeyBasis {
    /// For the decision.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation code",
            Self::Uid => "uid",
            Self::Dates => "dates",
        }
    }
}

/// The key of a stay seen for the first time: `<property>.<12 hex>`, from property, source and the best the entry offers:
/// its confirmation code, its uid where the source's uids hold, else dates, kind and label.
///
/// `taken` says whether a key is in use already, as when a source gives one uid to two entries: then the start is added, and
/// after that an ordinal.
pub fn first_key(
    property: &PropertyId,
    source: &SourceId,
    entry: &Observation,
    keying: Keying,
    taken: impl Fn(&StayKey) -> bool,
) -> (StayKey, KeyBasis) {
    let span = entry.span;
    let dates = || {
        let label = entry.label.map(|label| label.to_string()).unwrap_or_default();
        format!("d:{}:{}:{}:{label}", span.check_in(), span.check_out(), kind_class(entry.kind))
    };
    let (basis, material) = match (&entry.confirmation, strong_uid(entry)) {
        (Some(code), _) => (KeyBasis::Confirmation, format!("c:{code}")),
        (None, Some(uid)) if keying == Keying::Uid => (KeyBasis::Uid, format!("u:{uid}")),
        _ => (KeyBasis::Dates, dates()),
    };
    let first = digest(property, source, &material);
    if !taken(&first) {
        return (first, basis);
    }
    let with_start = digest(property, source, &format!("{material}:{}", span.check_in()));
    let mut key = with_start;
    let mut ordinal = 2_u32;
    while taken(&key) {
        key = digest(property, source, &format!("{material}:{}:{ordinal}", span.check_in()));
        ordinal = ordinal.saturating_add(1);
    }
    (key, basis)
}

/// The entry's uid, unless it is no more than its place in a list (`0`, `1`, `17`): such uids name another entry tomorrow.
pub fn strong_uid(entry: &Observation) -> Option<&SourceUid> {
    entry.uid.as_ref().filter(|uid| is_strong(uid))
}

pub(crate) fn is_strong(uid: &SourceUid) -> bool {
    let text = uid.as_str();
    !(text.is_empty() || text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Guests' entries and blocks are never one stay.
pub(crate) fn kind_class(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Reservation | EntryKind::UnknownBusy => "stay",
        EntryKind::Block => "block",
        EntryKind::OwnerBlock => "owner",
    }
}

fn digest(property: &PropertyId, source: &SourceId, material: &str) -> StayKey {
    let mut hash = Sha256::new();
    for part in [property.as_str(), source.as_str(), material] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits: String = hex::encode(hash.finalize()).chars().take(KEY_DIGITS).collect();
    StayKey::new(format!("{}.{digits}", url_safe(property.as_str())))
}

fn url_safe(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect()
}
