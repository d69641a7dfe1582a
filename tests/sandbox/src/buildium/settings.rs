//! How the account behaves, and who may call.

use super::hooks::TENANTS;
use crate::limits::RateRules;
use std::{collections::BTreeSet, time::Duration};

/// The defaults are the sheet's, where it gives a number.
#[derive(Clone, Debug)]
pub struct BuildiumSettings {
    /// In every webhook.
    pub account_id: u32,
    pub company: String,
    pub keys: Vec<ApiKey>,
    /// Calls of one client that may be under way at a time.
    pub in_flight: usize,
    /// Calls of one client that may begin.
    pub starts: RateRules,
    /// Records a list answers with at most, whatever was asked for.
    pub largest_page: usize,
    /// How long every answer takes.
    pub latency: Duration,
    /// Deliveries of webhooks wait from this long to twice this long.
    pub webhook_delay: Duration,
    /// How long a receiver may take to answer.
    pub webhook_patience: Duration,
    pub tenant_events: TenantEvents,
    pub undone_move_outs: UndoneMoveOuts,
}

/// What events of tenants are called: the guide's grid and its prose differ (section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantEvents {
    /// `LeaseTenant.Created`.
    AsInTheGrid,
    /// `Tenant.Created`.
    AsInTheProse,
}

impl TenantEvents {
    pub(super) fn family(self) -> &'static str {
        match self {
            Self::AsInTheGrid => TENANTS,
            Self::AsInTheProse => "Tenant",
        }
    }
}

/// Whether taking a move-out back is a change of the lease, which nobody outside knows for sure (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoneMoveOuts {
    /// The lease's last update moves.
    Show,
    /// Nothing but the lease itself tells.
    Hide,
}

impl Default for BuildiumSettings {
    fn default() -> Self {
        Self {
            account_id: 123_456,
            company: "Sample Property Management".to_owned(),
            keys: vec![ApiKey::everything("sandbox-client-id", "sandbox-client-secret")],
            in_flight: 10,
            starts: RateRules { calls: 10, period: Duration::from_secs(1) },
            largest_page: 1_000,
            latency: Duration::ZERO,
            webhook_delay: Duration::from_secs(2),
            webhook_patience: Duration::from_secs(10),
            tenant_events: TenantEvents::AsInTheGrid,
            undone_move_outs: UndoneMoveOuts::Hide,
        }
    }
}

impl BuildiumSettings {
    /// Of a vendor elsewhere.
    pub const USUAL_LATENCY: Duration = Duration::from_millis(100);

    /// An account that takes its usual time.
    #[must_use]
    pub fn with_usual_latency(self) -> Self {
        Self { latency: Self::USUAL_LATENCY, ..self }
    }
}

/// A key as the vendor's developer tools make it, with its permission boxes ticked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub client_id: String,
    pub client_secret: String,
    pub grants: BTreeSet<(Area, Access)>,
}

impl ApiKey {
    pub fn everything(client_id: &str, client_secret: &str) -> Self {
        let grants = Area::ALL.into_iter().flat_map(|area| Access::ALL.map(|access| (area, access)));
        Self::new(client_id, client_secret, grants.collect())
    }

    /// A key that sees these and changes nothing.
    pub fn viewing(client_id: &str, client_secret: &str, areas: &[Area]) -> Self {
        Self::new(client_id, client_secret, areas.iter().map(|area| (*area, Access::View)).collect())
    }

    fn new(client_id: &str, client_secret: &str, grants: BTreeSet<(Area, Access)>) -> Self {
        Self { client_id: client_id.to_owned(), client_secret: client_secret.to_owned(), grants }
    }
}

/// What a permission is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Tenants,
    PropertiesAndUnits,
    Leases,
    RentalOwners,
    Listings,
    Associations,
    AccountInformation,
}

impl Area {
    /// Every area there is.
    pub const ALL: [Self; 7] = [
        Self::Tenants,
        Self::PropertiesAndUnits,
        Self::Leases,
        Self::RentalOwners,
        Self::Listings,
        Self::Associations,
        Self::AccountInformation,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    View,
    Edit,
    Delete,
}

impl Access {
    const ALL: [Self; 3] = [Self::View, Self::Edit, Self::Delete];
}
