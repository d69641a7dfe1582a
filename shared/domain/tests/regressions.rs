//! One test for each failure of the best known peer (csv-reports.md section 6), and the sheet's sample rows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stand outside test functions"
)]

mod support;

use jiff::{civil::date as civil, tz::TimeZone};
use lintel_domain::{
    attention::AttentionCode,
    ids::{JobId, SnapshotId, SourceUid},
    job::{JobProgress, ScheduleState},
    planner::{ChangeKind, Input, JobFacts, Outcome, PlanError, plan},
    schedule,
    snapshot::{Coverage, EntryKind, NoCoverage, Presence, Signals},
    stay::{JobWish, NoJob, OfficeEdits, ServiceType, Stay, VersionStatus},
};
use support::{House, at, code, date, entry, kind, kinds, label, property, rules, signals};

const DAY: &str = "2030-03-01T12:00:00Z";

fn owner_signals() -> Signals {
    Signals {
        same_day: Some(true),
        next_check_in: Some(date("2030-03-05")),
        owner_next_by_text: true,
        owner_next_by_name: true,
        hold: false,
    }
}

#[test]
fn failure_01_owner_arriving_and_same_day_never_flip() {
    let mut house = House::new();
    let rows = [
        signals(owner_signals(), entry("1000001", "2030-03-01", "2030-03-05")),
        entry("1000002", "2030-03-05", "2030-03-09"),
    ];
    house.read("report", DAY, &rows);
    for hour in 13..20 {
        let plan = house.read("report", &format!("2030-03-01T{hour}:00:00Z"), &rows);
        assert_eq!(kinds(&plan), [], "read at {hour}");
        assert!(house.take(&Input::Recompute).is_empty());
    }
    let stay = house.leaving("2030-03-05");
    assert!(stay.findings.owner_arriving && !stay.findings.same_day);
}

#[test]
fn failure_02_a_false_flag_that_was_left_out_is_no_change() {
    let mut house = House::new();
    house.read("report", DAY, &[entry("1000001", "2030-03-02", "2030-03-05")]);
    let stored = serde_json::to_string(&house.state.stays.values().next().unwrap()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    value["signals"].as_object_mut().unwrap().retain(|_, flag| *flag != serde_json::Value::Bool(false));
    let back: Stay = serde_json::from_value(value).unwrap();
    house.state.stays.insert(back.key.clone(), back);
    assert!(house.take(&Input::Recompute).is_empty());
}

#[test]
fn failure_03_one_key_per_stay_over_many_reads() {
    let mut house = House::new();
    for day in 1..=13 {
        let out = format!("2030-04-{:02}", 10 + day);
        house.read("report", &format!("2030-03-{day:02}T12:00:00Z"), &[entry("1000001", "2030-04-02", &out)]);
    }
    assert_eq!(house.state.stays.len(), 1);
    let stay = house.leaving("2030-04-23");
    assert_eq!((stay.version, stay.status), (13, VersionStatus::Modified));
    let hex = stay.key.as_str().strip_prefix("sample-house.").unwrap();
    assert!(hex.len() == 12 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
}

#[test]
fn failure_04_a_new_uid_with_new_dates_keeps_the_stay_and_its_job() {
    for coded in [true, false] {
        let with_code = |entry| if coded { code("HMAAAAAAAA", entry) } else { entry };
        let mut house = House::new();
        house.read("feed", DAY, &[with_code(entry("uid-before", "2030-04-01", "2030-04-08"))]);
        let key = house.leaving("2030-04-08").key.clone();
        house.job(&key, JobFacts { job: Some(JobId::new("job-1")), progress: Some(JobProgress::Scheduled) });
        let plan =
            house.read("feed", "2030-03-02T12:00:00Z", &[with_code(entry("uid-after", "2030-04-01", "2030-04-06"))]);
        assert_eq!(kinds(&plan), [ChangeKind::Modified]);
        assert_eq!(house.leaving("2030-04-06").key, key);
        assert_eq!(plan.changes[0].retired.as_ref().unwrap().status, VersionStatus::Old);
        let why = &plan.changes[0].stay.recognised[0];
        assert_eq!((why.rule.as_str(), &why.evidence[..]), ("identity.same-stay", &[SnapshotId::new("read-0002")][..]));
    }
}

#[test]
fn failure_05_a_bad_row_is_set_aside_and_the_rest_goes_on() {
    let mut house = House::new();
    let plan =
        house.read("feed", DAY, &[entry("bad", "2030-04-01", "2039-04-08"), entry("good", "2030-05-01", "2030-05-08")]);
    assert_eq!(plan.rejected.len(), 1);
    assert_eq!(plan.rejected[0].observation.uid, Some(SourceUid::new("bad")));
    assert_eq!(kinds(&plan), [ChangeKind::Created]);
}

#[test]
fn failure_06_two_planners_at_once_plan_the_same_version() {
    let mut house = House::new();
    house.read("feed", DAY, &[entry("a-uid", "2030-04-01", "2030-04-08")]);
    let coverage = support::upcoming("2030-03-02");
    let snapshot =
        house.snapshot("feed", "2030-03-02T12:00:00Z", coverage, &[entry("a-uid", "2030-04-01", "2030-04-09")]);
    let input = Input::Snapshot { snapshot };
    let now = at("2030-03-02T12:00:05Z");
    let one = plan(&property(), &house.settings, &house.state, &input, now).unwrap();
    let two = plan(&property(), &house.settings, &house.state, &input, now).unwrap();
    assert_eq!(one, two);
    assert_eq!(one.changes[0].stay.version, 2);
    house.state.apply(&one);
    assert!(plan(&property(), &house.settings, &house.state, &input, now).unwrap().is_empty());
}

#[test]
fn failure_07_a_read_twice_or_late_changes_nothing() {
    let mut house = House::new();
    let first =
        house.snapshot("feed", DAY, support::upcoming("2030-03-01"), &[entry("a-uid", "2030-04-01", "2030-04-08")]);
    let second = house.snapshot(
        "feed",
        "2030-03-02T12:00:00Z",
        support::upcoming("2030-03-02"),
        &[entry("a-uid", "2030-04-01", "2030-04-09")],
    );
    house.take(&Input::Snapshot { snapshot: first.clone() });
    house.take(&Input::Snapshot { snapshot: second.clone() });
    let again = house.take(&Input::Snapshot { snapshot: second });
    assert!(again.is_empty());
    assert_eq!(again.outcome, Outcome::Unchanged);
    let late = house.take(&Input::Snapshot { snapshot: first });
    assert!(late.is_empty());
    assert_eq!(late.outcome, Outcome::Superseded);
}

#[test]
fn failure_08_an_owner_stay_in_the_suppliers_text_is_no_same_day() {
    for (by_text, by_name) in [(true, false), (false, true)] {
        let told = Signals { owner_next_by_text: by_text, owner_next_by_name: by_name, ..owner_signals() };
        let mut house = House::new();
        house.read("report", DAY, &[signals(told, entry("1000001", "2030-03-01", "2030-03-05"))]);
        let stay = house.leaving("2030-03-05");
        assert!(stay.findings.owner_arriving && !stay.findings.same_day);
        assert_eq!(stay.findings.service_at, civil(2030, 3, 5).at(10, 0, 0, 0));
    }
}

#[test]
fn failure_09_an_owner_entry_has_rules() {
    let mut house = House::new();
    let owner = kind(EntryKind::OwnerBlock, entry("owner", "2030-04-09", "2030-04-12"));
    house.read("feed", DAY, &[entry("guest", "2030-04-01", "2030-04-08"), owner]);
    assert!(house.leaving("2030-04-08").findings.owner_arriving);
    let own = house.leaving("2030-04-12");
    assert_eq!(own.findings.service, ServiceType::OwnerArrival);
    assert_eq!(own.findings.job, JobWish::NotWanted { reason: NoJob::Block });
}

#[test]
fn failure_10a_the_service_time_is_a_wall_clock_time_of_the_property() {
    let mut house = House::in_zone("America/New_York");
    house.read(
        "feed",
        DAY,
        &[entry("winter", "2030-03-04", "2030-03-08"), entry("summer", "2030-07-01", "2030-07-08")],
    );
    let rules = &house.settings.rules;
    let configured = &house.settings.properties[&property()];
    let starts = |day| schedule::desire(house.leaving(day), configured, rules).unwrap().starts;
    assert_eq!(starts("2030-03-08"), at("2030-03-08T15:15:00Z"));
    assert_eq!(starts("2030-07-08"), at("2030-07-08T14:15:00Z"));
}

#[test]
fn failure_10b_a_civil_date_never_moves_through_utc() {
    for zone in ["Pacific/Kiritimati", "Pacific/Apia", "Pacific/Niue", "America/Phoenix"] {
        let mut house = House::in_zone(zone);
        house.read("feed", DAY, &[entry("guest", "2030-04-01", "2030-04-08")]);
        let stay = house.leaving("2030-04-08");
        let desire = schedule::desire(stay, &house.settings.properties[&property()], &house.settings.rules).unwrap();
        let local = desire.starts.to_zoned(TimeZone::get(zone).unwrap());
        assert_eq!(local.date(), date("2030-04-08"), "{zone}");
        assert_eq!(schedule::compare(desire.starts, Some(desire.starts), zone), ScheduleState::Synced);
    }
}

#[test]
fn failure_11_a_failed_half_removes_nothing() {
    let mut house = House::new();
    house.read("owner-report", DAY, &[kind(EntryKind::OwnerBlock, entry("o-1", "2030-04-01", "2030-04-08"))]);
    for (day, why) in
        [NoCoverage::Partial, NoCoverage::Empty, NoCoverage::ExplicitCancellations].into_iter().enumerate()
    {
        for read in 2..9 {
            let when = format!("2030-03-{:02}T12:00:00Z", 2 + day * 8 + read);
            let snapshot = house.snapshot("owner-report", &when, Coverage::Nothing { why }, &[]);
            let plan = house.take(&Input::Snapshot { snapshot });
            assert_eq!(kinds(&plan), [], "{why:?}");
        }
    }
    assert!(house.leaving("2030-04-08").misses.is_none());
}

#[test]
fn failure_12_the_next_guest_is_the_earliest_active_one_of_the_whole_property() {
    let mut house = House::new();
    let far = entry("far", "2030-06-01", "2030-06-05");
    let near = entry("near", "2030-04-20", "2030-04-22");
    let gone = entry("gone", "2030-04-10", "2030-04-12");
    house.read("feed", DAY, &[far.clone(), entry("guest", "2030-04-01", "2030-04-08"), gone.clone()]);
    house.read("other-feed", DAY, &[near]);
    assert_eq!(house.leaving("2030-04-08").findings.next_guest, Some(date("2030-04-10")));
    let cancelled = lintel_domain::snapshot::Observation { presence: Presence::Cancelled, ..gone };
    house.read("feed", "2030-03-02T12:00:00Z", &[far, entry("guest", "2030-04-01", "2030-04-08"), cancelled]);
    let stay = house.leaving("2030-04-08");
    assert_eq!(stay.findings.next_guest, Some(date("2030-04-20")));
    assert_eq!(stay.findings.line, "Turnover STR Next Guest April 20");
}

#[test]
fn sample_row_owner_arriving_with_a_same_day_flag() {
    let mut house = House::new();
    house.read(
        "report",
        "2030-02-28T12:00:00Z",
        &[signals(owner_signals(), entry("1000001", "2030-03-01", "2030-03-05"))],
    );
    let stay = house.leaving("2030-03-05");
    assert!(stay.findings.owner_arriving && !stay.findings.same_day && !stay.findings.long_term);
    assert_eq!(stay.span.nights(), 4);
    assert!(rules(stay).contains(&"same-day.owner-arriving"), "{:?}", rules(stay));
    assert_eq!(stay.findings.line, "OWNER ARRIVING - Turnover STR Next Guest March 5");
}

#[test]
fn sample_rows_long_term_guest_before_the_owner() {
    let mut house = House::new();
    house.read("guest-report", "2030-02-28T12:00:00Z", &[label("ann", entry("20000001", "2030-03-01", "2030-03-20"))]);
    let stay = house.leaving("2030-03-20");
    assert_eq!(stay.span.nights(), 19);
    assert!(stay.findings.long_term);
    let owner = kind(EntryKind::OwnerBlock, entry("20000002", "2030-03-20", "2030-03-25"));
    house.read("owner-report", "2030-02-28T13:00:00Z", &[owner]);
    let stay = house.leaving("2030-03-20");
    assert!(stay.findings.owner_arriving && !stay.findings.same_day);
    assert_eq!(stay.findings.line, "OWNER ARRIVING - LONG TERM GUEST DEPARTING - Turnover STR Next Guest March 20");
}

#[test]
fn a_flag_against_its_own_date_is_told_once() {
    let mut house = House::new();
    let told = Signals { same_day: Some(true), next_check_in: Some(date("2030-03-09")), ..Signals::default() };
    let row = signals(told, entry("1000001", "2030-03-02", "2030-03-05"));
    let plan = house.read("report", DAY, std::slice::from_ref(&row));
    assert!(plan.attention.iter().any(|told| told.code == AttentionCode::FlagDisagrees));
    let again = house.read("report", "2030-03-01T13:00:00Z", &[row]);
    assert_eq!(again.attention, []);
}

#[test]
fn three_events_of_one_stay_make_one_stay() {
    let mut house = House::new();
    let plan = house.read(
        "feed",
        DAY,
        &[
            entry("in", "2030-04-01", "2030-04-02"),
            entry("out", "2030-04-08", "2030-04-09"),
            entry("stay", "2030-04-01", "2030-04-08"),
        ],
    );
    assert_eq!(kinds(&plan), [ChangeKind::Created]);
    assert_eq!(plan.skipped.len(), 2);
}

#[test]
fn a_block_that_rolls_makes_no_history() {
    let mut house = House::new();
    for day in 1..10 {
        let rolling =
            entry(&format!("rolling-{day}"), &format!("2030-03-{day:02}"), &format!("2030-03-{:02}", day + 2));
        house.read("feed", &format!("2030-03-{day:02}T15:00:00Z"), &[kind(EntryKind::Block, rolling)]);
    }
    let stays: Vec<_> = house.active();
    assert_eq!(stays.len(), 1);
    assert_eq!(stays[0].version, 1);
}

#[test]
fn uids_that_change_with_every_read_are_given_up() {
    let mut house = House::new();
    let spans = [("2030-04-01", "2030-04-08"), ("2030-05-01", "2030-05-08"), ("2030-06-01", "2030-06-08")];
    let mut last = Vec::new();
    for read in 1..=5 {
        let entries: Vec<_> =
            spans.iter().enumerate().map(|(n, (i, o))| entry(&format!("random-{read}-{n}"), i, o)).collect();
        last = kinds(&house.read("feed", &format!("2030-03-{read:02}T12:00:00Z"), &entries));
    }
    assert_eq!(house.state.stays.len(), 3);
    assert!(house.state.stays.values().all(|stay| stay.version == 1));
    assert_eq!(last, [], "nothing is rewritten once the uids are given up");
}

#[test]
fn uids_that_are_places_in_a_list_do_not_shift_the_stays() {
    let mut house = House::new();
    let all = [
        ("2030-04-01", "2030-04-08"),
        ("2030-05-01", "2030-05-08"),
        ("2030-06-01", "2030-06-08"),
        ("2030-07-01", "2030-07-09"),
    ];
    let list = |spans: &[(&str, &str)]| -> Vec<_> {
        spans.iter().enumerate().map(|(n, (i, o))| entry(&n.to_string(), i, o)).collect()
    };
    house.read("feed", DAY, &list(&all));
    let plan = house.read("feed", "2030-03-02T12:00:00Z", &list(&all[1..]));
    assert_eq!(kinds(&plan), [ChangeKind::Evidence], "only the vanished one's miss: {plan:?}");
}

#[test]
fn two_under_one_uid_and_the_same_dates_stay_who_they_were() {
    for number in 1..20 {
        let uid = format!("uid-{number}");
        let plain = entry(&uid, "2030-04-10", "2030-04-18");
        let named = signals(Signals { owner_next_by_name: true, ..Signals::default() }, plain.clone());
        let other = entry(&uid, "2030-02-20", "2030-02-21");
        let mut house = House::new();
        house.read("feed", "2030-03-01T12:00:00Z", &[plain.clone(), other.clone(), named.clone()]);
        let plan = house.read("feed", "2030-03-01T13:00:00Z", &[named, other, plain]);
        assert!(kinds(&plan).iter().all(|kind| *kind == ChangeKind::Evidence), "{uid}: {:?}", kinds(&plan));
    }
}

#[test]
fn one_uid_with_two_dates_is_two_stays() {
    let mut house = House::new();
    let twice = [entry("twice", "2030-04-01", "2030-04-08"), entry("twice", "2030-05-01", "2030-05-08")];
    house.read("feed", DAY, &twice);
    assert_eq!(house.active().len(), 2);
    assert_eq!(kinds(&house.read("feed", "2030-03-02T12:00:00Z", &twice)), []);
}

#[test]
fn the_same_stay_in_two_sources_gets_one_job() {
    let mut house = House::new();
    house.settings.rules.source_order = vec!["report".to_owned()];
    house.read("a-feed", DAY, &[entry("x-1", "2030-04-01", "2030-04-08")]);
    house.read("report", DAY, &[entry("1000001", "2030-04-01", "2030-04-08")]);
    let wanted: Vec<_> = house.active().into_iter().filter(|stay| stay.findings.job == JobWish::Wanted).collect();
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].source.as_str(), "report");
    assert!(house.active().iter().all(|stay| !stay.findings.overlapping));
}

#[test]
fn a_stay_that_vanished_waits_goes_and_comes_back_with_its_job() {
    let mut house = House::new();
    let others =
        || (1..=9).map(|n| entry(&format!("uid-{n}"), &format!("2030-05-{n:02}"), &format!("2030-05-{:02}", n + 1)));
    let lost = entry("lost", "2030-04-01", "2030-04-08");
    let with: Vec<_> = others().chain([lost.clone()]).collect();
    let without: Vec<_> = others().collect();
    house.read("feed", DAY, &with);
    let key = house.leaving("2030-04-08").key.clone();
    house.job(&key, JobFacts { job: Some(JobId::new("job-1")), progress: Some(JobProgress::Scheduled) });
    let edits = OfficeEdits { instructions: Some("Bring a ladder".to_owned()), ..OfficeEdits::default() };
    house.edit(&key, edits.clone());

    for hour in [13, 14, 15] {
        let plan = house.read("feed", &format!("2030-03-01T{hour}:00:00Z"), &without);
        assert_eq!(kinds(&plan), [ChangeKind::Evidence], "enough misses, too little time");
    }
    assert_eq!(kinds(&house.read("feed", "2030-03-01T16:00:00Z", &without)), [], "nothing to add but time");
    let plan = house.read("feed", "2030-03-02T01:00:00Z", &without);
    assert_eq!(kinds(&plan), [ChangeKind::Removed]);
    let change = &plan.changes[0];
    assert_eq!(change.live_job.as_ref().unwrap().job, JobId::new("job-1"));
    assert!(plan.attention.iter().any(|told| told.code == AttentionCode::RemovedWithLiveJob));
    assert_eq!(change.stay.recognised[0].evidence, ["read-0002", "read-0003", "read-0004"].map(SnapshotId::new));

    let plan = house.read("feed", "2030-03-02T02:00:00Z", &with);
    assert_eq!(kinds(&plan), [ChangeKind::Reactivated]);
    let back = house.leaving("2030-04-08");
    assert_eq!((&back.key, &back.office, back.status), (&key, &edits, VersionStatus::Modified));
    assert_eq!(back.findings.job, JobWish::Wanted);
}

/// Reads a feed without the named stays until absence suffices.
fn lose(house: &mut House, rest: &[lintel_domain::snapshot::Observation]) -> lintel_domain::planner::PropertyPlan {
    house.read("feed", "2030-03-02T01:00:00Z", rest);
    house.read("feed", "2030-03-02T08:00:00Z", rest);
    house.read("feed", "2030-03-02T16:00:00Z", rest)
}

#[test]
fn a_mass_change_waits_for_an_operator() {
    let all: Vec<_> = (1..=6)
        .map(|n| entry(&format!("uid-{n}"), &format!("2030-0{}-01", n + 3), &format!("2030-0{}-05", n + 3)))
        .collect();
    for choice in ["approve", "dismiss", "return"] {
        let mut house = House::new();
        house.read("feed", DAY, &all);
        let opened = lose(&mut house, &all[3..]);
        assert_eq!(opened.plans.len(), 1, "{opened:?}");
        assert_eq!(house.active().len(), 6);
        let id = opened.plans[0].id.clone();
        match choice {
            "approve" => {
                let plan = house.take(&Input::Approve { plan: id.clone() });
                assert_eq!(kinds(&plan), [ChangeKind::Removed; 3]);
                let again = plan_of(&house, &Input::Approve { plan: id.clone() });
                assert_eq!(again, Err(PlanError::UnknownPlan(id)));
            }
            "dismiss" => {
                house.take(&Input::Dismiss { plan: id });
                assert_eq!(house.state.sources.values().next().unwrap().open_misses, 0);
                let later = house.read("feed", "2030-03-09T16:00:00Z", &all[3..]);
                assert!(later.plans.is_empty() && later.changes.is_empty(), "{later:?}");
                assert_eq!(house.active().len(), 6);
            }
            _ => {
                let back = house.read("feed", "2030-03-02T20:00:00Z", &all);
                assert_eq!(back.plans[0].status, lintel_domain::absence::RemovalPlanStatus::Withdrawn);
                assert!(house.active().iter().all(|stay| stay.misses.is_none()));
            }
        }
    }
}

fn plan_of(house: &House, input: &Input) -> Result<lintel_domain::planner::PropertyPlan, PlanError> {
    plan(&property(), &house.settings, &house.state, input, at(DAY))
}

#[test]
fn a_uid_listed_at_another_property_has_left() {
    let mut house = House::new();
    house.read("feed", DAY, &[entry("mover", "2030-04-01", "2030-04-08")]);
    let mut snapshot =
        house.snapshot("feed", "2030-03-02T12:00:00Z", Coverage::Nothing { why: NoCoverage::Partial }, &[]);
    snapshot.elsewhere = vec![SourceUid::new("mover")];
    let plan = house.take(&Input::Snapshot { snapshot });
    assert_eq!(kinds(&plan), [ChangeKind::Removed]);
    assert_eq!(plan.changes[0].stay.recognised[0].rule.as_str(), "absence.elsewhere");
}

#[test]
fn an_earlier_reading_of_the_offices_cells_does_not_undo_a_later_one() {
    let mut house = House::new();
    house.read("feed", DAY, &[entry("one", "2030-04-01", "2030-04-08")]);
    let key = house.leaving("2030-04-08").key.clone();
    let says = |text: &str| OfficeEdits { instructions: Some(text.to_owned()), ..OfficeEdits::default() };
    house.edit_as_of(&key, says("later"), "2030-03-01T12:00:02Z");
    house.edit_as_of(&key, says("earlier"), "2030-03-01T12:00:01Z");
    assert_eq!(house.leaving("2030-04-08").office, says("later"));
}

#[test]
fn a_hold_needs_a_person_and_a_past_stay_no_job() {
    let mut house = House::new();
    let held = signals(Signals { hold: true, ..Signals::default() }, entry("1000001", "2030-04-01", "2030-04-08"));
    house.read("report", DAY, &[held, entry("1000002", "2030-02-20", "2030-02-28")]);
    assert_eq!(house.leaving("2030-04-08").findings.job, JobWish::NotWanted { reason: NoJob::Hold });
    assert_eq!(house.leaving("2030-02-28").findings.job, JobWish::NotWanted { reason: NoJob::Past });
    let key = house.leaving("2030-04-08").key.clone();
    house.edit(&key, OfficeEdits { service_type: Some(ServiceType::Turnover), ..OfficeEdits::default() });
    assert_eq!(house.leaving("2030-04-08").findings.job, JobWish::Wanted);
}

#[test]
fn decisions_name_what_they_rest_on() {
    let mut house = House::new();
    house.read("feed", DAY, &[entry("a", "2030-04-01", "2030-04-08"), entry("b", "2030-04-08", "2030-04-12")]);
    let next = house.leaving("2030-04-12").key.clone();
    let key = house.leaving("2030-04-08").key.clone();
    house.edit(&key, OfficeEdits { instructions: Some("Bring a ladder".to_owned()), ..OfficeEdits::default() });
    let stay = house.leaving("2030-04-08");
    assert_eq!(stay.recognised[0].evidence, [SnapshotId::new("read-0001")]);
    let named = |rule: &str, input: &str| {
        let decision = stay.findings.decisions.of(rule).next().unwrap().into_owned();
        decision.inputs.get(input).cloned()
    };
    assert_eq!(named("next-guest.own-stays", "stay").as_deref(), Some(next.as_str()));
    assert_eq!(named("same-day.next-stay", "stays").as_deref(), Some(next.as_str()));
    let line = stay.findings.decisions.of("line.office").next().unwrap().into_owned();
    assert!(!line.result.contains("ladder"), "what people wrote is no decision's to tell");
    let last = house.leaving("2030-04-12");
    assert!(last.findings.decisions.iter().all(|decision| !decision.inputs.values().any(String::is_empty)));
}
