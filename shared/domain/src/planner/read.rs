//! One read of one source, applied to the property.

use super::{RejectReason, Rejected, SkipReason, Skipped, draft::Draft};
use crate::{
    absence::{Absent, Judge, RemovalPlan, RemovalPlanStatus, mass_change},
    attention::AttentionCode,
    decision::{Decision, Decisions},
    flags::Place,
    identity::{
        first_key, folding,
        pairing::{self, Match, Reading},
        strong_uid,
    },
    ids::StayKey,
    job::JobProgress,
    settings::Rules,
    snapshot::{Coverage, NoCoverage, Observation, Presence, Snapshot},
    source::{Keying, SourceFacts},
    stay::{Findings, JobWish, Misses, NoJob, OfficeEdits, ServiceType, Stay, VersionStatus},
};
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn apply(place: Place<'_>, snapshot: &Snapshot, draft: &mut Draft<'_>, now: Timestamp) {
    let today = snapshot.observed_at.to_zoned(place.zone.clone()).date();
    let facts = draft.sources.get(&snapshot.source).cloned().unwrap_or_default();
    let (entries, skipped) = folding::fold(&snapshot.entries);
    draft.skipped.extend(skipped);
    let entries = usable(entries, draft);
    let (listed, cancelled): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.presence == Presence::Listed);

    let mut read = Read { place, snapshot, today, facts, present: BTreeSet::new() };
    read.facts.horizon = listed.iter().map(|entry| entry.span.check_out()).chain(read.facts.horizon).max();
    read.listed(&listed, draft);
    read.cancelled(&cancelled, draft);
    read.elsewhere(draft);
    read.absent(draft, now);
    read.note(&listed, draft);
}

/// Sets aside what no rule can handle.
fn usable<'e>(entries: Vec<&'e Observation>, draft: &mut Draft<'_>) -> Vec<&'e Observation> {
    let mut usable = Vec::new();
    for entry in entries {
        match RejectReason::of(entry.span) {
            None => usable.push(entry),
            Some(reason) => draft.rejected.push(Rejected { observation: entry.clone(), reason }),
        }
    }
    usable
}

struct Read<'a> {
    place: Place<'a>,
    snapshot: &'a Snapshot,
    today: Date,
    facts: SourceFacts,
    /// Stays this read listed.
    present: BTreeSet<StayKey>,
}

impl Read<'_> {
    fn reading(&self) -> Reading {
        match self.snapshot.coverage {
            Coverage::Nothing { why: NoCoverage::Partial } => Reading::Partial,
            _ => Reading::Whole,
        }
    }

    fn known<'d>(&self, draft: &'d Draft<'_>) -> Vec<&'d Stay> {
        let here = |stay: &&Stay| stay.source == self.snapshot.source && !self.present.contains(&stay.key);
        draft.stays.values().filter(here).collect()
    }

    fn listed(&mut self, listed: &[&Observation], draft: &mut Draft<'_>) {
        let keying = self.facts.churn.keying;
        let known = self.known(draft);
        let pairs = pairing::pair(listed, &known, keying, self.reading(), self.today);
        let (mut rekeyed, mut matched) = (0_u32, 0_u32);
        for (entry, stay) in pairs
            .iter()
            .filter(|(_, (_, how))| *how != Match::RollingBlock)
            .filter_map(|(index, (key, _))| Some((listed.get(*index)?, draft.stays.get(key)?)))
        {
            matched += 1;
            rekeyed += u32::from(pairing::rekeyed(entry, stay));
        }
        self.facts.churn = self.facts.churn.after_read(rekeyed, matched, self.place.settings.rules.churn_percent);
        if keying != self.facts.churn.keying {
            let text = "its uids change from read to read; stays are keyed by their dates from now on";
            draft.tell_of_source(AttentionCode::UnstableUids, &self.snapshot.source, text);
        }
        for (index, entry) in listed.iter().enumerate() {
            match pairs.get(&index) {
                Some((key, how)) => self.seen_again(entry, key, *how, draft),
                None => self.seen_first(entry, draft),
            }
        }
    }

    fn seen_again(&mut self, entry: &Observation, key: &StayKey, how: Match, draft: &mut Draft<'_>) {
        let Some(stay) = draft.stays.get_mut(key) else { return };
        let back = !stay.status.is_active();
        let changed_dates = stay.span != entry.span;
        if self.facts.churn.keying == Keying::Uid && strong_uid(entry).is_some() || stay.uid.is_none() {
            stay.uid.clone_from(&entry.uid);
        }
        if entry.confirmation.is_some() {
            stay.confirmation.clone_from(&entry.confirmation);
        }
        if entry.label.is_some() {
            stay.label = entry.label;
        }
        stay.span = entry.span;
        stay.check_out_time = entry.check_out_time;
        stay.kind = entry.kind;
        stay.kind_rule = entry.kind_rule.clone();
        stay.signals = entry.signals.clone();
        stay.misses = None;
        if back {
            stay.status = VersionStatus::Modified;
            draft.explain(key, self.decided("history.reactivated", "back after removal", how));
        } else if changed_dates {
            draft.explain(key, self.decided("identity.same-stay", "the same stay with other dates", how));
        }
        if how == Match::RollingBlock {
            draft.rolling.insert(key.clone());
        }
        self.present.insert(key.clone());
    }

    fn decided(&self, rule: &'static str, result: &'static str, how: Match) -> Decision {
        Decision {
            evidence: vec![self.snapshot.id.clone()],
            ..Decision::new(rule, result).with("recognised_by", how.as_str())
        }
    }

    fn seen_first(&mut self, entry: &Observation, draft: &mut Draft<'_>) {
        if !in_window(entry.span.check_in(), self.today, &self.place.settings.rules) {
            draft.skipped.push(Skipped { observation: entry.clone(), reason: SkipReason::OutsideWindow });
            return;
        }
        let keying = self.facts.churn.keying;
        let (key, basis) = first_key(&self.snapshot.property, &self.snapshot.source, entry, keying, |key| {
            draft.stays.contains_key(key)
        });
        let first = Decision::new("identity.first-seen", "a new stay").with("keyed_by", basis.as_str());
        draft.explain(&key, Decision { evidence: vec![self.snapshot.id.clone()], ..first });
        self.present.insert(key.clone());
        draft.stays.insert(key.clone(), self.new_stay(entry, key));
    }

    fn new_stay(&self, entry: &Observation, key: StayKey) -> Stay {
        Stay {
            key,
            property: self.snapshot.property.clone(),
            version: 1,
            status: VersionStatus::New,
            source: self.snapshot.source.clone(),
            uid: entry.uid.clone(),
            confirmation: entry.confirmation.clone(),
            label: entry.label,
            span: entry.span,
            check_out_time: entry.check_out_time,
            kind: entry.kind,
            kind_rule: entry.kind_rule.clone(),
            signals: entry.signals.clone(),
            office: OfficeEdits::default(),
            office_as_of: None,
            findings: not_judged_yet(entry.span.check_out()),
            recognised: Vec::new(),
            misses: None,
            first_seen: self.snapshot.observed_at,
            changed_at: self.snapshot.observed_at,
        }
    }

    /// The source's own word that a stay is cancelled.
    fn cancelled(&mut self, cancelled: &[&Observation], draft: &mut Draft<'_>) {
        let known = self.known(draft);
        let pairs = pairing::pair(cancelled, &known, self.facts.churn.keying, Reading::Partial, self.today);
        for (index, entry) in cancelled.iter().enumerate() {
            // Another uid with the same dates is another booking here: the one that took the cancelled one's place.
            let found = pairs.get(&index).and_then(|(key, _)| draft.stays.get(key));
            let Some(stay) = found.filter(|stay| !pairing::rekeyed(entry, stay) || stay.confirmation.is_some()) else {
                let reason = SkipReason::CancelledUnseen;
                draft.skipped.push(Skipped { observation: (*entry).clone(), reason });
                continue;
            };
            if stay.span.check_out() >= self.today {
                let key = stay.key.clone();
                let evidence = [self.snapshot.id.clone()];
                draft.end(
                    &key,
                    VersionStatus::Removed,
                    "absence.cancelled",
                    "removed: cancelled by its source",
                    &evidence,
                );
            }
        }
    }

    /// A uid this read lists at another property, and not here, has left.
    fn elsewhere(&self, draft: &mut Draft<'_>) {
        let moved: Vec<StayKey> = self
            .known(draft)
            .into_iter()
            .filter(|stay| stay.status.is_active() && stay.span.check_out() >= self.today)
            .filter(|stay| stay.uid.as_ref().is_some_and(|uid| self.snapshot.elsewhere.contains(uid)))
            .filter(|stay| stay.uid.as_ref().is_some_and(crate::identity::is_strong))
            .map(|stay| stay.key.clone())
            .collect();
        for key in moved {
            let evidence = [self.snapshot.id.clone()];
            draft.end(
                &key,
                VersionStatus::Removed,
                "absence.elsewhere",
                "removed: now listed at another property",
                &evidence,
            );
        }
    }

    fn absent(&self, draft: &mut Draft<'_>, now: Timestamp) {
        let rules = &self.place.settings.absence;
        let judge = Judge { rules, coverage: &self.snapshot.coverage, horizon: self.facts.horizon, today: self.today };
        let at = self.snapshot.observed_at;
        let pending: BTreeSet<StayKey> = draft
            .plans
            .values()
            .filter(|plan| plan.status == RemovalPlanStatus::Open)
            .flat_map(|plan| plan.stays.keys().cloned())
            .collect();
        let (mut missing, mut upcoming) = (0_u32, 0_u32);
        let mut due: BTreeMap<StayKey, Misses> = BTreeMap::new();
        let mut unexplained = Vec::new();
        let before = draft.before;
        for stay in draft.stays.values_mut() {
            if stay.source != self.snapshot.source || !stay.status.is_active() {
                continue;
            }
            let progress = before.jobs.get(&stay.key).and_then(|job| job.progress.as_ref());
            let verdict = judge.absent(stay.span, progress);
            if self.present.contains(&stay.key) {
                upcoming += u32::from(verdict == Absent::Miss);
                continue;
            }
            match verdict {
                Absent::SaysNothing => {
                    if self.names_cancellations() && stay.span.check_in() >= self.today {
                        unexplained.push(stay.key.clone());
                    }
                    if begun(stay, self.today, progress) {
                        stay.misses = None;
                    }
                }
                Absent::Exempt => stay.misses = None,
                Absent::Miss => {
                    upcoming += 1;
                    let misses = Misses::after(stay.misses.as_ref(), &self.snapshot.id, at, rules);
                    missing += u32::from(misses.kept_by.is_none());
                    if misses.suffice(at, rules) && !pending.contains(&stay.key) {
                        due.insert(stay.key.clone(), misses.clone());
                    }
                    stay.misses = Some(misses);
                }
            }
        }
        for key in unexplained {
            let text = "no longer listed, though its source names cancellations and named none";
            draft.attention.push(crate::attention::Attention {
                code: AttentionCode::AbsentWithoutCancellation,
                stay: Some(key),
                source: Some(self.snapshot.source.clone()),
                text: text.to_owned(),
            });
        }
        if due.is_empty() {
            return;
        }
        if let Some(reason) = mass_change(missing, upcoming, rules) {
            self.ask(due, reason, draft, now);
            return;
        }
        for (key, misses) in due {
            draft.end(
                &key,
                VersionStatus::Removed,
                "absence.misses",
                "removed: missing from good reads",
                &misses.reads,
            );
        }
    }

    fn names_cancellations(&self) -> bool {
        self.snapshot.coverage == Coverage::Nothing { why: NoCoverage::ExplicitCancellations }
    }

    /// Puts removals before an operator: in the source's open plan, or in a new one.
    fn ask(
        &self,
        due: BTreeMap<StayKey, Misses>,
        reason: crate::absence::RemovalReason,
        draft: &mut Draft<'_>,
        now: Timestamp,
    ) {
        let stays: BTreeMap<_, _> = due.into_iter().map(|(key, misses)| (key, misses.reads)).collect();
        let open = draft
            .plans
            .values_mut()
            .find(|plan| plan.source == self.snapshot.source && plan.status == RemovalPlanStatus::Open);
        if let Some(plan) = open {
            plan.stays.extend(stays);
            plan.reason = reason;
        } else {
            let id = RemovalPlan::id_for(&self.snapshot.property, &self.snapshot.source, &self.snapshot.id);
            let plan = RemovalPlan {
                id: id.clone(),
                property: self.snapshot.property.clone(),
                source: self.snapshot.source.clone(),
                status: RemovalPlanStatus::Open,
                stays,
                reason,
                opened_at: now,
                settled_at: None,
            };
            draft.plans.insert(id, plan);
        }
        let text = "more stays vanished than may go without an operator; a removal plan waits";
        draft.tell_of_source(AttentionCode::MassChange, &self.snapshot.source, text);
    }

    /// Remembers the read.
    fn note(mut self, listed: &[&Observation], draft: &mut Draft<'_>) {
        let had_any = draft.stays.values().any(|stay| {
            stay.source == self.snapshot.source && stay.status.is_active() && stay.span.check_out() > self.today
        });
        let empty = listed.is_empty()
            && had_any
            && matches!(
                self.snapshot.coverage,
                Coverage::Upcoming { .. } | Coverage::Nothing { why: NoCoverage::Empty }
            );
        if empty {
            self.facts.empty_reads = self.facts.empty_reads.saturating_add(1);
            let text = "listed nothing though stays are known; nothing is concluded from it alone";
            draft.tell_of_source(AttentionCode::EmptyRead, &self.snapshot.source, text);
        } else {
            self.facts.empty_reads = 0;
        }
        self.facts.last_observed_at = Some(self.snapshot.observed_at);
        self.facts.last_snapshot = Some(self.snapshot.id.clone());
        draft.sources.insert(self.snapshot.source.clone(), self.facts);
    }
}

fn begun(stay: &Stay, today: Date, progress: Option<&JobProgress>) -> bool {
    stay.span.check_in() < today || progress == Some(&JobProgress::InProgress)
}

fn in_window(check_in: Date, today: Date, rules: &Rules) -> bool {
    let from = today.saturating_sub(i64::from(rules.window_months_before).months());
    let to = today.saturating_add(i64::from(rules.window_months_after).months());
    (from..=to).contains(&check_in)
}

/// Stands until the property's findings are made, in the same plan.
fn not_judged_yet(check_out: Date) -> Findings {
    Findings {
        overlapping: false,
        same_day: false,
        owner_arriving: false,
        long_term: false,
        next_guest: None,
        service: ServiceType::NeedsReview,
        service_at: check_out.to_datetime(Time::midnight()),
        line: String::new(),
        job: JobWish::NotWanted { reason: NoJob::NeedsReview },
        decisions: Decisions::default(),
    }
}
