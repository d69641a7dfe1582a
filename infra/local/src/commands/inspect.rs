//! `lintel inspect`: what a parser understood of a file, one JSON line each.

use anyhow::Context;
use clap::Args;
use lintel_formats::{calendar, mail, reports};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, time::Instant};

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Calendars, reports or mails.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON line a file.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        for path in &self.files {
            let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let line = understood(&name, &bytes);
            if self.json { println!("{line}") } else { println!("{line:#}") }
        }
        Ok(())
    }
}

fn understood(name: &str, bytes: &[u8]) -> Value {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "tsv" => report(name, bytes),
        "eml" | "json" => letter(name, bytes),
        _ => calendar_file(name, bytes),
    }
}

fn calendar_file(name: &str, bytes: &[u8]) -> Value {
    let limits = calendar::Limits::default();
    let began = Instant::now();
    let read = calendar::read(bytes, &limits);
    calendar::inspect_json(name, &read, milliseconds(began), &limits)
}

fn report(name: &str, bytes: &[u8]) -> Value {
    let began = Instant::now();
    match reports::read(bytes) {
        Ok(report) => json!({
            "file": name,
            "error": null,
            "ms": milliseconds(began),
            "kind": report.kind.source(),
            "rows": report.rows().iter().map(|(line, row)| json!({
                "line": line,
                "uid": row.uid,
                "check_in": row.span.check_in(),
                "check_out": row.span.check_out(),
                "kind": row.kind,
                "signals": row.signals,
            })).collect::<Vec<_>>(),
            "rejected": report.rejected.iter().map(|row| json!({
                "line": row.line,
                "code": row.reason.code(),
                "reason": row.reason.to_string(),
            })).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "file": name, "error": error.to_string(), "ms": milliseconds(began) }),
    }
}

fn letter(name: &str, bytes: &[u8]) -> Value {
    let began = Instant::now();
    match mail::read(Some(super::ingest::content_type(name)), bytes, &mail::Limits::default()) {
        Ok(mail) => json!({
            "file": name,
            "error": null,
            "ms": milliseconds(began),
            "attachments": mail.attachments.iter().map(|attachment| json!({
                "name": attachment.name,
                "bytes": attachment.bytes().map(<[u8]>::len),
                "report": attachment.bytes().and_then(|bytes| reports::recognise(bytes).ok()).map(lintel_formats::reports::ReportKind::source),
            })).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "file": name, "error": error.to_string(), "ms": milliseconds(began) }),
    }
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}
