//! Fault scripts: which calls go wrong, and how. Data, so that a failing seed can be written down and replayed.

use crate::answer::{Answer, Arrival, Ask};
use fastrand::Rng;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Rules, tried in order. The first that strikes decides; latency alone lets the next ones strike, too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultScript {
    /// Of the draws that rules with a probability make.
    #[serde(default)]
    pub seed: u64,
    #[serde(default)]
    pub rules: Vec<FaultRule>,
}

impl FaultScript {
    /// Everything that can go wrong, in this share of all calls.
    pub fn everything(percent: u8, seed: u64) -> Self {
        let mut faults = vec![
            Fault::Latency { ms: 1_500 },
            Fault::ServerError { status: 502, body: ErrorBody::Html },
            Fault::ServerError { status: 500, body: ErrorBody::Text },
            Fault::CutBeforeCommit,
            Fault::CutAfterCommit,
            Fault::Truncated { keep_percent: 50 },
        ];
        faults.extend(LimitForm::ALL.map(|form| Fault::TooManyRequests { form, seconds: 7 }));
        // Each rule sees what the ones before it let through, so that all faults are equally likely.
        let mut left = 1.0;
        let share = f64::from(percent) / 100.0 / f64::from(u8::try_from(faults.len()).unwrap_or(u8::MAX));
        let rules = faults.into_iter().map(|fault| {
            let rule = FaultRule { probability: Some(share / left), ..FaultRule::anywhere(fault) };
            left -= share;
            rule
        });
        Self { seed, rules: rules.collect() }
    }
}

/// When a fault strikes. Everything that is left out matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Part by part; `*` is any part, a last `**` any rest: `/jobs/*/schedule`, `/feeds/**`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Which of the calls that match, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nth: Vec<u64>,
    /// From 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How often the rule strikes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    Latency {
        ms: u64,
    },
    TooManyRequests {
        #[serde(default)]
        form: LimitForm,
        /// How long the caller is told to wait.
        seconds: u64,
    },
    ServerError {
        status: u16,
        #[serde(default)]
        body: ErrorBody,
    },
    CutBeforeCommit,
    CutAfterCommit,
    /// Share of the body that arrives. Percent.
    Truncated {
        keep_percent: u8,
    },
    /// Pause between the body's pieces.
    SlowBody {
        ms: u64,
    },
}

/// How a 429 tells when to come again (housecallpro.md section 7: the vendor's true form is not known).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitForm {
    /// `RateLimit-Reset` as an HTTP date.
    ResetDate,
    /// `RateLimit-Reset` in ISO form.
    ResetIso,
    /// `RateLimit-Reset` in Unix seconds.
    ResetEpoch,
    /// `RateLimit-Reset` in seconds from now.
    ResetDelta,
    /// `Retry-After` in seconds from now.
    #[default]
    RetryAfterDelta,
    /// `Retry-After` as an HTTP date.
    RetryAfterDate,
    /// No header at all.
    Bare,
}

impl LimitForm {
    /// Every form there is.
    pub const ALL: [Self; 7] = [
        Self::ResetDate,
        Self::ResetIso,
        Self::ResetEpoch,
        Self::ResetDelta,
        Self::RetryAfterDelta,
        Self::RetryAfterDate,
        Self::Bare,
    ];

    pub(crate) fn headers(self, now: Timestamp, wait: Duration) -> Vec<(&'static str, String)> {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let then = crate::clock::later(now, wait);
        // The moment is told in whole seconds: a caller that comes then must not be too early.
        let whole = if then.subsec_nanosecond() > 0 { then.as_second() + 1 } else { then.as_second() };
        let date = Timestamp::from_second(whole).unwrap_or(then);
        match self {
            Self::ResetDate => vec![("ratelimit-reset", http_date(date))],
            Self::ResetIso => vec![("ratelimit-reset", date.to_string())],
            Self::ResetEpoch => vec![("ratelimit-reset", whole.to_string())],
            Self::ResetDelta => vec![("ratelimit-reset", seconds.to_string())],
            Self::RetryAfterDelta => vec![("retry-after", seconds.to_string())],
            Self::RetryAfterDate => vec![("retry-after", http_date(date))],
            Self::Bare => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorBody {
    #[default]
    Html,
    Text,
    Empty,
}

/// `Fri, 01 Mar 2030 10:00:00 GMT`.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A script at work.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    rules: Vec<RunningRule>,
    rng: Option<Rng>,
    struck: u64,
}

#[derive(Debug)]
struct RunningRule {
    rule: FaultRule,
    matched: u64,
    struck: u64,
}

impl Faults {
    pub(crate) fn load(&self, script: FaultScript) {
        let rules = script.rules.into_iter().map(|rule| RunningRule { rule, matched: 0, struck: 0 }).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Running { rules, rng: Some(Rng::with_seed(script.seed)), struck: 0 };
    }

    /// How often any rule struck since the script was loaded.
    pub(crate) fn struck(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).struck
    }

    /// Lets the script have its way with one call. `carry_out` is not called when the fault keeps the request from being
    /// done.
    pub(crate) fn around(&self, ask: &Ask, carry_out: impl FnOnce(&Ask) -> Answer) -> Answer {
        let (latency, fault) = self.draw(ask.method.as_str(), &ask.path);
        let answer = match fault {
            None | Some(Fault::Latency { .. }) => carry_out(ask),
            Some(Fault::TooManyRequests { form, seconds }) => {
                let headers = form.headers(ask.now, Duration::from_secs(seconds));
                Answer::json(429, serde_json::json!({ "error": { "message": "too many requests" } }))
                    .with_headers(headers)
            }
            Some(Fault::ServerError { status, body }) => server_error(status, body),
            Some(Fault::CutBeforeCommit) => Answer { arrival: Arrival::Cut, ..Answer::empty(200) },
            Some(Fault::CutAfterCommit) => Answer { arrival: Arrival::Cut, ..carry_out(ask) },
            Some(Fault::Truncated { keep_percent }) => {
                let answer = carry_out(ask);
                let keep = answer.body.len().saturating_mul(usize::from(keep_percent.min(99))) / 100;
                Answer { arrival: Arrival::Truncated(keep), ..answer }
            }
            Some(Fault::SlowBody { ms }) => {
                Answer { arrival: Arrival::Slow(Duration::from_millis(ms)), ..carry_out(ask) }
            }
        };
        Answer { delay: answer.delay + latency, ..answer }
    }

    fn draw(&self, method: &str, path: &str) -> (Duration, Option<Fault>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Running { rules, rng, struck } = &mut *running;
        let mut latency = Duration::ZERO;
        for one in rules.iter_mut().filter(|one| one.rule.matches(method, path)) {
            one.matched += 1;
            let due = one.rule.nth.is_empty() || one.rule.nth.contains(&one.matched);
            let left = one.rule.times.is_none_or(|times| one.struck < times);
            let lucky = one.rule.probability.is_none_or(|p| rng.as_mut().is_some_and(|rng| rng.f64() < p));
            if !(due && left && lucky) {
                continue;
            }
            one.struck += 1;
            *struck += 1;
            match &one.rule.fault {
                Fault::Latency { ms } => latency += Duration::from_millis(*ms),
                fault => return (latency, Some(fault.clone())),
            }
        }
        (latency, None)
    }
}

impl FaultRule {
    /// A rule that always strikes where it matches.
    pub fn on(method: &str, path: &str, fault: Fault) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path.to_owned()), ..Self::anywhere(fault) }
    }

    /// A rule that strikes at every call.
    pub fn anywhere(fault: Fault) -> Self {
        Self { method: None, path: None, nth: Vec::new(), probability: None, times: None, fault }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| path_matches(pattern, path))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    for wanted in pattern.split('/').filter(|part| !part.is_empty()) {
        if wanted == "**" {
            return true;
        }
        match parts.next() {
            Some(part) if wanted == "*" || part == wanted => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

fn server_error(status: u16, body: ErrorBody) -> Answer {
    match body {
        ErrorBody::Html => Answer::html(status, "<h1>Something went wrong</h1>"),
        ErrorBody::Text => Answer::text(status, "upstream connect error"),
        ErrorBody::Empty => Answer::empty(status),
    }
}
