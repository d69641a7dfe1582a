//! Which property a row belongs to, and what absence from a report means for each property.

use super::{
    Listed, Listing, Note, RejectedRow, Report, RowFault,
    names::{fingerprint, fold},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::{PropertyId, RuleId, SnapshotId, SourceUid},
    private::Private,
    settings::{Organization, Property},
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

/// Finds a listing's properties.
pub(crate) type Place = for<'s> fn(&Directory<'s>, &Listing) -> Vec<&'s PropertyId>;

/// Which stays a kind of report lists (csv-reports.md section 7).
pub(crate) enum Window {
    /// By check-out, from `first` to `last` days after the report's day.
    Checkouts {
        first: i64,
        last: i64,
    },
    ExplicitCancellations,
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
        if matches!(kind.0.window, Window::ExplicitCancellations) {
            let is_owner = |guest| place.as_ref().is_ok_and(|property| directory.is_owner(property, guest));
            guests.take_from(&mut listed, is_owner);
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
            Window::ExplicitCancellations => Coverage::Nothing { why: NoCoverage::ExplicitCancellations },
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
    fn take_from(&mut self, listed: &mut Listed, is_owner: impl Fn(Option<Fingerprint>) -> bool) {
        for entry in listed.entries.iter_mut().filter(|entry| entry.kind == EntryKind::Reservation) {
            if is_owner(entry.label) {
                entry.kind = EntryKind::OwnerBlock;
                entry.kind_rule = RuleId::new("evolve.guest-is-configured-owner");
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

/// The properties one source serves, by everything they may be called.
pub(crate) struct Directory<'s> {
    key: &'static str,
    settings: &'s Organization,
    served: BTreeMap<&'s PropertyId, &'s Property>,
    names: BTreeMap<String, Vec<&'s PropertyId>>,
    addresses: BTreeMap<String, Vec<&'s PropertyId>>,
    owners: BTreeMap<&'s PropertyId, BTreeSet<String>>,
    owner_prints: BTreeMap<&'s PropertyId, BTreeSet<Fingerprint>>,
}

impl<'s> Directory<'s> {
    fn new(settings: &'s Organization, key: &'static str) -> Self {
        let mut out = Self {
            key,
            settings,
            served: BTreeMap::new(),
            names: BTreeMap::new(),
            addresses: BTreeMap::new(),
            owners: BTreeMap::new(),
            owner_prints: BTreeMap::new(),
        };
        for (id, property) in &settings.properties {
            let Some(names) = property.listed_as.get(key) else { continue };
            out.serve(id, property);
            for over in &property.owner_overrides {
                if let Some((id, property)) = settings.properties.get_key_value(&over.to) {
                    out.serve(id, property);
                }
            }
            for name in names {
                add(&mut out.names, fold(name), id);
                if let Some((_, number)) = name.rsplit_once('#') {
                    add(&mut out.names, fold(number), id);
                }
            }
            if let Some(address) = &property.address {
                add(&mut out.addresses, fold(address), id);
                add(&mut out.addresses, street(address), id);
            }
        }
        out
    }

    fn serve(&mut self, id: &'s PropertyId, property: &'s Property) {
        self.served.insert(id, property);
        self.owners.insert(id, property.owners.iter().map(|owner| fold(owner)).collect());
        self.owner_prints.insert(id, property.owners.iter().filter_map(|owner| fingerprint(owner)).collect());
    }

    fn is_owner(&self, property: &PropertyId, guest: Option<Fingerprint>) -> bool {
        guest.is_some_and(|guest| self.owner_prints.get(property).is_some_and(|owners| owners.contains(&guest)))
    }

    fn place(&self, place: Place, listing: &Listing) -> Result<&'s PropertyId, RowFault> {
        let found = place(self, listing);
        let [property] = found.as_slice() else {
            let (listing, key) = (listing.label().to_owned(), self.key.to_owned());
            return Err(if found.is_empty() {
                RowFault::UnmappedProperty { listing, key }
            } else {
                RowFault::AmbiguousProperty { listing, key }
            });
        };
        self.overridden(property, listing)
    }

    /// A row of a property whose owner contains an override's pattern belongs to another property. Not followed twice.
    fn overridden(&self, property: &'s PropertyId, listing: &Listing) -> Result<&'s PropertyId, RowFault> {
        let overrides = self.served.get(property).map_or(&[][..], |property| property.owner_overrides.as_slice());
        let owner = listing.owner.as_ref().map(|owner| fold(owner.expose())).unwrap_or_default();
        let pattern_holds = |pattern: &str| !pattern.trim().is_empty() && owner.contains(&fold(pattern));
        match overrides.iter().find(|over| pattern_holds(&over.pattern)) {
            None => Ok(property),
            Some(over) => match self.settings.properties.get_key_value(&over.to) {
                Some((to, _)) => Ok(to),
                None => Err(RowFault::OverrideWithoutProperty { property: over.to.as_str().to_owned() }),
            },
        }
    }
}

fn add<'s>(index: &mut BTreeMap<String, Vec<&'s PropertyId>>, key: String, property: &'s PropertyId) {
    let properties = index.entry(key).or_default();
    if !properties.contains(&property) {
        properties.push(property);
    }
}

/// An address without its town: what stands before the first comma.
fn street(address: &str) -> String {
    fold(address.split(',').next().unwrap_or_default())
}

/// By the exact name, whatever its case and spacing.
pub(crate) fn by_name<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    look_up(&directory.names, listing.name.as_deref())
}

/// By listing number.
pub(crate) fn by_number<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    look_up(&directory.names, listing.number.as_deref())
}

/// By address, and among several homes at one address by owner. The owner alone decides only among properties without
/// a configured address: an owner of two homes would otherwise be given the wrong one.
pub(crate) fn by_address<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    let owner = listing.owner.as_ref().map(|owner| fold(owner.expose())).unwrap_or_default();
    let is_theirs = |id: &PropertyId| directory.owners.get(id).is_some_and(|owners| owners.contains(&owner));
    let whole = look_up(&directory.addresses, listing.address.as_deref());
    let found = if whole.is_empty() {
        look_up(&directory.addresses, listing.address.as_deref().map(street).as_deref())
    } else {
        whole
    };
    match found.len() {
        0 => {
            let homeless = |property: &Property| property.address.is_none() || listing.address.is_none();
            let served = directory.served.iter().filter(|(id, property)| homeless(property) && is_theirs(id));
            served.map(|(id, _)| *id).collect()
        }
        1 => found,
        _ => {
            let narrowed: Vec<_> = found.iter().copied().filter(|id| is_theirs(id)).collect();
            if narrowed.len() == 1 { narrowed } else { found }
        }
    }
}

fn look_up<'s>(index: &BTreeMap<String, Vec<&'s PropertyId>>, name: Option<&str>) -> Vec<&'s PropertyId> {
    name.and_then(|name| index.get(&fold(name))).cloned().unwrap_or_default()
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

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum WindowNote {
    Stale,
    Dated(Date, Date),
}

/// What absence means, by the property's own calendar.
struct Windows<'a> {
    delivery: Delivery<'a>,
    last_checkout: Option<Date>,
    listed_rows: usize,
    zones: BTreeMap<String, Option<Date>>,
    notes: BTreeSet<WindowNote>,
}

impl<'a> Windows<'a> {
    fn new(delivery: Delivery<'a>, listings: &[Listed]) -> Self {
        Self {
            delivery,
            last_checkout: listings.iter().filter_map(|listed| listed.last_check_out).max(),
            listed_rows: listings.iter().map(|listed| listed.entries.len()).sum(),
            zones: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    fn checkouts(&mut self, property: Option<&Property>, first: i64, last: i64) -> Coverage {
        if self.listed_rows == 0 {
            return Coverage::Nothing { why: NoCoverage::Empty };
        }
        let partial = Coverage::Nothing { why: NoCoverage::Partial };
        let Some(today) = property.and_then(|property| self.day_of_receipt(&property.zone)) else { return partial };
        if self.last_checkout.is_none_or(|last| last < today) {
            self.notes.insert(WindowNote::Stale);
            return partial;
        }
        let (mut earliest, mut latest) = (today, today);
        if let Some(dated) = self.delivery.dated.filter(|dated| *dated != today) {
            self.notes.insert(WindowNote::Dated(dated, today));
            earliest = earliest.min(dated);
            latest = latest.max(dated);
        }
        let days = |count: i64| jiff::Span::new().try_days(count);
        let from = days(first).and_then(|days| latest.checked_add(days));
        let to = days(last).and_then(|days| earliest.checked_add(days));
        match (from, to) {
            (Ok(from), Ok(to)) if from <= to => Coverage::Checkouts { from, to },
            _ => partial,
        }
    }

    fn day_of_receipt(&mut self, zone: &str) -> Option<Date> {
        if let Some(day) = self.zones.get(zone) {
            return *day;
        }
        let day = TimeZone::get(zone).ok().map(|zone| self.delivery.received.to_zoned(zone).date());
        self.zones.insert(zone.to_owned(), day);
        day
    }
}
