//! People at the source: tenants change, share addresses, move them about, vanish, come back and come in between two pages.

use super::ledger::{Shared, SourceLedger};
use crate::surroundings::SimClock;
use fastrand::Rng;
use jiff::Timestamp;
use lintel_connectors::surroundings::Clock;
use lintel_sandbox::buildium::{Buildium, Phone, Tenant};
use std::sync::Arc;

pub(crate) const TENANTS: &str = "/v1/leases/tenants";

/// The source with its ledger.
#[derive(Clone, Debug)]
pub(crate) struct Rentals {
    pub(crate) vendor: Arc<Buildium>,
    pub(crate) ledger: Arc<Shared<SourceLedger>>,
    pub(crate) clock: Arc<SimClock>,
}

const FIRST: [&str; 6] = ["Ada", "Ben", "Cleo", "Dev", "Edda", "Finn"];
const LAST: [&str; 6] = ["Sample", "Specimen", "Mockford", "Stubbs", "Fixtura", "Test"];
const CITIES: [&str; 4] = ["Sampletown", "Mockville", "Fixture Falls", "Stubton"];

impl Rentals {
    /// Everybody gets a comment of their own: a person in the portal who is there twice is known by it.
    pub(crate) fn mark_everybody(&self) {
        for id in self.vendor.ids::<Tenant>() {
            // A tenant that was listed a moment ago is there.
            let _ = self.vendor.edit(id, |tenant: &mut Tenant| tenant.comment = Some(mark(id).into()));
        }
    }

    pub(crate) fn tenant(&self, id: u32) -> Option<Tenant> {
        self.vendor.get::<Tenant>(id)
    }

    fn now(&self) -> Timestamp {
        Clock::now(self.clock.as_ref())
    }

    fn save(&self, id: u32, change: impl FnOnce(&mut Tenant)) {
        if self.vendor.edit(id, change).is_ok() {
            self.ledger.open().touched.insert(id, self.now());
        }
    }

    /// One deed of somebody, told in words.
    pub(crate) fn deed(&self, rng: &mut Rng) -> String {
        let ids = self.vendor.ids::<Tenant>();
        let (Some(one), Some(other)) = (rng.choice(&ids).copied(), rng.choice(&ids).copied()) else {
            return self.come(rng);
        };
        match rng.u8(0..100) {
            0..12 => self.set_phone(one, rng),
            12..24 => {
                let name = pick(rng, &LAST);
                self.save(one, |tenant| tenant.last_name = Some(name.into()));
                format!("tenant {one} is called {name}")
            }
            24..34 => {
                let name = pick(rng, &FIRST);
                self.save(one, |tenant| tenant.first_name = Some(name.into()));
                format!("tenant {one} is {name}")
            }
            34..44 => self.set_email(one, rng),
            44..50 => {
                let email = self.tenant(other).and_then(|tenant| tenant.email);
                self.save(one, |tenant| tenant.email.clone_from(&email));
                format!("tenant {one} shares the address of {other}: {email:?}")
            }
            50..58 => self.swap_emails(one, other),
            58..62 => {
                self.save(one, |tenant| tenant.email = None);
                format!("tenant {one} has no address any more")
            }
            62..70 => {
                let city = pick(rng, &CITIES);
                self.save(one, |tenant| tenant.address.get_or_insert_default().city = Some(city.into()));
                format!("tenant {one} lives in {city}")
            }
            70..74 => {
                let email = format!("also.{}@example.org", rng.u8(0..9));
                self.save(one, |tenant| tenant.alternate_email = Some(email.clone().into()));
                format!("tenant {one} has also {email}")
            }
            74..78 => {
                self.save(one, |_| ());
                format!("tenant {one} is saved as before")
            }
            78..85 => self.go(one),
            85..92 => self.come_back(rng),
            _ => self.come(rng),
        }
    }

    fn set_phone(&self, id: u32, rng: &mut Rng) -> String {
        let number =
            if rng.u8(0..8) == 0 { "call first".to_owned() } else { format!("(212) 555-01{:02}", rng.u8(0..30)) };
        let kind = ["Cell", "Home", "Office"][rng.usize(..3)];
        let phone = Phone { number: Some(number.clone().into()), kind: kind.into() };
        self.save(id, |tenant| tenant.phone_numbers = vec![phone]);
        format!("tenant {id} has the {kind} number {number}")
    }

    fn set_email(&self, id: u32, rng: &mut Rng) -> String {
        let email = match rng.u8(0..10) {
            0 => "ask at the desk".to_owned(),
            // Good enough for a mail, and not for the portal.
            1 => format!("box.{}@example.x", rng.u8(0..9)),
            _ => format!("Box.{}@example.com", rng.u8(0..40)),
        };
        self.save(id, |tenant| tenant.email = Some(email.clone().into()));
        format!("tenant {id} has the address {email}")
    }

    /// Two addresses change places: each is free only when the other is written.
    fn swap_emails(&self, one: u32, other: u32) -> String {
        let of = |id| self.tenant(id).and_then(|tenant| tenant.email);
        let (first, second) = (of(one), of(other));
        self.save(one, |tenant| tenant.email.clone_from(&second));
        self.save(other, |tenant| tenant.email.clone_from(&first));
        format!("tenants {one} and {other} swap {first:?} and {second:?}")
    }

    fn go(&self, id: u32) -> String {
        if let Some(tenant) = self.tenant(id)
            && self.vendor.delete::<Tenant>(id).is_ok()
        {
            let now = self.now();
            self.ledger.open().vanished.insert(id, (tenant, now));
        }
        format!("tenant {id} vanishes")
    }

    fn come_back(&self, rng: &mut Rng) -> String {
        let mut ledger = self.ledger.open();
        let ids: Vec<u32> = ledger.vanished.keys().copied().collect();
        let Some(id) = rng.choice(&ids).copied() else { return "nobody comes back".to_owned() };
        let Some((tenant, _)) = ledger.vanished.remove(&id) else { return "nobody comes back".to_owned() };
        self.vendor.add(tenant);
        ledger.touched.insert(id, self.now());
        format!("tenant {id} comes back")
    }

    fn come(&self, rng: &mut Rng) -> String {
        let email = format!("Box.{}@example.com", rng.u8(0..40));
        let id = self.vendor.add(Tenant {
            first_name: Some(pick(rng, &FIRST).into()),
            last_name: Some(pick(rng, &LAST).into()),
            email: (rng.u8(0..5) > 0).then(|| email.clone().into()),
            ..Tenant::default()
        });
        let _ = self.vendor.edit(id, |tenant: &mut Tenant| tenant.comment = Some(mark(id).into()));
        self.ledger.open().touched.insert(id, self.now());
        format!("tenant {id} comes with {email}")
    }

    /// Deeds that happen between two pages of a run to come.
    pub(crate) fn plan(&self, rng: &mut Rng) -> String {
        let pages = rng.u64(1..5);
        let (seed, deeds) = (rng.u64(..), rng.u8(1..4));
        let shifting = rng.bool();
        let rentals = self.clone();
        self.vendor.after_pages(TENANTS, pages, move |_| {
            let mut rng = Rng::with_seed(seed);
            for _ in 0..deeds {
                let told = if shifting { rentals.shift(&mut rng) } else { rentals.deed(&mut rng) };
                rentals.ledger.open().unseen.push(told);
            }
        });
        format!("after {pages} pages {deeds} deeds will be done")
    }

    /// Somebody goes and somebody comes: the list is as long as before, and everything in it one place further.
    fn shift(&self, rng: &mut Rng) -> String {
        let ids = self.vendor.ids::<Tenant>();
        let early: Vec<u32> = ids.iter().copied().take(ids.len() / 3).collect();
        let gone = rng.choice(&early).map(|id| self.go(*id)).unwrap_or_default();
        format!("{gone}, {}", self.come(rng))
    }
}

/// What a tenant's comment says from the beginning on.
pub(crate) fn mark(id: u32) -> String {
    format!("ref {id}")
}

fn pick(rng: &mut Rng, from: &[&'static str]) -> &'static str {
    rng.choice(from).copied().unwrap_or_default()
}
