//! What feeds do to those who fetch them, over real sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests outside of test functions")]

use jiff::Timestamp;
use lintel_connectors::transport::AddressPolicy;
use lintel_domain::private::Private;
use lintel_feed_poller::{Fetch, FetchFault, FetchLimits, Fetched, HttpFetch, Validators};
use lintel_sandbox::{Answer, Ask, Simulator, serve};
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// A feed server with a path for each bad habit.
#[derive(Debug)]
struct Server;

impl Simulator for Server {
    fn handle(&self, ask: &Ask) -> Answer {
        let redirect = |to: &str| Answer::of(302, "text/plain", "").with_header("location", to);
        match ask.path.as_str() {
            "/good" if ask.headers.get("if-none-match").is_some_and(|tag| tag == "\"one\"") => {
                Answer::of(304, "text/plain", "")
            }
            "/good" => Answer::of(200, "text/calendar", "BEGIN:VCALENDAR").with_header("etag", "\"one\""),
            "/moved" => Answer::of(301, "text/plain", "").with_header("location", "/good"),
            "/inward" => redirect("http://169.254.169.254/latest/meta-data/"),
            "/private" => redirect("http://10.0.0.1/"),
            "/round" => redirect("/round"),
            "/bomb" => Answer::of(200, "text/calendar", vec![b'x'; 20 * 1024 * 1024]),
            "/busy" => Answer::of(429, "text/plain", "").with_header("retry-after", "120"),
            "/slow" => Answer { delay: Duration::from_secs(30), ..Answer::of(200, "text/calendar", "") },
            _ => Answer::of(404, "text/plain", ""),
        }
    }
}

async fn fetch(policy: AddressPolicy, path: &str, known: Validators) -> Fetched {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = Private::new(format!("http://{}{path}", listener.local_addr().unwrap()));
    let server = serve(listener, Arc::new(Server));
    let limits = FetchLimits { timeout: Duration::from_millis(1_500), bytes: 5 * 1024 * 1024 };
    let fetched = HttpFetch::new(policy).unwrap().fetch(&url, &known, limits, now()).await;
    server.abort();
    fetched
}

fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

async fn fault(path: &str) -> FetchFault {
    match fetch(AddressPolicy::Sandbox, path, Validators::default()).await {
        Fetched::Failed(fault) => fault,
        other => panic!("{path} was fetched: {other:?}"),
    }
}

#[tokio::test]
async fn a_known_body_is_not_sent_again() {
    let known = Validators { etag: Some("\"one\"".to_owned()), last_modified: None };
    assert_eq!(fetch(AddressPolicy::Sandbox, "/good", known).await, Fetched::Unchanged);
    let fresh = fetch(AddressPolicy::Sandbox, "/good", Validators::default()).await;
    assert!(matches!(fresh, Fetched::Body { validators: Validators { etag: Some(_), .. }, moved_to: None, .. }));
}

#[tokio::test]
async fn a_lasting_move_is_followed_and_noted() {
    let fetched = fetch(AddressPolicy::Sandbox, "/moved", Validators::default()).await;
    assert!(matches!(fetched, Fetched::Body { moved_to: Some(host), .. } if host == "127.0.0.1"));
}

#[tokio::test]
async fn nothing_is_asked_inwards() {
    assert_eq!(fault("/inward").await, FetchFault::Inward);
    assert_eq!(fault("/private").await, FetchFault::Inward);
    // Deployed functions ask over TLS only, and never themselves.
    let refused = fetch(AddressPolicy::PublicHttps, "/good", Validators::default()).await;
    assert_eq!(refused, Fetched::Failed(FetchFault::Address));
    let policy = HttpFetch::new(AddressPolicy::PublicHttps).unwrap();
    let limits = FetchLimits { timeout: Duration::from_secs(2), bytes: 1_000 };
    for inward in ["https://127.0.0.1/", "https://[::1]/", "https://localhost/"] {
        let fetched = policy.fetch(&Private::new(inward), &Validators::default(), limits, now()).await;
        assert_eq!(fetched, Fetched::Failed(FetchFault::Inward), "{inward}");
    }
}

#[tokio::test]
async fn bad_habits_end_in_a_named_fault() {
    assert_eq!(fault("/round").await, FetchFault::Redirects);
    assert_eq!(fault("/bomb").await, FetchFault::TooLarge { limit: 5 * 1024 * 1024 });
    assert_eq!(fault("/gone").await, FetchFault::Status(404));
    assert_eq!(fault("/slow").await, FetchFault::Timeout);
    let until = Some("2026-07-01T12:02:00Z".parse().unwrap());
    assert_eq!(fault("/busy").await, FetchFault::Throttled { until });
}
