//! The report in a terminal.

use super::outline::{Cell, Section, head, sections};
use lintel_domain::quality::QualityReport;
use std::fmt::Write;

/// Rows of one table; the page has them all.
const MOST_ROWS: usize = 12;
/// Records named in one cell.
const MOST_NAMES: usize = 3;
/// Columns a page has and a terminal has no room for.
const LEFT_OUT: [&str; 2] = ["good is", "any of"];

/// Plain text of a few dozen lines, without colours and control characters.
pub fn summary(report: &QualityReport) -> String {
    let head = head(report);
    let score = head.score.map_or_else(|| "nothing to judge".to_owned(), |score| format!("{score} of 100"));
    let mut out = format!("{}: {score}\n", plain(&head.title));
    let width = head.facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, fact) in &head.facts {
        let _ = writeln!(out, "  {name:width$}  {}", plain(fact));
    }
    for section in sections(report) {
        table(&mut out, &section);
    }
    out
}

fn table(out: &mut String, section: &Section) {
    let _ = writeln!(out, "\n{}", section.title);
    if section.rows.is_empty() {
        let _ = writeln!(out, "  {}", section.none);
        return;
    }
    let shown: Vec<usize> = (0..section.columns.len())
        .filter(|at| section.columns.get(*at).is_some_and(|column| !LEFT_OUT.contains(column)))
        .collect();
    let names: Vec<String> = shown.iter().filter_map(|at| section.columns.get(*at)).map(ToString::to_string).collect();
    let rows: Vec<Vec<String>> = section
        .rows
        .iter()
        .take(MOST_ROWS)
        .map(|row| shown.iter().filter_map(|at| row.get(*at)).map(cell).collect())
        .collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|at| {
            let cells = rows.iter().chain([&names]).filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    let numeric: Vec<bool> = shown
        .iter()
        .map(|at| section.rows.first().and_then(|row| row.get(*at)))
        .map(|cell| matches!(cell, Some(Cell::Count(_) | Cell::Share(_))))
        .collect();
    for row in std::iter::once(&names).chain(&rows) {
        let cells = row.iter().zip(&widths).zip(&numeric).map(|((cell, width), numeric)| {
            if *numeric { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "  {}", line.trim_end());
    }
    let more = (section.rows.len() - rows.len()) as u64 + section.left_out;
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => plain(text),
        Cell::Count(count) => count.to_string(),
        Cell::Share(share) => share.to_string(),
        Cell::Names(names, left_out) => {
            let told: Vec<String> = names.iter().take(MOST_NAMES).map(|name| plain(name)).collect();
            let more = (names.len() - told.len()) as u64 + left_out;
            let told = told.join(", ");
            if more > 0 { format!("{told} and {more} more") } else { told }
        }
    }
}

/// What a vendor calls its records is no command to a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
