//! What vendors' streams hold, without opening a connection.

use lintel_connectors::{
    manifest::{self, FindError, Manifest},
    mapping::Mappings,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Manifests and mappings by vendor, each read once: reading a mapping costs some milliseconds.
#[derive(Debug, Default)]
pub struct Streams(Mutex<BTreeMap<String, Arc<Vendor>>>);

/// A vendor's manifest and mappings.
pub type Vendor = (Manifest, Mappings);

impl Streams {
    pub fn of(&self, vendor: &str) -> Result<Arc<Vendor>, FindError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = known.get(vendor) {
            return Ok(Arc::clone(streams));
        }
        let manifest = manifest::find(vendor)?;
        let mappings = manifest::mappings(&manifest)?;
        let streams = Arc::new((manifest, mappings));
        known.insert(vendor.to_owned(), Arc::clone(&streams));
        Ok(streams)
    }
}
