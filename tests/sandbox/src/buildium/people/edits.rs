//! Putting records in, and changing them.

use super::{Buildium, Done, missing};
use crate::buildium::{
    hooks::Change,
    kept::Record,
    records::{Listing, Phone, Tenant, Unit},
};

impl Buildium {
    /// Puts a record in and answers its id. It gets a new one unless it brings one.
    pub fn add<T: Record>(&self, mut record: T) -> u32 {
        let now = self.now();
        let mut state = self.lock();
        record.born(now);
        let id = state.store.insert(record, now);
        state.tell_of::<T>(Change::Created, id, now);
        id
    }

    /// Saves a record, whether anything differs or not: `vendor.edit(id, |tenant: &mut Tenant| tenant.email = None)`.
    pub fn edit<T: Record>(&self, id: u32, change: impl FnOnce(&mut T)) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.change(id, Some(now), change).ok_or_else(|| missing::<T>(id))?;
        state.tell_of::<T>(Change::Updated, id, now);
        Ok(())
    }

    /// Gives a tenant one cell phone number in place of all there were.
    pub fn change_phone(&self, tenant: u32, number: &str) -> Done {
        let phone = Phone { number: Some(number.to_owned().into()), kind: "Cell".into() };
        self.edit(tenant, |tenant: &mut Tenant| tenant.phone_numbers = vec![phone])
    }

    /// Lists a unit, or changes its listing. The unit's last update stays as it was.
    pub fn list_unit(&self, id: u32, listing: Listing) -> Done {
        let now = self.now();
        self.lock().list_unit(id, listing, now).ok_or_else(|| missing::<Unit>(id)).map(|_| ())
    }

    /// Takes a unit's listing down, if there is one. The unit's last update stays as it was.
    pub fn delist_unit(&self, id: u32) -> Done {
        let now = self.now();
        let mut state = self.lock();
        state.store.get::<Unit>(id).ok_or_else(|| missing::<Unit>(id))?;
        state.delist_unit(id, now);
        Ok(())
    }
}
