//! Whether two systems say the same of the same records, field by field.

use super::Listed;
use crate::{
    records::{Fields, RecordKey},
    sync::{Base, LinkState},
};
use serde::{Deserialize, Serialize};

/// How source and target agree. Counts and keys, never values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Records that were looked for at the target.
    pub looked_for: u64,
    /// Those of them that both have.
    pub compared: u64,
    /// Those of them that agree in every field.
    pub in_step: u64,
    /// No link: a run has not brought them yet.
    pub not_linked: Listed<RecordKey>,
    /// Linked, and not at the target under the link's id.
    pub not_found: Listed<RecordKey>,
    /// The target refused them.
    pub refused: Listed<RecordKey>,
    /// Not fit to be sent: in quarantine, or rejected.
    pub set_aside: Listed<RecordKey>,
    /// Somebody removed them at the target; they are not made again.
    pub removed: Listed<RecordKey>,
    /// Links whose record the source does not list. Only a walk over everything finds them.
    pub without_source: Listed<RecordKey>,
    pub fields: Vec<FieldAgreement>,
}

/// How one field agrees over all records that were compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldAgreement {
    pub field: String,
    /// Both have one value.
    pub agree: u64,
    /// Both have a value, and not the same.
    pub differ: u64,
    pub only_source: u64,
    pub only_target: u64,
    /// Neither has a value.
    pub empty: u64,
    pub moved: Moved,
    /// Records that do not agree.
    pub records: Listed<RecordKey>,
}

/// Who left what the two sides last agreed on, where they do not agree now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The source changed: the next run brings it.
    pub source: u64,
    /// Somebody changed the target.
    pub target: u64,
    pub both: u64,
    /// Known and left so: a value another record has, a conflict that waits, an edit that was accepted.
    pub neither: u64,
}

/// Takes records in, one by one.
#[derive(Clone, Debug)]
pub struct AgreementCheck {
    agreement: Agreement,
    names: Vec<&'static str>,
}

impl AgreementCheck {
    /// Of these fields, which both ends know.
    pub fn new(fields: &[&'static str]) -> Self {
        let agreement =
            Agreement { fields: fields.iter().map(|name| FieldAgreement::new(name)).collect(), ..Agreement::default() };
        Self { agreement, names: fields.to_vec() }
    }

    /// A record of the source that is not compared, by the state of its link; `None` when there is none.
    pub fn add_alone(&mut self, key: &RecordKey, state: Option<LinkState>) {
        let agreement = &mut self.agreement;
        agreement.looked_for += 1;
        let list = match state {
            None | Some(LinkState::Begun) => &mut agreement.not_linked,
            Some(LinkState::Linked | LinkState::SourceGone) => &mut agreement.not_found,
            Some(LinkState::Refused) => &mut agreement.refused,
            Some(LinkState::Quarantined) => &mut agreement.set_aside,
            Some(LinkState::TargetGone) => &mut agreement.removed,
        };
        list.add(key.clone());
    }

    /// A linked record that the source does not have.
    pub fn add_without_source(&mut self, key: &RecordKey) {
        self.agreement.without_source.add(key.clone());
    }

    /// A record that both have.
    pub fn add(&mut self, key: &RecordKey, source: &Fields, target: &Fields, base: &Base) {
        self.agreement.looked_for += 1;
        self.agreement.compared += 1;
        let mut is_in_step = true;
        for (name, field) in self.names.iter().zip(&mut self.agreement.fields) {
            let (ours, theirs) = (source.get(name), target.get(name));
            match (ours, theirs) {
                (None, None) => field.empty += 1,
                (Some(ours), Some(theirs)) if ours == theirs => field.agree += 1,
                (Some(_), Some(_)) => field.differ += 1,
                (Some(_), None) => field.only_source += 1,
                (None, Some(_)) => field.only_target += 1,
            }
            if ours == theirs {
                continue;
            }
            is_in_step = false;
            field.records.add(key.clone());
            let moved = &mut field.moved;
            *match (ours != base.source.get(name), theirs != base.target.get(name)) {
                (true, false) => &mut moved.source,
                (false, true) => &mut moved.target,
                (true, true) => &mut moved.both,
                (false, false) => &mut moved.neither,
            } += 1;
        }
        self.agreement.in_step += u64::from(is_in_step);
    }

    pub fn report(self) -> Agreement {
        self.agreement
    }
}

impl FieldAgreement {
    fn new(field: &str) -> Self {
        Self {
            field: field.to_owned(),
            agree: 0,
            differ: 0,
            only_source: 0,
            only_target: 0,
            empty: 0,
            moved: Moved::default(),
            records: Listed::default(),
        }
    }

    /// Records of which at least one side has a value.
    pub fn told(&self) -> u64 {
        self.agree + self.differ + self.only_source + self.only_target
    }
}

impl Agreement {
    /// Values that agree, and all there are on either side.
    pub fn values(&self) -> (u64, u64) {
        self.fields.iter().fold((0, 0), |(agree, told), field| (agree + field.agree, told + field.told()))
    }

    /// Records that should be at the target.
    pub fn expected(&self) -> u64 {
        self.looked_for - (self.set_aside.total + self.removed.total).min(self.looked_for)
    }
}
