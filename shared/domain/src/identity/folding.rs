//! Entries that say one thing several times: exact repeats, and check-in and check-out events beside the stay itself.

use crate::{
    fingerprint::Fingerprint,
    identity::kind_class,
    planner::{SkipReason, Skipped},
    snapshot::{EntryKind, Observation, Presence, Signals},
    span::Span,
};
use jiff::{ToSpan, civil::Time};

/// The entries that stand for a stay each, in an order of their own content, and those folded into another.
pub fn fold(entries: &[Observation]) -> (Vec<&Observation>, Vec<Skipped>) {
    let mut sorted: Vec<&Observation> = entries.iter().collect();
    sorted.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let mut kept: Vec<&Observation> = Vec::new();
    let mut skipped = Vec::new();
    for entry in sorted {
        if kept.last().is_some_and(|last| *last == entry) {
            skipped.push(Skipped { observation: entry.clone(), reason: SkipReason::Repeated });
        } else {
            kept.push(entry);
        }
    }
    let parts: Vec<bool> = kept.iter().map(|entry| kept.iter().any(|whole| is_part(entry, whole, &kept))).collect();
    let mut wholes = Vec::new();
    for (entry, part) in kept.into_iter().zip(parts) {
        if part {
            skipped.push(Skipped { observation: entry.clone(), reason: SkipReason::PartOfLongerStay });
        } else {
            wholes.push(entry);
        }
    }
    (wholes, skipped)
}

type SortKey<'a> =
    (Span, EntryKind, u8, Option<&'a str>, Option<&'a str>, Option<Fingerprint>, &'a Signals, [Option<Time>; 2]);

fn sort_key(entry: &Observation) -> SortKey<'_> {
    (
        entry.span,
        entry.kind,
        u8::from(entry.presence == Presence::Cancelled),
        entry.confirmation.as_ref().map(crate::ids::ConfirmationCode::as_str),
        entry.uid.as_ref().map(crate::ids::SourceUid::as_str),
        entry.label,
        &entry.signals,
        [entry.check_in_time, entry.check_out_time],
    )
}

/// Whether `entry` is the check-in or the check-out event of `whole`: with the same code inside it or on its last day; without
/// codes only where both events of one night each are there, as a lone short stay could be a real one.
fn is_part(entry: &Observation, whole: &Observation, all: &[&Observation]) -> bool {
    let both_stays = kind_class(entry.kind) == "stay" && kind_class(whole.kind) == "stay";
    if !both_stays || entry.presence != Presence::Listed || whole.presence != Presence::Listed {
        return false;
    }
    if whole.span.nights() < 2 || whole.span.nights() <= entry.span.nights() {
        return false;
    }
    if !(at_start(entry, whole) || at_end(entry, whole)) {
        return false;
    }
    match (&entry.confirmation, &whole.confirmation) {
        (Some(one), Some(other)) => one == other,
        (None, None) => {
            all.iter().any(|other| other.confirmation.is_none() && at_start(other, whole))
                && all.iter().any(|other| other.confirmation.is_none() && at_end(other, whole))
        }
        _ => false,
    }
}

fn at_start(entry: &Observation, whole: &Observation) -> bool {
    entry.span.nights() == 1 && entry.span.check_in() == whole.span.check_in() && entry.span != whole.span
}

fn at_end(entry: &Observation, whole: &Observation) -> bool {
    let last_night = whole.span.check_out().saturating_sub(1.day());
    entry.span.nights() == 1 && (entry.span.check_in() == whole.span.check_out() || entry.span.check_in() == last_night)
}
