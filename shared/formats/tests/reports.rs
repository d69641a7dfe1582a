//! Supplier reports through the front door: every quirk of csv-reports.md sections 1 to 4 and the files of section 8.

#![expect(clippy::panic, reason = "helpers of tests fail the test that calls them")]

use jiff::civil::{Date, date, time};
use lintel_domain::{
    ids::SourceUid,
    settings::{Organization, OwnerOverride, Property},
    snapshot::{Coverage, EntryKind, NoCoverage, Observation, Presence, Snapshot},
};
use lintel_formats::{
    reports::{self, Assigned, Delivery, Note, Report, ReportError, RowFault},
    settings,
};
use proptest::prelude::*;

const ITRIP_HEADER: &str = "Checkin,Checkout,\"Date Booked\",\"Tenant Name\",\"Tenant Phone\",\"Property Name\",\
    \"Property Address\",\"Property Owner\",BR/BA,Size,\"Next Booking\",\"Next Tenant Name\",\"Next Tenant Phone\",\
    \"Same Day?\",\"Contractor Info\",\"Reservation ID\"\n";
const TAB_1: &str = "\u{feff}Guest Name,Booking #,Listing #,Check-In,Check-Out,Guest Email,Guest Phone Number,\
    Date Booked,# Adults,# Children,Pets?,Address\n";
const TAB_2: &str = "Reservation,Property Address,Property Owner,Status,Check-In ,Check-Out,Guest Name\n";
const STAY_1: &str = "Ann Example,20000001,300001,03-01-2030,03-20-2030,,+15555550100,01-02-2030,2,,,1 Test St";
const OWNER_ROW: &str = "20000002,1 Test St,Olive Owner,Booked,2030-03-20,03-25-2030,Olive Owner\n";

/// A checkout row: `name` is the property, `next` its next booking, `text` the contractor's.
fn row(uid: &str, name: &str, next: &str, same_day: &str, text: &str) -> String {
    format!(
        "\"2030-03-01 16:00:00\",\"2030-03-05 10:00:00\",\"2030-01-02 11:22:33\",\"Ann Example\",\"(555) 555-0100\",\
         \"{name}\",\"1 Test St, Sampletown, ZZ 00000\",\"Olive Owner\",\"3/2\",\"1500\",\"{next}\",\"Zoe Stranger\",\
         \"(555) 555-0101\",\"{same_day}\",\"{text}\",\"{uid}\"\n"
    )
}

fn plain(uid: &str, name: &str) -> String {
    row(uid, name, "2030-03-07 16:00:00", "No", "Work Order #1")
}

fn birch(uid: &str) -> String {
    plain(uid, "Birch House #10000001")
}

fn read(text: impl AsRef<[u8]>) -> Report {
    reports::read(text.as_ref()).unwrap_or_else(|fault| panic!("{fault}"))
}

fn itrip(rows: &[String]) -> Report {
    read(format!("{ITRIP_HEADER}{}", rows.concat()))
}

fn organization() -> Organization {
    let mut organization = settings::read(settings::SAMPLE).unwrap_or_else(|faults| panic!("{faults:?}")).organization;
    let birch = organization.properties.values().next().cloned().unwrap_or_else(|| panic!("no property"));
    let cedar = Property {
        name: "Cedar House".to_owned(),
        listed_as: [("itrip".to_owned(), vec!["Cedar House #10000002".to_owned()])].into(),
        address: Some("2 Test St, Sampletown, ZZ 00000".to_owned()),
        ..birch
    };
    organization.properties.insert("cedar".into(), cedar);
    organization
}

fn assign(report: Report, settings: &Organization) -> Assigned {
    let received = "2030-03-01T15:00:00Z".parse().unwrap_or_default();
    reports::assign(report, settings, Delivery { received, dated: None, evidence: "e1" })
}

fn part<'a>(assigned: &'a Assigned, property: &str) -> &'a Snapshot {
    let found = assigned.snapshots.iter().find(|snapshot| snapshot.property.as_str() == property);
    found.unwrap_or_else(|| panic!("no snapshot of {property}"))
}

fn only(assigned: &Assigned, property: &str) -> Observation {
    match part(assigned, property).entries.as_slice() {
        [entry] => entry.clone(),
        other => panic!("{other:?}"),
    }
}

fn spans(report: &Report) -> Vec<(Date, Date)> {
    report.rows().iter().map(|(_, row)| (row.span.check_in(), row.span.check_out())).collect()
}

#[test]
fn tab_1_lists_guest_stays_by_listing_number() {
    let assigned = assign(read(format!("{TAB_1}{STAY_1}")), &organization());
    assert!(assigned.rejected.is_empty(), "{:?}", assigned.rejected);
    let stay = only(&assigned, "birch");
    assert_eq!(stay.uid.as_ref().map(SourceUid::as_str), Some("20000001"));
    assert_eq!((stay.span.nights(), stay.kind), (19, EntryKind::Reservation));
    assert_eq!(part(&assigned, "birch").source.as_str(), "csv_evolve");
    assert_eq!(
        part(&assigned, "birch").coverage,
        Coverage::Checkouts { from: date(2030, 3, 2), to: date(2030, 4, 29) }
    );
    assert!(assigned.snapshots.iter().all(|snapshot| snapshot.property.as_str() != "cedar"), "cedar is not Evolve's");
}

#[test]
fn a_tab_1_copy_that_went_through_pandas_reads_the_same() {
    let copy = format!(
        "{}Ann Example,20000001.0,300001.0,2030-03-01,03-20-2030,,15555550100,01-02-2030,2,1.0,True,1 Test St\n",
        TAB_1.trim_start_matches('\u{feff}')
    );
    let settings = organization();
    assert_eq!(
        only(&assign(read(copy), &settings), "birch"),
        only(&assign(read(format!("{TAB_1}{STAY_1}")), &settings), "birch")
    );
}

#[test]
fn tab_2_gives_the_owners_own_stay() {
    let assigned = assign(read(format!("{TAB_2}{OWNER_ROW}")), &organization());
    let stay = only(&assigned, "birch");
    assert_eq!((stay.kind, stay.presence), (EntryKind::OwnerBlock, Presence::Listed));
    assert_eq!((stay.span.check_in(), stay.span.check_out()), (date(2030, 3, 20), date(2030, 3, 25)));
    let snapshot = part(&assigned, "birch");
    assert_eq!(snapshot.source.as_str(), "csv_evolve_blocks");
    assert_eq!(snapshot.coverage, Coverage::Nothing { why: NoCoverage::ExplicitCancellations });
}

#[test]
fn tab_2_leaves_guests_to_tab_1_and_counts_them() {
    let rows = "20000003,1 Test St,Olive Owner,Pre-Trip,2030-03-20,03-25-2030,Ann E.\n\
        20000004,1 Test St,Olive Owner,Cancelled,2030-04-20,04-25-2030,Bob E.\n";
    let assigned = assign(read(format!("{TAB_2}{rows}")), &organization());
    assert!(part(&assigned, "birch").entries.is_empty() && assigned.rejected.is_empty());
    assert_eq!(assigned.notes, [Note::GuestRows { count: 2 }, Note::CancelledGuestRows { count: 1 }]);
}

#[test]
fn tab_2_cancels_an_owners_stay_in_so_many_words() {
    let cancelled = OWNER_ROW.replace("Booked", "Cancelled").replace("Olive Owner\n", "OLIVE  owner\n");
    let stay = only(&assign(read(format!("{TAB_2}{cancelled}")), &organization()), "birch");
    assert_eq!((stay.kind, stay.presence), (EntryKind::OwnerBlock, Presence::Cancelled));
}

#[test]
fn a_status_nobody_has_met_is_used_and_told() {
    let report = read(format!("{TAB_2}{}", OWNER_ROW.replace("Booked", "Dreaming")));
    assert_eq!((report.rows().len(), &report.notes[..]), (1, &[Note::UnknownStatus { line: 2 }][..]));
}

#[test]
fn an_owner_of_two_homes_is_placed_by_address() {
    let mut settings = organization();
    for property in settings.properties.values_mut() {
        property.owners = vec!["Olive Owner".to_owned()];
        property.listed_as.insert("evolve".to_owned(), vec![]);
    }
    let assigned = assign(read(format!("{TAB_2}{}", OWNER_ROW.replace("1 Test St", "2 test  st"))), &settings);
    assert!(part(&assigned, "birch").entries.is_empty());
    assert_eq!(only(&assigned, "cedar").kind, EntryKind::OwnerBlock);
}

#[test]
fn the_kind_is_told_by_the_header_in_any_order_and_spelling() {
    for (header, source) in [
        (ITRIP_HEADER.to_owned(), "csv_itrip"),
        (TAB_1.to_owned(), "csv_evolve"),
        (TAB_2.to_owned(), "csv_evolve_blocks"),
        ("GUEST NAME,check in,CHECK OUT,Listing#,Booking#\n".to_owned(), "csv_evolve"),
    ] {
        let kind = reports::recognise(header.as_bytes()).unwrap();
        assert_eq!(kind.source(), source, "{header}");
    }
}

#[test]
fn a_header_nobody_knows_is_named_and_a_guest_in_its_place_is_not() {
    let unknown = reports::read(b"Property,Guest,Checkin,Checkout,Service,ID\nx,y,z,a,b,c\n").unwrap_err();
    assert!(matches!(&unknown, ReportError::UnknownHeader { columns } if columns.len() == 6), "{unknown}");
    let headless = reports::read(birch("1000001").as_bytes()).unwrap_err();
    assert_eq!(headless, ReportError::NoHeader);
    assert!(!headless.to_string().contains("Ann"));
}

#[test]
fn line_ends_marks_and_separators_do_not_matter() {
    let text = format!("{ITRIP_HEADER}{}", birch("1000001"));
    let plain = read(&text);
    assert_eq!(plain.rows().len(), 1);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (name, copy) in [
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("CR", text.replace('\n', "\r").into_bytes()),
        ("byte-order mark", format!("\u{feff}{text}").into_bytes()),
        ("no final newline", text.trim_end().as_bytes().to_vec()),
        (
            "tabs",
            text.replace("\",\"", "\"\t\"")
                .replace("Checkin,Checkout,", "Checkin\tCheckout\t")
                .replace("\",BR/BA,Size,\"", "\"\tBR/BA\tSize\t\"")
                .into_bytes(),
        ),
        ("blank lines", text.replace("ID\"\n", "ID\"\n\n\n").into_bytes()),
        ("UTF-16", utf_16),
    ] {
        let report = read(&copy);
        assert_eq!(spans(&report), spans(&plain), "{name}");
        assert_eq!(report.rows()[0].1.uid.as_ref().map(SourceUid::as_str), Some("1000001"), "{name}");
    }
}

#[test]
fn times_and_mixed_date_forms_are_read_in_any_date_column() {
    let report = itrip(&[
        birch("1"),
        birch("2").replace("2030-03-01 16:00:00", "03-01-2030").replace("2030-03-05 10:00:00", "3/5/2030 9:30 AM"),
    ]);
    assert_eq!(spans(&report), [(date(2030, 3, 1), date(2030, 3, 5)); 2]);
    assert_eq!(report.rows()[0].1.check_out_time, Some(time(10, 0, 0, 0)));
    assert_eq!((report.rows()[1].1.check_in_time, report.rows()[1].1.check_out_time), (None, Some(time(9, 30, 0, 0))));
}

#[test]
fn a_ragged_row_of_17_cells_is_used_when_the_surplus_stands_at_its_end() {
    let report = itrip(&[birch("1000001").replace("\"1000001\"\n", "\"1000001\",\"\"\n"), birch("1000002")]);
    assert_eq!(report.rows().len(), 2);
    assert_eq!(report.notes, [Note::ExtraCells { line: 2, extra: 1 }]);
}

#[test]
fn a_ragged_row_whose_cells_shifted_is_set_aside_without_its_door_codes() {
    let shifted =
        birch("1000001").replace("\"Ann Example\"", "\"Ann\",\"Example\"").replace("Work Order #1", "door 4711");
    let assigned = assign(itrip(&[shifted, birch("1000002")]), &organization());
    let [row] = assigned.rejected.as_slice() else { panic!("{:?}", assigned.rejected) };
    assert_eq!((row.line, &row.reason), (2, &RowFault::Ragged { cells: 17, columns: 16 }));
    assert!(!row.content.expose().contains("4711"), "{}", row.content.expose());
    assert!(!format!("{row:?}").contains("Ann"));
    assert_eq!(only(&assigned, "birch").uid.as_ref().map(SourceUid::as_str), Some("1000002"));
    assert!(assigned.snapshots.iter().all(|part| part.coverage == Coverage::Nothing { why: NoCoverage::Partial }));
}

#[test]
fn a_short_row_and_one_the_file_ends_in_are_set_aside() {
    let report = itrip(&["\"2030-03-01\",\"2030-03-05\"\n".to_owned(), birch("1"), "\"2030-03-01,\n".to_owned()]);
    let reasons: Vec<_> = report.rejected.iter().map(|row| (row.line, row.reason.code())).collect();
    assert_eq!((report.rows().len(), &reasons[..]), (1, &[(2, "ragged"), (4, "unterminated")][..]));
}

#[test]
fn no_row_set_aside_keeps_door_codes_wherever_they_moved() {
    let row = birch("1000001").replace("Work Order #1", "Work Order #1\ndoor 4711\nDO NOT CLEAN");
    for broken in [
        row.replace("\"3/2\",", ""),
        row.replace("\"3/2\",\"1500\",", ""),
        row.replace("\"3/2\"", "\"3\",\"2\"").replace("1000001\"\n", "x\"\n"),
        row.replace("DO NOT CLEAN\"", "DO NOT CLEAN"),
        row.replace("2030-03-01", "soon"),
    ] {
        let report = itrip(&[broken]);
        let [row] = report.rejected.as_slice() else { panic!("{report:?}") };
        let kept = row.content.expose();
        assert!(!kept.contains("4711") && kept.contains("DO NOT CLEAN"), "{kept}");
    }
}

#[test]
fn rows_without_number_dates_or_property_are_set_aside_each_with_its_reason() {
    let report = itrip(&[
        birch(""),
        birch("2").replace("2030-03-01 16:00:00", ""),
        birch("3").replace("2030-03-05 10:00:00", "soon"),
        birch("4").replace("2030-03-05 10:00:00", "2030-03-01 10:00:00"),
        plain("5", ""),
        birch("6"),
        birch("7").replace("2030-03-05 10:00:00", "2034-03-05 10:00:00"),
        birch("8").replace("2030-03-05 10:00:00", "9030-03-05 10:00:00"),
    ]);
    let reasons: Vec<_> = report.rejected.iter().map(|row| (row.line, row.reason.code())).collect();
    assert_eq!(
        reasons,
        [
            (2, "missing-uid"),
            (3, "missing-date"),
            (4, "unreadable-date"),
            (5, "empty-span"),
            (6, "missing-listing"),
            (8, "unusable-entry"),
            (9, "unusable-entry"),
        ]
    );
    assert_eq!(report.rows().len(), 1);
}

#[test]
fn an_unmapped_property_sets_its_row_aside_and_nothing_else() {
    let assigned = assign(itrip(&[birch("1"), plain("2", "Dogwood House #10000009")]), &organization());
    let [row] = assigned.rejected.as_slice() else { panic!("{:?}", assigned.rejected) };
    assert_eq!(row.reason.code(), "unmapped-property");
    assert_eq!((row.line, row.listing.as_deref()), (3, Some("Dogwood House #10000009")));
    assert!(matches!(part(&assigned, "birch").coverage, Coverage::Checkouts { .. }));
    // The unknown property may be cedar under a new name, so its absence proves nothing.
    assert_eq!(part(&assigned, "cedar").coverage, Coverage::Nothing { why: NoCoverage::Partial });
}

#[test]
fn a_property_is_known_whatever_case_and_spacing_its_name_has() {
    let assigned = assign(itrip(&[plain("1", " birch\u{a0}HOUSE  #10000001 ")]), &organization());
    assert_eq!(part(&assigned, "birch").entries.len(), 1, "{:?}", assigned.rejected);
}

#[test]
fn an_owner_override_moves_the_row_and_says_so_elsewhere() {
    let mut settings = organization();
    if let Some(birch) = settings.properties.get_mut(&"birch".into()) {
        birch.owner_overrides = vec![OwnerOverride { pattern: "olive".to_owned(), to: "cedar".into() }];
    }
    let moved = birch("1");
    let kept = birch("2").replace("\"Olive Owner\"", "\"Other Person\"");
    let assigned = assign(itrip(&[moved, kept]), &settings);
    assert_eq!(only(&assigned, "cedar").uid.as_ref().map(SourceUid::as_str), Some("1"));
    assert_eq!(only(&assigned, "birch").uid.as_ref().map(SourceUid::as_str), Some("2"));
    let elsewhere: Vec<_> = part(&assigned, "birch").elsewhere.iter().map(SourceUid::as_str).collect();
    assert_eq!(elsewhere, ["1"]);
}

#[test]
fn an_override_to_a_property_nobody_configured_sets_the_row_aside() {
    let mut settings = organization();
    if let Some(birch) = settings.properties.get_mut(&"birch".into()) {
        birch.owner_overrides = vec![OwnerOverride { pattern: "olive".to_owned(), to: "nowhere".into() }];
    }
    let assigned = assign(itrip(&[birch("1")]), &settings);
    assert_eq!(assigned.rejected.first().map(|row| row.reason.code()), Some("override-without-property"));
}

#[test]
fn a_number_listed_twice_counts_once() {
    let assigned = assign(itrip(&[birch("1"), birch("1")]), &organization());
    assert_eq!(part(&assigned, "birch").entries.len(), 1);
    assert_eq!(assigned.rejected.first().map(|row| (row.line, row.reason.code())), Some((3, "duplicate-uid")));
}

#[test]
fn western_bytes_are_read_with_a_note() {
    let mut bytes = ITRIP_HEADER.as_bytes().to_vec();
    let row = plain("1", "Pi?on House");
    bytes.extend(row.bytes().map(|byte| if byte == b'?' { 0xf1 } else { byte }));
    let report = read(bytes);
    assert_eq!(report.listings.first().and_then(|listed| listed.listing.name.as_deref()), Some("Piñon House"));
    assert_eq!(report.notes, [Note::Windows1252 { line: 2 }]);
}

#[test]
fn the_contractors_text_gives_signals_and_is_gone() {
    let text = "Work Order #1 Due: Mar 5th\n\nOlive Owner\n1\u{a0}Test\u{a0}St\ndoor 4711\nDo not\u{a0}clean\nOWNER STAY (next checkin)";
    let report = itrip(&[row("1", "Birch House #10000001", "2030-03-05 16:00:00", "Yes", text), birch("2")]);
    assert_eq!(report.rows()[1].0, 3, "a cell of many lines is one row");
    let (marked, unmarked) = (&report.rows()[0].1.signals, &report.rows()[1].1.signals);
    assert!(marked.owner_next_by_text && marked.hold && !marked.owner_next_by_name);
    assert!(!unmarked.owner_next_by_text && !unmarked.hold);
    assert!(!format!("{report:?}").contains("4711"));
}

#[test]
fn work_at_the_house_is_told_from_a_guest_by_a_word_of_its_own() {
    let kind = |guest: &str| {
        let report = itrip(&[birch("1000001").replace("Ann Example", guest)]);
        let kinds: Vec<EntryKind> = report.rows().iter().map(|(_, entry)| entry.kind).collect();
        kinds.first().copied()
    };
    for work in ["Maintenance", "MAINTENANCE: roof", "Mia Example (maintenance)", "Émile\u{a0}maintenance"] {
        assert_eq!(kind(work), Some(EntryKind::Block), "{work}");
    }
    for guest in ["Mia Example", "Maintenanceson", "Émaintenance", "maintenance2", "Maintenancé", "maintenanc"] {
        assert_eq!(kind(guest), Some(EntryKind::Reservation), "{guest}");
    }
}

#[test]
fn rows_of_many_properties_go_each_to_its_own_in_the_order_of_the_report() {
    let name = |row: usize| format!("House {}", row % 7);
    let rows: Vec<String> = (0..100).map(|row| plain(&format!("{}", 1_000_000 + row), &name(row))).collect();
    let report = itrip(&rows);
    assert_eq!(report.listings.len(), 7);
    for (house, listed) in report.listings.iter().enumerate() {
        assert_eq!(listed.listing.name, Some(name(house)));
        let expected: Vec<u64> = (2..102).skip(house).step_by(7).collect();
        assert_eq!(listed.lines, expected);
        for (line, entry) in listed.rows() {
            assert_eq!(entry.uid, Some(SourceUid::new(format!("{}", 1_000_000 + line - 2))));
        }
    }
}

#[test]
fn the_same_day_flag_is_held_against_the_suppliers_own_date() {
    let house = "Birch House #10000001";
    let report = itrip(&[
        row("1", house, "2030-03-05 16:00:00", "Yes", ""),
        row("2", house, "2030-03-05 16:00:00", "No", ""),
        row("3", house, "", "Yes", ""),
        row("4", house, "", "No", ""),
        row("5", house, "next week", "perhaps", ""),
    ]);
    let said: Vec<_> = report.rows().iter().map(|(_, row)| (row.signals.same_day, row.signals.next_check_in)).collect();
    let next = Some(date(2030, 3, 5));
    assert_eq!(said, [(Some(true), next), (Some(false), next), (Some(true), None), (Some(false), None), (None, None)]);
    let column = |name: &str| Note::UnreadableSignal { line: 6, column: name.to_owned() };
    assert_eq!(
        report.notes,
        [
            Note::SameDayDisagrees { line: 3 },
            Note::SameDayDisagrees { line: 4 },
            column("next booking"),
            column("same day?")
        ]
    );
}

#[test]
fn an_empty_report_proves_nothing() {
    let assigned = assign(itrip(&[]), &organization());
    assert_eq!(assigned.notes, [Note::NoRows]);
    assert!(assigned.snapshots.iter().all(|part| part.coverage == Coverage::Nothing { why: NoCoverage::Empty }));
}

#[test]
fn a_report_of_days_gone_by_proves_nothing() {
    let received = "2030-03-09T15:00:00Z".parse().unwrap();
    let delivery = Delivery { received, dated: None, evidence: "e1" };
    let assigned = reports::assign(itrip(&[birch("1")]), &organization(), delivery);
    assert_eq!(assigned.notes, [Note::Stale]);
    assert!(assigned.snapshots.iter().all(|part| matches!(part.coverage, Coverage::Nothing { .. })));
}

#[test]
fn what_is_no_table_is_told_by_its_look() {
    for (body, words) in [
        (&b""[..], "empty"),
        (b" \r\n ", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"<!doctype html>", "web page"),
        (b"{\"a\":1}", "JSON"),
        (b"BEGIN:VCALENDAR\r\n", "calendar"),
        (b"a,b\0c", "binary"),
    ] {
        let fault = reports::read(body).unwrap_err().to_string();
        assert!(fault.contains(words), "{fault}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_report_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
    ) {
        let mut body = match which {
            0 => format!("{ITRIP_HEADER}{}{}", birch("1"), birch("2")),
            1 => format!("{TAB_1}{STAY_1}"),
            _ => format!("{TAB_2}{OWNER_ROW}"),
        }.into_bytes();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.extend(bytes);
        if let Ok(report) = reports::read(&body) {
            let rows = report.rows().len() + report.rejected.len();
            let assigned = assign(report, &organization());
            let guests: u64 = assigned.notes.iter().map(|note| if let Note::GuestRows { count } = note { *count } else { 0 }).sum();
            let placed: usize = assigned.snapshots.iter().map(|part| part.entries.len()).sum();
            prop_assert_eq!(placed + assigned.rejected.len() + usize::try_from(guests).unwrap_or(0), rows);
        }
    }
}
