//! Rules a record has to keep before it goes anywhere. Data: the flow lists them.

use crate::records::{FieldFault, Fields, Problem};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub field: String,
    pub check: Check,
    #[serde(default)]
    pub otherwise: Severity,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    Required,
    /// What the source sent reads as the field's kind: an e-mail address, a phone number, a date.
    Readable,
    /// An expression over the record's canonical fields that has to hold.
    Holds(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The record goes on without the value; the run's report tells.
    #[default]
    Warn,
    /// The record is kept whole with the reason, and replayed when the cause is mended.
    Quarantine,
    /// The record is left out and counted.
    Reject,
}

/// What the rules say of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// `Warn` lets the record pass.
    pub severity: Severity,
    pub faults: Vec<FieldFault>,
}

/// Judges a record by what reading it found, the rules, and whether each `Holds` does (in the rules' order; anything for the others).
pub fn judge(rules: &[Rule], fields: &Fields, read: &[FieldFault], holds: &[bool]) -> Judgement {
    let mut faults = read.to_vec();
    let mut severity = Severity::Warn;
    for (rule, holds) in rules.iter().zip(holds.iter().copied().chain(std::iter::repeat(true))) {
        let unreadable = read.iter().any(|fault| fault.field == rule.field);
        let fault = match &rule.check {
            Check::Required => (fields.get(&rule.field).is_none() && !unreadable).then_some(Problem::Missing),
            Check::Readable => None,
            Check::Holds(_) => (!holds).then_some(Problem::Rule),
        };
        let broken = match &rule.check {
            Check::Required => fields.get(&rule.field).is_none(),
            Check::Readable => unreadable,
            Check::Holds(_) => !holds,
        };
        if broken {
            severity = severity.max(rule.otherwise);
        }
        faults.extend(fault.map(|problem| FieldFault { field: rule.field.clone(), problem }));
    }
    Judgement { severity, faults }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Currency, Entity};
    use serde_json::json;

    #[test]
    fn the_hardest_broken_rule_decides() {
        let values = [("first_name", json!("Ann")), ("email", json!("nobody"))];
        let (fields, read) = Fields::read(Entity::Person, values, Currency::USD);
        let rule = |field: &str, check, otherwise| Rule { field: field.to_owned(), check, otherwise };
        let readable = rule("email", Check::Readable, Severity::Quarantine);
        let required = rule("last_name", Check::Required, Severity::Reject);
        let told = |rules: &[Rule], holds: &[bool]| {
            let judgement = judge(rules, &fields, &read, holds);
            (judgement.severity, judgement.faults.len())
        };
        assert_eq!(told(&[], &[]), (Severity::Warn, 1));
        assert_eq!(told(std::slice::from_ref(&readable), &[]), (Severity::Quarantine, 1));
        assert_eq!(told(&[readable, required], &[]), (Severity::Reject, 2));
        let own = rule("first_name", Check::Holds(".first_name != \"Test\"".to_owned()), Severity::Reject);
        assert_eq!(told(std::slice::from_ref(&own), &[true]), (Severity::Warn, 1));
        assert_eq!(told(&[own], &[false]), (Severity::Reject, 2));
    }
}
