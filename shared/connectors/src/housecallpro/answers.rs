//! What an answer of Housecall Pro means, in every form it has been seen in.

use crate::transport::{Fault, Reader, Verdict, retry_after};
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const LIMIT_HEADERS: [&str; 2] = ["ratelimit-reset", "retry-after"];
/// What to wait when a 429 does not say; and never longer than the limit's own window.
const UNSAID: SignedDuration = SignedDuration::from_secs(60);
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

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
    let reason = reason(response);
    match status {
        StatusCode::TOO_MANY_REQUESTS => Verdict::Throttled {
            until: retry_after(response.headers(), &LIMIT_HEADERS, LONGEST, now).unwrap_or(now + UNSAID),
        },
        StatusCode::NOT_FOUND | StatusCode::GONE => Verdict::Absent,
        // Writes to an archived job say so in words.
        StatusCode::BAD_REQUEST if reason.to_ascii_lowercase().contains("archived job") => Verdict::Absent,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Verdict::Refused { fault: Fault::Settings, code: "not-authorized", reason }
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => {
            Verdict::Refused { fault: Fault::Settings, code: "refused", reason }
        }
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => Verdict::Failing { reason },
        _ => Verdict::Refused { fault: Fault::Ours, code: "refused", reason },
    }
}

/// The vendor's own sentence, wherever it stands; the status when the body is not JSON. Long texts are cut: some
/// answers are whole pages.
fn reason(response: &Response<Bytes>) -> String {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let said = body
        .pointer("/error/message")
        .or_else(|| body.get("message"))
        .or_else(|| body.get("error_description"))
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| body.get("errors").map(Value::to_string));
    match said {
        Some(said) => format!("{} {}", status.as_u16(), said.chars().take(300).collect::<String>()),
        None => format!("{} without a reason", status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Verdict {
        let response = Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("a response");
        verdict(&response, "2026-07-01T12:00:00Z".parse().expect("a moment"))
    }

    fn refusal(verdict: Verdict) -> String {
        match verdict {
            Verdict::Refused { reason, .. } | Verdict::Failing { reason } => reason,
            other => panic!("not a refusal: {other:?}"),
        }
    }

    #[test]
    fn every_error_form_is_read() {
        assert_eq!(refusal(answer(400, r#"{"message":"no","name":"why"}"#)), "400 no");
        assert_eq!(refusal(answer(400, r#"{"error":{"message":"no"}}"#)), "400 no");
        assert_eq!(refusal(answer(401, r#"{"error":"invalid_grant","error_description":"old"}"#)), "401 old");
        assert!(refusal(answer(422, r#"{"errors":{"work_status":"must be an array"}}"#)).contains("must be an array"));
        assert_eq!(refusal(answer(502, "<html>bad gateway</html>")), "502 without a reason");
    }

    #[test]
    fn gone_is_an_answer() {
        assert_eq!(answer(404, "{}"), Verdict::Absent);
        assert_eq!(answer(404, "<html></html>"), Verdict::Absent);
        assert_eq!(answer(410, ""), Verdict::Absent);
        assert_eq!(answer(400, r#"{"message":"Archived job cannot be scheduled"}"#), Verdict::Absent);
    }

    #[test]
    fn a_throttle_without_a_word_waits_a_minute() {
        let until = "2026-07-01T12:01:00Z".parse().expect("a moment");
        assert_eq!(answer(429, ""), Verdict::Throttled { until });
    }
}
