//! What booking channels write, as data. Source of every row: ical-feeds.md section 2.

use lintel_domain::snapshot::EntryKind;

/// Where a channel's mark stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The whole summary: trimmed, case-blind, dashes unified.
    Summary(&'static str),
    /// The summary's beginning.
    SummaryPrefix(&'static str),
    /// The summary's ending.
    SummarySuffix(&'static str),
    UidPrefix(&'static str),
}

/// One mark and what it says. Nothing is said of what a channel uses for stays and closures alike.
#[derive(Clone, Copy, Debug)]
pub struct ChannelRule {
    /// Stable id, recorded on the entry.
    pub id: &'static str,
    pub mark: Match,
    pub kind: EntryKind,
}

const fn rule(id: &'static str, mark: Match, kind: EntryKind) -> ChannelRule {
    ChannelRule { id, mark, kind }
}

/// In order; the first that fits decides. Summary marks stand before uid marks, which were seen in few accounts only.
pub const CHANNEL_RULES: &[ChannelRule] = &[
    rule("kind.channel.guesty-blocked-by", Match::Summary("blocked by guesty"), EntryKind::UnknownBusy),
    rule("kind.channel.airbnb-reserved", Match::Summary("reserved"), EntryKind::Reservation),
    rule("kind.channel.airbnb-not-available", Match::Summary("airbnb (not available)"), EntryKind::Block),
    rule("kind.channel.not-available", Match::Summary("not available"), EntryKind::Block),
    rule("kind.channel.vrbo-reserved", Match::SummaryPrefix("reserved - "), EntryKind::Reservation),
    rule("kind.channel.vrbo-blocked", Match::Summary("blocked"), EntryKind::Block),
    rule("kind.channel.booking-closed", Match::SummaryPrefix("closed - "), EntryKind::UnknownBusy),
    rule("kind.channel.guesty-reservation", Match::SummaryPrefix("reservation "), EntryKind::Reservation),
    rule("kind.channel.hostaway", Match::SummarySuffix(" - by hostaway"), EntryKind::Reservation),
    rule("kind.channel.tripadvisor", Match::SummaryPrefix("tripadvisor"), EntryKind::Reservation),
    rule("kind.channel.airbnb-uid-reservation", Match::UidPrefix("1418fb94e984-"), EntryKind::Reservation),
    rule("kind.channel.airbnb-uid-block", Match::UidPrefix("7f662ec65913-"), EntryKind::Block),
];

impl Match {
    /// `summary` and `uid` as [`plain`] gives them.
    pub(super) fn fits(self, summary: &str, uid: &str) -> bool {
        match self {
            Self::Summary(text) => summary == text,
            Self::SummaryPrefix(text) => summary.starts_with(text),
            Self::SummarySuffix(text) => summary.ends_with(text),
            Self::UidPrefix(text) => uid.starts_with(text),
        }
    }
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
