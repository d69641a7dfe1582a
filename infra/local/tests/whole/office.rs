//! What people write in the office's table comes back and changes the plan.

use crate::place::Place;
use lintel_cloud::{inputs::NewInput, store::WorkKind};
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::{ConnectionId, InputId},
    planner::Input,
    stay::{OfficeEdits, ServiceType, Stay},
};
use lintel_reconciler::Report;
use serde_json::{Value, json};
use std::time::Duration;

const INSTRUCTIONS: &str = "Custom Service Line Instructions";

impl Place {
    /// A place whose office is watched.
    async fn watched() -> Self {
        let mut place = Self::open(4).await;
        place.deliver_everything().await;
        let url = format!("http://{}", place.serving.address);
        place.session.watch(&ConnectionId::new("office"), &url).await.unwrap();
        place.sandbox.ping();
        place
    }

    /// A stay that is to have a job.
    pub(crate) async fn planned(&self) -> Stay {
        let properties = self.properties().await;
        let mut stays = properties.into_values().flat_map(|rows| {
            let jobs = rows.jobs;
            rows.state
                .stays
                .into_values()
                .filter(move |stay| jobs.get(&stay.key).is_some_and(|job| job.file.seen.is_some()))
        });
        stays.find(|stay| stay.status.is_active()).unwrap()
    }

    async fn stay(&self, stay: &Stay) -> Stay {
        self.session.org().stay(&stay.key).await.unwrap().unwrap().stay
    }

    pub(crate) fn record(&self, stay: &Stay) -> String {
        let records = self.sandbox.office_table.records_with("Reservation UID", &json!(stay.key));
        assert_eq!(records.len(), 1, "one version, one row");
        records.into_iter().next().unwrap()
    }

    pub(crate) fn types(&self, record: &str, column: &str, value: Value) {
        self.sandbox.office_table.person_edits(record, column, value).unwrap();
    }

    async fn becomes(&self, stay: &Stay, wanted: impl Fn(&Stay) -> bool) -> Stay {
        for _ in 0..400 {
            let now = self.stay(stay).await;
            if wanted(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the stay never became that: {:?}", self.stay(stay).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_the_plan_and_the_job_and_can_be_taken_back() {
    let place = Place::watched().await;
    let stay = place.planned().await;
    let record = place.record(&stay);
    place.types(&record, INSTRUCTIONS, json!("Bring a ladder"));
    let edited = place.becomes(&stay, |stay| stay.findings.line.contains("Bring a ladder")).await;
    place.quiet().await;
    let row = place.session.org().job(&edited.property, &stay.key).await.unwrap().unwrap();
    let job = place.sandbox.field_service.job(row.file.seen.unwrap().job.as_str()).unwrap();
    assert!(job.line.unwrap().contains("Bring a ladder"), "the crew reads it");

    place.types(&record, "Custom Service Type", json!("Inspection"));
    let edited = place.becomes(&stay, |stay| stay.findings.service == ServiceType::Inspection).await;
    assert_eq!(edited.office.instructions.as_deref(), Some("Bring a ladder"), "one edit does not undo another");
    place.quiet().await;
    let calls = place.sandbox.office_table.usage().calls;
    let pings = place.sandbox.office_table.take_pings(jiff::Timestamp::now() + jiff::SignedDuration::from_mins(1));
    assert!(pings.is_empty(), "what Lintel writes is told to nobody");
    place.quiet().await;
    assert_eq!(place.sandbox.office_table.usage().calls, calls, "an edit is followed, and then there is quiet");

    place.types(&record, INSTRUCTIONS, Value::Null);
    place.types(&record, "Custom Service Type", Value::Null);
    let back = place.becomes(&stay, |stay| stay.office == lintel_domain::stay::OfficeEdits::default()).await;
    assert_eq!(
        (back.findings.line, back.findings.service),
        (stay.findings.line.clone(), stay.findings.service.clone())
    );
    let failed = place.session.org().due_work(WorkKind::FailedEvents, jiff::Timestamp::MAX, 10).await.unwrap();
    assert!(failed.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_nobody_told_of_is_found_and_the_next_look_finds_nothing() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let stay = place.planned().await;
    place.types(&place.record(&stay), "Custom Service Time", json!("2030-01-01T20:00:00.000Z"));
    for (edits, what) in [(1, "found"), (0, "known")] {
        let answer = place.session.invoke("reconciler", json!({})).await.unwrap();
        place.quiet().await;
        let report: Report = serde_json::from_value(answer).unwrap();
        assert_eq!(report.organizations[0].edits, edits, "{what}");
    }
    let stay = place.stay(&stay).await;
    let zone = &place.session.settings.properties[&stay.property].zone;
    let wanted = "2030-01-01T20:00:00Z".parse::<jiff::Timestamp>().unwrap().in_tz(zone).unwrap().datetime();
    assert_eq!(stay.office.service_time, Some(wanted), "wall-clock time at the property");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_watch_takes_the_place_of_the_first() {
    let place = Place::watched().await;
    let (office, settings) = (ConnectionId::new("office"), &place.session.settings);
    let first = place.session.org().watch(&office).await.unwrap().unwrap().watch;
    for nonsense in ["nonsense", "ftp://hub.example.com", "http://10.1.2.3"] {
        assert!(place.session.watch(&office, nonsense).await.is_err(), "{nonsense}");
    }
    place.session.watch(&office, "https://hub.example.com/").await.unwrap();
    let second = place.session.org().watch(&office).await.unwrap().unwrap().watch;
    let history = place.session.connections().unwrap().history_table(settings, &office).await.unwrap();
    let deadline = Deadline::at(jiff::Timestamp::now() + jiff::SignedDuration::from_mins(1));
    assert_eq!(history.keep_watch(&first, deadline).await.unwrap(), None, "nobody would prove what it sends");
    assert!(history.keep_watch(&second, deadline).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_is_gone_is_named() {
    let place = Place::watched().await;
    let (office, table) = (ConnectionId::new("office"), place.session.org());
    let row = table.watch(&office).await.unwrap().unwrap();
    let gone = lintel_cloud::store::WatchRow { watch: "achGone0000000000".into(), ..row };
    table.save_watch(&office, &gone).await.unwrap();
    place.session.invoke("reconciler", json!({})).await.unwrap();
    let entries = table.attention().await.unwrap();
    assert!(entries.iter().any(|entry| entry.code == "watch-lost" && entry.text.contains("lintel watch office")));
}

/// Lintel died after an edit was handed over and before that was noted, and the person went on writing.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_edit_outlives_a_crash_over_the_first() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let stay = place.planned().await;
    let record = place.record(&stay);
    let first = OfficeEdits { instructions: Some("First".to_owned()), ..OfficeEdits::default() };
    place.session.org().take_cells(&stay.property, &stay.key, stay.version, &first).await.unwrap();
    place.types(&record, INSTRUCTIONS, json!("Second"));
    let now = jiff::Timestamp::now();
    let edit = NewInput {
        id: InputId::new("office-first"),
        property: stay.property.clone(),
        input: Input::Edit { stay: stay.key.clone(), edits: first, as_of: now },
    };
    place.session.inputs().unwrap().hand_over(&place.session.settings.id, vec![edit], now).await.unwrap();
    place.becomes(&stay, |stay| stay.office.instructions.as_deref() == Some("First")).await;
    // The mirror takes the change over, and leaves the cell alone.
    place.quiet().await;
    assert_eq!(place.sandbox.office_table.records_with(INSTRUCTIONS, &json!("Second")), std::slice::from_ref(&record));

    place.session.invoke("reconciler", json!({})).await.unwrap();
    place.becomes(&stay, |stay| stay.office.instructions.as_deref() == Some("Second")).await;
    place.quiet().await;
    assert_eq!(place.sandbox.office_table.records_with(INSTRUCTIONS, &json!("Second")), std::slice::from_ref(&record));
}
