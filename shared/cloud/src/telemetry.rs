//! Logs: JSON lines when deployed, readable ones for a person at a terminal.
//!
//! Levels: error = somebody must act; warn = Lintel helped itself; info = one line a unit of work. What must not be logged
//! is [`Private`](lintel_domain::private::Private), which cannot be; TRACE prints whole payloads in the runtime and is
//! never on.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "LINTEL_LOG";

/// Starts JSON logs to standard output, once a process.
pub fn start_json() {
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .without_time()
        .with_env_filter(filter("info"))
        .try_init();
}

/// Starts readable logs to standard error, once a process.
pub fn start_readable(default: &str) {
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .compact()
        .with_env_filter(filter(default))
        .try_init();
}

/// The level asked for, DEBUG at most: the AWS and HTTP crates stay at WARN, as their DEBUG shows headers.
fn filter(default: &str) -> EnvFilter {
    let asked = std::env::var(VARIABLE).ok().and_then(|text| text.parse::<LevelFilter>().ok());
    let level = asked.unwrap_or_else(|| default.parse().unwrap_or(LevelFilter::INFO)).min(LevelFilter::DEBUG);
    EnvFilter::new(format!("warn,lintel={level}"))
        .add_directive(level_for("lintel_cloud", level))
        .add_directive(level_for("lintel_connectors", level))
        .add_directive(level_for("lintel_email_ingest", level))
        .add_directive(level_for("lintel_feed_dispatcher", level))
        .add_directive(level_for("lintel_feed_poller", level))
        .add_directive(level_for("lintel_stay_planner", level))
        .add_directive(level_for("lintel_job_worker", level))
        .add_directive(level_for("lintel_airtable_mirror", level))
        .add_directive(level_for("lintel_sweeper", level))
        .add_directive(level_for("lintel_local", level))
}

fn level_for(target: &str, level: LevelFilter) -> tracing_subscriber::filter::Directive {
    format!("{target}={level}").parse().unwrap_or_else(|_| level.into())
}
