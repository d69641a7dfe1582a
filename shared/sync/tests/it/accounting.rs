//! What runs and plans tell of themselves: every record once, every call, and what is still in the way.

use crate::{
    leases::{active_lease, labels, load, run, town},
    place::{Place, flow, organization, soon},
};
use lintel_cloud::store::Act;
use lintel_domain::{
    ids::FlowId,
    quality::Walk,
    records::{Entity, RecordKey},
    sync::{Base, Counts, Intent, Link, LinkState, RunKind},
};
use lintel_sandbox::buildium::{BuildiumWorld, Cosigner, Lease, LeaseTenant, Size, Tenant, Unit};
use lintel_sync::SyncError;
use serde_json::json;

impl Place {
    fn calls(&self) -> u64 {
        self.source.vendor.usage().total() + self.target.vendor.usage().total()
    }

    /// What the audit has of a record: field, before, after.
    pub(crate) async fn changes(&self, flow: &str, record: &str) -> Vec<(String, bool, bool)> {
        let identity = self.settings.flows[&FlowId::new(flow)].identity(&RecordKey::from_text(record));
        let entries = self.table().audit_of(&identity).await.unwrap();
        let changes = entries.into_iter().filter(|entry| entry.purpose.who == format!("flow {flow}"));
        let changes = changes.flat_map(|entry| match entry.act {
            Act::Written { changes, .. } => changes,
            other => unreachable!("{other:?}"),
        });
        changes.map(|change| (change.field, change.before.is_some(), change.after.is_some())).collect()
    }
}

#[tokio::test]
async fn a_run_tells_the_calls_it_took_failed_ones_and_those_at_its_end_among_them() {
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(40)), json!({ "when_gone": "mark" })).await;
    for kind in [RunKind::Full, RunKind::Changes, RunKind::Compare] {
        let before = place.calls();
        let run = place.run(kind).await;
        assert_eq!(run.counts.calls, place.calls() - before, "{kind:?}");
        assert!(run.counts.calls > 0);
    }
    place.source.vendor.delete::<Tenant>(place.source.vendor.ids::<Tenant>()[0]).unwrap();
    let before = place.calls();
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.gone, run.counts.calls), (1, place.calls() - before), "the one at the end marks it");

    // A page that came to nothing made its calls all the same.
    let id = place.begin(RunKind::Full).await;
    place.source.vendor.delete_key("sandbox-client-id");
    let others = NobodyElse;
    let failed = place.engine.page(&place.settings, &flow(), &id, 0, &others, soon()).await;
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!(place.table().run(&flow(), &id).await.unwrap().unwrap().counts.calls, 1);
}

struct NobodyElse;

#[async_trait::async_trait]
impl lintel_sync::HandOut for NobodyElse {
    async fn hand_out(&self, pages: &[u64]) -> Result<(), SyncError> {
        assert!(pages.is_empty());
        Ok(())
    }
}

#[tokio::test]
async fn a_record_that_comes_twice_on_a_page_is_accounted_for_twice_and_made_once() {
    let flow = json!({ "stream": "cosigners", "into": "contacts" });
    let place = Place::with(BuildiumWorld::sample(5, Size { properties: 1, units: 4, tenants: 4 }), flow).await;
    let source = &place.source.vendor;
    for lease in source.ids::<Lease>() {
        source.edit(lease, |lease: &mut Lease| lease.cosigners.clear()).unwrap();
    }
    for lease in source.ids::<Lease>().into_iter().take(2) {
        let cosigner = Cosigner { id: 71, last_name: Some("Signer".into()), ..Cosigner::default() };
        source.edit(lease, |lease: &mut Lease| lease.cosigners = vec![cosigner]).unwrap();
    }
    let run = place.run(RunKind::Full).await;
    let Counts { read, created, skipped, .. } = run.counts;
    assert_eq!((read, created, skipped, run.counts.accounted()), (2, 1, 1, 2));
}

#[tokio::test]
async fn what_stands_within_listed_records_is_read_whole_over_several_pages() {
    let flow = json!({ "stream": "cosigners", "into": "contacts" });
    let place = Place::with(BuildiumWorld::empty(), flow).await;
    let signer = |id: u32| Cosigner { id, last_name: Some("Signer".into()), ..Cosigner::default() };
    // A page has a thousand leases and begins with the last one of the page before, which has no cosigner here and two there.
    let held = |number: u32| match number {
        0 | 1_000 | 2_100 => vec![signer(5_000 + number)],
        1_998 => vec![signer(7_000), signer(7_001)],
        _ => Vec::new(),
    };
    for number in 0..2_200 {
        place.source.vendor.add(Lease { cosigners: held(number), ..Lease::default() });
    }
    assert_eq!(place.run(RunKind::Full).await.counts.created, 5);
    let stand = place.table().flow_row(&crate::place::flow()).await.unwrap();
    assert!(stand.cursor.is_some() && stand.full_at.is_some(), "the list did not move: {stand:?}");
}

#[tokio::test]
async fn a_home_that_is_let_room_by_room_shows_one_of_its_leases_and_the_run_goes_on() {
    let place = town().await;
    run(&place, "units", RunKind::Full).await;
    let lease = active_lease(&place);
    place.source.vendor.add(Lease { id: 0, ..lease.clone() });
    let counts = run(&place, "rents", RunKind::Full).await.counts;
    assert_eq!((counts.failed, counts.accounted()), (0, counts.read), "{counts:?}");
    let again = run(&place, "rents", RunKind::Full).await.counts;
    assert_eq!((again.updated, again.failed), (0, 0), "the two do not take turns");
}

#[tokio::test]
async fn what_was_refused_is_told_by_every_run_that_reads_it_and_by_the_plan() {
    let place = Place::of_tenants(10).await;
    let nameless = place.source.vendor.ids::<Tenant>()[3];
    let unname = |one: &mut Tenant| (one.first_name, one.last_name, one.email) = (None, None, None);
    place.source.vendor.edit(nameless, unname).unwrap();
    for others in ["created", "unchanged"] {
        let counts = place.run(RunKind::Full).await.counts;
        let well = if others == "created" { counts.created } else { counts.unchanged };
        assert_eq!((well, counts.failed, counts.accounted()), (9, 1, 10), "{counts:?}");
    }
    assert_eq!(place.plan("tenants").await.refused, 1);
}

#[tokio::test]
async fn only_values_that_were_left_out_are_counted_as_such() {
    let rules = json!({ "rules": [{ "field": "comment", "check": "required", "otherwise": "warn" }] });
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(12)), rules).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.email = Some("nobody".into())).unwrap();
    assert_eq!(place.run(RunKind::Full).await.counts.warnings, 1, "what is merely missing was not left out");
}

#[tokio::test]
async fn every_label_that_comes_or_goes_stands_in_the_audit_and_one_that_is_said_again_comes_back() {
    let place = town().await;
    load(&place, &["tenants", "units", "homes"]).await;
    let lease = active_lease(&place);
    let (tenant, unit, key) = (lease.tenants[0].id, lease.unit_id, format!("leases/{}", lease.id));
    let (came, went) = (|kind: &str| (kind.to_owned(), false, true), |kind: &str| (kind.to_owned(), true, false));
    assert_eq!(place.changes("homes", &key).await, [came("active-tenant")]);

    place.source.vendor.move_out(lease.id, tenant).unwrap();
    run(&place, "homes", RunKind::Changes).await;
    let mut told = vec![came("active-tenant"), went("active-tenant"), came("past-tenant")];
    assert_eq!(place.changes("homes", &key).await, told);

    let kept = place.source.vendor.get::<Lease>(lease.id).unwrap();
    place.source.vendor.delete::<Lease>(lease.id).unwrap();
    assert_eq!(run(&place, "homes", RunKind::Full).await.counts.gone, 1);
    assert!(!labels(&place, tenant, unit).contains("Past tenant"));
    told.push(went("past-tenant"));
    assert_eq!(place.changes("homes", &key).await, told);

    let again = place.source.vendor.add(Lease { id: kept.id, ..kept });
    assert_eq!(again, lease.id, "the same lease is there again");
    run(&place, "homes", RunKind::Full).await;
    assert!(labels(&place, tenant, unit).contains("Past tenant"), "{:?}", labels(&place, tenant, unit));
}

/// As a worker leaves it that told the target and stopped before it wrote that down.
fn unfinished(before: Link, after: &Link, fields: &[&'static str]) -> Link {
    let base = Base { source: after.base.source.only(fields), target: after.base.target.only(fields) };
    let fields = fields.iter().map(|name| (*name).to_owned()).collect();
    Link { intent: Some(Intent { fields, base }), ..before }
}

#[tokio::test]
async fn what_a_worker_wrote_that_stopped_before_it_said_so_stands_in_the_audit() {
    let place = Place::of_tenants(10).await;
    place.run(RunKind::Full).await;
    let ids = place.source.vendor.ids::<Tenant>();
    let (made, changed) = (format!("tenants/{}", ids[0]), format!("tenants/{}", ids[1]));
    let table = place.table();
    let link = async |key: &str| {
        let key = RecordKey::from_text(key);
        table.links(&flow(), Entity::Person, std::slice::from_ref(&key)).await.unwrap().remove(&key).unwrap()
    };
    let (first, before) = (link(&made).await, link(&changed).await);
    place.source.vendor.edit(ids[1], |one: &mut Tenant| one.last_name = Some("Changed".into())).unwrap();
    place.run(RunKind::Changes).await;
    let after = link(&changed).await;
    let fresh = Link::new(first.key.clone(), LinkState::Begun, String::new());
    // Of the two fields only the name came to be.
    let mut intended = after.clone();
    intended.base.target.set("comment", Some("Never written".into()));
    let links = [
        unfinished(fresh, &first, &["first_name", "last_name"]),
        unfinished(Link { seen: String::new(), ..before }, &intended, &["last_name", "comment"]),
    ];
    table.save_links(&flow(), &links).await.unwrap();

    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.updated, run.counts.failed), (0, 0, 0), "{:?}", run.counts);
    for (key, fields) in [(&made, vec!["first_name", "last_name"]), (&changed, vec!["last_name"])] {
        let identity = place.settings.flows[&flow()].identity(&RecordKey::from_text(key));
        let entries = table.audit_of(&identity).await.unwrap();
        let found: Vec<_> = entries.iter().filter(|entry| entry.purpose.why.contains("found it written")).collect();
        let [entry] = found[..] else { unreachable!("{key}: {entries:?}") };
        assert_eq!(entry.purpose.why, format!("run {} found it written", run.id));
        let Act::Written { vendor_id, changes, .. } = &entry.act else { unreachable!("{entry:?}") };
        assert_eq!(Some(vendor_id), link(key).await.target.as_ref());
        assert_eq!(changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), fields);
        assert!(changes.iter().all(|change| change.before.is_none() && change.after.is_some()));
    }
}

#[tokio::test]
async fn what_waits_for_a_record_goes_on_once_that_one_is_there_though_nothing_changed() {
    let place = town().await;
    load(&place, &["units", "homes", "rents"]).await;
    // Nobody is a contact yet, so all wait; and a run of changes reads changes as long as it would help nobody.
    assert_eq!(run(&place, "homes", RunKind::Changes).await.kind, RunKind::Changes);
    run(&place, "tenants", RunKind::Full).await;
    let related = run(&place, "homes", RunKind::Changes).await;
    assert_eq!((related.kind, related.counts.failed), (RunKind::Full, 0), "{:?}", related.counts);
    let lease = active_lease(&place);
    assert!(labels(&place, lease.tenants[0].id, lease.unit_id).contains("Active tenant"));

    // The same for what is written onto a record, and by changes again after that.
    let source = &place.source.vendor;
    let unit = source.add(Unit { property_id: 1, unit_number: Some("99".into()), ..Unit::default() });
    source.add(Lease {
        unit_id: unit,
        lease_from_date: Some("2020-01-01".parse().unwrap()),
        lease_type: "AtWill".into(),
        tenants: vec![LeaseTenant { id: lease.tenants[0].id, move_in_date: None }],
        ..Lease::default()
    });
    assert_eq!(run(&place, "rents", RunKind::Changes).await.counts.failed, 1);
    run(&place, "units", RunKind::Changes).await;
    let late = run(&place, "rents", RunKind::Changes).await;
    assert_eq!((late.kind, late.counts.updated, late.counts.failed), (RunKind::Full, 1, 0), "{:?}", late.counts);
    assert_eq!(run(&place, "rents", RunKind::Changes).await.kind, RunKind::Changes);
}

#[tokio::test]
async fn the_newer_of_two_edits_wins_where_both_sides_tell_the_time() {
    let mut place = town().await;
    let flow = place.settings.flows.get_mut(&FlowId::new("rents")).unwrap();
    flow.policy = lintel_domain::sync::Policy::Newest;
    load(&place, &["units", "rents"]).await;
    let lease = active_lease(&place);
    let listing = || place.record_of("0-420", "units", lease.unit_id).unwrap();
    let rent = || listing()["lintel_rent"].parse::<f64>().unwrap();
    let by_office = |rent: f64| {
        place.source.vendor.edit(lease.id, |lease: &mut Lease| lease.account_details.rent = Some(rent)).unwrap();
    };
    let by_portal = |rent: &str| {
        place.target.vendor.person_edits("0-420", &listing()["id"], &[("lintel_rent", rent)]).unwrap();
    };
    // The account tells whole seconds.
    let a_moment = || tokio::time::sleep(std::time::Duration::from_millis(1_100));
    by_office(1_111.0);
    a_moment().await;
    by_portal("2222");
    let counts = run(&place, "rents", RunKind::Changes).await.counts;
    assert_eq!((rent(), counts.conflicts), (2_222.0, 0), "the portal's is newer");
    by_portal("3333");
    a_moment().await;
    by_office(4_444.0);
    let counts = run(&place, "rents", RunKind::Changes).await.counts;
    assert_eq!((rent(), counts.conflicts), (4_444.0, 0), "the office's is newer");
}

#[tokio::test]
async fn nothing_is_read_or_written_for_a_portal_that_was_not_set_up() {
    let world = BuildiumWorld::sample(5, Size::of_tenants(5));
    let place = Place::with(world, json!({})).await;
    let settings = organization(&place.source.url, &place.target.url, &json!({}));
    let hub = crate::place::Hub::of(settings, &[]).await;
    let calls = place.calls();
    let refused = hub.runs.begin(&hub.settings, &flow(), RunKind::Full, 1).await.unwrap_err();
    assert_eq!(refused.to_string(), "flow tenants: connection hubspot was not set up: `lintel setup hubspot`");
    assert_eq!(place.calls(), calls);
}

#[tokio::test]
async fn a_report_of_relations_judges_the_source_and_says_that_labels_are_not_read() {
    let place = town().await;
    load(&place, &["tenants", "units", "homes"]).await;
    let homes = FlowId::new("homes");
    let report = place.engine.compare(&place.settings, &homes, Walk::Everything, soon()).await.unwrap();
    let leases = place.source.vendor.ids::<Lease>().len() as u64;
    assert_eq!((report.agreement.looked_for, report.agreement.compared), (leases, leases));
    assert!(report.agreement.fields.is_empty(), "{:?}", report.agreement.fields);
    assert!(report.not_read.contains("lease-listings at hubspot"), "{:?}", report.not_read);
}
