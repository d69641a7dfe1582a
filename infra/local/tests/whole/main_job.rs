//! The main job through its front doors: real posts, real sockets, the deployed wiring.

use crate::place::{CREDENTIALS, Place};
use jiff::{ToSpan, civil::Date};
use lintel_cloud::store::PropertyRows;
use lintel_domain::{
    snapshot::EntryKind,
    stay::{JobWish, Stay as KnownStay},
};
use lintel_sandbox::{Channel, Home, Kind, Stay};
use std::collections::BTreeSet;

/// What the world itself says of a departure, worked out from its own stays alone.
fn expected(home: &Home, stay: &Stay) -> (bool, bool, bool) {
    let next = home.after(stay);
    let gap = next.map(|next| stay.check_out.until(next.check_in).unwrap().get_days());
    let owner = next.is_some_and(|next| next.kind == Kind::Owner) && gap.is_some_and(|gap| gap <= 1);
    let guest_same_day = next.is_some_and(|next| next.kind == Kind::Guest) && gap == Some(0);
    let nights = stay.check_in.until(stay.check_out).unwrap().get_days();
    (guest_same_day && !owner, owner, nights >= 14)
}

/// The departures a home's channel lets anybody know of.
fn announced(home: &Home, today: Date) -> impl Iterator<Item = &Stay> {
    let last = match home.channel {
        Channel::Checkouts => today.checked_add(14.days()).unwrap(),
        _ => today.checked_add(50.days()).unwrap(),
    };
    home.stays.iter().filter(move |stay| stay.kind == Kind::Guest && (today..=last).contains(&stay.check_out))
}

fn known<'a>(rows: &'a PropertyRows, stay: &Stay) -> Vec<&'a KnownStay> {
    rows.state
        .active()
        .filter(|known| known.kind == EntryKind::Reservation && known.span.check_out() == stay.check_out)
        .filter(|known| known.span.check_in() == stay.check_in)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_calendars_become_the_right_jobs_once() {
    let place = Place::open(30).await;
    let today = place.sandbox.world.today();
    place.deliver_everything().await;
    let properties = place.properties().await;

    let mut compared = 0;
    for home in place.sandbox.world.homes() {
        let rows = &properties[&home.id()];
        for stay in announced(home, today) {
            let found = known(rows, stay);
            assert!(!found.is_empty(), "{} does not know the stay until {}", home.id(), stay.check_out);
            let findings = &found[0].findings;
            let flags = (findings.same_day, findings.owner_arriving, findings.long_term);
            assert_eq!(flags, expected(home, stay), "{} until {}", home.id(), stay.check_out);
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} departures were compared");

    let mut jobs = BTreeSet::new();
    let horizon = today.checked_add(20.days()).unwrap();
    for rows in properties.values() {
        for stay in rows.state.active().filter(|stay| stay.findings.job == JobWish::Wanted) {
            if stay.findings.service_at.date() <= horizon {
                let seen = rows.jobs[&stay.key].file.seen.as_ref().unwrap_or_else(|| panic!("{} has no job", stay.key));
                assert!(jobs.insert(seen.job.clone()), "{} shares its job", stay.key);
            }
        }
    }
    assert!(jobs.len() > 40);
    assert_eq!(place.sandbox.field_service.duplicates(), Vec::<String>::new());
    assert_eq!(place.sandbox.field_service.usage().over_limit, 0);
    assert_eq!(place.sandbox.office_table.usage().over_limit, 0);

    // The same morning once more: nothing changes anywhere.
    let versions: Vec<u64> = properties.values().map(|rows| rows.version).collect();
    let calls = (place.sandbox.field_service.usage(), place.sandbox.office_table.usage());
    place.deliver_everything().await;
    let again: Vec<u64> = place.properties().await.values().map(|rows| rows.version).collect();
    assert_eq!(versions, again);
    assert_eq!(calls, (place.sandbox.field_service.usage(), place.sandbox.office_table.usage()));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_has_its_stated_outcome_and_disturbs_nobody() {
    let place = Place::open(25).await;
    let mails = place.sandbox.world.mails();

    // What a later try could mend is put off, never bounced.
    assert_eq!(place.post("sunrise", "reports:wrong", mails[0].json.clone()).await, 503);
    assert_eq!(place.post("nobody", CREDENTIALS, mails[0].json.clone()).await, 503);
    // What is not even a mail is kept and set aside.
    assert_eq!(place.post("sunrise", CREDENTIALS, b"{\"half\": ".to_vec()).await, 200);
    place.deliver_everything().await;

    let codes: BTreeSet<String> =
        place.session.org().quarantined().await.unwrap().into_iter().map(|row| row.code).collect();
    for code in ["unmapped-property", "missing-date", "unknown-report", "unknown-sender", "unreadable-mail"] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
    let attention: BTreeSet<String> =
        place.session.org().attention().await.unwrap().into_iter().map(|entry| entry.code).collect();
    for code in
        ["mail-not-authorized", "mail-without-report", "feed-not-a-calendar", "feed-partial", "feed-empty", "feed-gone"]
    {
        assert!(attention.contains(code), "{code} is not among {attention:?}");
    }
    let active: usize = place.properties().await.values().map(|rows| rows.state.active().count()).sum();
    assert!(active > 100, "the rest went on: {active} stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_holds_jobs_the_stays_are_known_and_no_job_is_asked_for() {
    let mut place = Place::open(2).await;
    place.session.settings.jobs.connection = None;
    place.session.publish().await.unwrap();
    place.deliver_everything().await;

    let properties = place.properties().await;
    assert!(properties.values().any(|rows| rows.state.active().next().is_some()));
    assert!(properties.values().all(|rows| rows.jobs.is_empty()));
    let set_aside = place.session.org().quarantined().await.unwrap();
    assert!(set_aside.iter().all(|row| row.code != "unusable-message"), "{set_aside:?}");
}
