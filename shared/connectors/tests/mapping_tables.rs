//! The tables of docs/integrations say what the mappings say: each stands between two marks that name the two ends, and is made anew here.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use lintel_connectors::{
    manifest::{find, mappings},
    mapping::{FieldMapping, StreamMapping},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::PathBuf,
};

const BEGIN: &str = "<!-- mapping: ";
const END: &str = "<!-- end of mapping -->\n";

fn stream(name: &str) -> (String, StreamMapping) {
    let (vendor, stream) = name.split_once('/').expect("vendor/stream");
    let manifest = find(vendor).expect("a manifest");
    let mapping = mappings(&manifest).expect("mappings").get(stream).expect("a stream").clone();
    (manifest.title, mapping)
}

/// What of a vendor's record an expression looks at: `.Address.City`; of longer ones the names alone.
fn looked_at(shared: &BTreeMap<String, String>, expression: &str) -> String {
    if let Some(word) = expression.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !word.contains('\\')
    {
        return format!("always `{word}`");
    }
    let simple = expression.starts_with('.') && expression.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_');
    if simple {
        return format!("`{}`", expression.trim_start_matches('.'));
    }
    if serde_json::from_str::<serde_json::Value>(expression).is_ok() {
        return format!("always `{expression}`");
    }
    if let Some(name) = shared.keys().find(|name| expression.contains(&format!("${name}"))) {
        return format!("by `${name}`");
    }
    let mut names = Vec::new();
    for (at, _) in expression.match_indices('.') {
        let rest = expression.get(at + 1..).unwrap_or_default();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '.').collect();
        let name = name.trim_end_matches('.').to_owned();
        let inner =
            expression.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == ']'));
        if !inner && name.starts_with(|c: char| c.is_ascii_uppercase()) && !names.contains(&name) {
            names.push(name);
        }
    }
    format!("from {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
}

fn table(ends: &str) -> String {
    let (from, into) = ends.split_once(" -> ").expect("two ends");
    let ((source, reading), (target, writing)) = (stream(from), stream(into));
    let mut out = format!("| field | {source} | {target} |\n| --- | --- | --- |\n");
    for (name, read) in &reading.fields {
        let FieldMapping::Read(expression) = read else { continue };
        let written = match writing.fields.get(name) {
            Some(FieldMapping::Both { field, .. }) => format!("`{field}`"),
            Some(FieldMapping::Read(_)) | None => "not written".to_owned(),
        };
        writeln!(out, "| {name} | {} | {written} |", looked_at(&reading.shared, expression)).expect("text");
    }
    for (name, code) in &reading.shared {
        writeln!(out, "\n`${name}`: {}.", looked_at(&BTreeMap::new(), code).replace("from ", "found by "))
            .expect("text");
    }
    let first: BTreeSet<&String> = writing.at_first.keys().collect();
    if !first.is_empty() {
        let first: Vec<String> = first.into_iter().map(|name| format!("`{name}`")).collect();
        writeln!(out, "\nWritten when the record is made, and left to people afterwards: {}.", first.join(", "))
            .expect("text");
    }
    out
}

#[test]
fn the_tables_of_the_integration_are_those_of_the_mappings() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/integrations/buildium-hubspot.md");
    let text = fs::read_to_string(&path).expect("the page");
    let (mut wanted, mut rest, mut tables) = (String::new(), text.as_str(), 0);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (ends, after) = after.split_once(" -->\n").expect("the end of a mark");
        let (_, after) = after.split_once(END).expect("the end of a table");
        write!(wanted, "{before}{BEGIN}{ends} -->\n\n{}\n{END}", table(ends)).expect("text");
        (rest, tables) = (after, tables + 1);
    }
    wanted.push_str(rest);
    assert!(tables >= 6, "the page has lost its tables");
    if std::env::var_os("LINTEL_WRITE_DOCS").is_some() {
        fs::write(&path, &wanted).expect("the page is written");
    }
    let text = fs::read_to_string(&path).expect("the page");
    assert!(
        text == wanted,
        "make the tables anew: LINTEL_WRITE_DOCS=1 cargo test -p lintel-connectors --test mapping_tables"
    );
}
