//! What a seed draws before it begins: how large the world is, and what the flow is told.

use fastrand::Rng;
use lintel_domain::sync::{Policy, WhenGone};
use serde_json::{Value, json};
use std::fmt;

/// A seed's world and flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) tenants: usize,
    /// Records on a page of the source.
    pub(crate) page: usize,
    pub(crate) policy: Policy,
    pub(crate) when_gone: WhenGone,
    pub(crate) rules: Rules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Few,
    /// Nobody without a readable address, and nobody called `Test`.
    Strict,
}

const POLICIES: [Policy; 5] = [Policy::Manual, Policy::Source, Policy::Target, Policy::Newest, Policy::Merge];

impl Shape {
    pub(crate) fn draw(seed: u64, rng: &mut Rng) -> Self {
        Self {
            tenants: rng.usize(20..=60),
            page: rng.usize(6..=25),
            // Every policy has its turn.
            policy: POLICIES[usize::try_from(seed % 5).unwrap_or_default()],
            when_gone: if rng.u8(0..3) == 0 { WhenGone::Mark } else { WhenGone::Keep },
            rules: if rng.u8(0..4) == 0 { Rules::Strict } else { Rules::Few },
        }
    }

    /// The flow as an organization configures it.
    pub(crate) fn flow(&self) -> Value {
        let rules = match self.rules {
            Rules::Few => json!([]),
            Rules::Strict => json!([
                { "field": "email", "check": "readable", "otherwise": "quarantine" },
                { "field": "last_name", "check": { "holds": ".last_name != \"Test\"" }, "otherwise": "reject" },
            ]),
        };
        json!({
            "from": "rentals", "stream": "tenants", "to": "portal", "into": "contacts",
            "policy": self.policy, "when_gone": self.when_gone, "rules": rules,
        })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenants, page, policy, when_gone, rules } = self;
        write!(f, "{tenants} tenants, {page} to a page, policy {policy:?}, gone {when_gone:?}, rules {rules:?}")
    }
}
