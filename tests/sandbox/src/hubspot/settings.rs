//! What kind of portal it is. The defaults are the sheet's, where it gives a number.

use crate::limits::RateRules;
use std::{collections::BTreeSet, time::Duration};

/// What the customer pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    Free,
    Starter,
    Professional,
    Enterprise,
}

/// Whether a feature is to be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowance {
    /// As the tier has it.
    #[default]
    ByTier,
    Granted,
    Denied,
}

/// Whether the portal's administrator switched an object type of the library on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    Active,
    Inactive,
}

/// The two bodies a 409 is seen with (section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictForm {
    /// `CONFLICT`; the id is only in the message.
    Conflict,
    /// `OBJECT_ALREADY_EXISTS` with an `identityProfile`.
    ObjectAlreadyExists,
}

/// Whether `hs_additional_emails` can be written, which nobody outside knows for sure (section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondaryEmails {
    Writable,
    ReadOnly,
}

/// What becomes of a read by addresses of which one is none, which nobody outside knows (section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedAddress {
    NotFound,
    /// The whole batch is.
    Refused,
}

/// How the portal behaves.
#[derive(Clone, Debug)]
pub struct PortalSettings {
    pub portal_id: u64,
    /// Of the app that calls; webhooks of its own writes carry it.
    pub app_id: u64,
    pub tier: Tier,
    /// IANA zone of the account; the daily limit starts anew at its midnight.
    pub zone: String,
    /// Of a private app or service key.
    pub private_token: String,
    pub client_id: String,
    /// Signs webhooks, too.
    pub client_secret: String,
    pub refresh_token: String,
    /// How long an access token works.
    pub token_life: Duration,
    /// Scopes the app was not given, such as `crm.objects.listings.write`.
    pub missing_scopes: BTreeSet<String>,
    pub listings: Activation,
    pub custom_objects: Allowance,
    pub labels: Allowance,
    pub secondary_emails: SecondaryEmails,
    pub malformed_address: MalformedAddress,
    /// Bought on top of the tier.
    pub capacity_packs: u32,
    /// Calls of a private app in ten seconds; `None`: the tier's.
    pub burst: Option<usize>,
    /// Calls of a private app in a day; `None`: the tier's.
    pub daily: Option<u64>,
    pub searches_per_second: usize,
    /// A list shows no more records at once, whatever it was asked for: so that a small portal has several pages.
    pub largest_page: usize,
    /// From a write until the search sees it.
    pub search_lag: Duration,
    /// Results of one query that can be paged through.
    pub search_cap: usize,
    /// `None`: one form, then the other.
    pub conflict_form: Option<ConflictForm>,
    /// How long every call takes.
    pub latency: Duration,
    /// Deliveries of webhooks wait from this long to twice this long.
    pub webhook_delay: Duration,
}

impl PortalSettings {
    /// What a call to the vendor usually takes.
    pub const USUAL_LATENCY: Duration = Duration::from_millis(100);

    /// A portal that takes its usual time.
    #[must_use]
    pub fn with_usual_latency(self) -> Self {
        Self { latency: Self::USUAL_LATENCY, ..self }
    }

    pub(super) fn burst_rules(&self) -> RateRules {
        let by_tier = match self.tier {
            _ if self.capacity_packs > 0 => 250,
            Tier::Free | Tier::Starter => 100,
            Tier::Professional | Tier::Enterprise => 190,
        };
        RateRules { calls: self.burst.unwrap_or(by_tier), period: super::rates::INTERVAL }
    }

    pub(super) fn daily_calls(&self) -> u64 {
        let by_tier = match self.tier {
            Tier::Free | Tier::Starter => 250_000,
            Tier::Professional => 650_000,
            Tier::Enterprise => 1_000_000,
        };
        self.daily.unwrap_or(by_tier + 1_000_000 * u64::from(self.capacity_packs))
    }

    pub(super) fn has_custom_objects(&self) -> bool {
        self.custom_objects.from(self.tier, Tier::Enterprise)
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels.from(self.tier, Tier::Professional)
    }
}

impl Allowance {
    fn from(self, tier: Tier, least: Tier) -> bool {
        match self {
            Self::ByTier => tier >= least,
            Self::Granted => true,
            Self::Denied => false,
        }
    }
}

impl Default for PortalSettings {
    fn default() -> Self {
        Self {
            portal_id: 5_550_100,
            app_id: 5_550_101,
            tier: Tier::Enterprise,
            zone: "America/New_York".to_owned(),
            private_token: "pat-na1-sandbox-0001".to_owned(),
            client_id: "sandbox-client-id".to_owned(),
            client_secret: "sandbox-client-secret".to_owned(),
            refresh_token: "sandbox-refresh-token".to_owned(),
            token_life: Duration::from_mins(30),
            missing_scopes: BTreeSet::new(),
            listings: Activation::Active,
            custom_objects: Allowance::ByTier,
            labels: Allowance::ByTier,
            secondary_emails: SecondaryEmails::Writable,
            malformed_address: MalformedAddress::NotFound,
            capacity_packs: 0,
            burst: None,
            daily: None,
            searches_per_second: 5,
            largest_page: 100,
            search_lag: Duration::from_secs(10),
            search_cap: 10_000,
            conflict_form: None,
            latency: Duration::ZERO,
            webhook_delay: Duration::from_secs(1),
        }
    }
}
