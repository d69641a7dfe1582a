//! The canonical kinds of things.

use super::{Field, fields};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entity {
    /// A tenant, a resident, a lead, an owner or an emergency contact.
    Person,
    Property,
    Building,
    Unit,
    Lease,
    /// An offer of a property or a unit.
    Listing,
    /// A community of owners.
    Association,
}

impl Entity {
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Property, Self::Building, Self::Unit, Self::Lease, Self::Listing, Self::Association];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Property => "property",
            Self::Building => "building",
            Self::Unit => "unit",
            Self::Lease => "lease",
            Self::Listing => "listing",
            Self::Association => "association",
        }
    }

    /// Every field a record of this kind may have.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Person => fields::PERSON,
            Self::Property => fields::PROPERTY,
            Self::Building => fields::BUILDING,
            Self::Unit => fields::UNIT,
            Self::Lease => fields::LEASE,
            Self::Listing => fields::LISTING,
            Self::Association => fields::ASSOCIATION,
        }
    }

    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
