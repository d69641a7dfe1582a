//! HubSpot with a token of its own and with OAuth, against its simulator over real sockets. Both go by one clock.

use crate::{
    script::{connection, parts_with},
    time::Time,
};
use jiff::SignedDuration;
use lintel_connectors::{
    Error, manifest,
    records::{PageAsk, PageToken, RecordClient},
    transport::{Deadline, MemoryState, ReqwestClient},
};
use lintel_domain::{private::Private, settings::Connection};
use lintel_sandbox::{
    ManualClock, Running, SimClock,
    hubspot::{HubSpot, MalformedAddress, PortalSettings},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

struct Portal {
    running: Running<HubSpot>,
    clock: Arc<ManualClock>,
    state: Arc<MemoryState>,
    settings: PortalSettings,
}

impl Portal {
    async fn open() -> Self {
        Self::of(PortalSettings::default()).await
    }

    async fn of(settings: PortalSettings) -> Self {
        let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
        let running = Running::start(HubSpot::new(settings.clone(), Arc::clone(&clock) as _, 7)).await.unwrap();
        Self { running, clock, state: Arc::default(), settings }
    }

    fn consent(&self, refresh_token: &str) -> String {
        let PortalSettings { client_id, client_secret, .. } = &self.settings;
        json!({ "client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token }).to_string()
    }

    /// A worker with the consent the portal knows.
    fn worker(&self, seed: u64) -> RecordClient {
        self.worker_with(seed, &[("auth", "oauth")], &self.consent(&self.settings.refresh_token))
    }

    fn worker_with(&self, seed: u64, settings: &[(&str, &str)], secret: &str) -> RecordClient {
        let connection = Connection { base_url: Some(self.running.url.clone()), ..connection("hubspot", settings) };
        let http = Arc::new(ReqwestClient::default());
        let parts = parts_with(http, Arc::new(Time(Arc::clone(&self.clock))), &self.state, seed);
        let manifest = manifest::find("hubspot").unwrap();
        RecordClient::open(manifest, &"crm".into(), &connection, &Private::new(secret), parts).unwrap()
    }

    async fn list(&self, worker: &RecordClient) -> Result<(), Error> {
        let ask = PageAsk { stream: "contacts", token: PageToken::First, changed_since: None, fields: &[] };
        worker.page(&ask, self.deadline()).await.map(drop)
    }

    fn deadline(&self) -> Deadline {
        Deadline::at(SimClock::now(self.clock.as_ref()) + SignedDuration::from_secs(60))
    }

    /// How often each route was called.
    fn calls<const N: usize>(&self, routes: [&str; N]) -> [u64; N] {
        let usage = self.running.vendor.usage();
        routes.map(|route| usage.calls_of(route))
    }
}

const TOKENS: &str = "POST /oauth/token";
const REFUSED: &str = "unauthorized";
const LISTS: &str = "GET /objects/contacts";

#[tokio::test]
async fn a_private_apps_token_is_sent_as_it_is() {
    let portal = Portal::open().await;
    portal.list(&portal.worker_with(1, &[], &portal.settings.private_token)).await.unwrap();
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [0, 0, 1]);
    let error = portal.list(&portal.worker_with(1, &[], "pat-na1-wrong")).await.unwrap_err();
    assert_eq!(error.code(), "not-authorized");
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [0, 1, 1], "a token that never changes is tried once");
}

#[tokio::test]
async fn a_day_of_calls_meets_no_expired_token() {
    let portal = Portal::open().await;
    let worker = portal.worker(1);
    for _ in 0..24 * 4 {
        portal.list(&worker).await.unwrap();
        portal.clock.advance(Duration::from_mins(15));
    }
    // Of each token two quarters of an hour are used; the next one would begin at its end.
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [48, 0, 96]);
}

#[tokio::test]
async fn tokens_taken_back_are_replaced_once() {
    let portal = Portal::open().await;
    let (first, second) = (portal.worker(1), portal.worker(2));
    portal.list(&first).await.unwrap();
    portal.list(&second).await.unwrap();
    portal.running.vendor.expire_tokens();
    portal.list(&first).await.unwrap();
    portal.list(&second).await.unwrap();
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [2, 2, 4]);
}

#[tokio::test]
async fn many_calls_at_once_get_one_token() {
    let portal = Portal::open().await;
    let worker = portal.worker(1);
    let (one, two, three, four) =
        tokio::join!(portal.list(&worker), portal.list(&worker), portal.list(&worker), portal.list(&worker));
    for done in [one, two, three, four] {
        done.unwrap();
    }
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [1, 0, 4]);
}

#[tokio::test]
async fn a_consent_that_was_withdrawn_needs_a_person() {
    let portal = Portal::open().await;
    let stale = portal.consent("sandbox-stale-token");
    let error = portal.list(&portal.worker_with(1, &[("auth", "oauth")], &stale)).await.unwrap_err();
    assert_eq!(error.code(), "not-authorized");
    assert!(error.to_string().contains("400 BAD_REFRESH_TOKEN"), "{error}");
    assert_eq!(portal.calls([TOKENS, REFUSED, LISTS]), [1, 0, 0]);
}

#[test]
fn an_app_is_held_to_its_own_limit() {
    let api = manifest::find("hubspot").unwrap().api.unwrap();
    let calls = BTreeMap::from([None, Some("oauth")].map(|way| (way, api.access(way).unwrap().1.calls.get())));
    assert_eq!(calls, BTreeMap::from([(None, 190), (Some("oauth"), 110)]));
}

#[tokio::test]
async fn the_limits_are_those_the_portal_tells_whatever_its_plan() {
    for (burst, way) in [(100, None), (250, None), (100, Some("oauth"))] {
        let portal = Portal::of(PortalSettings { burst: Some(burst), ..PortalSettings::default() }).await;
        let worker = match way {
            None => portal.worker_with(1, &[], &portal.settings.private_token),
            Some(_) => portal.worker(1),
        };
        let began = SimClock::now(portal.clock.as_ref());
        for _ in 0..1_000 {
            portal.list(&worker).await.unwrap();
        }
        let usage = portal.running.vendor.usage();
        assert_eq!(usage.over_limit.ten_secondly + usage.over_limit.daily, 0, "{burst} {way:?}");
        let took = SimClock::now(portal.clock.as_ref()).duration_since(began).as_secs_f64();
        let allowed = if way.is_some() { 110.0 } else { f64::from(u32::try_from(burst).unwrap()) };
        // What may come at once is taken from the pace, and the first calls go by what the manifest knows.
        assert!(1_000.0 / took * 10.0 > allowed * 0.85, "{burst} {way:?}: {took} seconds");
    }
}

#[tokio::test]
async fn a_day_that_is_used_up_is_left_alone_before_the_portal_says_so_a_second_time() {
    let portal = Portal::of(PortalSettings { daily: Some(3), ..PortalSettings::default() }).await;
    let worker = portal.worker_with(1, &[], &portal.settings.private_token);
    for _ in 0..3 {
        portal.list(&worker).await.unwrap();
    }
    for _ in 0..5 {
        assert_eq!(portal.list(&worker).await.unwrap_err().code(), "plan-limit");
    }
    assert_eq!(portal.running.vendor.usage().over_limit.daily, 0, "nobody asked");
    portal.clock.advance(Duration::from_hours(24));
    portal.list(&worker).await.unwrap();
}

#[tokio::test]
async fn a_contact_is_found_by_any_of_its_addresses() {
    let portal = Portal::open().await;
    let vendor = &portal.running.vendor;
    let ann = [("email", "ann@example.com"), ("hs_additional_emails", "annie@example.com;a@example.com")];
    let ann = vendor.person_creates("contacts", &ann).unwrap();
    let bea = vendor.person_creates("contacts", &[("email", "bea@example.com")]).unwrap();
    let asked = ["annie@example.com", "bea@example.com", "nobody@example.com"].map(str::to_owned);
    let (worker, fields) = (portal.worker(1), ["firstname".to_owned()]);
    let found = worker.find_by("contacts", "email", &asked, &fields, portal.deadline()).await.unwrap().unwrap();
    let ids: Vec<_> = asked.iter().map(|value| found.get(value).map(|item| item.key.as_str())).collect();
    assert_eq!(ids, [Some(ann.as_str()), Some(bea.as_str()), None]);
    let nobody = ["nobody@example.com".to_owned()];
    let found = worker.find_by("contacts", "email", &nobody, &fields, portal.deadline()).await.unwrap();
    assert_eq!(found, Some(BTreeMap::new()));
    assert_eq!(worker.find_by("contacts", "phone", &nobody, &fields, portal.deadline()).await.unwrap(), None);
}

#[tokio::test]
async fn an_address_that_the_portal_takes_for_none_is_nobodys() {
    for malformed_address in [MalformedAddress::NotFound, MalformedAddress::Refused] {
        let settings = PortalSettings { malformed_address, ..PortalSettings::default() };
        let portal = Portal::of(settings).await;
        let people = ["ann@example.com", "bea@example.com", "cora@example.com"];
        for email in people {
            portal.running.vendor.person_creates("contacts", &[("email", email)]).unwrap();
        }
        let asked =
            ["ann@example.com", "no address", "bea@example.com", "nor@this", "cora@example.com"].map(str::to_owned);
        let (worker, fields) = (portal.worker(1), ["firstname".to_owned()]);
        let found = worker.find_by("contacts", "email", &asked, &fields, portal.deadline()).await.unwrap().unwrap();
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), people, "{malformed_address:?}");
    }
}
