//! The manifest and the mapping that docs/adding-a-vendor.md shows are ones that read.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use lintel_connectors::{
    manifest,
    mapping::{Mapping, Mappings},
    records::Item,
};
use lintel_domain::records::Currency;
use serde_json::json;
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../docs/adding-a-vendor.md");

fn block(number: usize) -> &'static str {
    let after = PAGE.split("```toml\n").nth(number).expect("a block");
    after.split("```").next().expect("its end")
}

#[test]
fn the_invented_vendor_of_the_walk_through_is_read_as_it_says() {
    let manifest = manifest::read("connector.toml", block(1)).expect("a manifest");
    let mappings = Mappings::read("mapping.toml", block(2), &manifest).expect("mappings");
    let mapping = Mapping::compile(&manifest, "residents", &mappings, &BTreeMap::new()).expect("a mapping");
    let content = json!({
        "id": "r-1", "status": "current", "updated_at": "2026-07-01T10:00:00Z", "move_in": "2026-05-01",
        "name": { "first": "Ada", "last": "Specimen" },
        "contact": { "email": "Ada@example.com", "phones": [{ "type": "mobile", "number": "(212) 555-0142" }] },
    });
    let mapped = mapping.read(&Item { key: "r-1".to_owned(), content }, Currency::USD).expect("a resident");
    assert!(mapped.faults.is_empty(), "{:?}", mapped.faults);
    let fields = &mapped.record.fields;
    assert_eq!(
        (fields.text("email"), fields.text("mobile_phone"), fields.text("status")),
        (Some("ada@example.com"), Some("+12125550142"), Some("active"))
    );
}
