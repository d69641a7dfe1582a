//! The world of one way: tenants of an account that is only read, and the contacts of a portal.

use super::{
    drive::Drive,
    ledger::FIELDS,
    places::Places,
    portal::{Marks, Portal},
    promises::tenants as promises,
    rentals::{Rentals, TENANTS},
    shape::Shape,
    world::World,
};
use anyhow::Context;
use fastrand::Rng;
use http::HeaderMap;
use jiff::Timestamp;
use lintel_domain::sync::{Link, RunKind};
use lintel_sandbox::{
    Ask, Simulator,
    buildium::{Buildium, Tenant},
};
use std::{collections::BTreeSet, sync::Arc};

#[derive(Debug)]
pub(crate) struct Tenants {
    pub(crate) shape: Shape,
    pub(crate) rentals: Rentals,
    pub(crate) portal: Portal,
}

impl Tenants {
    pub(crate) fn of(account: Arc<Buildium>, places: &Places, shape: Shape) -> Self {
        let rentals = Rentals { vendor: account, ledger: Arc::default(), clock: Arc::clone(&places.clock) };
        rentals.mark_everybody();
        let portal = Portal::of(Arc::clone(&places.target), Arc::clone(&places.clock), Marks::None);
        Self { shape, rentals, portal }
    }
}

impl World for Tenants {
    const ASKED: &'static [RunKind] = &[RunKind::Full, RunKind::Changes, RunKind::Changes, RunKind::Compare];
    const ROUNDS: &'static [&'static [RunKind]] = &[&[RunKind::Full], &[RunKind::Compare]];
    const QUIET: &'static [RunKind] = &[RunKind::Changes, RunKind::Full, RunKind::Compare];

    fn at_the_source(&mut self, rng: &mut Rng, _: &[Link]) -> String {
        self.rentals.deed(rng)
    }

    fn at_the_target(&mut self, rng: &mut Rng, links: &[Link]) -> String {
        let linked: BTreeSet<String> = links.iter().filter_map(|link| link.target.clone()).collect();
        let tenants = self.rentals.vendor.ids::<Tenant>().into_iter().filter_map(|id| self.rentals.tenant(id));
        let addresses: Vec<String> = tenants.filter_map(|one| one.email).map(|email| email.to_string()).collect();
        self.portal.deed(rng, &linked, &addresses)
    }

    fn between_pages(&mut self, rng: &mut Rng, _: &[Link]) -> String {
        self.rentals.plan(rng)
    }

    fn happened_besides(&mut self) -> Vec<String> {
        let unseen = std::mem::take(&mut self.rentals.ledger.open().unseen);
        unseen.into_iter().map(|told| format!("between two pages: {told}")).collect()
    }

    fn let_plans_happen(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let mut headers = HeaderMap::new();
        headers.insert("x-buildium-client-id", "sandbox-client-id".parse()?);
        headers.insert("x-buildium-client-secret", "sandbox-client-secret".parse()?);
        for _ in 0..6 {
            let ask = Ask::new("GET", TENANTS, headers.clone(), bytes::Bytes::new(), now);
            self.rentals.vendor.handle(&ask.context("no request")?);
        }
        Ok(())
    }

    fn with_an_event(&mut self, rng: &mut Rng, _: &[Link]) -> (String, Option<String>) {
        let told = self.rentals.deed(rng);
        let ledger = self.rentals.ledger.open();
        let last = ledger.touched.iter().max_by_key(|(_, at)| **at).map(|(id, _)| id.to_string());
        (told, last)
    }

    fn note_agreement(&mut self, links: &[Link]) {
        for link in links {
            let tenant = link.key.id().parse().ok().and_then(|id| self.rentals.tenant(id));
            let contact = link.target.as_deref().and_then(|id| self.portal.contact(id));
            if let (Some(tenant), Some(contact)) = (tenant, contact) {
                for field in FIELDS.iter().filter(|field| field.agrees(&tenant, &contact)) {
                    self.portal.ledger.note_agreement(&contact, field.property);
                }
            }
        }
    }

    async fn on_the_way(&self, drive: &Drive) -> anyhow::Result<()> {
        promises::on_the_way(self, drive).await
    }

    async fn at_rest(&self, drive: &Drive) -> anyhow::Result<()> {
        promises::at_rest(self, drive).await
    }
}
