//! Reports are kept with their runs.

use crate::{place::Place, town::Town};
use lintel_domain::ids::{OrgId, RunId};
use lintel_sync::SyncError;
use object_store::{ObjectStoreExt, path::Path};

#[tokio::test]
async fn a_report_is_found_by_its_run() {
    let place = Place::open().await;
    Town::build(&place);
    let run = place.run().await;
    let (reports, org) = (place.reports(), &place.settings.id);
    assert_eq!(reports.of_run(org, &run.id).await.unwrap(), None);
    let report = place.make_report(&run.id).await.unwrap();
    assert_eq!((report.run.as_ref(), report.counts), (Some(&run.id), Some(run.counts)));
    assert_eq!(reports.of_run(org, &run.id).await.unwrap(), Some(report.clone()));
    assert_eq!(reports.of_run(&OrgId::new("another"), &run.id).await.unwrap(), None);
    let listed = reports.list(org).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].run, &listed[0].flow, listed[0].score), (&run.id, &Place::flow(), report.score.total));
    let unknown = place.make_report(&RunId::new("never")).await;
    assert!(matches!(unknown, Err(SyncError::NoRun(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_large_report_lies_in_the_bucket() {
    let place = Place::open().await;
    let run = place.run().await;
    let mut report = place.make_report(&run.id).await.unwrap();
    let object = Path::from(format!("reports/{}/{}.json", place.settings.id, run.id));
    assert!(place.bucket.head(&object).await.is_err(), "a small one needs no object");
    report.not_read = (0..20_000).map(|number| format!("stream-{number}")).collect();
    let store = lintel_cloud::reports::ReportStore::new(place.table.clone(), place.objects.clone());
    store.save(&place.settings.id, &report).await.unwrap();
    assert!(place.bucket.head(&object).await.is_ok());
    assert_eq!(place.reports().of_run(&place.settings.id, &run.id).await.unwrap(), Some(report));
}
