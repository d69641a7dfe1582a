//! How often an app may call (section 2). Each app has its own window; searches have one of the account's.

use super::{PortalSettings, replies::Refusal};
use crate::limits::{RateRules, Window};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;
use std::time::Duration;

pub(super) const INTERVAL: Duration = Duration::from_secs(10);
const OAUTH_CALLS: usize = 110;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum App {
    /// With a private app's or service key's token.
    Private,
    OAuth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// With the account's own limit, and without headers that tell of it.
    Search,
    Other,
}

/// Which limit a call went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    TenSecondlyRolling,
    Daily,
    Secondly,
}

#[derive(Debug)]
pub(super) struct Rates {
    private: (RateRules, Window),
    oauth: (RateRules, Window),
    search: Window,
    zone: TimeZone,
    day: Date,
    pub(super) used_today: u64,
    pub(super) daily: u64,
}

impl Rates {
    pub(super) fn new(settings: &PortalSettings) -> Self {
        let windowed = |rules| (rules, Window::new(rules));
        Self {
            private: windowed(settings.burst_rules()),
            oauth: windowed(RateRules { calls: OAUTH_CALLS, period: INTERVAL }),
            search: Window::new(RateRules { calls: settings.searches_per_second, period: Duration::from_secs(1) }),
            zone: TimeZone::get(&settings.zone).unwrap_or(TimeZone::UTC),
            day: Date::MIN,
            used_today: 0,
            daily: settings.daily_calls(),
        }
    }

    /// Counts a call in, or names the limit it is over. Calls that are over count nowhere.
    pub(super) fn take(&mut self, app: App, endpoint: Endpoint, now: Timestamp) -> Result<(), Policy> {
        let today = now.to_zoned(self.zone.clone()).date();
        if today != self.day {
            self.day = today;
            self.used_today = 0;
        }
        if app == App::Private && self.used_today >= self.daily {
            return Err(Policy::Daily);
        }
        match endpoint {
            Endpoint::Search => self.search.take(now).map_err(|_| Policy::Secondly)?,
            Endpoint::Other => self.window(app).1.take(now).map_err(|_| Policy::TenSecondlyRolling)?,
        }
        if app == App::Private {
            self.used_today += 1;
        }
        Ok(())
    }

    fn window(&mut self, app: App) -> &mut (RateRules, Window) {
        match app {
            App::Private => &mut self.private,
            App::OAuth => &mut self.oauth,
        }
    }

    /// The next midnight of the account. UTC.
    pub(super) fn resets_at(&self, now: Timestamp) -> Timestamp {
        let tomorrow = now.to_zoned(self.zone.clone()).date().tomorrow();
        tomorrow.and_then(|day| day.to_zoned(self.zone.clone())).map_or(now, |midnight| midnight.timestamp())
    }

    /// What every answer but a search's tells. OAuth apps are told nothing of days.
    pub(super) fn headers(&mut self, app: App, now: Timestamp) -> Vec<(&'static str, String)> {
        let (rules, window) = self.window(app);
        let (most, left) = (rules.calls, window.left(now));
        let mut headers = vec![
            ("x-hubspot-ratelimit-max", most.to_string()),
            ("x-hubspot-ratelimit-remaining", left.to_string()),
            ("x-hubspot-ratelimit-interval-milliseconds", INTERVAL.as_millis().to_string()),
            ("x-hubspot-ratelimit-secondly", (most / 10).to_string()),
            ("x-hubspot-ratelimit-secondly-remaining", (most / 10).min(left).to_string()),
        ];
        if app == App::Private {
            headers.push(("x-hubspot-ratelimit-daily", self.daily.to_string()));
            headers
                .push(("x-hubspot-ratelimit-daily-remaining", self.daily.saturating_sub(self.used_today).to_string()));
        }
        headers
    }
}

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Self::TenSecondlyRolling => "TEN_SECONDLY_ROLLING",
            Self::Daily => "DAILY",
            Self::Secondly => "SECONDLY",
        }
    }

    pub(super) fn refusal(self) -> Refusal {
        let name = self.name();
        Refusal::bare(429, &format!("You have reached your {} limit.", name.to_lowercase()))
            .with("errorType", json!("RATE_LIMIT"))
            .with("policyName", json!(name))
    }
}
