//! Evolve's two portal exports: guest bookings (tab 1) and all reservations (tab 2), csv-reports.md sections 2 and 3.

use super::{
    Format, Note, RowFault, directory, names,
    reading::{ListingIndex, Places, Reader, at},
    windows,
};
use crate::reports::cells::Cell;
use lintel_domain::{
    ids::RuleId,
    snapshot::{EntryKind, Observation, Presence, Signals},
};
use std::borrow::Cow;

pub(crate) static GUEST_BOOKINGS: Format = Format {
    source: "csv_evolve",
    listed_as: "evolve",
    required: &["guestname", "booking#", "listing#", "checkin", "checkout"],
    expected: &[],
    row: guest_booking,
    place: directory::by_number,
    // The browser's zone decides what "today" was, so both edges are left out.
    window: windows::Window::Checkouts { first: 1, last: 59 },
};

pub(crate) static ALL_RESERVATIONS: Format = Format {
    source: "csv_evolve_blocks",
    listed_as: "evolve",
    required: &["reservation", "propertyaddress", "propertyowner", "status", "checkin", "checkout", "guestname"],
    expected: &[],
    row: reservation,
    place: directory::by_address,
    window: windows::Window::ExplicitCancellations { known_owner: "evolve.guest-is-configured-owner" },
};

/// Statuses met so far; a guest's path leads through the first five.
const STATUSES: [&str; 6] = ["booked", "final payment", "pre-trip", "checkin", "checkout", "cancelled"];

fn guest_booking(
    places: &Places,
    cells: &[Cell<'_>],
    reader: &mut Reader,
) -> Result<(ListingIndex, Observation), RowFault> {
    let Booking { listing, entry, .. } = booking(places, cells, reader, "evolve.guest-booking")?;
    Ok((listing, entry))
}

fn reservation(
    places: &Places,
    cells: &[Cell<'_>],
    reader: &mut Reader,
) -> Result<(ListingIndex, Observation), RowFault> {
    let Booking { listing, guest, mut entry } = booking(places, cells, reader, "evolve.guest-row")?;
    let status = names::fold(&reader.text(at(cells, places.status)));
    if !STATUSES.contains(&status.as_str()) {
        reader.notes.push(Note::UnknownStatus { line: reader.line });
    }
    if status == "cancelled" || status == "canceled" {
        entry.presence = Presence::Cancelled;
    }
    if reader.owner(listing).is_some_and(|owner| !guest.is_empty() && names::fold(owner) == names::fold(&guest)) {
        entry.kind = EntryKind::OwnerBlock;
        entry.kind_rule = RuleId::new("evolve.guest-is-owner");
    }
    Ok((listing, entry))
}

/// What both reports say of a stay: a guest's, until something tells otherwise.
struct Booking<'a> {
    listing: ListingIndex,
    guest: Cow<'a, str>,
    entry: Observation,
}

fn booking<'a>(
    places: &Places,
    cells: &[Cell<'a>],
    reader: &mut Reader,
    rule: &'static str,
) -> Result<Booking<'a>, RowFault> {
    let uid = reader.uid(at(cells, places.uid))?;
    surplus(places, cells, reader, uid.as_str())?;
    let (span, _, _) = Reader::span(places, cells)?;
    let listing = reader.listing(places, cells)?;
    let guest = reader.text(at(cells, places.guest));
    let entry = Observation {
        uid: Some(uid),
        confirmation: None,
        label: names::fingerprint_in(&guest, &mut reader.folded),
        span,
        check_in_time: None,
        check_out_time: None,
        kind: EntryKind::Reservation,
        kind_rule: RuleId::new(rule),
        presence: Presence::Listed,
        signals: Signals::default(),
    };
    Ok(Booking { listing, guest, entry })
}

/// A stray separator shifts what follows; a booking number that is a number shows that it came after.
fn surplus(places: &Places, cells: &[Cell<'_>], reader: &mut Reader, uid: &str) -> Result<(), RowFault> {
    if cells.len() > places.columns {
        if !uid.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RowFault::Ragged { cells: cells.len(), columns: places.columns });
        }
        reader.notes.push(Note::ExtraCells { line: reader.line, extra: cells.len() - places.columns });
    }
    Ok(())
}
