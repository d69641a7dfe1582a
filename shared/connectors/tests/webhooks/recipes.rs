//! The recipes as the tests read them.

use lintel_connectors::webhooks::{Scheme, Webhook};
use std::{fs, path::Path};

/// Every recipe there is.
pub(crate) fn vendors() -> Vec<String> {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/webhooks/recipes");
    let mut found: Vec<String> = fs::read_dir(recipes)
        .expect("recipes")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    found.extend(["housecallpro", "airtable", "cloudmailin"].map(str::to_owned));
    found
}

/// A vendor's webhook.
pub(crate) fn webhook(vendor: &str) -> Webhook {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let own = root.join(vendor).join("connector.toml");
    let file = if own.exists() { own } else { root.join(format!("webhooks/recipes/{vendor}.toml")) };
    let text = fs::read_to_string(&file).expect("a recipe");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    table["webhook"].clone().try_into().expect("a webhook")
}

pub(crate) fn scheme(vendor: &str) -> Scheme {
    webhook(vendor).scheme
}
