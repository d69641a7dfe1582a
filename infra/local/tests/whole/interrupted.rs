//! A run whose command was stopped half-way, and the command that comes after it.

use crate::town::Town;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{ids::RunId, sync::RunKind};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_next_command_goes_on_with_a_run_that_was_left_half_way() {
    let mut town = Town::open(30).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["apply"]);
    let session = town.instead_of_the_host().await;
    let asked = json!({ "org": session.settings.id, "flow": "tenants", "kind": RunKind::Full });
    let begun = session.invoke("sync-dispatcher", asked).await.unwrap();
    let run = RunId::new(begun["begun"][0].as_str().unwrap());
    // Its page is still kept for somebody who is gone.
    let now = Timestamp::now();
    let kept = session.org().take_page(&run, 0, now, now + SignedDuration::from_hours(1)).await.unwrap();
    assert!(kept.is_some());
    drop(session);

    let told = town.succeed(&["sync", "tenants"]);
    assert!(told.contains(&format!("run {run} was left half-way, and goes on")), "{told}");
    assert!(told.contains(&format!("run {run} of tenants (full): 1 page")), "{told}");
    assert!(told.contains("30 created") && told.contains("calls made"), "{told}");
    assert!(town.succeed(&["flows", "tenants"]).contains("(full)"));
}
