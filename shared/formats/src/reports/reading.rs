//! From bytes to typed rows.

use super::{
    Format, Listed, Listing, Note, RejectedRow, Report, ReportError, ReportKind, RowFault,
    cells::{Cell, RowEnd, Rows},
    dates, header,
    header::Columns,
    names,
};
use jiff::civil::{Date, Time};
use lintel_domain::{ids::SourceUid, planner::RejectReason, private::Private, snapshot::Observation, span::Span};
use std::{borrow::Cow, collections::HashMap};

/// The largest body that is read: what the largest mail may carry, with room.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads one row of one kind of report: what it says, and of which property.
pub(crate) type ReadRow = fn(&Places, &[Cell<'_>], &mut Reader) -> Result<(ListingIndex, Observation), RowFault>;

/// Reads a report: comma, tab or semicolon separated, with or without a byte-order mark, any line ends.
///
/// # Errors
/// When the body as a whole is no report of a known kind. Rows that cannot be used are in [`Report::rejected`].
pub fn read(bytes: &[u8]) -> Result<Report, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    let mut notes = Vec::new();
    let body = body(bytes, &mut notes)?;
    let (format, delimiter, columns) = header::read(&body)?;
    Ok(read_rows(&body, format, delimiter, &columns, notes))
}

/// The kind of a report, from its header alone.
pub fn recognise(bytes: &[u8]) -> Result<ReportKind, ReportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReportError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    let body = body(bytes, &mut Vec::new())?;
    header::read(&body).map(|(format, _, _)| ReportKind(format))
}

/// The text of a body, without its byte-order mark.
fn body<'a>(bytes: &'a [u8], notes: &mut Vec<Note>) -> Result<Cow<'a, [u8]>, ReportError> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        if encoding == encoding_rs::UTF_8 {
            return text(Cow::Borrowed(rest));
        }
        notes.push(Note::Utf16);
        let (decoded, _) = encoding.decode_without_bom_handling(rest);
        return text(Cow::Owned(decoded.into_owned().into_bytes()));
    }
    text(Cow::Borrowed(bytes))
}

fn text(body: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, ReportError> {
    let start = body.trim_ascii_start();
    let looks_like = match start {
        [] => return Err(ReportError::Empty),
        [b'P', b'K', 3 | 5, ..] => "a zip archive or workbook",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old workbook",
        [b'<', ..] => "a web page",
        [b'{' | b'[', ..] => "JSON",
        _ if start.get(..15).is_some_and(|word| word.eq_ignore_ascii_case(b"BEGIN:VCALENDAR")) => "a calendar",
        _ if memchr::memchr(0, start.get(..4096).unwrap_or(start)).is_some() => "binary data",
        _ => return Ok(body),
    };
    Err(ReportError::NotText { looks_like })
}

fn read_rows(body: &[u8], format: &'static Format, delimiter: u8, columns: &Columns, mut notes: Vec<Note>) -> Report {
    for column in format.expected {
        if columns.find(&[column]).is_none() {
            notes.push(Note::MissingColumn { column: (*column).to_owned() });
        }
    }
    let places = Places::new(columns);
    let mut reader = Reader { line: 0, notes, listings: Listings::default(), folded: String::new() };
    let mut rejected = Vec::new();
    let mut cells = Vec::with_capacity(columns.len() + 1);
    let mut rows = Rows::new(body, delimiter);
    rows.next(&mut cells);
    while let Some(end) = rows.next(&mut cells) {
        if cells.iter().all(|cell| cell.is_blank()) {
            continue;
        }
        reader.line = rows.row();
        let row = match end {
            RowEnd::Whole => (format.row)(&places, &cells, &mut reader),
            RowEnd::Unterminated => Err(RowFault::Unterminated),
        };
        match row {
            Ok((listing, entry)) => reader.listings.push(listing, reader.line, entry),
            Err(reason) => rejected.push(set_aside(&places, &cells, &mut reader, reason)),
        }
    }
    let Reader { mut notes, listings, .. } = reader;
    let listings = listings.into_listed();
    if listings.iter().all(|listed| listed.entries.is_empty()) && rejected.is_empty() {
        notes.push(Note::NoRows);
    }
    Report { kind: ReportKind(format), listings, rejected, notes }
}

fn set_aside(places: &Places, cells: &[Cell<'_>], reader: &mut Reader, reason: RowFault) -> RejectedRow {
    let mut whole = String::new();
    for (at, cell) in cells.iter().enumerate() {
        let text = reader.text(*cell);
        let kept = if places.may_hide(at, cells.len(), cell.raw()) { markers(cell.raw()) } else { text };
        if at > 0 {
            whole.push(',');
        }
        whole.push('"');
        whole.push_str(&kept.replace('"', "\"\""));
        whole.push('"');
    }
    let line = reader.line;
    let mut said = |place: Option<usize>| {
        let text = reader.text(at(cells, place));
        (!text.is_empty()).then(|| text.chars().take(200).collect::<String>())
    };
    RejectedRow {
        line,
        reason,
        uid: said(places.uid),
        listing: said(places.listing_name).or_else(|| said(places.listing_number)).or_else(|| said(places.address)),
        content: Private::new(whole),
    }
}

/// What the rules read in free text, and nothing else of it.
fn markers(text: &[u8]) -> Cow<'static, str> {
    let found = super::itrip::markers(text);
    match (found.owner_next, found.hold) {
        (true, true) => "Owner Stay (Next Checkin)\nDO NOT CLEAN".into(),
        (true, false) => "Owner Stay (Next Checkin)".into(),
        (false, true) => "DO NOT CLEAN".into(),
        (false, false) => "".into(),
    }
}

pub(crate) fn at<'a>(cells: &[Cell<'a>], place: Option<usize>) -> Cell<'a> {
    place.and_then(|place| cells.get(place)).copied().unwrap_or(Cell::EMPTY)
}

/// Where the columns stand that some kind of report has.
pub(crate) struct Places {
    pub(crate) columns: usize,
    pub(crate) uid: Option<usize>,
    pub(crate) check_in: Option<usize>,
    pub(crate) check_out: Option<usize>,
    pub(crate) guest: Option<usize>,
    pub(crate) listing_name: Option<usize>,
    pub(crate) listing_number: Option<usize>,
    pub(crate) address: Option<usize>,
    pub(crate) owner: Option<usize>,
    pub(crate) next_check_in: Option<usize>,
    pub(crate) next_guest: Option<usize>,
    pub(crate) same_day: Option<usize>,
    pub(crate) status: Option<usize>,
    /// Free text that may hold door codes.
    pub(crate) secret: Option<usize>,
}

impl Places {
    /// Whether the cell at `at`, in a row of so many cells, may hold the secret text. In a row with too few or too many
    /// cells that text may have moved, and a text of many lines is none of the others.
    fn may_hide(&self, at: usize, cells: usize, raw: &[u8]) -> bool {
        let Some(secret) = self.secret else { return at >= self.columns };
        let missing = self.columns.saturating_sub(cells);
        let many_lines = memchr::memchr2(b'\n', b'\r', raw).is_some();
        at == secret || (cells != self.columns && at >= secret.saturating_sub(missing)) || many_lines
    }

    fn new(columns: &Columns) -> Self {
        Self {
            columns: columns.len(),
            uid: columns.find(&["reservationid", "reservation", "booking#", "booking"]),
            check_in: columns.find(&["checkin"]),
            check_out: columns.find(&["checkout"]),
            guest: columns.find(&["tenantname", "guestname"]),
            listing_name: columns.find(&["propertyname"]),
            listing_number: columns.find(&["listing#", "listing"]),
            address: columns.find(&["propertyaddress", "address"]),
            owner: columns.find(&["propertyowner"]),
            next_check_in: columns.find(&["nextbooking"]),
            next_guest: columns.find(&["nexttenantname"]),
            same_day: columns.find(&["sameday?", "sameday"]),
            status: columns.find(&["status"]),
            secret: columns.find(&["contractorinfo"]),
        }
    }
}

/// What rows of one body share while they are read.
pub(crate) struct Reader {
    pub(crate) line: u64,
    pub(crate) notes: Vec<Note>,
    pub(crate) listings: Listings,
    /// Where names are folded, one after the other.
    pub(crate) folded: String,
}

impl Reader {
    /// A cell's text, trimmed. Bytes that are not UTF-8 are taken for Windows-1252, with a note.
    pub(crate) fn text<'c>(&mut self, cell: Cell<'c>) -> Cow<'c, str> {
        if let Some(text) = cell.plain_text() {
            return Cow::Borrowed(trimmed(text));
        }
        match cell.bytes() {
            // Had it been UTF-8, it would have been plain text.
            Cow::Borrowed(bytes) => self.western(bytes),
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Cow::Owned(text.trim().to_owned()),
                Err(fault) => Cow::Owned(self.western(fault.as_bytes()).into_owned()),
            },
        }
    }

    fn western<'c>(&mut self, bytes: &'c [u8]) -> Cow<'c, str> {
        let line = self.line;
        if !matches!(self.notes.last(), Some(Note::Windows1252 { line: last }) if *last == line) {
            self.notes.push(Note::Windows1252 { line });
        }
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
        Cow::Owned(text.trim().to_owned())
    }

    /// The row's identifier; a copy that went through a number column lost nothing but gained `.0`.
    pub(crate) fn uid(&mut self, cell: Cell<'_>) -> Result<SourceUid, RowFault> {
        let text = self.text(cell);
        let uid = whole_number(&text);
        if uid.is_empty() { Err(RowFault::MissingUid) } else { Ok(SourceUid::new(uid)) }
    }

    pub(crate) fn span(places: &Places, cells: &[Cell<'_>]) -> Result<(Span, Option<Time>, Option<Time>), RowFault> {
        let (check_in, in_time) = required_date(cells, places.check_in, "check-in")?;
        let (check_out, out_time) = required_date(cells, places.check_out, "check-out")?;
        let span = Span::new(check_in, check_out).map_err(|_| RowFault::EmptySpan)?;
        if let Some(reason) = RejectReason::of(span) {
            return Err(RowFault::NoStay { reason });
        }
        Ok((span, in_time, out_time))
    }
}

/// Nearly no cell begins or ends with anything but a letter, a digit or a mark, which two bytes tell.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// `300001.0` is what a number column makes of `300001`.
pub(crate) fn whole_number(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => text,
    }
}

fn required_date(cells: &[Cell<'_>], place: Option<usize>, column: &str) -> Result<(Date, Option<Time>), RowFault> {
    let cell = at(cells, place);
    dates::read(cell).ok_or_else(|| {
        let column = column.to_owned();
        if cell.is_blank() { RowFault::MissingDate { column } } else { RowFault::UnreadableDate { column } }
    })
}

/// The properties met so far. What a row says of its property repeats over and over, so it is read once.
#[derive(Default)]
pub(crate) struct Listings {
    /// By the cells that name them. Only looked up in and never walked, so its order cannot show.
    known: HashMap<Box<[u8]>, ListingIndex, foldhash::fast::RandomState>,
    /// Where the key of the row at hand is put together.
    key: Vec<u8>,
    met: Vec<MetListing>,
}

/// Rows of a piece. Of sizes from 16 to 512 the quickest over 300 properties, by up to a tenth.
const PIECE: usize = 96;

struct MetListing {
    listing: Listing,
    /// Of its owners.
    surnames: Vec<String>,
    lines: Vec<u64>,
    /// In pieces: lists that grow by the hundred, side by side, would move every row over and over.
    pieces: Vec<Vec<Observation>>,
}

/// Points to one of [`Listings`].
#[derive(Clone, Copy)]
pub(crate) struct ListingIndex(usize);

impl MetListing {
    fn new(listing: Listing, surnames: Vec<String>) -> Self {
        Self { listing, surnames, lines: Vec::new(), pieces: Vec::new() }
    }
}

impl Listings {
    fn push(&mut self, listing: ListingIndex, line: u64, entry: Observation) {
        let Some(met) = self.met.get_mut(listing.0) else { return };
        met.lines.push(line);
        if met.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            met.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = met.pieces.last_mut() {
            piece.push(entry);
        }
    }

    fn into_listed(self) -> Vec<Listed> {
        let listed = |MetListing { listing, lines, pieces, .. }: MetListing| {
            let mut entries: Vec<Observation> = Vec::with_capacity(lines.len());
            for mut piece in pieces {
                entries.append(&mut piece);
            }
            let last_check_out = entries.iter().map(|entry| entry.span.check_out()).max();
            Listed { listing, entries, lines, last_check_out }
        };
        self.met.into_iter().map(listed).collect()
    }
}

impl Reader {
    /// The property named by these cells.
    pub(crate) fn listing(&mut self, places: &Places, cells: &[Cell<'_>]) -> Result<ListingIndex, RowFault> {
        let naming = [places.listing_name, places.listing_number, places.address, places.owner];
        let key = &mut self.listings.key;
        key.clear();
        for place in naming.into_iter().flatten() {
            let cell = at(cells, Some(place)).raw();
            key.extend_from_slice(&cell.len().to_le_bytes());
            key.extend_from_slice(cell);
        }
        if let Some(index) = self.listings.known.get(key.as_slice()) {
            return Ok(*index);
        }
        let [name, number, address, owner] = naming.map(|place| {
            let text = self.text(at(cells, place));
            (!text.is_empty()).then(|| text.into_owned())
        });
        // A report that has a column for names or numbers goes by it; the address is the last resort.
        let missing = if places.listing_name.is_some() {
            name.is_none()
        } else if places.listing_number.is_some() {
            number.is_none()
        } else {
            address.is_none() && owner.is_none()
        };
        if missing {
            return Err(RowFault::MissingListing);
        }
        let index = ListingIndex(self.listings.met.len());
        let surnames = owner.as_deref().map(names::surnames).unwrap_or_default();
        let number = number.map(|number| whole_number(&number).to_owned());
        let listing = Listing { name, number, address, owner: owner.map(Private::new) };
        self.listings.met.push(MetListing::new(listing, surnames));
        self.listings.known.insert(self.listings.key.as_slice().into(), index);
        Ok(index)
    }

    pub(crate) fn owner(&self, listing: ListingIndex) -> Option<&str> {
        self.listings.met.get(listing.0)?.listing.owner.as_ref().map(Private::expose)
    }

    pub(crate) fn owner_surnames(&self, listing: ListingIndex) -> &[String] {
        self.listings.met.get(listing.0).map_or(&[], |met| met.surnames.as_slice())
    }
}
