//! Records in canonical form: what vendors' records are turned into before anything is decided about them.
//!
//! One table per entity says which fields it has and of what kind ([`Entity::fields`]); reading, writing and the published JSON
//! Schemas all follow from it.

mod entity;
mod fields;
mod money;
mod phone;
mod record;
mod schema;
mod value;

pub use entity::Entity;
pub use fields::{Field, Protection};
pub use money::{Currency, Money, MoneyError};
pub use phone::{Phone, PhoneError};
pub use record::{Fields, Record, RecordKey};
pub use value::{FieldFault, FieldKind, Problem};
