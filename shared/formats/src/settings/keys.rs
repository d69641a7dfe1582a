//! Every key a configuration may have, and what may stand there beyond its type.
//!
//! The types of the domain ignore keys they do not know, as stored data must; a file written by hand must not.

use Shape::{Any, Entries, Is, List, Name, Number, Table, Text};

/// What may stand at one place.
pub(super) enum Shape {
    /// Whatever its type allows.
    Any,
    /// Text that is not blank.
    Text,
    /// An identifier: it becomes part of keys, addresses and names of secrets.
    Name,
    /// A whole number from the first to the second, both included.
    Number(i64, i64),
    /// One of these words.
    Is(&'static [&'static str]),
    /// Known keys.
    Table(&'static [Key]),
    /// Keys of the user's own choosing.
    Entries(&'static Shape),
    List(&'static Shape),
}

pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) need: Need,
    pub(super) shape: Shape,
}

#[derive(PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

const fn required(name: &'static str, shape: Shape) -> Key {
    Key { name, need: Need::Required, shape }
}

const fn optional(name: &'static str, shape: Shape) -> Key {
    Key { name, need: Need::Optional, shape }
}

pub(super) const FILE: Shape = Table(&[
    required(
        "organization",
        Table(&[required("id", Name), required("name", Text), optional("protected", List(&Text))]),
    ),
    optional("rules", RULES),
    optional("absence", ABSENCE),
    optional("jobs", JOBS),
    optional("mail", Table(&[optional("senders", List(&Text)), optional("secret", Text)])),
    optional("polling", POLLING),
    optional("connections", Entries(&CONNECTION)),
    optional("vendors", Entries(&Table(&[required("manifest", Text)]))),
    optional("properties", Entries(&PROPERTY)),
    optional("feeds", Entries(&FEED)),
    optional("reactions", Entries(&REACTION)),
    optional("flows", Entries(&FLOW)),
    optional(
        "local",
        Table(&[
            optional("port", Number(0, 65_535)),
            optional("data", Text),
            optional("stage", Name),
            optional("allow_http", Any),
        ]),
    ),
]);

const RULES: Shape = Table(&[
    optional("long_term_nights", Number(1, 365)),
    optional("owner_arrival_gap_days", Number(0, 30)),
    optional("service_time", Any),
    optional("same_day_service_time", Any),
    optional("owner_arriving_service_time", Any),
    optional("service_minutes", Number(1, 1440)),
    optional("line_limit", Number(40, 10_000)),
    optional("instructions_limit", Number(1, 10_000)),
    optional("review_nights", Number(1, 3650)),
    optional("window_months_before", Number(0, 24)),
    optional("window_months_after", Number(1, 36)),
    optional("kept_days", Number(90, 3_650)),
    optional("churn_percent", Number(1, 100)),
    optional("source_order", List(&Text)),
]);

const ABSENCE: Shape = Table(&[
    optional("misses", Number(1, 100)),
    optional("hours", Number(0, 720)),
    optional("mass_change_percent", Number(1, 100)),
    optional("mass_change_floor", Number(0, 10_000)),
    optional("checkout_margin_days", Number(0, 60)),
    optional("horizon_slack_days", Number(0, 365)),
    optional("withdraw", Is(&["ask", "automatic"])),
]);

const JOBS: Shape = Table(&[
    optional("connection", Text),
    optional("mirror", Text),
    optional("ahead_days", Number(1, 730)),
    optional("arrival_window_minutes", Number(0, 1440)),
    optional("notify", Is(&["silent", "crew", "crew_and_customer"])),
    optional("templates", Entries(&Text)),
    optional("without_job", List(&Any)),
]);

const POLLING: Shape = Table(&[
    optional("at_once", Number(1, 1000)),
    optional("per_host", Number(1, 100)),
    optional("timeout_seconds", Number(1, 300)),
    optional("tries", Number(1, 10)),
    optional("pause_seconds", Number(0, 60)),
    optional("max_bytes", Number(1024, 100 * 1024 * 1024)),
]);

const CONNECTION: Shape = Table(&[
    required("vendor", Text),
    required("secret", Text),
    optional("webhook_secret", Text),
    optional("base_url", Text),
    optional("settings", Entries(&Any)),
]);

const REACTION: Shape = Table(&[
    required("source", Text),
    required("events", List(&Text)),
    optional("when", Text),
    required("action", Is(&["follow-job", "read-office", "sync-record", "notice", "ignore"])),
]);

const POLICY: Shape = Is(&["source", "target", "newest", "merge", "manual"]);

const FLOW: Shape = Table(&[
    required("from", Text),
    required("stream", Text),
    required("to", Text),
    required("into", Text),
    optional("direction", Is(&["one-way", "two-way"])),
    optional("every_minutes", Number(1, 7 * 24 * 60)),
    optional("full_every_hours", Number(1, 31 * 24)),
    optional("compare_every_hours", Number(1, 366 * 24)),
    optional("policy", POLICY),
    optional("policies", Entries(&POLICY)),
    optional(
        "rules",
        List(&Table(&[
            required("field", Text),
            required("check", Any),
            optional("otherwise", Is(&["warn", "quarantine", "reject"])),
        ])),
    ),
    optional("protected", List(&Text)),
    optional("send_protected", List(&Text)),
    optional("currency", Text),
    optional("ends", Table(&[required("from", Text), required("to", Text)])),
    optional("onto", Table(&[required("flow", Text), required("by", Text)])),
    optional("when_gone", Is(&["keep", "mark"])),
    optional("when_new", Is(&["leave", "make"])),
    optional("fields", Table(&[optional("from", Entries(&Any)), optional("to", Entries(&Any))])),
]);

const PROPERTY: Shape = Table(&[
    required("name", Text),
    required("zone", Text),
    optional("listed_as", Entries(&List(&Text))),
    optional("owners", List(&Text)),
    optional("address", Text),
    optional("customer", Text),
    optional("service_address", Text),
    optional("templates", Entries(&Text)),
    optional("owner_overrides", List(&Table(&[required("pattern", Text), required("to", Text)]))),
]);

const FEED: Shape = Table(&[
    required("property", Text),
    required("url", Text),
    optional("status", Is(&["active", "inactive", "remove"])),
    optional("block_words", List(&Text)),
    optional("unexplained", Is(&["reservation", "review", "block"])),
    optional("recurring", Is(&["quarantine", "accept"])),
    optional("channel", Text),
]);

/// The known key that was most likely meant.
pub(super) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let written = written.to_lowercase();
    known
        .map(|name| (strsim::osa_distance(&written, name), name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
