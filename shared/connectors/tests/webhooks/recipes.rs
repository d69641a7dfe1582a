//! The recipes as the tests read them.

use lintel_connectors::webhooks::Scheme;
use std::{fs, path::Path};

/// The signature scheme of a vendor.
pub(crate) fn scheme(vendor: &str) -> Scheme {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let own = root.join(vendor).join("connector.toml");
    let file = if own.exists() { own } else { root.join(format!("webhooks/recipes/{vendor}.toml")) };
    let text = fs::read_to_string(&file).expect("a recipe");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    table["webhook"]["scheme"].clone().try_into().expect("a scheme")
}
