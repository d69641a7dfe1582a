//! Logs: JSON lines when deployed, readable ones for a person at a terminal.
//!
//! Levels: error = somebody must act; warn = Lintel helped itself; info = one line a unit of work. What must not be logged
//! is [`Private`](lintel_domain::private::Private), which cannot be; TRACE prints whole payloads in the runtime and is
//! never on.

use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "LINTEL_LOG";

/// Starts JSON logs to standard output, once a process.
pub fn start_json() {
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .without_time()
        .with_env_filter(filter("info"))
        .try_init();
}

/// Starts readable logs to standard error, once a process.
pub fn start_readable(default: &str) {
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .with_env_filter(filter(default))
        .try_init();
}

/// The level asked for, DEBUG at most: the AWS and HTTP crates stay at WARN, as their DEBUG shows headers.
fn filter(default: &str) -> EnvFilter {
    let asked = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<LevelFilter>().ok());
    let level = asked.unwrap_or_else(|| default.parse().unwrap_or(LevelFilter::INFO)).min(LevelFilter::DEBUG);
    // A target counts for all that begin like it: `lintel` for every crate and function of ours.
    EnvFilter::new(format!("warn,lintel={level}"))
}
