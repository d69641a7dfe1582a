//! A report divided among properties, and what absence from it means for each.

use super::{
    Listed, Listing, Note, RejectedRow, Report, RowFault,
    directory::{Directory, Place},
    windows::{Window, WindowNote, Windows},
};
use jiff::{Timestamp, civil::Date};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::{PropertyId, RuleId, SnapshotId, SourceUid},
    private::Private,
    settings::Organization,
    snapshot::{Coverage, EntryKind, NoCoverage, Observation, Presence, Snapshot},
};
use std::collections::{BTreeMap, BTreeSet};

/// How a report came.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    pub received: Timestamp,
    /// The day the report says it is of, if its file's name says so.
    pub dated: Option<Date>,
    /// Names this delivery in snapshot ids: the same for a mail that is delivered again, so that its snapshots are
    /// recognised. `mail::InboundMail::evidence` makes one.
    pub evidence: &'a str,
}

/// A report, divided among properties.
#[derive(Debug)]
pub struct Assigned {
    /// One for every property the source serves, in the order of their ids, also where the report lists nothing.
    pub snapshots: Vec<Snapshot>,
    /// The report's own rejected rows and those that belong to no property.
    pub rejected: Vec<RejectedRow>,
    pub notes: Vec<Note>,
}

/// Uids named as "listed elsewhere", over all snapshots of a report. A report of real size stays far below; beyond it
/// the hint is left out, and a stay that moved is found by absence alone.
const ELSEWHERE_LIMIT: usize = 250_000;

/// Divides a report among the properties that its source serves: those with its key in `listed_as`, and those that an
/// owner override of such a property points to.
///
/// What could not be read or placed narrows what follows from absence, and never the rest:
/// - a rejected row of a known property: nothing follows at that property;
/// - a row of no known property: nothing follows at properties of which the report lists nothing, since one of them may
///   have been renamed;
/// - a row that does not say its property, or a file that ends inside a row: nothing follows anywhere.
pub fn assign(report: Report, settings: &Organization, delivery: Delivery<'_>) -> Assigned {
    let Report { kind, listings, mut rejected, mut notes } = report;
    let directory = Directory::new(settings, kind.listed_as());
    let mut doubt = Doubt::default();
    for row in &rejected {
        doubt.read_fault(row, &directory, kind.0.place);
    }
    let mut windows = Windows::new(delivery, &listings);
    let mut parts: BTreeMap<&PropertyId, Part> =
        directory.served.keys().map(|property| (*property, Part::default())).collect();
    let mut guests = Guests::default();
    for mut listed in listings {
        let place = directory.place(kind.0.place, &listed.listing);
        if let Window::ExplicitCancellations { known_owner } = kind.0.window {
            let is_owner = |guest| place.as_ref().is_ok_and(|property| directory.is_owner(property, guest));
            guests.take_from(&mut listed, is_owner, known_owner);
        }
        match place {
            Ok(property) => parts.entry(property).or_default().listed.push(listed),
            Err(reason) => {
                doubt.unplaced |= !listed.entries.is_empty();
                rejected.extend(listed.rows().map(|row| unplaced(row, &listed.listing, reason.clone())));
            }
        }
    }
    notes.extend(guests.notes());
    for (property, part) in &mut parts {
        let doubles = part.take_doubles();
        if !doubles.is_empty() {
            doubt.properties.insert((*property).clone());
            rejected.extend(doubles);
        }
    }

    let elsewhere = Elsewhere::new(&parts);
    let mut snapshots = Vec::with_capacity(parts.len());
    for (property, part) in parts {
        let coverage = match kind.0.window {
            Window::ExplicitCancellations { .. } => Coverage::Nothing { why: NoCoverage::ExplicitCancellations },
            Window::Checkouts { first, last } => {
                if doubt.about(property, part.len()) {
                    Coverage::Nothing { why: NoCoverage::Partial }
                } else {
                    windows.checkouts(directory.served.get(property).copied(), first, last)
                }
            }
        };
        snapshots.push(Snapshot {
            id: SnapshotId::new(format!("{}/{property}/{}", kind.source(), delivery.evidence)),
            source: kind.source_id(),
            property: property.clone(),
            observed_at: delivery.received,
            coverage,
            elsewhere: elsewhere.than(&part),
            entries: part.into_entries(),
        });
    }
    for note in windows.notes {
        notes.push(match note {
            WindowNote::Stale => Note::Stale,
            WindowNote::Dated(dated, received) => Note::DatedOtherwise { dated, received },
        });
    }
    rejected.sort_by_key(|row| row.line);
    Assigned { snapshots, rejected, notes }
}

/// What one property gets of a report.
#[derive(Default)]
struct Part {
    /// One as a rule; more where the report spells the property in several ways, or an override adds to it.
    listed: Vec<Listed>,
}

impl Part {
    fn len(&self) -> usize {
        self.listed.iter().map(|listed| listed.entries.len()).sum()
    }

    /// Every uid with its row.
    fn uids(&self) -> impl Iterator<Item = (&SourceUid, u64)> {
        let rows = self.listed.iter().flat_map(Listed::rows);
        rows.filter_map(|(line, entry)| Some((entry.uid.as_ref()?, line)))
    }

    /// Takes out every row whose uid an earlier row has already; the earlier one stays.
    fn take_doubles(&mut self) -> Vec<RejectedRow> {
        let mut uids: Vec<(&SourceUid, u64)> = Vec::with_capacity(self.len());
        uids.extend(self.uids());
        uids.sort_unstable();
        let repeated = |pair: &[(&SourceUid, u64)]| match pair {
            [one, other] if one.0 == other.0 => Some(other.1),
            _ => None,
        };
        let doubles: BTreeSet<u64> = uids.windows(2).filter_map(repeated).collect();
        let mut taken = Vec::new();
        if doubles.is_empty() {
            return taken;
        }
        for listed in &mut self.listed {
            let rows = listed.extract(|line, _| doubles.contains(&line));
            let reject =
                |(line, entry): &(u64, Observation)| unplaced((*line, entry), &listed.listing, RowFault::DuplicateUid);
            taken.extend(rows.iter().map(reject));
        }
        taken
    }

    /// In the order of the report.
    fn into_entries(mut self) -> Vec<Observation> {
        if self.listed.len() < 2 {
            return self.listed.pop().map(|listed| listed.entries).unwrap_or_default();
        }
        let mut rows: Vec<(u64, Observation)> =
            self.listed.into_iter().flat_map(|listed| listed.lines.into_iter().zip(listed.entries)).collect();
        rows.sort_by_key(|(line, _)| *line);
        rows.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// The guests' stays of a report that is read for the owners' alone: the other report of the same supplier carries them, and
/// here they would only be doubles.
#[derive(Default)]
struct Guests {
    count: u64,
    cancelled: u64,
}

impl Guests {
    /// Counts a property's guests and takes them out. A guest who is known for an owner there stays, as one.
    fn take_from(&mut self, listed: &mut Listed, is_owner: impl Fn(Option<Fingerprint>) -> bool, rule: &'static str) {
        for entry in listed.entries.iter_mut().filter(|entry| entry.kind == EntryKind::Reservation) {
            if is_owner(entry.label) {
                entry.kind = EntryKind::OwnerBlock;
                entry.kind_rule = RuleId::new(rule);
            }
        }
        for (_, guest) in listed.extract(|_, entry| entry.kind == EntryKind::Reservation) {
            self.count += 1;
            self.cancelled += u64::from(guest.presence == Presence::Cancelled);
        }
    }

    fn notes(self) -> impl Iterator<Item = Note> {
        let guests = (self.count > 0).then_some(Note::GuestRows { count: self.count });
        let cancelled = (self.cancelled > 0).then_some(Note::CancelledGuestRows { count: self.cancelled });
        guests.into_iter().chain(cancelled)
    }
}

fn unplaced((line, entry): (u64, &Observation), listing: &Listing, reason: RowFault) -> RejectedRow {
    let (check_in, check_out) = (entry.span.check_in(), entry.span.check_out());
    let uid = entry.uid.as_ref().map(SourceUid::as_str).unwrap_or_default();
    RejectedRow {
        line,
        reason,
        uid: Some(uid.to_owned()),
        listing: Some(listing.label().to_owned()),
        content: Private::new(format!("\"{uid}\",\"{check_in}\",\"{check_out}\",\"{}\"", listing.label())),
    }
}

/// Where absence proves nothing, because a row may have been lost.
#[derive(Default)]
struct Doubt {
    everywhere: bool,
    unplaced: bool,
    properties: BTreeSet<PropertyId>,
}

impl Doubt {
    fn read_fault(&mut self, row: &RejectedRow, directory: &Directory<'_>, place: Place) {
        let Some(label) = row.listing.as_ref().filter(|_| row.reason != RowFault::Unterminated) else {
            self.everywhere = true;
            return;
        };
        let name = Some(label.clone());
        let listing = Listing { name: name.clone(), number: name.clone(), address: name, owner: None };
        match directory.place(place, &listing) {
            Ok(property) => {
                self.properties.insert(property.clone());
                // An override may have moved the row; its owner is not known any more.
                if let Some(property) = directory.served.get(property) {
                    self.properties.extend(property.owner_overrides.iter().map(|over| over.to.clone()));
                }
            }
            // Ragged cells may have shifted, so that the name is not one.
            Err(_) => self.everywhere = true,
        }
    }

    fn about(&self, property: &PropertyId, rows: usize) -> bool {
        self.everywhere || (self.unplaced && rows == 0) || self.properties.contains(property)
    }
}

/// The uids a report lists, with how many properties list each.
struct Elsewhere(Option<BTreeSet<SourceUid>>);

impl Elsewhere {
    fn new(parts: &BTreeMap<&PropertyId, Part>) -> Self {
        let rows: usize = parts.values().map(Part::len).sum();
        if rows.saturating_mul(parts.len()) > ELSEWHERE_LIMIT {
            return Self(None);
        }
        Self(Some(parts.values().flat_map(Part::uids).map(|(uid, _)| uid.clone()).collect()))
    }

    fn than(&self, part: &Part) -> Vec<SourceUid> {
        let Some(all) = &self.0 else { return Vec::new() };
        let own: BTreeSet<&SourceUid> = part.uids().map(|(uid, _)| uid).collect();
        all.iter().filter(|uid| !own.contains(uid)).cloned().collect()
    }
}
