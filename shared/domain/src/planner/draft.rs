//! The property as an input leaves it, before findings are made and versions counted.

use super::{PropertyState, Rejected, Skipped};
use crate::{
    absence::{RemovalPlan, RemovalPlanStatus},
    attention::{Attention, AttentionCode},
    decision::Decision,
    ids::{RemovalPlanId, SnapshotId, SourceId, StayKey},
    source::SourceFacts,
    stay::{Stay, VersionStatus},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Draft<'a> {
    pub(super) before: &'a PropertyState,
    pub(super) stays: BTreeMap<StayKey, Stay>,
    pub(super) sources: BTreeMap<SourceId, SourceFacts>,
    pub(super) plans: BTreeMap<RemovalPlanId, RemovalPlan>,
    /// Why a stay's version changes.
    pub(super) why: BTreeMap<StayKey, Vec<Decision>>,
    /// Stays whose dates may change without a new version.
    pub(super) rolling: BTreeSet<StayKey>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) attention: Vec<Attention>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a PropertyState) -> Self {
        Self {
            before,
            stays: before.stays.clone(),
            sources: before.sources.clone(),
            plans: before.plans.clone(),
            why: BTreeMap::new(),
            rolling: BTreeSet::new(),
            rejected: Vec::new(),
            skipped: Vec::new(),
            attention: Vec::new(),
        }
    }

    /// Ends an active stay, keeping everything about it.
    pub(super) fn end(
        &mut self,
        key: &StayKey,
        status: VersionStatus,
        rule: &'static str,
        result: &'static str,
        evidence: &[SnapshotId],
    ) {
        let Some(stay) = self.stays.get_mut(key).filter(|stay| stay.status.is_active()) else { return };
        stay.status = status;
        let ended = Decision { evidence: evidence.to_vec(), ..Decision::new(rule, result) };
        self.explain(key, ended);
    }

    pub(super) fn explain(&mut self, key: &StayKey, decision: Decision) {
        self.why.entry(key.clone()).or_default().push(decision);
    }

    pub(super) fn tell_of_source(&mut self, code: AttentionCode, source: &SourceId, text: impl Into<String>) {
        self.attention.push(Attention { code, stay: None, source: Some(source.clone()), text: text.into() });
    }

    /// Takes stays out of open plans once they came back, began or went another way.
    pub(super) fn withdraw_plans(&mut self, now: Timestamp) {
        for plan in self.plans.values_mut().filter(|plan| plan.status == RemovalPlanStatus::Open) {
            let stays = &self.stays;
            plan.stays
                .retain(|key, _| stays.get(key).is_some_and(|stay| stay.status.is_active() && stay.misses.is_some()));
            if plan.stays.is_empty() {
                plan.status = RemovalPlanStatus::Withdrawn;
                plan.settled_at = Some(now);
            }
        }
    }

    /// Misses no operator has decided on, by source.
    pub(super) fn count_misses(&mut self) {
        let mut open: BTreeMap<&SourceId, u32> = BTreeMap::new();
        for stay in self.stays.values().filter(|stay| stay.status.is_active()) {
            if stay.misses.as_ref().is_some_and(|misses| misses.kept_by.is_none()) {
                *open.entry(&stay.source).or_default() += 1;
            }
        }
        for (source, facts) in &mut self.sources {
            facts.open_misses = open.get(source).copied().unwrap_or_default();
        }
    }
}
