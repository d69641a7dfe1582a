//! Counts and durations as CloudWatch embedded metric format lines on standard output.
//!
//! Names are noun, past verb, unit: `work_resent_count`. Format: the CloudWatch embedded metric format specification.

use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::OrgId;
use serde_json::json;
use std::{fmt, sync::Arc};

/// Where lines go: standard output when deployed, nowhere or a buffer elsewhere.
pub trait MetricSink: fmt::Debug + Send + Sync {
    fn write(&self, line: &str);
}

/// What CloudWatch reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOutput;

impl MetricSink for StandardOutput {
    fn write(&self, line: &str) {
        println!("{line}");
    }
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl MetricSink for Silent {
    fn write(&self, _line: &str) {}
}

/// What an alarm of the template waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A run could not begin, or was given up.
    RunFailed,
    /// A flow has not come to the end of a run for long.
    FlowLate,
}

impl Alarm {
    pub const ALL: [Self; 2] = [Self::RunFailed, Self::FlowLate];

    /// The metric's name.
    pub fn metric(self) -> &'static str {
        match self {
            Self::RunFailed => "sync_runs_failed_count",
            Self::FlowLate => "sync_flows_late_count",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Metrics {
    sink: Arc<dyn MetricSink>,
    clock: Arc<dyn Clock>,
    stage: String,
}

impl Metrics {
    pub fn new(sink: Arc<dyn MetricSink>, clock: Arc<dyn Clock>, stage: impl Into<String>) -> Self {
        Self { sink, clock, stage: stage.into() }
    }

    /// Counts one thing that an alarm of the template waits for: over all organizations of the stage, since an alarm cannot know them.
    /// `about` is for who searches the log then: names and codes, never a record's values.
    pub fn alarm(&self, alarm: Alarm, function: &str, org: &OrgId, about: &[(&str, &str)]) {
        let labels = [("stage", self.stage.as_str()), ("function", function), ("org", org.as_str())];
        let labels = labels.into_iter().chain(about.iter().copied());
        self.emit(Figure { name: alarm.metric(), unit: "Count", value: 1 }, &["stage"], labels);
    }

    /// Counts what one function did for one organization. Nothing is written for nothing.
    pub fn count(&self, function: &str, org: &OrgId, name: &str, count: usize) {
        if count > 0 {
            self.of_org(function, org, Figure { name, unit: "Count", value: count as u64 });
        }
    }

    /// Counts one thing that a function did for nobody who is known.
    pub fn count_for_nobody(&self, function: &str, name: &str) {
        self.emit(Figure { name, unit: "Count", value: 1 }, &["function"], [("function", function)]);
    }

    pub fn milliseconds(&self, function: &str, org: &OrgId, name: &str, milliseconds: u64) {
        self.of_org(function, org, Figure { name, unit: "Milliseconds", value: milliseconds });
    }

    fn of_org(&self, function: &str, org: &OrgId, figure: Figure<'_>) {
        self.emit(figure, &["function", "org"], [("function", function), ("org", org.as_str())]);
    }

    /// `dimensions` are those of the labels by which CloudWatch tells figures apart; the others are for who searches the log.
    fn emit<'l>(&self, figure: Figure<'_>, dimensions: &[&str], labels: impl IntoIterator<Item = (&'l str, &'l str)>) {
        let Figure { name, unit, value } = figure;
        let mut line = json!({
            "_aws": {
                "Timestamp": self.clock.now().as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Lintel",
                    "Dimensions": [dimensions],
                    "Metrics": [{ "Name": name, "Unit": unit }],
                }],
            },
            name: value,
        });
        for (key, value) in labels {
            line[key] = json!(value);
        }
        self.sink.write(&line.to_string());
    }
}

/// One value of a metric.
#[derive(Clone, Copy)]
struct Figure<'a> {
    name: &'a str,
    unit: &'static str,
    value: u64,
}
