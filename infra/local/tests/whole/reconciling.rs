//! What no webhook told, and jobs made by hand.

use crate::place::Place;
use jiff::SignedDuration;
use lintel_domain::{ids::JobId, job_file::JobOrder, private::Private, reconcile::Violation};
use lintel_reconciler::{OrgReport, Report};
use lintel_sandbox::faults::{ErrorBody, Fault, FaultRule, FaultScript};
use serde_json::json;

impl Place {
    async fn reconcile(&self) -> OrgReport {
        let answer = self.session.invoke("reconciler", json!({})).await.unwrap();
        self.quiet().await;
        let report: Report = serde_json::from_value(answer).unwrap();
        report.organizations.into_iter().next().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_webhook_told_is_caught_up_with() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let first = place.reconcile().await;
    assert!(first.is_quiet(), "{first:?}");

    let vendor = &place.sandbox.field_service;
    let jobs: Vec<_> = vendor.jobs().into_iter().filter(|job| !job.notes.is_empty() && job.starts.is_some()).collect();
    let (moved, deleted) = (&jobs[0], &jobs[1]);
    vendor.move_job(&moved.id, moved.starts.unwrap() + SignedDuration::from_hours(3)).unwrap();
    vendor.delete_job(&deleted.id).unwrap();
    let second = place.reconcile().await;
    assert_eq!((second.caught_up, second.looked_for), (1, 1), "{second:?}");
    let third = place.reconcile().await;
    assert!(third.is_quiet(), "{third:?}");
    let rows = place.sandbox.office_table.records();
    let row = |job: &str| rows.iter().find(|row| row.get("Service Job ID") == Some(&json!(job))).unwrap();
    assert_eq!(row(&moved.id)["Schedule Sync Details"], "moved by a person, whose word stands");
    assert_eq!(row(&deleted.id)["Schedule Sync Details"], "the job was deleted or archived at the vendor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_made_by_hand_is_its_stays_and_no_other_is_made() {
    // Nobody works jobs off while a person makes one: the template job is not there yet.
    let place = Place::open(4).await;
    let vendor = &place.sandbox.field_service;
    place.sandbox.take_templates_away();
    place.deliver_everything().await;
    let (property, stay, desire) = place
        .properties()
        .await
        .into_values()
        .flat_map(|rows| rows.jobs.into_values())
        .find_map(|row| match row.order {
            Some(JobOrder::Keep { desire }) if row.file.trouble.is_some() => Some((row.property, row.stay, desire)),
            _ => None,
        })
        .unwrap();
    let home = &place.session.settings.properties[&property];
    let (customer, address) = (home.customer.clone().unwrap(), home.service_address.clone().unwrap());
    let near = desire.starts + SignedDuration::from_mins(20);
    let hand = vendor.make_job(customer.as_str(), address.as_str(), near).unwrap();
    let far = vendor.make_job(customer.as_str(), address.as_str(), near + SignedDuration::from_mins(30)).unwrap();

    let report = place.reconcile().await;
    assert_eq!(report.adopted, 1, "{report:?}");
    assert_eq!(report.manual, [JobId::new(far)]);
    let row = place.session.org().job(&property, &stay).await.unwrap().unwrap();
    assert_eq!(row.file.seen.unwrap().job.as_str(), hand);
    assert_eq!(row.file.details.as_deref(), Some("moved by a person, whose word stands"));
    let job = vendor.job(&hand).unwrap();
    assert_eq!((job.starts, job.notes), (Some(near), vec![format!("Lintel {stay}")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_job_that_bears_a_stays_mark_is_named() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let vendor = &place.sandbox.field_service;
    let (property, stay, first) = place
        .properties()
        .await
        .into_values()
        .flat_map(|rows| rows.jobs.into_values())
        .find_map(|row| Some((row.property, row.stay, row.file.seen?)))
        .unwrap();
    let home = &place.session.settings.properties[&property];
    let (customer, address) = (home.customer.clone().unwrap(), home.service_address.clone().unwrap());
    let again = first.starts.unwrap() + SignedDuration::from_hours(5);
    let further = vendor.make_job(customer.as_str(), address.as_str(), again).unwrap();
    vendor.note_job(&further, &format!("Lintel {stay}")).unwrap();

    let report = place.reconcile().await;
    let second = Violation::SecondJob { property, stay, job: first.job, further: JobId::new(further.as_str()) };
    assert_eq!(report.violations, [second], "{report:?}");
    assert!(report.manual.is_empty() && !report.holds());
    let told = place.lintel(&["reconcile"]).await;
    assert!(!told.succeeded && told.text.contains(&further), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_the_jobs_is_not_the_offices() {
    let place = Place::open(4).await;
    place.deliver_everything().await;
    let fault = Fault::ServerError { status: 502, body: ErrorBody::Html };
    let down =
        FaultRule { method: Some("GET".to_owned()), path: Some("/jobs".to_owned()), ..FaultRule::anywhere(fault) };
    place.sandbox.field_service.load_faults(FaultScript { seed: 1, rules: vec![down] });
    let stay = place.planned().await;
    place.types(&place.record(&stay), "Custom Service Line Instructions", json!("Ring first"));

    let report = place.reconcile().await;
    assert!(report.failure.is_some() && report.office_failure.is_none() && !report.holds(), "{report:?}");
    assert_eq!(report.edits, 1, "the office's table was read all the same");
    let told = place.lintel(&["reconcile"]).await;
    assert!(!told.text.contains("everything that must hold does"), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_is_a_failure_in_either_form_and_nothing_to_do_is_said() {
    let place = Place::open(2).await;
    assert!(place.lintel(&["reconcile", "--json"]).await.succeeded);
    place.session.put_secret("housecallpro", &Private::new("mistyped")).await.unwrap();
    for arguments in [&["reconcile"][..], &["reconcile", "--json"]] {
        let told = place.lintel(arguments).await;
        assert!(!told.succeeded && told.text.contains("not everything holds"), "{arguments:?}: {}", told.text);
    }
    place.write("lintel.toml", |text| text.replace("connection = \"crews\"\n", ""));
    let told = place.lintel(&["reconcile"]).await;
    assert!(told.succeeded && told.text.contains("no connection for jobs"), "{}", told.text);
}
