//! What booking channels write, as data. Source of every row: ical-feeds.md section 2.

use lintel_domain::{
    ids::RuleId,
    kinds::{ChannelMark, ChannelRule},
    snapshot::EntryKind,
};

enum Mark {
    Summary,
    SummaryPrefix,
    UidPrefix,
}

/// Rule, where the mark stands, the mark, what it says. What a channel uses for stays and closures alike says unknown.
const MARKS: [(&str, Mark, &str, EntryKind); 11] = [
    ("kind.channel.guesty-blocked-by", Mark::Summary, "blocked by guesty", EntryKind::UnknownBusy),
    ("kind.channel.airbnb-reserved", Mark::Summary, "reserved", EntryKind::Reservation),
    ("kind.channel.airbnb-not-available", Mark::Summary, "airbnb (not available)", EntryKind::Block),
    ("kind.channel.not-available", Mark::Summary, "not available", EntryKind::Block),
    ("kind.channel.vrbo-reserved", Mark::SummaryPrefix, "reserved - ", EntryKind::Reservation),
    ("kind.channel.vrbo-blocked", Mark::Summary, "blocked", EntryKind::Block),
    ("kind.channel.booking-closed", Mark::SummaryPrefix, "closed - ", EntryKind::UnknownBusy),
    ("kind.channel.guesty-reservation", Mark::SummaryPrefix, "reservation ", EntryKind::Reservation),
    ("kind.channel.tripadvisor", Mark::SummaryPrefix, "tripadvisor", EntryKind::Reservation),
    ("kind.channel.airbnb-uid-reservation", Mark::UidPrefix, "1418fb94e984-", EntryKind::Reservation),
    ("kind.channel.airbnb-uid-block", Mark::UidPrefix, "7f662ec65913-", EntryKind::Block),
];

/// Ends of summaries by which a channel signs.
const SIGNATURES: [(&str, &str, EntryKind); 1] = [("kind.channel.hostaway", " - by hostaway", EntryKind::Reservation)];

/// The marks in the form the domain's classification takes.
pub fn channel_rules() -> Vec<ChannelRule> {
    MARKS
        .iter()
        .map(|(rule, mark, text, kind)| ChannelRule {
            rule: RuleId::new(*rule),
            when: match mark {
                Mark::Summary => ChannelMark::Summary((*text).to_owned()),
                Mark::SummaryPrefix => ChannelMark::SummaryPrefix((*text).to_owned()),
                Mark::UidPrefix => ChannelMark::UidPrefix((*text).to_owned()),
            },
            kind: *kind,
        })
        .collect()
}

/// The channel that signed the summary, and what it sends.
pub(super) fn signed(summary: &str) -> Option<(&'static str, EntryKind)> {
    let summary = plain(summary);
    SIGNATURES.iter().find(|(_, ending, _)| summary.ends_with(ending)).map(|(rule, _, kind)| (*rule, *kind))
}

/// Trimmed, in lower case, with every dash and space the plain one.
pub(super) fn plain(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{a0}' | '\u{202f}' => ' ',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}
