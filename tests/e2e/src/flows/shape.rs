//! What a seed draws before it begins: which world it is, how large, and what the flow is told.

use fastrand::Rng;
use lintel_domain::sync::{Policy, WhenGone, WhenNew};
use serde_json::{Value, json};
use std::fmt;

/// A seed's world and flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) ways: Ways,
    /// At the source in the beginning.
    pub(crate) people: usize,
    /// Records on a page of the source, and where it is read, of the target.
    pub(crate) page: usize,
    pub(crate) policy: Policy,
    pub(crate) when_gone: WhenGone,
    pub(crate) rules: Rules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    /// Tenants of an account that is only read, and a portal.
    One,
    /// Two portals that are both written.
    Two(WhenNew),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Few,
    /// Nobody without a readable address, and nobody called `Test`.
    Strict,
}

/// Every policy has its turn, in both worlds.
const POLICIES: [Policy; 5] = [Policy::Manual, Policy::Source, Policy::Target, Policy::Newest, Policy::Merge];
/// Every so many seeds the flow goes two ways.
const TWO_WAY_EVERY: u64 = 3;

impl Shape {
    pub(crate) fn draw(seed: u64, rng: &mut Rng) -> Self {
        let shape = Self {
            ways: Ways::One,
            people: rng.usize(20..=60),
            page: rng.usize(6..=25),
            policy: POLICIES[usize::try_from(seed % 5).unwrap_or_default()],
            when_gone: if rng.u8(0..3) == 0 { WhenGone::Mark } else { WhenGone::Keep },
            rules: if rng.u8(0..4) == 0 { Rules::Strict } else { Rules::Few },
        };
        if !seed.is_multiple_of(TWO_WAY_EVERY) {
            return shape;
        }
        let when_new = if rng.u8(0..3) == 0 { WhenNew::Leave } else { WhenNew::Make };
        Self { ways: Ways::Two(when_new), people: shape.people / 2, ..shape }
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
        match self.ways {
            Ways::One => json!({
                "from": "source", "stream": "tenants", "to": "target", "into": "contacts",
                "policy": self.policy, "when_gone": self.when_gone, "rules": rules,
            }),
            Ways::Two(when_new) => json!({
                "from": "source", "stream": "contacts", "to": "target", "into": "contacts",
                "direction": "two-way", "when_new": when_new,
                "policy": self.policy, "when_gone": self.when_gone, "rules": rules,
            }),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ways, people, page, policy, when_gone, rules } = self;
        write!(
            f,
            "ways {ways:?}, {people} people, {page} to a page, policy {policy:?}, gone {when_gone:?}, rules {rules:?}"
        )
    }
}
