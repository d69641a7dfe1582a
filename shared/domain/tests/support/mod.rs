//! A sample organization and a house one can tell things to.
#![allow(dead_code, unreachable_pub, reason = "shared by test binaries that use a part each")]

use jiff::{Timestamp, civil::Date};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::{ConfirmationCode, OrgId, PropertyId, RuleId, SnapshotId, SourceId, SourceUid, StayKey},
    planner::{ChangeKind, Input, JobFacts, PropertyPlan, PropertyState, plan},
    settings::{Organization, Property},
    snapshot::{Coverage, EntryKind, Observation, Presence, Signals, Snapshot},
    span::Span,
    stay::{OfficeEdits, Stay},
};
use std::collections::BTreeMap;

pub const ZONE: &str = "America/Phoenix";

pub fn property() -> PropertyId {
    PropertyId::new("sample-house")
}

pub fn organization(zone: &str) -> Organization {
    let configured = Property {
        name: "Sample House".to_owned(),
        zone: zone.to_owned(),
        listed_as: BTreeMap::new(),
        owners: Vec::new(),
        address: None,
        customer: None,
        service_address: None,
        templates: BTreeMap::new(),
        owner_overrides: Vec::new(),
    };
    Organization {
        id: OrgId::new("sample"),
        name: "Sample".to_owned(),
        protected: std::collections::BTreeSet::new(),
        rules: lintel_domain::settings::Rules::default(),
        absence: lintel_domain::settings::AbsenceRules::default(),
        jobs: lintel_domain::settings::JobRules::default(),
        mail: lintel_domain::settings::MailRules::default(),
        polling: lintel_domain::settings::PollRules::default(),
        connections: BTreeMap::new(),
        vendors: BTreeMap::new(),
        properties: BTreeMap::from([(property(), configured)]),
        reactions: BTreeMap::new(),
        flows: BTreeMap::new(),
        feeds: BTreeMap::new(),
    }
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn entry(uid: &str, check_in: &str, check_out: &str) -> Observation {
    Observation {
        uid: (!uid.is_empty()).then(|| SourceUid::new(uid)),
        confirmation: None,
        label: None,
        span: Span::new(date(check_in), date(check_out)).unwrap(),
        check_in_time: None,
        check_out_time: None,
        kind: EntryKind::Reservation,
        kind_rule: RuleId::new("kind.test"),
        presence: Presence::Listed,
        signals: Signals::default(),
    }
}

pub fn kind(kind: EntryKind, entry: Observation) -> Observation {
    Observation { kind, ..entry }
}

pub fn code(code: &str, entry: Observation) -> Observation {
    Observation { confirmation: Some(ConfirmationCode::new(code)), ..entry }
}

pub fn label(label: &str, entry: Observation) -> Observation {
    Observation { label: Some(Fingerprint::of(label)), ..entry }
}

pub fn signals(signals: Signals, entry: Observation) -> Observation {
    Observation { signals, ..entry }
}

pub fn upcoming(from: &str) -> Coverage {
    Coverage::Upcoming { from: date(from) }
}

/// One property with its stored state.
pub struct House {
    pub settings: Organization,
    pub state: PropertyState,
    reads: u32,
}

impl House {
    pub fn new() -> Self {
        Self::in_zone(ZONE)
    }

    pub fn in_zone(zone: &str) -> Self {
        Self { settings: organization(zone), state: PropertyState::default(), reads: 0 }
    }

    pub fn snapshot(&mut self, source: &str, when: &str, coverage: Coverage, entries: &[Observation]) -> Snapshot {
        self.reads += 1;
        Snapshot {
            id: SnapshotId::new(format!("read-{:04}", self.reads)),
            source: SourceId::new(source),
            property: property(),
            observed_at: at(when),
            coverage,
            entries: entries.to_vec(),
            elsewhere: Vec::new(),
        }
    }

    /// A whole read of a calendar that lists what ends after its day.
    pub fn read(&mut self, source: &str, when: &str, entries: &[Observation]) -> PropertyPlan {
        let coverage = upcoming(when.split('T').next().unwrap());
        let snapshot = self.snapshot(source, when, coverage, entries);
        self.take(&Input::Snapshot { snapshot })
    }

    pub fn take(&mut self, input: &Input) -> PropertyPlan {
        let now = match input {
            Input::Snapshot { snapshot } => snapshot.observed_at,
            _ => at("2030-01-01T12:00:00Z"),
        };
        let plan = plan(&property(), &self.settings, &self.state, input, now).unwrap();
        self.state.apply(&plan);
        plan
    }

    pub fn active(&self) -> Vec<&Stay> {
        self.state.active().collect()
    }

    /// The active stay that leaves on the day.
    pub fn leaving(&self, day: &str) -> &Stay {
        let mut leaving = self.state.active().filter(|stay| stay.span.check_out() == date(day));
        let stay = leaving.next().expect("a stay leaves that day");
        assert!(leaving.next().is_none(), "only one stay leaves that day");
        stay
    }

    pub fn edit(&mut self, stay: &StayKey, edits: OfficeEdits) -> PropertyPlan {
        self.edit_as_of(stay, edits, "2030-01-01T12:00:00Z")
    }

    pub fn edit_as_of(&mut self, stay: &StayKey, edits: OfficeEdits, as_of: &str) -> PropertyPlan {
        self.take(&Input::Edit { stay: stay.clone(), edits, as_of: at(as_of) })
    }

    pub fn job(&mut self, stay: &StayKey, facts: JobFacts) {
        self.state.jobs.insert(stay.clone(), facts);
    }
}

pub fn kinds(plan: &PropertyPlan) -> Vec<ChangeKind> {
    plan.changes.iter().map(|change| change.kind).collect()
}

pub fn rules(stay: &Stay) -> Vec<&str> {
    stay.findings.decisions.rules().collect()
}
