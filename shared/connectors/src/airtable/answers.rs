//! What an answer of Airtable means. Errors come as an object with a type or as a bare text.

use crate::transport::{Fault, Reader, Verdict, retry_after};
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A row's content was refused, as opposed to the whole request.
pub(super) const BAD_CONTENT: &str = "bad-content";

/// Over the rate, every request of the base fails for half a minute.
const PENALTY: SignedDuration = SignedDuration::from_secs(30);
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug)]
pub(super) struct Answers;

impl Reader for Answers {
    fn verdict(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict {
        verdict(response, now)
    }
}

fn verdict(response: &Response<Bytes>, now: Timestamp) -> Verdict {
    let status = response.status();
    if status.is_success() {
        return Verdict::Use;
    }
    let (kind, message) = said(response);
    let reason = format!("{} {kind} {message}", status.as_u16()).trim().to_owned();
    let settings = |code: &'static str| Verdict::Refused { fault: Fault::Settings, code, reason: reason.clone() };
    match status {
        // Waiting does not mend a used-up plan.
        StatusCode::TOO_MANY_REQUESTS if kind.contains("BILLING") || kind.contains("PLAN") => settings("plan-limit"),
        StatusCode::TOO_MANY_REQUESTS => {
            let asked = retry_after(response.headers(), &["retry-after"], LONGEST, now);
            Verdict::Throttled { until: asked.unwrap_or(now).max(now + PENALTY) }
        }
        StatusCode::NOT_FOUND => Verdict::Absent,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => settings("not-authorized"),
        StatusCode::UNPROCESSABLE_ENTITY if kind == "UNKNOWN_FIELD_NAME" => settings("unknown-column"),
        StatusCode::UNPROCESSABLE_ENTITY => settings(BAD_CONTENT),
        StatusCode::REQUEST_TIMEOUT => Verdict::Failing { reason },
        status if status.is_server_error() => Verdict::Failing { reason },
        _ => Verdict::Refused { fault: Fault::Ours, code: "refused", reason },
    }
}

/// Type and message, from either form.
fn said(response: &Response<Bytes>) -> (String, String) {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    match body.get("error") {
        Some(Value::String(kind)) => (kind.clone(), String::new()),
        Some(error) => {
            let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("type"), text("message").chars().take(300).collect())
        }
        None => (String::new(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Verdict {
        let response = Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("a response");
        verdict(&response, "2026-07-01T12:00:00Z".parse().expect("a moment"))
    }

    #[test]
    fn both_error_forms_are_read() {
        assert_eq!(answer(404, r#"{"error":"NOT_FOUND"}"#), Verdict::Absent);
        let refused = answer(422, r#"{"error":{"type":"UNKNOWN_FIELD_NAME","message":"Unknown field name: \"X\""}}"#);
        assert_eq!(
            refused,
            Verdict::Refused {
                fault: Fault::Settings,
                code: "unknown-column",
                reason: "422 UNKNOWN_FIELD_NAME Unknown field name: \"X\"".to_owned()
            }
        );
    }

    #[test]
    fn over_the_rate_means_half_a_minute_and_over_the_plan_means_a_person() {
        let until = "2026-07-01T12:00:30Z".parse().expect("a moment");
        assert_eq!(answer(429, ""), Verdict::Throttled { until });
        let plan = answer(429, r#"{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"used up"}}"#);
        assert!(matches!(plan, Verdict::Refused { fault: Fault::Settings, code: "plan-limit", .. }));
    }
}
