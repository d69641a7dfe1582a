//! What holds of the stay rules whatever sources say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stand outside test functions"
)]

mod support;

use jiff::{SignedDuration, ToSpan, civil::Date, tz::TimeZone};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::{ConfirmationCode, SourceUid},
    job::ScheduleState,
    line::{manual_part, merge_line},
    planner::{ChangeKind, Input, PropertyPlan},
    schedule,
    snapshot::{Coverage, EntryKind, NoCoverage, Observation, Signals},
    span::Span,
    stay::VersionStatus,
};
use proptest::prelude::*;
use support::{House, at, date, entry, kinds, property};

const ZONES: [&str; 6] = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "America/Phoenix",
];

fn kind() -> impl Strategy<Value = EntryKind> {
    prop_oneof![
        4 => Just(EntryKind::Reservation),
        1 => Just(EntryKind::Block),
        1 => Just(EntryKind::OwnerBlock),
        1 => Just(EntryKind::UnknownBusy),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let who = (0_u8..12, prop::option::weighted(0.3, 0_u8..6), prop::option::weighted(0.5, 0_u8..4));
    let told = (prop::option::weighted(0.3, any::<bool>()), prop::option::weighted(0.3, 0_i64..12), any::<[bool; 3]>());
    (who, 0_i64..60, 1_i64..25, kind(), told).prop_map(|((uid, code, label), start, nights, kind, told)| {
        let (same_day, next, [text, name, hold]) = told;
        let check_in = date("2030-02-20").checked_add(start.days()).unwrap();
        let check_out = check_in.checked_add(nights.days()).unwrap();
        Observation {
            uid: (uid > 0).then(|| SourceUid::new(format!("uid-{uid}"))),
            confirmation: code.map(|code| ConfirmationCode::new(format!("CODE{code}"))),
            label: label.map(|label| Fingerprint::of(&format!("label-{label}"))),
            span: Span::new(check_in, check_out).unwrap(),
            kind,
            signals: Signals {
                same_day,
                next_check_in: next.map(|days| check_out.checked_add(days.days()).unwrap()),
                owner_next_by_text: text && hold,
                owner_next_by_name: name && hold,
                hold: hold && text && name,
            },
            ..entry("", "2030-03-01", "2030-03-02")
        }
    })
}

fn entries() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(observation(), 0..10)
}

fn coverage() -> impl Strategy<Value = Coverage> {
    prop_oneof![
        4 => Just(support::upcoming("2030-03-01")),
        2 => Just(Coverage::Checkouts { from: date("2030-03-02"), to: date("2030-04-14") }),
        1 => Just(Coverage::Nothing { why: NoCoverage::Partial }),
        1 => Just(Coverage::Nothing { why: NoCoverage::Empty }),
        1 => Just(Coverage::Nothing { why: NoCoverage::ExplicitCancellations }),
    ]
}

type Told = (u8, u8, Coverage, Vec<Observation>);

fn reads() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec((0_u8..2, 1_u8..9, coverage(), entries()), 1..9)
}

/// Tells the house the reads, each some hours after the one before.
fn tell(house: &mut House, reads: &[Told], mut check: impl FnMut(&House, &Input, &PropertyPlan)) {
    let mut when = at("2030-03-01T12:00:00Z");
    for (source, hours, coverage, entries) in reads {
        when += SignedDuration::from_hours(i64::from(*hours));
        let source = format!("source-{source}");
        let snapshot = house.snapshot(&source, &when.to_string(), coverage.clone(), entries);
        let input = Input::Snapshot { snapshot };
        let plan = house.take(&input);
        check(house, &input, &plan);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn flags_do_not_depend_on_input_order(entries in entries(), seed in any::<u64>()) {
        let mut shuffled = entries.clone();
        let mut state = seed;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let other = usize::try_from(state >> 33).unwrap() % (index + 1);
            shuffled.swap(index, other);
        }
        let (mut one, mut other) = (House::new(), House::new());
        let plan = one.read("source", "2030-03-01T12:00:00Z", &entries);
        let shuffled = other.read("source", "2030-03-01T12:00:00Z", &shuffled);
        prop_assert_eq!(plan.changes, shuffled.changes);
        prop_assert_eq!(&one.state, &other.state);
    }

    #[test]
    fn what_was_applied_changes_nothing_again(reads in reads()) {
        let mut house = House::new();
        let mut inputs = Vec::new();
        tell(&mut house, &reads, |house, input, _| {
            let mut again = House::new();
            again.state = house.state.clone();
            assert!(again.take(input).is_empty(), "the same read again");
            assert!(again.take(&Input::Recompute).is_empty(), "the same stays again");
            inputs.push(input.clone());
        });
        let before = house.state.clone();
        for input in inputs {
            prop_assert!(house.take(&input).is_empty());
        }
        prop_assert_eq!(before, house.state);
    }

    #[test]
    fn the_same_content_read_later_makes_no_history(entries in entries()) {
        let mut house = House::new();
        house.read("source", "2030-03-01T12:00:00Z", &entries);
        for hour in 13..16 {
            let plan = house.read("source", &format!("2030-03-01T{hour}:00:00Z"), &entries);
            let history: Vec<_> = kinds(&plan).into_iter().filter(|kind| *kind != ChangeKind::Evidence).collect();
            prop_assert_eq!(history, []);
        }
    }

    #[test]
    fn versions_follow_one_another_and_at_most_one_is_active(reads in reads()) {
        let mut house = House::new();
        let mut versions = std::collections::BTreeMap::new();
        tell(&mut house, &reads, |_, _, plan| {
            let mut seen = std::collections::BTreeSet::new();
            for change in &plan.changes {
                assert!(seen.insert(change.stay.key.clone()), "one change per stay");
                let before = versions.insert(change.stay.key.clone(), change.stay.version).unwrap_or(0);
                let step = u32::from(change.kind != ChangeKind::Evidence);
                assert_eq!(change.stay.version, before + step);
                assert_eq!(change.retired.is_some(), step == 1 && change.kind != ChangeKind::Created);
                if let Some(retired) = &change.retired {
                    assert_eq!((retired.version, retired.status), (before, VersionStatus::Old));
                }
            }
        });
    }

    #[test]
    fn nothing_goes_by_a_read_that_says_nothing_of_absence(reads in reads()) {
        let mut house = House::new();
        tell(&mut house, &reads, |_, input, plan| {
            let Input::Snapshot { snapshot } = input else { return };
            if matches!(snapshot.coverage, Coverage::Nothing { .. }) {
                assert!(!kinds(plan).contains(&ChangeKind::Removed), "{plan:?}");
            }
        });
    }

    #[test]
    fn owner_arriving_and_same_day_exclude_each_other(reads in reads()) {
        let mut house = House::new();
        tell(&mut house, &reads, |house, _, _| {
            for stay in house.active() {
                assert!(!(stay.findings.owner_arriving && stay.findings.same_day));
                assert!(stay.findings.line.chars().count() <= house.settings.rules.line_limit);
                assert!(!stay.findings.decisions.is_empty());
            }
        });
    }

    #[test]
    fn overlap_is_said_of_both_sides(reads in reads()) {
        let mut house = House::new();
        tell(&mut house, &reads, |house, _, _| {
            for stay in house.active().into_iter().filter(|stay| stay.findings.overlapping) {
                let other = house.active().into_iter().any(|other| {
                    other.key != stay.key && other.findings.overlapping && other.span.overlaps(stay.span)
                });
                assert!(other);
            }
        });
    }

    #[test]
    fn a_merged_line_keeps_the_persons_part_and_the_cap(
        existing in prop::option::of("[a-zé|\\- ]{0,40}( \\| [A-Za-z ]{0,30})?"),
        generated in "[A-Zé ]{0,60}",
        limit in 0_usize..80,
    ) {
        let merged = merge_line(existing.as_deref(), &generated, limit);
        prop_assert!(merged.chars().count() <= limit);
        if let Some(manual) = existing.as_deref().and_then(manual_part) {
            let kept: String = manual.chars().take(limit).collect();
            prop_assert!(merged.starts_with(&kept), "{merged:?} lost {kept:?}");
        }
        if let Some((manual, _)) = existing.as_deref().and_then(|text| text.rsplit_once(" | ")).filter(|(manual, _)| !manual.trim().is_empty()) {
            let kept: String = manual.chars().take(limit).collect();
            prop_assert!(merged.starts_with(&kept));
        }
        prop_assert_eq!(merge_line(Some(&merged), &generated, limit).chars().count() <= limit, true);
    }

    #[test]
    fn service_stays_on_the_check_out_date_in_every_zone(zone in prop::sample::select(&ZONES[..]), day in 0_i64..1500, minute in 0_i8..60, hour in 0_i8..24) {
        let check_out: Date = date("2027-12-01").checked_add(day.days()).unwrap();
        let check_in = check_out.checked_sub(1.day()).unwrap();
        let mut house = House::in_zone(zone);
        house.settings.rules.service_time = jiff::civil::time(hour, minute, 0, 0);
        let seen = format!("{}T00:00:00Z", check_in.checked_sub(20.days()).unwrap());
        house.read("source", &seen, &[Observation { span: Span::new(check_in, check_out).unwrap(), ..entry("uid-1", "2030-03-01", "2030-03-02") }]);
        let stay = house.active()[0].clone();
        prop_assert_eq!(stay.findings.service_at.date(), check_out);
        let desire = schedule::desire(&stay, &house.settings.properties[&property()], &house.settings.rules).unwrap();
        let local = desire.starts.to_zoned(TimeZone::get(zone).unwrap());
        prop_assert_eq!(local.datetime(), desire.starts_at);
        let wanted = check_out.at(hour, minute, 0, 0);
        let shifted = support::rules(&stay).contains(&"service-time.clock-change");
        prop_assert!(shifted || local.datetime() == wanted);
        prop_assert_eq!(schedule::compare(desire.starts, Some(desire.starts), zone), ScheduleState::Synced);
    }
}

#[test]
fn a_skipped_wall_clock_time_moves_forward_and_says_so() {
    let cases = [
        ("America/New_York", "2030-03-10", (2, 30), "2030-03-10T03:30:00"),
        ("Europe/Berlin", "2030-03-31", (2, 30), "2030-03-31T03:30:00"),
        ("Australia/Lord_Howe", "2030-10-06", (2, 15), "2030-10-06T02:45:00"),
        ("Pacific/Apia", "2011-12-30", (10, 15), "2011-12-31T10:15:00"),
    ];
    for (zone, day, (hour, minute), expected) in cases {
        let mut house = House::in_zone(zone);
        house.settings.rules.service_time = jiff::civil::time(hour, minute, 0, 0);
        let out = date(day);
        let row = Observation {
            span: Span::new(out.checked_sub(3.days()).unwrap(), out).unwrap(),
            ..entry("uid-1", "2030-03-01", "2030-03-02")
        };
        house.read("source", &format!("{}T00:00:00Z", out.checked_sub(9.days()).unwrap()), &[row]);
        let stay = house.active()[0];
        assert_eq!(stay.findings.service_at.to_string(), expected, "{zone}");
        assert!(support::rules(stay).contains(&"service-time.clock-change"), "{zone}");
    }
}

#[test]
fn leap_days_are_nights_and_service_days() {
    let mut house = House::new();
    house.read(
        "source",
        "2028-02-01T12:00:00Z",
        &[entry("uid-1", "2028-02-15", "2028-02-29"), entry("uid-2", "2028-02-29", "2028-03-01")],
    );
    let stay = house.leaving("2028-02-29");
    assert!(stay.findings.long_term && stay.findings.same_day);
    assert_eq!(stay.findings.service_at.to_string(), "2028-02-29T10:00:00");
    let next = Observation {
        span: Span::new(date("2027-02-15"), date("2027-03-01")).unwrap(),
        ..entry("uid-3", "2030-03-01", "2030-03-02")
    };
    assert_eq!(next.span.nights(), 14);
}
