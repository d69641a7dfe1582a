//! Guests who seem to stay on: stays of one source under one label, each beginning or ending where another of them does.

use crate::{fingerprint::Fingerprint, ids::SourceId, span::Span, stay::Stay};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Of every source and label, whether its stays all touch another of them.
pub(super) struct Chains<'a>(BTreeMap<&'a SourceId, BTreeMap<Fingerprint, bool>>);

impl<'a> Chains<'a> {
    pub(super) fn of(guests: impl Iterator<Item = &'a Stay>) -> Self {
        let mut sources: BTreeMap<&SourceId, BTreeMap<Fingerprint, Vec<Span>>> = BTreeMap::new();
        for guest in guests {
            if let Some(label) = guest.label {
                sources.entry(&guest.source).or_default().entry(label).or_default().push(guest.span);
            }
        }
        // A source with one label for all does not tell its guests apart.
        sources.retain(|_, labels| labels.len() > 1);
        let touching = |labels: BTreeMap<Fingerprint, Vec<Span>>| {
            labels.into_iter().map(|(label, spans)| (label, all_touch(&spans))).collect()
        };
        Self(sources.into_iter().map(|(source, labels)| (source, touching(labels))).collect())
    }

    /// Whether only one guest seems to bear the stay's label: the source tells its guests apart, and every stay under the
    /// label touches another.
    pub(super) fn is_one(&self, stay: &Stay) -> bool {
        let labels = self.0.get(&stay.source).zip(stay.label);
        labels.and_then(|(labels, label)| labels.get(&label)).copied().unwrap_or(false)
    }
}

fn all_touch(spans: &[Span]) -> bool {
    let check_ins: BTreeSet<Date> = spans.iter().map(|span| span.check_in()).collect();
    let check_outs: BTreeSet<Date> = spans.iter().map(|span| span.check_out()).collect();
    spans.iter().all(|span| check_ins.contains(&span.check_out()) || check_outs.contains(&span.check_in()))
}
