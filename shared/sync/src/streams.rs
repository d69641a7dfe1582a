//! What vendors' streams hold, without opening a connection.

use lintel_connectors::{
    manifest::{FindError, Known, Manifest},
    mapping::Mappings,
};
use lintel_domain::settings::Organization;
use std::sync::Arc;

/// Manifests and mappings by vendor, each read once: reading a mapping costs some milliseconds.
#[derive(Debug, Default)]
pub struct Streams(Known<Vendor>);

/// A vendor's manifest and mappings.
pub type Vendor = (Manifest, Mappings);

impl Streams {
    pub fn of(&self, settings: &Organization, vendor: &str) -> Result<Arc<Vendor>, FindError> {
        self.0.get(settings, vendor, |vendors| {
            let manifest = vendors.find(vendor)?;
            let mappings = vendors.mappings(&manifest)?;
            Ok((manifest, mappings))
        })
    }
}
