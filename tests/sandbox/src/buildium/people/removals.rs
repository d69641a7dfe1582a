//! Deleting, which the API can not do, and inactivating. What was deleted is in no list; a webhook and a 404 tell of it
//! (section 3.1).

use super::{Buildium, Done, missing};
use crate::buildium::{kept::Record, records::Property};

impl Buildium {
    /// Deletes a record, and what can not be without it: a property's units, their leases, a tenant's places on leases.
    pub fn delete<T: Record>(&self, id: u32) -> Done {
        let now = self.now();
        self.lock().remove::<T>(id, now).ok_or_else(|| missing::<T>(id))
    }

    /// A rental goes out of use with all its units, and with owners who have no other in use. They stay in the lists.
    pub fn inactivate_property(&self, id: u32) -> Done {
        let now = self.now();
        self.lock().inactivate_property(id, now).ok_or_else(|| missing::<Property>(id))
    }
}
