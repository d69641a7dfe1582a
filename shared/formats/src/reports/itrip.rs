//! iTrip's "Checkouts Report": one mail a day, stays by check-out over a rolling fortnight (csv-reports.md section 1).

use super::{
    Format, Note, RowFault, dates, directory, names,
    reading::{ListingIndex, Places, Reader, at},
    windows,
};
use crate::reports::cells::Cell;
use lintel_domain::{
    ids::RuleId,
    snapshot::{EntryKind, Observation, Presence, Signals},
};

pub(crate) static CHECKOUTS: Format = Format {
    source: "csv_itrip",
    listed_as: "itrip",
    required: &["checkin", "checkout", "propertyname", "reservationid"],
    expected: &["propertyowner", "nextbooking", "nexttenantname", "sameday?", "contractorinfo"],
    row,
    place: directory::by_name,
    // Rows normally vanish the day after check-out and may appear on the last day late, so both edges are left out.
    window: windows::Window::Checkouts { first: 1, last: 13 },
};

fn row(places: &Places, cells: &[Cell<'_>], reader: &mut Reader) -> Result<(ListingIndex, Observation), RowFault> {
    let ragged = RowFault::Ragged { cells: cells.len(), columns: places.columns };
    if cells.len() < places.columns {
        return Err(ragged);
    }
    let uid = reader.uid(at(cells, places.uid))?;
    if cells.len() > places.columns {
        // With a stray separator in the middle every later cell is shifted: only a plain number in the place of the
        // reservation id shows that the surplus stands at the end.
        if !uid.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ragged);
        }
        reader.notes.push(Note::ExtraCells { line: reader.line, extra: cells.len() - places.columns });
    }
    let (span, check_in_time, check_out_time) = Reader::span(places, cells)?;
    let listing = reader.listing(places, cells)?;
    let guest = reader.text(at(cells, places.guest));
    let maintenance = is_maintenance(&guest);
    let found = markers(at(cells, places.secret).raw());

    let next_cell = at(cells, places.next_check_in);
    let next_check_in = dates::read(next_cell).map(|next| next.0);
    if next_check_in.is_none() && !next_cell.is_blank() {
        reader.notes.push(Note::UnreadableSignal { line: reader.line, column: "next booking".to_owned() });
    }
    let same_day_cell = at(cells, places.same_day);
    let same_day = yes_or_no(&same_day_cell.bytes());
    if same_day.is_none() && !same_day_cell.is_blank() {
        reader.notes.push(Note::UnreadableSignal { line: reader.line, column: "same day?".to_owned() });
    }
    if places.next_check_in.is_some() && same_day.is_some_and(|said| said != (next_check_in == Some(span.check_out())))
    {
        reader.notes.push(Note::SameDayDisagrees { line: reader.line });
    }
    let next_guest = reader.text(at(cells, places.next_guest));
    let owner_next_by_name = names::shares_surname(&next_guest, reader.owner_surnames(listing));

    let entry = Observation {
        uid: Some(uid),
        confirmation: None,
        label: names::fingerprint_in(&guest, &mut reader.folded),
        span,
        check_in_time,
        check_out_time,
        kind: if maintenance { EntryKind::Block } else { EntryKind::Reservation },
        kind_rule: RuleId::new(if maintenance { "itrip.maintenance" } else { "itrip.checkout-row" }),
        presence: Presence::Listed,
        signals: Signals {
            same_day,
            next_check_in,
            owner_next_by_text: found.owner_next,
            owner_next_by_name,
            hold: found.hold,
        },
    };
    Ok((listing, entry))
}

/// What the contractor's text says. The text itself holds door codes and is not kept.
#[derive(Default)]
pub(crate) struct Markers {
    pub(crate) owner_next: bool,
    pub(crate) hold: bool,
}

/// Looks for `Owner Stay (Next Checkin)` and `DO NOT CLEAN`, in capitals or not, the latter with any white space between
/// its words. Either has a word that begins with a `c`, so the text is walked once, from one such letter to the next.
pub(crate) fn markers(text: &[u8]) -> Markers {
    let mut found = Markers::default();
    for at in memchr::memchr2_iter(b'c', b'C', text) {
        let (before, after) = text.split_at_checked(at).unwrap_or((text, &[]));
        let starts_with = |word: &[u8]| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        found.owner_next |= starts_with(b"checkin)") && ends_with_owner_stay(before);
        found.hold |= starts_with(b"clean") && ends_with_do_not(before);
    }
    found
}

fn ends_with_owner_stay(before: &[u8]) -> bool {
    const WORDS: &[u8] = b"owner stay (next ";
    let start = before.len().saturating_sub(WORDS.len());
    before.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(WORDS))
}

fn ends_with_do_not(before: &[u8]) -> bool {
    let text = String::from_utf8_lossy(before.get(before.len().saturating_sub(24)..).unwrap_or_default());
    let mut words = text.split_whitespace().rev();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("not"))
        && words.next().is_some_and(|word| {
            word.get(word.len().saturating_sub(2)..).is_some_and(|end| end.eq_ignore_ascii_case("do"))
        })
}

/// Whether the guest is no guest but work at the house. The word stands by itself, in capitals or not.
fn is_maintenance(guest: &str) -> bool {
    const WORD: &str = "maintenance";
    memchr::memchr2_iter(b'm', b'M', guest.as_bytes()).any(|at| {
        let (before, rest) = guest.split_at(at);
        rest.split_at_checked(WORD.len()).is_some_and(|(word, after)| {
            word.eq_ignore_ascii_case(WORD)
                && !before.ends_with(char::is_alphanumeric)
                && !after.starts_with(char::is_alphanumeric)
        })
    })
}

fn yes_or_no(cell: &[u8]) -> Option<bool> {
    if cell.eq_ignore_ascii_case(b"yes") || cell.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if cell.eq_ignore_ascii_case(b"no") || cell.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}
