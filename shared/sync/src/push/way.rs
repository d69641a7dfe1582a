//! One record on its way to the target: merged, with what is to be written, and what came of it.

use super::{
    Pushed,
    theirs::{self, Theirs},
};
use crate::{OpenFlow, protected::Plain, pull::Pulled};
use jiff::Timestamp;
use lintel_cloud::store::WriteKind as Wrote;
use lintel_connectors::records::{Outgoing, WriteKind};
use lintel_domain::{
    records::Fields,
    sync::{Base, Changes, Intent, Link, LinkState, Merged, Sides, Withheld, merge},
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is made, by our key.
    New,
    /// It has this id.
    At(String),
    /// A record of the target's own, with this id: from now on it is found by our key.
    TakenOver(String),
}

/// What the target said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// There was nothing to write.
    Nothing,
    Written {
        id: String,
        created: bool,
    },
    Refused {
        code: String,
        reason: String,
    },
    /// The answer does not name it.
    LeftOut,
}

#[derive(Debug)]
pub(super) struct OnItsWay {
    pub(super) record: Pulled,
    /// As it stood in the table.
    pub(super) was: Option<Link>,
    pub(super) place: Place,
    pub(super) theirs: Fields,
    /// What the target has in protected fields.
    pub(super) their_plain: Plain,
    pub(super) merged: Merged,
    /// Fields that are not sent, with what is told of them.
    pub(super) withheld: BTreeMap<&'static str, (Withheld, String)>,
    /// What the source took from the target.
    pub(super) taken_back: Changes,
    pub(super) noted: Noted,
}

/// Whether the table says that something is being done about a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Noted {
    #[default]
    No,
    Yes,
}

/// Both sides of a record before they are merged.
pub(super) struct Meeting {
    pub(super) record: Pulled,
    pub(super) was: Option<Link>,
    pub(super) place: Place,
    pub(super) theirs: Theirs,
    /// `None` when the two were never in step.
    pub(super) base: Option<Base>,
}

impl OnItsWay {
    pub(super) fn of(open: &OpenFlow, meeting: Meeting, now: Timestamp) -> Self {
        let Meeting { record, was, place, theirs, base } = meeting;
        let Theirs { fields: theirs, plain: their_plain, updated_at: target_at, .. } = theirs;
        let fresh = Link::new(record.key.clone(), LinkState::Begun, String::new());
        let link = was.as_ref().unwrap_or(&fresh);
        let sides = Sides {
            mapped: &open.mapped,
            taken_back: &open.taken_back,
            base: base.as_ref(),
            unmet: &record.ways.unmet(&link.ways),
            source: &record.fields,
            target: &theirs,
            source_at: record.updated_at,
            target_at,
            conflicts: &link.conflicts,
            kept: &link.kept,
            settled: &link.settled,
        };
        let mut merged = merge(&open.flow, &sides, now);
        let identity = open.identity(&record.key);
        open.sent.seal_conflicts(&identity, &mut merged.conflicts, &record.plain, &their_plain);
        // A protected value that was not just read cannot be sent: each side keeps what it has.
        let (to_target, to_source) =
            (open.sent.shown(&merged.to_target, &record.plain), open.sent.shown(&merged.to_source, &their_plain));
        merged.to_target.retain(|name, _| to_target.contains_key(name));
        merged.to_source.retain(|name, _| to_source.contains_key(name));
        for name in open.sent.names.iter().copied().filter(|name| !merged.conflicts.contains_key(*name)) {
            if !merged.to_target.contains_key(name) {
                merged.base.target.set(name, theirs.get(name).cloned());
            }
            if !merged.to_source.contains_key(name) {
                merged.base.source.set(name, record.fields.get(name).cloned());
            }
        }
        for (name, value) in &merged.to_target {
            let written = value
                .as_ref()
                .and_then(|value| open.sent.as_written(&open.writing, name, value, &record.plain, open.flow.currency));
            merged.base.target.set(name, written);
        }
        let withheld = BTreeMap::new();
        Self { record, was, place, theirs, their_plain, merged, withheld, taken_back: Changes::new(), noted: Noted::No }
    }

    /// The source is not there to take anything: what it would have taken stands at the target, as what it never heard of.
    pub(super) fn leave_source(&mut self) {
        for name in std::mem::take(&mut self.merged.to_source).into_keys() {
            self.keep_base(name);
        }
    }

    /// The base of a field stays as it was.
    pub(super) fn keep_base(&mut self, name: &'static str) {
        let was = self.was.as_ref().map(|link| (link.base.source.get(name), link.base.target.get(name)));
        let (source, target) = was.unwrap_or_default();
        self.merged.base.source.set(name, source.cloned());
        self.merged.base.target.set(name, target.cloned());
    }

    pub(super) fn kind(&self) -> WriteKind {
        if self.place == Place::New { WriteKind::Upsert } else { WriteKind::Update }
    }

    /// A field is not sent. What the target had in it from us goes: it is not the source's any more.
    pub(super) fn withhold(&mut self, name: &'static str, why: Withheld, reason: String) {
        match self.theirs.get(name) {
            Some(_) => self.merged.to_target.insert(name, None),
            None => self.merged.to_target.remove(name),
        };
        // As if neither had it: the source's value is looked at as new whenever the two are merged.
        self.merged.base.source.set(name, None);
        self.merged.base.target.set(name, None);
        self.withheld.insert(name, (why, reason));
    }

    /// `None` when there is nothing to write.
    pub(super) fn outgoing(&self, open: &OpenFlow) -> Option<Outgoing> {
        let mut values = Map::new();
        if self.place == Place::New {
            values.extend(open.writing.at_first(&self.record.all));
        }
        values.extend(open.writing.write(&open.sent.shown(&self.merged.to_target, &self.record.plain)));
        let key = open.identity(&self.record.key);
        if !matches!(self.place, Place::At(_))
            && let Some(identity) = theirs::identity(open)
        {
            values.insert(identity.to_owned(), Value::String(key.clone()));
        }
        let id = match &self.place {
            Place::New => None,
            Place::At(id) | Place::TakenOver(id) => Some(id.clone()),
        };
        (!values.is_empty()).then_some(Outgoing { key, id, values })
    }

    /// The link as it stands while the target is told.
    pub(super) fn begun(&self) -> Link {
        let names: Vec<&'static str> = self.merged.to_target.keys().copied().collect();
        let base = Base { source: self.merged.base.source.only(&names), target: self.merged.base.target.only(&names) };
        let fields: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
        let link = self.was.clone();
        let link = link.unwrap_or_else(|| Link::new(self.record.key.clone(), LinkState::Begun, String::new()));
        let state = if link.target.is_none() { LinkState::Begun } else { link.state };
        Link { state, intent: Some(Intent { fields, base }), ..link }
    }

    pub(super) fn pushed(self, came: Came) -> Pushed {
        let mut link = self.begun();
        link.intent = None;
        link.waits_for.clear();
        link.seen = self.record.seen();
        match &self.place {
            Place::New => {}
            Place::At(id) | Place::TakenOver(id) => link.target = Some(id.clone()),
        }
        let wrote = match came {
            Came::Nothing => (!self.taken_back.is_empty()).then_some(Wrote::Updated),
            Came::Written { id, created } => {
                link.target = Some(id);
                Some(if created { Wrote::Created } else { Wrote::Updated })
            }
            Came::Refused { code, reason } => return self.refused(link, &format!("{code} {reason}")),
            Came::LeftOut => {
                // It is looked at again by the next run that reads it, whether it changed or not.
                link.seen = String::new();
                if self.place == Place::New {
                    link.intent = self.begun().intent;
                }
                return self.refused(link, "left-out the target's answer does not name it");
            }
        };
        link.state = LinkState::Linked;
        link.base = self.merged.base;
        link.ways = self.record.ways.text();
        link.conflicts = self.merged.conflicts;
        link.kept = self.merged.kept;
        link.settled.clear();
        link.withheld = self.withheld.iter().map(|(name, (why, _))| ((*name).to_owned(), *why)).collect();
        let told: Vec<String> = self.withheld.iter().map(|(name, (_, reason))| format!("{name}: {reason}")).collect();
        let any = |wanted: Withheld| link.withheld.values().any(|why| *why == wanted);
        let code = match (any(Withheld::AtSource), any(Withheld::Unfit)) {
            (true, _) => "refused-at-source",
            (false, true) => "refused-value",
            (false, false) => "shared-value",
        };
        let problem = (!told.is_empty()).then(|| (code, told.join("; ")));
        let changes = if wrote.is_some() { self.merged.to_target } else { Changes::new() };
        Pushed {
            was: self.was,
            link,
            wrote,
            before: self.theirs,
            changes,
            related: Vec::new(),
            taken_back: self.taken_back,
            problem,
            noted: self.noted,
        }
    }

    /// The base stays as it was: the next change is merged with what both had.
    fn refused(self, link: Link, reason: &str) -> Pushed {
        let problem = Some(("refused", reason.trim().to_owned()));
        let link = Link { state: LinkState::Refused, withheld: BTreeMap::new(), ..link };
        Pushed {
            was: self.was,
            link,
            wrote: None,
            before: self.theirs,
            changes: Changes::new(),
            related: Vec::new(),
            taken_back: Changes::new(),
            problem,
            noted: self.noted,
        }
    }
}
