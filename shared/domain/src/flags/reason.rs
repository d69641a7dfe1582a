//! What the flags rest on: values while they are compared, words where they are stored or shown.

use crate::{
    decision::{Decision, Decisions},
    ids::{RuleId, SourceId, StayKey},
    snapshot::EntryKind,
    stay::{NoJob, ServiceType, Stay},
};
use jiff::civil::{Date, DateTime};
use std::{iter, sync::Arc};

/// One answer of one rule about a stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// What the entry is.
    Kind {
        rule: RuleId,
        kind: EntryKind,
        source: SourceId,
    },
    /// Other active stays share a night; there is at least one.
    SharedNight {
        stays: Vec<StayKey>,
    },
    /// The supplier's next check-in lies before the check-out and so cannot be one.
    NextBeforeCheckOut {
        supplier: Date,
        check_out: Date,
    },
    /// Who comes next.
    NextGuest {
        rule: &'static str,
        date: Option<Date>,
        /// Whose check-in that is, where the date is one of our own stays'.
        stay: Option<StayKey>,
    },
    /// The supplier's next check-in is not that of our own stays.
    NextDiffers {
        supplier: Date,
        own: Date,
    },
    /// An owner's stay follows within the gap.
    OwnerBlock {
        stay: StayKey,
        check_in: Date,
        gap_days: u32,
    },
    /// The supplier says that the owner follows; far beyond the gap it does not count.
    OwnerTold {
        rule: &'static str,
        counts: bool,
        told: Told,
    },
    /// The supplier's same-day flag and its next check-in do not go together.
    FlagDiffers {
        told: Told,
    },
    /// The supplier knows of no arrival on the check-out day, our own stays do.
    NeighbourDiffers {
        told: Told,
        stays: Vec<StayKey>,
    },
    /// Whether the supplier says that a guest arrives on the check-out day.
    SameDay {
        rule: &'static str,
        answer: bool,
        told: Told,
    },
    /// The guests among our own stays that arrive on the check-out day.
    SameDayStays {
        stays: Vec<StayKey>,
    },
    /// It would be a same-day turnover, were it not the owner who arrives.
    OwnerBeforeSameDay {
        told: Told,
    },
    /// The next stay looks like the same guest's.
    SameGuest {
        stay: StayKey,
    },
    LongTerm {
        answer: bool,
        nights: u32,
        threshold: u32,
    },
    /// The kind of work.
    Service {
        rule: &'static str,
        service: ServiceType,
    },
    /// When the work is, on the wall clock of the property's zone.
    ServiceTime {
        rule: &'static str,
        at: DateTime,
        check_out: Date,
        zone: Arc<str>,
    },
    /// The wanted time exists twice that day, or not at all.
    ClockChange {
        wanted: DateTime,
        at: DateTime,
        zone: Arc<str>,
    },
    /// Whether there should be a job.
    Job {
        rule: &'static str,
        without: Option<NoJob>,
    },
    /// There is a job, and a person looks at the stay too.
    JobUnexplained,
    /// The line begins with what the office wrote.
    OfficeLine,
}

/// What a supplier said of the time after a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    check_out: Date,
    next_check_in: Option<Date>,
    flag: Option<bool>,
}

impl Told {
    /// `next_check_in` is the supplier's, where it can be believed.
    pub(super) fn of(stay: &Stay, next_check_in: Option<Date>) -> Self {
        Self { check_out: stay.span.check_out(), next_check_in, flag: stay.signals.same_day }
    }
}

/// The reasons of one stay, while they are collected.
pub(super) struct Reasons(Vec<Reason>);

/// What most stays come to.
const REASONS: usize = 8;

impl Reasons {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(REASONS))
    }

    /// The reason is made where it will stand: moving them there took a tenth of what flags take.
    pub(super) fn add(&mut self, reason: impl FnOnce() -> Reason) {
        self.0.extend(iter::once_with(reason));
    }
}

impl From<Reasons> for Decisions {
    fn from(reasons: Reasons) -> Self {
        reasons.0.into()
    }
}

impl Reason {
    /// The rule that answered.
    pub fn rule(&self) -> &str {
        match self {
            Self::Kind { rule, .. } => rule.as_str(),
            Self::SharedNight { .. } => "overlap.shared-night",
            Self::NextBeforeCheckOut { .. } => "next-guest.before-check-out",
            Self::NextDiffers { .. } => "next-guest.sources-differ",
            Self::OwnerBlock { .. } => "owner-arriving.next-block",
            Self::FlagDiffers { .. } => "same-day.flag-disagrees",
            Self::NeighbourDiffers { .. } => "same-day.neighbour-disagrees",
            Self::SameDayStays { .. } => "same-day.next-stay",
            Self::OwnerBeforeSameDay { .. } => "same-day.owner-arriving",
            Self::SameGuest { .. } => "same-day.same-guest",
            Self::LongTerm { .. } => "long-term.nights",
            Self::ClockChange { .. } => "service-time.clock-change",
            Self::JobUnexplained => "job.unexplained",
            Self::OfficeLine => "line.office",
            Self::NextGuest { rule, .. }
            | Self::OwnerTold { rule, .. }
            | Self::SameDay { rule, .. }
            | Self::Service { rule, .. }
            | Self::ServiceTime { rule, .. }
            | Self::Job { rule, .. } => rule,
        }
    }

    /// In words.
    pub fn decision(&self) -> Decision {
        match self {
            Self::Kind { rule, kind, source } => Decision::new(rule.clone(), kind_words(*kind)).with("source", source),
            Self::SharedNight { stays } => {
                let decision = self.said("overlapping: yes").with("stays", join(stays));
                stays.iter().take(1).fold(decision, |decision, first| decision.with("first", first))
            }
            Self::NextBeforeCheckOut { supplier, check_out } => {
                self.said("the supplier's date is not used").with("supplier", supplier).with("check_out", check_out)
            }
            Self::NextGuest { date: None, .. } => self.said("next guest: unknown"),
            Self::NextGuest { date: Some(date), stay, .. } => {
                let decision = self.said(format!("next guest: {date}"));
                stay.iter().fold(decision, |decision, stay| decision.with("stay", stay))
            }
            Self::NextDiffers { supplier, own } => {
                self.said("the supplier's date stands").with("supplier", supplier).with("own", own)
            }
            Self::OwnerBlock { stay, check_in, gap_days } => self
                .said("owner arriving: yes")
                .with("stay", stay)
                .with("check_in", check_in)
                .with("gap_days", gap_days),
            Self::OwnerTold { counts: true, told, .. } => self.said("owner arriving: yes").with_told(*told),
            Self::OwnerTold { counts: false, told, .. } => {
                self.said("owner arriving: no, the next check-in is too far").with_told(*told)
            }
            Self::FlagDiffers { told } => self.said("the supplier's flag and date differ").with_told(*told),
            Self::NeighbourDiffers { told, stays } => {
                self.said("an active stay begins on the check-out day").with_told(*told).with("stays", join(stays))
            }
            Self::SameDay { answer, told, .. } => self.said(same_day_words(*answer)).with_told(*told),
            Self::SameDayStays { stays } if stays.is_empty() => self.said(same_day_words(false)),
            Self::SameDayStays { stays } => self.said(same_day_words(true)).with("stays", join(stays)),
            Self::OwnerBeforeSameDay { told } => self.said("same day: no, the owner arrives").with_told(*told),
            Self::SameGuest { stay } => self.said("the next stay looks like the same guest's").with("stay", stay),
            Self::LongTerm { answer, nights, threshold } => self
                .said(if *answer { "long term: yes" } else { "long term: no" })
                .with("nights", nights)
                .with("threshold", threshold),
            Self::Service { service, .. } => self.said(format!("service: {}", service.as_str())),
            Self::ServiceTime { at, check_out, zone, .. } => {
                self.said(format!("service at: {at}")).with("zone", zone).with("check_out", check_out)
            }
            Self::ClockChange { wanted, at, zone } => {
                let result = if at == wanted {
                    format!("the clock shows {wanted} twice: the first is taken")
                } else {
                    format!("the clock skips {wanted}: {at} is taken")
                };
                self.said(result).with("wanted", wanted).with("zone", zone)
            }
            Self::Job { without, .. } => {
                let decision = self.said(job_words(without.as_ref()));
                match without {
                    Some(NoJob::DuplicateOf { stay }) => decision.with("stay", stay),
                    _ => decision,
                }
            }
            Self::JobUnexplained => self.said("job: yes, and a look"),
            Self::OfficeLine => self.said("line: begins with the office's instructions"),
        }
    }

    fn said(&self, result: impl Into<std::borrow::Cow<'static, str>>) -> Decision {
        Decision::new(self.rule().to_owned(), result)
    }
}

impl Decision {
    fn with_told(self, told: Told) -> Self {
        let mut decision = self.with("check_out", told.check_out);
        if let Some(next) = told.next_check_in {
            decision = decision.with("next_check_in", next);
        }
        if let Some(flag) = told.flag {
            decision = decision.with("flag", if flag { "yes" } else { "no" });
        }
        decision
    }
}

fn join(keys: &[StayKey]) -> String {
    keys.iter().map(StayKey::as_str).collect::<Vec<_>>().join(", ")
}

fn same_day_words(answer: bool) -> &'static str {
    if answer { "same day: yes" } else { "same day: no" }
}

fn kind_words(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Reservation => "kind: a reservation",
        EntryKind::Block => "kind: a block",
        EntryKind::OwnerBlock => "kind: an owner's stay",
        EntryKind::UnknownBusy => "kind: busy time without an explanation",
    }
}

fn job_words(without: Option<&NoJob>) -> &'static str {
    match without {
        None => "job: yes",
        Some(NoJob::Block) => "job: no, nobody departs from a block",
        Some(NoJob::NeedsReview) => "job: no, until a person has looked",
        Some(NoJob::Hold) => "job: no, the supplier's text forbids work until a person has looked",
        Some(NoJob::DuplicateOf { .. }) => "job: no, another source lists the same stay",
        Some(NoJob::Past) => "job: no, its time had passed when it was first seen",
        Some(NoJob::Removed) => "job: no, the stay is gone",
        Some(NoJob::NoService) => "job: no, by the office's choice",
    }
}
