//! Three ways: what both sides had, what each has now, and what follows for each, field by field.

use super::{Base, FieldConflict, Flow, Policy};
use crate::records::{FieldKind, Fields};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fields to be written to one side; `None` empties one.
pub type Changes = BTreeMap<&'static str, Option<Value>>;

/// What is known of a record.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The fields that both sides can hold.
    pub mapped: &'a [(&'static str, FieldKind)],
    /// Those of them that the source takes back: none in a one-way flow.
    pub taken_back: &'a [&'static str],
    /// `None` when the two were never in step.
    pub base: Option<&'a Base>,
    /// Fields in which the two were never in step, whatever the base says: they are written elsewhere now.
    pub unmet: &'a [&'static str],
    pub source: &'a Fields,
    pub target: &'a Fields,
    /// When each last changed, where it tells.
    pub source_at: Option<Timestamp>,
    pub target_at: Option<Timestamp>,
    /// Conflicts that stand, and how a person settled some of them.
    pub conflicts: &'a BTreeMap<String, FieldConflict>,
    /// Fields in which the target's own word was let stand before.
    pub kept: &'a BTreeSet<String>,
    pub settled: &'a BTreeMap<String, Policy>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    pub to_target: Changes,
    pub to_source: Changes,
    /// What both sides have once the changes are written.
    pub base: Base,
    pub conflicts: BTreeMap<String, FieldConflict>,
    /// Fields in which the target's own word stands beside the source's.
    pub kept: BTreeSet<String>,
}

impl<'a> Sides<'a> {
    fn base_of(&self, name: &str) -> Option<&'a Base> {
        self.base.filter(|_| !self.unmet.contains(&name))
    }
}

/// What becomes of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Each side keeps what it has.
    Leave,
    TakeSource,
    TakeTarget,
    Unite,
    Conflict,
}

/// What follows for both sides.
pub fn merge(flow: &Flow, sides: &Sides<'_>, now: Timestamp) -> Merged {
    let mut merged = Merged::default();
    for (name, kind) in sides.mapped.iter().copied() {
        let (ours, theirs) = (sides.source.get(name), sides.target.get(name));
        let verdict = verdict(flow, sides, name, kind);
        if verdict == Verdict::Conflict {
            // The base of the field stays, so that the conflict is found again until it is settled.
            if let Some(base) = sides.base_of(name) {
                merged.base.source.set(name, base.source.get(name).cloned());
                merged.base.target.set(name, base.target.get(name).cloned());
            }
            merged.kept.extend(sides.kept.get(name).cloned());
            let standing =
                sides.conflicts.get(name).filter(|one| one.source.as_ref() == ours && one.target.as_ref() == theirs);
            let fresh = || FieldConflict {
                source: ours.cloned(),
                target: theirs.cloned(),
                since: now,
                sealed: BTreeMap::new(),
            };
            merged.conflicts.insert(name.to_owned(), standing.cloned().unwrap_or_else(fresh));
            continue;
        }
        let (source, target) = match verdict {
            Verdict::TakeSource => (ours.cloned(), ours.cloned()),
            Verdict::TakeTarget => (theirs.cloned(), theirs.cloned()),
            Verdict::Unite => {
                let united = unite(ours, theirs);
                (united.clone(), united)
            }
            Verdict::Leave | Verdict::Conflict => (ours.cloned(), theirs.cloned()),
        };
        let back = sides.taken_back.contains(&name);
        if verdict == Verdict::TakeTarget && !back && ours != theirs {
            merged.kept.insert(name.to_owned());
        }
        // What only flows one way leaves the source as it is.
        let source = if back { source } else { ours.cloned() };
        if source.as_ref() != ours {
            merged.to_source.insert(name, source.clone());
        }
        if target.as_ref() != theirs {
            merged.to_target.insert(name, target.clone());
        }
        merged.base.source.set(name, source);
        merged.base.target.set(name, target);
    }
    merged
}

fn verdict(flow: &Flow, sides: &Sides<'_>, name: &'static str, kind: FieldKind) -> Verdict {
    let (ours, theirs) = (sides.source.get(name), sides.target.get(name));
    if let Some(settled) = sides.settled.get(name) {
        return by_policy(*settled, sides, kind);
    }
    if ours == theirs {
        return Verdict::Leave;
    }
    let Some(base) = sides.base_of(name) else {
        // Two that were never in step fill each other's gaps.
        return match (ours, theirs) {
            (_, None) => Verdict::TakeSource,
            (None, _) => Verdict::TakeTarget,
            _ => by_policy(flow.policy_of(name), sides, kind),
        };
    };
    let kept = sides.kept.contains(name);
    // They never agreed on it, and a person who empties a field in conflict has said something.
    let never_agreed = base.source.get(name).is_none() && sides.conflicts.contains_key(name);
    match (ours != base.source.get(name), theirs != base.target.get(name)) {
        (false, false) if kept => Verdict::TakeTarget,
        (false, false) => Verdict::Leave,
        // A word that was let stand once is not overruled because the source says something else again.
        (true, false) if kept || never_agreed => by_policy(flow.policy_of(name), sides, kind),
        (true, false) => Verdict::TakeSource,
        (false, true) if never_agreed && sides.taken_back.contains(&name) => {
            by_policy(flow.policy_of(name), sides, kind)
        }
        (false, true) if sides.taken_back.contains(&name) => Verdict::TakeTarget,
        // A person's edit in a system that is only written to: it stands, unless the flow says otherwise.
        (false, true) => match flow.policy_of(name) {
            Policy::Source => Verdict::TakeSource,
            Policy::Target | Policy::Newest => Verdict::TakeTarget,
            Policy::Merge | Policy::Manual => by_policy(flow.policy_of(name), sides, kind),
        },
        (true, true) => by_policy(flow.policy_of(name), sides, kind),
    }
}

fn by_policy(policy: Policy, sides: &Sides<'_>, kind: FieldKind) -> Verdict {
    match policy {
        Policy::Source => Verdict::TakeSource,
        Policy::Target => Verdict::TakeTarget,
        Policy::Newest => match sides.source_at.zip(sides.target_at) {
            Some((source, target)) if source > target => Verdict::TakeSource,
            Some((source, target)) if source < target => Verdict::TakeTarget,
            _ => Verdict::Conflict,
        },
        Policy::Merge if matches!(kind, FieldKind::Texts | FieldKind::References(_)) => Verdict::Unite,
        Policy::Merge | Policy::Manual => Verdict::Conflict,
    }
}

fn unite(one: Option<&Value>, other: Option<&Value>) -> Option<Value> {
    let items = [one, other].into_iter().flatten().filter_map(Value::as_array).flatten();
    let mut united: Vec<Value> = items.cloned().collect();
    united.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    united.dedup();
    (!united.is_empty()).then_some(Value::Array(united))
}
