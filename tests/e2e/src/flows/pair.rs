//! The world of two ways: the contacts of two portals, and people in both.

use super::{
    drive::Drive,
    ledger::{FIELDS, means_the_same},
    portal::{CONTACTS, Marks, Portal, addresses},
    promises::pair as promises,
    shape::Shape,
    world::World,
};
use fastrand::Rng;
use jiff::Timestamp;
use lintel_domain::sync::{Link, Policy, RunKind};
use lintel_sandbox::hubspot::{HubSpot, RecordView};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) shape: Shape,
    /// Where the flow begins.
    pub(crate) near: Portal,
    pub(crate) far: Portal,
    /// Deeds so far.
    pub(crate) deeds: u64,
    /// Records that were made by hand before anything ran.
    pub(crate) at_first: u64,
    /// What stood where when it was last looked.
    before: BTreeMap<Place, String>,
}

/// A property of a contact.
type Place = (Side, String, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Near,
    Far,
}

impl Pair {
    /// The near portal has people, and the far one has some, of whom the near one knows a few.
    pub(crate) fn of(near: Arc<HubSpot>, drive: &mut Drive, shape: Shape) -> Self {
        let clock = || Arc::clone(&drive.places.clock);
        let near = Portal::of(near, clock(), Marks::Named("near"));
        let far = Portal::of(Arc::clone(&drive.places.target), clock(), Marks::Named("far"));
        let mut pair = Self { shape, near, far, deeds: 0, at_first: 0, before: BTreeMap::new() };
        for number in 0..shape.people + shape.people / 4 {
            let known = pair.addresses();
            let told = if number < shape.people {
                // Nobody in a portal has the address of another one there.
                format!("near: {}", pair.near.make(&mut drive.rng, &[]))
            } else {
                format!("far: {}", pair.far.make(&mut drive.rng, &known))
            };
            drive.steps.push(told);
        }
        pair.at_first = (pair.near.vendor.count(CONTACTS) + pair.far.vendor.count(CONTACTS)) as u64;
        pair.before = pair.shown();
        pair
    }

    fn shown(&self) -> BTreeMap<Place, String> {
        let of = |side: Side, portal: &Portal| {
            let records = portal.vendor.records(CONTACTS).into_iter();
            let one = move |one: RecordView| {
                let id = one.id;
                one.properties.into_iter().map(move |(name, value)| ((side, id.clone(), name), value))
            };
            records.flat_map(one).collect::<Vec<_>>()
        };
        of(Side::Near, &self.near).into_iter().chain(of(Side::Far, &self.far)).collect()
    }

    fn addresses(&self) -> Vec<String> {
        let all = [&self.near, &self.far].into_iter().flat_map(|portal| portal.vendor.records(CONTACTS));
        let all: BTreeSet<String> =
            all.flat_map(|one| addresses(&one).map(str::to_owned).collect::<Vec<_>>()).collect();
        all.into_iter().collect()
    }

    fn deed(&mut self, side: Side, rng: &mut Rng, links: &[Link]) -> String {
        self.deeds += 1;
        let addresses = self.addresses();
        match side {
            Side::Near => {
                let linked = links.iter().filter(|link| link.target.is_some());
                let linked = linked.map(|link| link.key.id().to_owned()).collect();
                format!("near: {}", self.near.deed(rng, &linked, &addresses))
            }
            Side::Far => {
                let linked = links.iter().filter_map(|link| link.target.clone()).collect();
                format!("far: {}", self.far.deed(rng, &linked, &addresses))
            }
        }
    }

    /// Contacts of the far portal that bear a near one's key, with that one: also where a worker died before it wrote a link.
    fn pairs(&self) -> Vec<(RecordView, RecordView)> {
        let near = |far: &RecordView| {
            let key = far.properties.get("lintel_key")?.strip_prefix("source/contacts/")?;
            self.near.contact(key)
        };
        self.far.vendor.records(CONTACTS).into_iter().filter_map(|far| Some((near(&far)?, far))).collect()
    }

    /// Both records of a link that are there.
    pub(crate) fn both(&self, link: &Link) -> Option<(RecordView, RecordView)> {
        Some((self.near.contact(link.key.id())?, self.far.contact(link.target.as_deref()?)?))
    }
}

impl World for Pair {
    const ASKED: &'static [RunKind] =
        &[RunKind::Full, RunKind::Changes, RunKind::Back, RunKind::Back, RunKind::Compare];
    const ROUNDS: &'static [&'static [RunKind]] =
        &[&[RunKind::Full, RunKind::Back], &[RunKind::Compare, RunKind::Back, RunKind::Full]];
    const QUIET: &'static [RunKind] = &[RunKind::Full, RunKind::Back, RunKind::Compare];

    fn at_the_source(&mut self, rng: &mut Rng, links: &[Link]) -> String {
        self.deed(Side::Near, rng, links)
    }

    fn at_the_target(&mut self, rng: &mut Rng, links: &[Link]) -> String {
        self.deed(Side::Far, rng, links)
    }

    /// Each page is a message of its own, and what people do comes between them anyway.
    fn between_pages(&mut self, rng: &mut Rng, links: &[Link]) -> String {
        self.deed(Side::Far, rng, links)
    }

    fn happened_besides(&mut self) -> Vec<String> {
        let now = self.shown();
        let changed = |(place, value): (&Place, &String)| {
            let before = self.before.get(place);
            let (side, id, property) = place;
            (before != Some(value)).then(|| format!("{side:?} {id}: {property} is {value:?} and was {before:?}"))
        };
        let emptied = self.before.keys().filter(|place| !now.contains_key(*place));
        let emptied = emptied.map(|(side, id, property)| format!("{side:?} {id}: {property} is not there any more"));
        let told = now.iter().filter_map(changed).chain(emptied).collect();
        self.before = now;
        told
    }

    fn let_plans_happen(&mut self, _: Timestamp) -> anyhow::Result<()> {
        Ok(())
    }

    fn with_an_event(&mut self, rng: &mut Rng, links: &[Link]) -> (String, Option<String>) {
        if rng.bool() {
            let told = self.deed(Side::Near, rng, links);
            return (told, self.near.ledger.last.clone());
        }
        let told = self.deed(Side::Far, rng, links);
        let last = self.far.ledger.last.as_ref();
        let linked = last.and_then(|id| links.iter().find(|link| link.target.as_ref() == Some(id)));
        (told, linked.map(|link| link.key.id().to_owned()))
    }

    fn note_agreement(&mut self, _: &[Link]) {
        for (near, far) in self.pairs() {
            for property in FIELDS.iter().map(|field| field.property) {
                if !means_the_same(property, near.properties.get(property), far.properties.get(property)) {
                    continue;
                }
                // Where both spoke, or the two were never in step, the flow may say whose word it is.
                let stands = |portal: &Portal, one: &RecordView| portal.ledger.stands(one, property);
                let older = |portal: &Portal, one: &RecordView| portal.ledger.is_older_than_links(one, property);
                match self.shape.policy {
                    Policy::Source if stands(&self.near, &near) == Some(true) || older(&self.far, &far) => {
                        self.far.ledger.give_up(&far, property);
                    }
                    Policy::Target if stands(&self.far, &far) == Some(true) || older(&self.near, &near) => {
                        self.near.ledger.give_up(&near, property);
                    }
                    // Which of the two is newer is told by the portals, in whatever anybody changed of the records last.
                    Policy::Newest => {
                        let near_wins = stands(&self.near, &near) == Some(true) || older(&self.far, &far);
                        let far_wins = stands(&self.far, &far) == Some(true) || older(&self.near, &near);
                        if near_wins {
                            self.far.ledger.give_up(&far, property);
                        }
                        if far_wins {
                            self.near.ledger.give_up(&near, property);
                        }
                    }
                    _ => {}
                }
                self.near.ledger.note_agreement(&near, property);
                self.far.ledger.note_agreement(&far, property);
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
