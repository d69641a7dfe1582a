//! The sheet's section 7 cases and more: every `.ics` beside its expected `.json`.

use lintel_formats::calendar::{Limits, inspect_json, read};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// Expected files were written with `LINTEL_WRITE_EXPECTED=1` and then read through by hand; occurrence counts were
/// compared with python's recurring-ical-events.
#[test]
fn every_fixture_reads_as_expected() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/calendars");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the fixtures are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "fixtures went missing");
    let limits = Limits::default();
    let mut wrong = Vec::new();
    for file in files {
        let body = fs::read(&file).expect("a fixture");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let seen = inspect_json(&name, &read(&body, &limits), 0.0, &limits);
        let expected = file.with_extension("json");
        if std::env::var_os("LINTEL_WRITE_EXPECTED").is_some() {
            fs::write(&expected, format!("{seen}\n")).expect("to write");
        }
        let expected: Value = serde_json::from_slice(&fs::read(&expected).unwrap_or_default()).unwrap_or(Value::Null);
        if seen != expected {
            wrong.push(format!("{name}:\n  seen     {seen}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
