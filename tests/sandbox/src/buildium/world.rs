//! A sample account of any size. Everybody in it is invented.

mod households;
mod leases;
mod people;
mod places;

use super::store::Store;
use fastrand::Rng;
use households::{Household, plan};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// A tenant of everything that is seldom but legal comes once in so many.
const NULL_EMAIL: usize = 12;
const NULL_ADDRESS: usize = 20;
const SHARED_EMAIL: usize = 250;
const NEW_WORD: usize = 97;

/// Records for an account, made of a seed.
#[derive(Debug)]
pub struct BuildiumWorld {
    seed: u64,
    store: Store,
}

/// What a world is made with.
struct Maker {
    rng: Rng,
    store: Store,
    day: Date,
    /// When everything was put into the account.
    at: Timestamp,
    people: usize,
}

impl BuildiumWorld {
    /// The day `sample` makes leases around.
    pub fn day() -> Date {
        Date::constant(2030, 3, 1)
    }

    /// So many properties and tenants around `day`, with units, leases, owners and associations to match. The same
    /// arguments make the same world.
    pub fn sample(seed: u64, properties: usize, tenants: usize) -> Self {
        Self::sample_on(seed, Self::day(), properties, tenants)
    }

    /// The same around another day.
    pub fn sample_on(seed: u64, day: Date, properties: usize, tenants: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let properties = if tenants == 0 { properties } else { properties.max(1) };
        let plans = plan(&mut rng, properties, tenants);
        let imported = TimeZone::UTC.to_timestamp(day.saturating_sub(90.days()).at(12, 0, 0, 0)).unwrap_or_default();
        let mut maker = Maker { rng, store: Store::default(), day, at: imported, people: 0 };
        let ids: Vec<u32> = (0..properties).map(|index| maker.property(index)).collect();
        maker.owners(&ids);
        let units = plans.len().max(1);
        for (index, households) in plans.iter().enumerate() {
            // Units of one property stand together.
            let Some(property) = ids.get(index * properties / units).copied() else { continue };
            maker.unit_with(index, property, households);
        }
        for index in 0..=properties / 50 {
            maker.association(index);
        }
        Self { seed, store: maker.store }
    }

    /// Nothing at all.
    pub fn empty() -> Self {
        Self { seed: 0, store: Store::default() }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn into_store(self) -> Store {
        self.store
    }
}

impl Maker {
    fn unit_with(&mut self, index: usize, property: u32, households: &[Household]) {
        let unit = self.unit(index, property);
        for household in households {
            let tenants: Vec<u32> = (0..household.size).map(|_| self.tenant()).collect();
            self.lease(property, unit, household.term, &tenants);
        }
        let vacant = !self.store.occupied(unit, self.day);
        if vacant {
            self.listing(unit);
        }
    }

    fn back(&self, days: i32) -> Date {
        self.day.saturating_sub(i64::from(days).days())
    }

    fn ahead(&self, days: i32) -> Date {
        self.day.saturating_add(i64::from(days).days())
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        self.rng.choice(from).copied()
    }
}
