//! Telling a stay from a block in a calendar entry (ical-feeds.md section 3). What single channels write is data handed in.

use crate::{
    ids::RuleId,
    settings::Feed,
    snapshot::{EntryKind, Presence},
};
use serde::{Deserialize, Serialize};

/// The words of one calendar entry.
#[derive(Clone, Copy, Debug)]
pub struct CalendarText<'a> {
    pub summary: &'a str,
    pub description: &'a str,
    pub uid: &'a str,
    /// `STATUS` as written.
    pub status: Option<&'a str>,
    /// A booking platform's confirmation code or reservation address was found.
    pub code: Option<&'a str>,
}

/// What one channel is known to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRule {
    pub rule: RuleId,
    pub when: ChannelMark,
    pub kind: EntryKind,
}

/// Where a channel's mark is looked for. Compared case-blind, trimmed and with all dashes alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelMark {
    Summary(String),
    SummaryPrefix(String),
    UidPrefix(String),
}

/// What the entry is, whether it stands, and the rule that said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    pub kind: EntryKind,
    pub presence: Presence,
    pub rule: RuleId,
}

const OWNER_PHRASES: [&str; 9] = [
    "owner stay",
    "owners stay",
    "owner's stay",
    "owner arriv",
    "owner block",
    "owner booking",
    "owner hold",
    "owner use",
    "owner occupied",
];
const STAY_WORDS: [&str; 4] = ["reserved", "reservation", "booked", "booking"];
const BLOCK_WORDS: [&str; 9] =
    ["blocked", "block", "maintenance", "not available", "unavailable", "closed", "closed period", "service", "repair"];

/// Classifies in the sheet's order: cancelled, code, the channel's summary, uid prefix, the feed's own words, owner words,
/// generic words of the summary, else unexplained.
pub fn classify(text: &CalendarText<'_>, channels: &[ChannelRule], feed: &Feed) -> Classified {
    let (kind, rule) = kind_of(text, channels, feed);
    if text.status.is_some_and(|status| status.trim().eq_ignore_ascii_case("cancelled")) {
        return Classified { kind, presence: Presence::Cancelled, rule: RuleId::new("kind.cancelled") };
    }
    Classified { kind, presence: Presence::Listed, rule }
}

fn kind_of(text: &CalendarText<'_>, channels: &[ChannelRule], feed: &Feed) -> (EntryKind, RuleId) {
    let summary = unify(text.summary);
    let uid = unify(text.uid);
    if text.code.is_some() {
        return (EntryKind::Reservation, RuleId::new("kind.code"));
    }
    let by_summary = |channel: &&ChannelRule| match &channel.when {
        ChannelMark::Summary(exact) => summary == unify(exact),
        ChannelMark::SummaryPrefix(prefix) => summary.starts_with(&unify(prefix)),
        ChannelMark::UidPrefix(_) => false,
    };
    let by_uid = |channel: &&ChannelRule| match &channel.when {
        ChannelMark::UidPrefix(prefix) => uid.starts_with(&unify(prefix)),
        ChannelMark::Summary(_) | ChannelMark::SummaryPrefix(_) => false,
    };
    if let Some(channel) = channels.iter().find(by_summary).or_else(|| channels.iter().find(by_uid)) {
        return (channel.kind, channel.rule.clone());
    }
    let description = unify(text.description);
    let said_by_feed = |word: &String| {
        let word = unify(word);
        !word.is_empty() && (has_word(&summary, &word) || has_word(&description, &word))
    };
    if feed.block_words.iter().any(said_by_feed) {
        return (EntryKind::Block, RuleId::new("kind.feed-words"));
    }
    let says = |phrase: &str| summary.contains(phrase) || description.contains(phrase);
    if summary == "owner" || summary.starts_with("owner -") || OWNER_PHRASES.iter().any(|phrase| says(phrase)) {
        return (EntryKind::OwnerBlock, RuleId::new("kind.owner-words"));
    }
    if STAY_WORDS.iter().any(|word| summary.starts_with(word)) {
        return (EntryKind::Reservation, RuleId::new("kind.words"));
    }
    if BLOCK_WORDS.iter().any(|word| has_word(&summary, word)) {
        return (EntryKind::Block, RuleId::new("kind.words"));
    }
    if STAY_WORDS.iter().any(|word| has_word(&summary, word)) {
        return (EntryKind::Reservation, RuleId::new("kind.words"));
    }
    (EntryKind::UnknownBusy, RuleId::new("kind.unexplained"))
}

/// Lower case, single blanks, every dash a hyphen.
fn unify(text: &str) -> String {
    let dashes = |c: char| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c };
    text.to_lowercase().chars().map(dashes).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether `word` stands in `text` with no letter or digit beside it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|rest| rest.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::PropertyId, private::Private};

    fn feed(words: &[&str]) -> Feed {
        Feed {
            property: PropertyId::new("p"),
            url: Private::new("https://calendar.example/a.ics"),
            status: crate::settings::FeedStatus::Active,
            block_words: words.iter().map(|word| (*word).to_owned()).collect(),
            unexplained: crate::settings::UnexplainedPolicy::Reservation,
            recurring: crate::settings::RecurringPolicy::Quarantine,
            channel: None,
        }
    }

    fn kind(summary: &str) -> EntryKind {
        let text = CalendarText { summary, description: "", uid: "x", status: None, code: None };
        classify(&text, &[], &feed(&[])).kind
    }

    #[test]
    fn generic_words() {
        assert_eq!(kind("Reserved"), EntryKind::Reservation);
        assert_eq!(kind("Maintenance before reservation 12"), EntryKind::Block);
        assert_eq!(kind("SERVICE"), EntryKind::Block);
        assert_eq!(kind("Owner Stay"), EntryKind::OwnerBlock);
        assert_eq!(kind("Homeowner Smith"), EntryKind::UnknownBusy);
        assert_eq!(kind("Blockley family"), EntryKind::UnknownBusy);
    }

    #[test]
    fn a_code_beats_words_and_a_channel_beats_generic_words() {
        let coded =
            CalendarText { summary: "Blocked", description: "", uid: "", status: None, code: Some("HMAAAAAAAA") };
        assert_eq!(classify(&coded, &[], &feed(&[])).rule, RuleId::new("kind.code"));
        let channels = [ChannelRule {
            rule: RuleId::new("kind.channel.sample"),
            when: ChannelMark::Summary("CLOSED - Not available".to_owned()),
            kind: EntryKind::UnknownBusy,
        }];
        let closed = CalendarText {
            summary: " Closed \u{2013} not  available",
            description: "",
            uid: "",
            status: None,
            code: None,
        };
        assert_eq!(classify(&closed, &channels, &feed(&[])).kind, EntryKind::UnknownBusy);
        assert_eq!(classify(&closed, &[], &feed(&[])).kind, EntryKind::Block);
    }

    #[test]
    fn a_cancelled_entry_is_gone_and_a_feeds_own_word_blocks() {
        let text =
            CalendarText { summary: "Deep clean", description: "", uid: "", status: Some("CANCELLED"), code: None };
        let found = classify(&text, &[], &feed(&["deep clean"]));
        assert_eq!((found.kind, found.presence), (EntryKind::Block, Presence::Cancelled));
    }
}
