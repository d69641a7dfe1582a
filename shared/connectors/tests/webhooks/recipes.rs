//! The recipes as the tests read them.

use lintel_connectors::{
    manifest,
    webhooks::{Scheme, Webhook},
};

/// A vendor's webhook.
pub(crate) fn webhook(vendor: &str) -> Webhook {
    manifest::find(vendor).and_then(|manifest| manifest.webhook().cloned()).expect("a webhook")
}

pub(crate) fn scheme(vendor: &str) -> Scheme {
    webhook(vendor).scheme
}
