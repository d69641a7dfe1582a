//! What an answer means, where the manifest says all there is to say.

use crate::{
    manifest::{Api, RetryHints},
    transport::{Fault, PLAN_LIMIT, Reader, Verdict, retry_after},
    webhooks::Pointer,
};
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Longest message taken over. Characters.
const MESSAGE: usize = 300;

/// Reads answers by status. What a vendor refuses for its content (400, 409, 422) is handed on to be read: it may be about one
/// record of many.
#[derive(Debug)]
pub(crate) struct Answers {
    retry: RetryHints,
    messages: Vec<Pointer>,
}

impl Answers {
    pub(crate) fn of(api: &Api) -> Self {
        Self { retry: api.retry.clone(), messages: api.messages.clone() }
    }

    /// What the answer says of an error: its status and its message.
    pub(super) fn said(&self, response: &Response<Bytes>) -> String {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let message = self.messages.iter().find_map(|pointer| pointer.find(&body)?.as_str()).unwrap_or_default();
        let message: String = message.chars().take(MESSAGE).collect();
        format!("{} {message}", response.status().as_u16()).trim().to_owned()
    }

    fn throttled(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict {
        let holds = |text: &String| response.body().windows(text.len()).any(|window| window == text.as_bytes());
        if self.retry.used_up.as_ref().is_some_and(holds) {
            return self.refused(response, PLAN_LIMIT);
        }
        let names: Vec<&str> = self.retry.headers.iter().map(|header| header.name().as_str()).collect();
        let longest = SignedDuration::from_secs(i64::from(self.retry.longest));
        let unsaid = now + SignedDuration::from_secs(i64::from(self.retry.unsaid));
        Verdict::Throttled { until: retry_after(response.headers(), &names, longest, now).unwrap_or(unsaid) }
    }

    fn refused(&self, response: &Response<Bytes>, code: &'static str) -> Verdict {
        Verdict::Refused { fault: Fault::Settings, code, reason: self.said(response) }
    }
}

pub(crate) fn is_about_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY)
}

impl Reader for Answers {
    fn verdict(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict {
        match response.status() {
            status if status.is_success() || is_about_content(status) => Verdict::Use,
            StatusCode::NOT_FOUND | StatusCode::GONE => Verdict::Absent,
            StatusCode::TOO_MANY_REQUESTS => self.throttled(response, now),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.refused(response, "not-authorized"),
            // 477 and 423: the account is being moved, or its record is held; both pass.
            status if status.is_server_error() || matches!(status.as_u16(), 408 | 423 | 477) => {
                Verdict::Failing { reason: self.said(response) }
            }
            _ => Verdict::Refused { fault: Fault::Ours, code: "refused", reason: self.said(response) },
        }
    }
}
