//! A sample account of any size. Everybody in it is invented.

mod associations;
mod households;
mod leases;
mod people;
mod places;

use super::store::Store;
use fastrand::Rng;
use households::{Household, plan};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};

/// What is legal and seldom comes once in so many.
const NULL_EMAIL: usize = 12;
const NULL_ADDRESS: usize = 20;
const SHARED_EMAIL: usize = 250;
const NEW_WORD: usize = 97;

/// What an account holds at first. It is made when the account is, around the day it is by the account's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildiumWorld {
    seed: u64,
    size: Size,
}

/// How much there is. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// At least one where there are units.
    pub properties: usize,
    /// At least one where there are tenants.
    pub units: usize,
    /// More than live there at a time lived there before.
    pub tenants: usize,
}

impl Size {
    /// So many tenants in as many units as they fill, ten to a property.
    pub fn of_tenants(tenants: usize) -> Self {
        let units = tenants * 5 / 11;
        Self { properties: units / 10, units, tenants }
    }
}

/// What a world is made with.
struct Maker {
    rng: Rng,
    store: Store,
    day: Date,
    /// When everything was put into the account.
    at: Timestamp,
    people: usize,
    /// People of associations.
    neighbours: usize,
}

impl BuildiumWorld {
    /// Properties, units, tenants, and leases, owners and an association for every fifty properties to match. The same arguments make the same world
    /// on the same day.
    pub fn sample(seed: u64, size: Size) -> Self {
        let units = size.units.max(usize::from(size.tenants > 0));
        let properties = size.properties.max(usize::from(units > 0));
        Self { seed, size: Size { properties, units, ..size } }
    }

    /// Nothing at all.
    pub fn empty() -> Self {
        Self::default()
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn into_store(self, day: Date) -> Store {
        let Size { properties, units, tenants } = self.size;
        let imported = TimeZone::UTC.to_timestamp(day.saturating_sub(90.days()).at(12, 0, 0, 0)).unwrap_or_default();
        let rng = Rng::with_seed(self.seed);
        let mut maker = Maker { rng, store: Store::default(), day, at: imported, people: 0, neighbours: 0 };
        let ids: Vec<u32> = (0..properties).map(|index| maker.property(index)).collect();
        maker.owners(&ids);
        for (index, households) in plan(&mut maker.rng, units, tenants).iter().enumerate() {
            // Units of one property stand together.
            let Some(property) = ids.get(index * properties / units).copied() else { continue };
            maker.unit_with(index, property, households);
        }
        for index in 0..properties.div_ceil(50) {
            maker.association(index);
        }
        maker.store
    }
}

impl Maker {
    fn unit_with(&mut self, index: usize, property: u32, households: &[Household]) {
        let unit = self.unit(index, property);
        for household in households {
            let tenants: Vec<u32> = (0..household.size).map(|_| self.tenant()).collect();
            self.lease(property, unit, *household, &tenants);
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
