//! What Lintel knows of vendors: one folder each, over one transport, behind neutral roles. Knows HTTP, knows no AWS.

mod airtable;
mod error;
mod halves;
mod housecallpro;
mod hubspot;
pub mod manifest;
pub mod mapping;
pub mod records;
pub mod roles;
pub mod surroundings;
pub mod transport;
pub mod webhooks;

pub use error::{Error, JOB_MISSING, Retry};
