//! Setting a portal up: read it, compare, make what is missing, read it again.

mod apply;
mod client;
mod found;
mod parts;
mod plan;
mod read;
mod types;
mod wanted;

use crate::{
    error::Error,
    manifest::{self, FindError},
    records::Answers,
    roles::{MappedFields, OpenError, Parts, RecordSetup, SetupMode, SetupPlan, SetupReport},
    transport::{Account, Deadline, Driver},
};
use apply::Progress;
use async_trait::async_trait;
use client::{Client, DefinitionAnswers};
use lintel_domain::{ids::ConnectionId, private::Private, settings::Connection};
use plan::plan;
use wanted::Wanted;

/// One portal on its way to being a sync target.
#[derive(Debug)]
pub(crate) struct PortalSetup {
    client: Client,
    wanted: Wanted,
    /// What the organization wants at most; setting `mode`.
    most: SetupMode,
}

/// What the portal refused for its plan during this set-up, where its limits did not say so before.
#[derive(Clone, Copy, Debug, Default)]
struct Denied {
    units: bool,
    labels: bool,
}

impl PortalSetup {
    pub(crate) const NAME: &'static str = "hubspot";

    pub(crate) fn open(
        id: &ConnectionId,
        connection: &Connection,
        secret: &Private,
        parts: Parts,
    ) -> Result<Self, OpenError> {
        let account = Account { id, connection, secret };
        let manifest = manifest::find(Self::NAME)?;
        let wanted = Wanted::read().map_err(|faults| FindError::Faulty { vendor: Self::NAME.to_owned(), faults })?;
        let version = connection.settings.get("version").or_else(|| manifest.settings.get("version"));
        let version = version.cloned().ok_or_else(|| account.fault("version", "is missing"))?;
        let reader = DefinitionAnswers(Answers::of(manifest.api()?));
        Ok(Self {
            client: Client { driver: Driver::open(&manifest, account, "all", reader, parts)?, version },
            wanted,
            most: most(account)?,
        })
    }
}

fn most(account: Account<'_>) -> Result<SetupMode, OpenError> {
    match account.connection.settings.get("mode").map(String::as_str) {
        None | Some("full") => Ok(SetupMode::Full),
        Some("listings-only") => Ok(SetupMode::ListingsOnly),
        Some("contacts-only") => Ok(SetupMode::ContactsOnly),
        Some(_) => Err(account.fault("mode", "must be `full`, `listings-only` or `contacts-only`")),
    }
}

#[async_trait]
impl RecordSetup for PortalSetup {
    async fn plan(&self, mapped: &MappedFields, deadline: Deadline) -> Result<SetupPlan, Error> {
        let found = self.find(Denied::default(), deadline).await?;
        Ok(plan(&self.wanted, &found, mapped).neutral())
    }

    async fn apply(&self, mapped: &MappedFields, deadline: Deadline) -> Result<SetupReport, Error> {
        let mut progress = Progress::default();
        let mut found = self.find(progress.denied, deadline).await?;
        let mut last = plan(&self.wanted, &found, mapped);
        let already_there = last.there.clone();
        // What a step makes room for shows at the next reading. Every step is tried once, so that this comes to an end.
        while last.steps.iter().any(|step| progress.would_try(step, &self.wanted, found.unit_type())) {
            self.take(&last.steps, &found, &mut progress, deadline).await?;
            found = self.find(progress.denied, deadline).await?;
            last = plan(&self.wanted, &found, mapped);
        }
        let ids = types::ids(&self.wanted, &found);
        let created = last.there.iter().filter(|part| !already_there.contains(part)).cloned().collect();
        let (mode, left_out) = (last.mode, last.left_out.clone());
        Ok(SetupReport { mode, created, already_there, left_out, faults: progress.faults(&last), ids })
    }
}
