//! Tokens of OAuth 2: when they are asked for, with what, and how often.

use crate::script::{Hands, Reply, Script, answer, connection, parts_with, throttled};
use jiff::SignedDuration;
use lintel_connectors::{
    Error, Retry,
    manifest::{self, Manifest},
    records::{PageAsk, PageToken, RecordClient},
    roles::OpenError,
    surroundings::Clock,
    transport::{Deadline, MemoryState},
};
use lintel_domain::private::Private;
use std::sync::Arc;

pub(crate) const PEOPLE: &str = r#"{"people":[]}"#;
pub(crate) const CONSENT: &str =
    r#"{"client_id":"app","client_secret":"hush-client","refresh_token":"hush-refresh-1"}"#;
const CLIENT: &str = r#"{"client_id":"app","client_secret":"hush client","customer_key":"hush-key"}"#;
pub(crate) const TOKEN: &str = "POST /token";
pub(crate) const LIST: &str = "GET /people?limit=50&offset=0";

fn vendor(auth: &str) -> Manifest {
    let text = format!(
        "vendor = \"x\"\ntitle = \"X\"\n[api]\nproduction = \"https://api.example.com\"\nauth = {{ {auth} }}\n\
         budget = {{ calls = 1000, period = 1, burst = 900 }}\n\
         retry = {{ headers = [\"retry-after\"], unsaid = 30, longest = 600 }}\n\
         [streams.people]\npath = \"/people\"\nitems = \"/people\"\nkey = \"/id\"\npage_size = 50\n\
         paging = {{ offset = {{ offset = \"offset\", limit = \"limit\" }} }}\n"
    );
    manifest::read("x/connector.toml", &text).unwrap()
}

pub(crate) fn consented() -> Manifest {
    vendor("authorization-code = { authorize_url = \"https://x.example.com/consent\", token_url = \"/token\" }")
}

/// What workers share, and what they are handed.
pub(crate) struct Office {
    pub(crate) script: Arc<Script>,
    pub(crate) hands: Arc<Hands>,
    pub(crate) state: Arc<MemoryState>,
}

impl Office {
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { script: Script::of(replies), hands: Hands::new(), state: Arc::default() }
    }

    pub(crate) fn worker(&self, seed: u64) -> RecordClient {
        self.worker_with(seed, consented(), CONSENT)
    }

    fn worker_with(&self, seed: u64, manifest: Manifest, secret: &str) -> RecordClient {
        let parts = parts_with(Arc::clone(&self.script) as _, Arc::clone(&self.hands) as _, &self.state, seed);
        RecordClient::open(manifest, &"crm".into(), &connection("x", &[]), &Private::new(secret), parts).unwrap()
    }

    pub(crate) async fn list(&self, worker: &RecordClient) -> Result<(), Error> {
        list(worker, self.hands.in_seconds(60)).await
    }
}

pub(crate) async fn list(worker: &RecordClient, deadline: Deadline) -> Result<(), Error> {
    let ask = PageAsk { stream: "people", token: PageToken::First, changed_since: None, fields: &[] };
    worker.page(&ask, deadline).await.map(drop)
}

pub(crate) fn people() -> Reply {
    answer(200, PEOPLE)
}

/// A token that is good for so many seconds.
pub(crate) fn token(access: &str, seconds: u32) -> Reply {
    answer(200, &format!(r#"{{"access_token":"{access}","expires_in":{seconds},"token_type":"bearer"}}"#))
}

fn rotated(access: &str, refresh: &str) -> Reply {
    answer(200, &format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":1800}}"#))
}

fn refused(code: &str) -> Reply {
    answer(400, &format!(r#"{{"error":"{code}","error_description":"hush-refresh-1 is no good"}}"#))
}

#[tokio::test]
async fn a_client_proves_itself_in_the_form_and_its_token_is_kept() {
    let office = Office::of([token("one", 3600), people(), people()]);
    let manifest = vendor(
        "client-credentials = { token_url = \"/token\", scopes = [\"api\", \"read\"], also = [\"customer_key\"] }",
    );
    let worker = office.worker_with(1, manifest, CLIENT);
    office.list(&worker).await.unwrap();
    office.list(&worker).await.unwrap();
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST]);
    assert_eq!(office.script.proofs(), ["", "Bearer one", "Bearer one"]);
    let form = [
        ("client_id", "app"),
        ("client_secret", "hush client"),
        ("customer_key", "hush-key"),
        ("grant_type", "client_credentials"),
        ("scope", "api read"),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(office.script.forms(), [form.into()]);
}

#[tokio::test]
async fn a_client_proves_itself_in_a_header_where_the_vendor_wants_that() {
    let office = Office::of([token("one", 3600), people()]);
    let manifest =
        vendor("client-credentials = { token_url = \"https://login.example.com/token\", client = \"basic\" }");
    office.list(&office.worker_with(1, manifest, CLIENT)).await.unwrap();
    // `app:hush+client`, escaped as RFC 6749 wants it.
    assert_eq!(office.script.proofs(), ["Basic YXBwOmh1c2grY2xpZW50", "Bearer one"]);
    assert_eq!(office.script.forms(), [[("grant_type".to_owned(), "client_credentials".to_owned())].into()]);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let office = Office::of([token("one", 1800), people(), people(), token("two", 1800), people(), people()]);
    let worker = office.worker(1);
    for pause in [0, 1499, 1] {
        office.hands.pass(SignedDuration::from_secs(pause));
        office.list(&worker).await.unwrap();
    }
    // Another process takes what is there.
    office.list(&office.worker(2)).await.unwrap();
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST, TOKEN, LIST, LIST]);
    assert_eq!(office.script.proofs()[4..], ["Bearer two", "Bearer two"]);
}

#[tokio::test]
async fn the_newest_refresh_token_is_sent_and_stays_until_another_comes() {
    let tokens =
        [rotated("one", "hush-refresh-2"), token("two", 1800), rotated("three", "hush-refresh-3"), token("four", 1800)];
    let office = Office::of(tokens.into_iter().flat_map(|token| [token, people()]));
    for process in 0..4 {
        office.list(&office.worker(process)).await.unwrap();
        office.hands.pass(SignedDuration::from_mins(30));
    }
    let sent: Vec<String> = office.script.forms().iter().map(|form| form["refresh_token"].clone()).collect();
    assert_eq!(sent, ["hush-refresh-1", "hush-refresh-2", "hush-refresh-2", "hush-refresh-3"]);
}

#[tokio::test]
async fn a_short_life_leaves_four_fifths_of_it() {
    let office = Office::of([token("one", 100), people(), people(), token("two", 100), people()]);
    let worker = office.worker(1);
    for pause in [0, 79, 1] {
        office.hands.pass(SignedDuration::from_secs(pause));
        office.list(&worker).await.unwrap();
    }
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST, TOKEN, LIST]);
}

#[tokio::test]
async fn a_token_without_an_end_is_used_until_it_is_refused() {
    let forever = answer(200, r#"{"access_token":"one"}"#);
    let office = Office::of([forever, people(), people(), answer(401, ""), token("two", 60), people()]);
    let worker = office.worker(1);
    for pause in [0, 100 * 24, 1] {
        office.hands.pass(SignedDuration::from_hours(pause));
        office.list(&worker).await.unwrap();
    }
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST, LIST, TOKEN, LIST]);
}

#[tokio::test]
async fn a_refused_refresh_needs_a_person_and_says_nothing_secret() {
    let office = Office::of([refused("invalid_grant"), refused("invalid_grant")]);
    let worker = office.worker(1);
    let error = office.list(&worker).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("not-authorized", Retry::NeedsPerson));
    let told = error.to_string();
    assert!(told.contains("400 invalid_grant") && !told.contains("hush"), "{told}");
    // The lease was given back: once it is mended, nobody has to wait.
    assert_eq!(office.list(&office.worker(2)).await.unwrap_err().code(), "not-authorized");
    assert_eq!(office.script.asked(), [TOKEN, TOKEN]);
    assert!(office.hands.slept().is_empty());
}

#[tokio::test]
async fn a_refusal_in_a_good_answer_is_a_refusal() {
    let office = Office::of([answer(200, r#"{"error":"bad_verification_code"}"#)]);
    let error = office.list(&office.worker(1)).await.unwrap_err();
    assert_eq!(error.code(), "not-authorized", "{error}");
}

#[tokio::test]
async fn a_401_is_answered_by_one_refresh_and_one_more_try() {
    let office = Office::of([
        token("one", 3600),
        people(),
        answer(401, ""),
        token("two", 3600),
        people(),
        // Refused again later, for being old once more.
        answer(401, ""),
        token("three", 3600),
        people(),
    ]);
    let worker = office.worker(1);
    for _ in 0..3 {
        office.list(&worker).await.unwrap();
    }
    assert_eq!(
        office.script.proofs(),
        ["", "Bearer one", "Bearer one", "", "Bearer two", "Bearer two", "", "Bearer three"]
    );
}

#[tokio::test]
async fn a_401_that_a_refresh_does_not_mend_asks_for_no_more_tokens() {
    let office = Office::of([
        token("one", 3600),
        answer(401, ""),
        token("two", 3600),
        answer(401, ""),
        answer(401, ""),
        answer(401, ""),
    ]);
    let worker = office.worker(1);
    for _ in 0..3 {
        let error = office.list(&worker).await.unwrap_err();
        assert_eq!((error.code(), error.retry()), ("not-authorized", Retry::NeedsPerson));
    }
    assert_eq!(office.script.asked(), [TOKEN, LIST, TOKEN, LIST, LIST, LIST]);
}

#[tokio::test]
async fn a_token_another_worker_got_is_tried_before_a_new_one_is_asked_for() {
    let office = Office::of([
        token("one", 3600),
        people(),
        people(),
        answer(401, ""),
        token("two", 3600),
        people(),
        answer(401, ""),
        people(),
    ]);
    let (first, second) = (office.worker(1), office.worker(2));
    for worker in [&first, &second, &first, &second] {
        office.list(worker).await.unwrap();
    }
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST, LIST, TOKEN, LIST, LIST, LIST]);
    assert_eq!(office.script.proofs()[6..], ["Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn while_the_endpoint_fails_a_token_that_works_is_used_on() {
    let office = Office::of([
        token("one", 1800),
        people(),
        answer(503, ""),
        people(),
        // Not asked again at once.
        people(),
        token("two", 1800),
        people(),
    ]);
    let worker = office.worker(1);
    for pause in [0, 1500, 29, 1] {
        office.hands.pass(SignedDuration::from_secs(pause));
        office.list(&worker).await.unwrap();
    }
    assert_eq!(office.script.asked(), [TOKEN, LIST, TOKEN, LIST, LIST, TOKEN, LIST]);
    assert!(office.hands.slept().is_empty());
}

#[tokio::test]
async fn a_withdrawn_consent_is_felt_when_the_last_token_ends() {
    let refusals = [refused("invalid_grant"), people(), refused("invalid_grant")];
    let office = Office::of([token("one", 1800), people()].into_iter().chain(refusals));
    let worker = office.worker(1);
    for pause in [0, 1500] {
        office.hands.pass(SignedDuration::from_secs(pause));
        office.list(&worker).await.unwrap();
    }
    office.hands.pass(SignedDuration::from_secs(300));
    assert_eq!(office.list(&worker).await.unwrap_err().code(), "not-authorized");
    assert_eq!(office.script.asked(), [TOKEN, LIST, TOKEN, LIST, TOKEN]);
}

#[tokio::test]
async fn an_exchange_that_may_be_cut_short_is_not_begun() {
    let office = Office::of([token("one", 1800), people()]);
    let worker = office.worker(1);
    let error = list(&worker, office.hands.in_seconds(4)).await.unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }), "{error}");
    assert!(office.script.asked().is_empty());
    list(&worker, office.hands.in_seconds(5)).await.unwrap();
}

#[tokio::test]
async fn without_a_token_that_works_a_failing_endpoint_is_tried_again() {
    let office = Office::of([answer(503, ""), answer(200, "<html>"), token("one", 1800), people()]);
    office.list(&office.worker(1)).await.unwrap();
    assert_eq!(office.script.asked(), [TOKEN, TOKEN, TOKEN, LIST]);

    let office = Office::of((0..4).map(|_| answer(503, "")));
    let error = office.list(&office.worker(1)).await.unwrap_err();
    assert!(matches!(error, Error::Weather { .. }), "{error}");
}

#[tokio::test]
async fn an_endpoint_says_when_to_come_back() {
    let office = Office::of([throttled("retry-after", "45")]);
    let error = office.list(&office.worker(1)).await.unwrap_err();
    assert_eq!(error.retry(), Retry::At(office.hands.now() + SignedDuration::from_secs(45)));
}

#[tokio::test]
async fn tokens_of_an_earlier_consent_are_not_used() {
    let office = Office::of([rotated("one", "hush-refresh-2"), people(), token("new", 1800), people()]);
    office.list(&office.worker(1)).await.unwrap();
    let again = CONSENT.replace("hush-refresh-1", "hush-refresh-new");
    office.list(&office.worker_with(2, consented(), &again)).await.unwrap();
    assert_eq!(office.script.forms()[1]["refresh_token"], "hush-refresh-new");
    assert_eq!(office.script.proofs()[3], "Bearer new");
}

#[tokio::test]
async fn a_new_client_secret_is_no_new_consent() {
    let office = Office::of([rotated("one", "hush-refresh-2"), people(), people()]);
    office.list(&office.worker(1)).await.unwrap();
    let again = CONSENT.replace("hush-client", "hush-other");
    office.list(&office.worker_with(2, consented(), &again)).await.unwrap();
    assert_eq!(office.script.asked(), [TOKEN, LIST, LIST]);
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_secret() {
    let office = Office::of([rotated("hush-access", "hush-refresh-2"), people()]);
    let worker = office.worker(1);
    office.list(&worker).await.unwrap();
    let printed = format!("{worker:?} {:?}", office.state);
    assert!(printed.contains("TokenKeeper") && printed.contains("<private>"), "{printed}");
    assert!(!printed.contains("hush"), "{printed}");
}

#[test]
fn a_connection_that_cannot_get_tokens_is_not_opened() {
    let open = |secret: &str, settings: &[(&str, &str)]| {
        let office = Office::of([]);
        let parts = parts_with(Arc::clone(&office.script) as _, Arc::clone(&office.hands) as _, &office.state, 1);
        let opened =
            RecordClient::open(consented(), &"crm".into(), &connection("x", settings), &Private::new(secret), parts);
        match opened.unwrap_err() {
            OpenError::Setting { setting, reason, .. } => format!("{setting}: {reason}"),
            other => other.to_string(),
        }
    };
    assert_eq!(open("hush", &[]), "secret: must be a JSON object with client_id and client_secret");
    assert_eq!(open(CLIENT, &[]), "secret: has no refresh_token");
    assert_eq!(open(CONSENT, &[("auth", "key")]), "auth: is no way in that the vendor's manifest describes");
    assert!(open(CONSENT, &[("token_url", "http://login.example.com/token")]).starts_with("token_url: must be a path"));
    assert_eq!(
        open(CONSENT, &[("token_url", "/{tenant}/token")]),
        "token_url: no setting stands for a part of /{tenant}/token"
    );
}
