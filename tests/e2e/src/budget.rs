//! Many new stays at once, against a vendor that enforces its limit: what their jobs cost in calls and time.

use crate::places::Places;
use anyhow::ensure;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lintel_connectors::surroundings::Clock;
use lintel_domain::{
    job::ScheduleState,
    job_file::{JobFile, Standing},
};
use lintel_sandbox::{Home, Kind, Stay, calendar};
use serde_json::json;
use std::{collections::BTreeMap, sync::PoisonError, time::Duration};

/// Stays of one property: three nights each, back to back, within the days a job is made ahead.
const STAYS_OF_A_HOME: usize = 50;
const NIGHTS: i64 = 3;
const AHEAD_DAYS: u32 = 365;
/// Of five homes of the sample two have a calendar.
const HOMES: usize = 5;
const HOMES_WITH_CALENDAR: usize = 2;
/// Looks at the queues in one round, ten messages each: every waiting job has its turn, and not many have two. Jobs that wait
/// for the budget come back with its every permit, which changes nothing but the time a simulation takes.
const LOOKS: usize = 150;
/// Between two rounds. Permits of this time never exceed the burst, so none is lost by waiting.
const PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// Longer than any number of stays takes that is worth trying. A day.
const ROUNDS: usize = 96;

/// What the jobs of new stays cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Jobs that were made, read back, and stand where they should.
    pub verified: usize,
    /// Calls that were answered, by method and route.
    pub calls: BTreeMap<String, u64>,
    /// Every call, also those the limit refused.
    pub made: u64,
    pub over_limit: u64,
    /// From the first look at the calendars until nothing was outstanding.
    pub took: Duration,
}

/// Takes a whole number of homes' stays from their calendars to verified jobs, on tokio's paused clock.
pub async fn verify_jobs(stays: usize) -> anyhow::Result<Booked> {
    ensure!(stays.is_multiple_of(STAYS_OF_A_HOME * HOMES_WITH_CALENDAR), "{stays} stays fill no whole homes");
    let homes = stays / STAYS_OF_A_HOME / HOMES_WITH_CALENDAR * HOMES;
    let places = Places::open_with(1, homes, |settings| {
        settings.jobs.ahead_days = AHEAD_DAYS;
        // The others do not work, and are there for that.
        settings.feeds.retain(|feed, _| feed.as_str().ends_with("-channel"));
    })
    .await?;
    write_calendars(&places);
    let began = places.clock.now();
    places.invoke("feed-dispatcher", json!({})).await?;
    let ended = come_to_rest(&places).await?;
    let usage = places.field_service.usage();
    Ok(Booked {
        verified: verified(&places).await?,
        made: usage.total(),
        calls: usage.calls,
        over_limit: usage.over_limit,
        took: Duration::try_from(ended.duration_since(began))?,
    })
}

/// Delivers whatever there is until nothing is outstanding; answers since when there has been nothing.
async fn come_to_rest(places: &Places) -> anyhow::Result<Timestamp> {
    for _ in 0..ROUNDS {
        for _ in 0..LOOKS {
            if !places.drain().await? {
                break;
            }
        }
        if places.outstanding().await?.is_empty() {
            return Ok(places.clock.now());
        }
        places.clock.jump(PAUSE).await;
        places.invoke("sweeper", json!({})).await?;
    }
    anyhow::bail!("after a day there is still work: {:?}", places.outstanding().await?)
}

fn write_calendars(places: &Places) {
    let now = places.clock.now();
    let mut calendars = places.feeds.calendars.lock().unwrap_or_else(PoisonError::into_inner);
    for home in places.world.homes() {
        let booked = Home { stays: back_to_back(home, &places.world), ..home.clone() };
        calendars.insert(format!("{}.ics", home.index), calendar(&booked, now));
    }
}

/// Guests one after another from tomorrow on.
fn back_to_back(home: &Home, world: &lintel_sandbox::World) -> Vec<Stay> {
    let first = u32::try_from(home.index * 1_000).unwrap_or_default();
    let mut check_in = world.today().saturating_add(1.day());
    (first..)
        .take(STAYS_OF_A_HOME)
        .map(|number| {
            let check_out = check_in.saturating_add(NIGHTS.days());
            let stay = Stay { number, check_in, check_out, kind: Kind::Guest, guest: "Ann Example" };
            check_in = check_out;
            stay
        })
        .collect()
}

async fn verified(places: &Places) -> anyhow::Result<usize> {
    let org = places.table.org(&places.settings.id);
    let stands = |file: &JobFile| {
        file.standing == Standing::Verified && file.schedule == Some(ScheduleState::Synced) && file.trouble.is_none()
    };
    let mut verified = 0;
    for property in places.settings.properties.keys() {
        verified += org.property(property).await?.jobs.values().filter(|job| stands(&job.file)).count();
    }
    Ok(verified)
}
