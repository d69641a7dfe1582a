//! What is answered, as JSON.

use crate::{asked::SLASH, desk::Refusal};
use lintel_cloud::{
    http::HttpAnswer,
    store::{AuditEntry, Lift, MissingPlan, ProblemRow},
    vault::Protected,
};
use lintel_domain::{
    ids::FlowId,
    records::{Protection, RecordKey},
    sync::Side,
};
use lintel_sync::{Conflict, DecisionError, FlowStand};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn flows(stands: &[FlowStand]) -> HttpAnswer {
    let one = |stand: &FlowStand| {
        json!({
            "flow": stand.id,
            "from": stand.flow.from,
            "stream": stand.flow.stream,
            "to": stand.flow.to,
            "into": stand.flow.into,
            "in_step_up_to": stand.row.cursor,
            "last_run_began": stand.row.began_at,
            "running": stand.row.running,
        })
    };
    HttpAnswer::json(200, &json!({ "flows": stands.iter().map(one).collect::<Vec<_>>() }))
}

pub(crate) fn conflicts(flow: &FlowId, conflicts: &[Conflict]) -> HttpAnswer {
    let one = |conflict: &Conflict| {
        // Of a protected field nobody but the vault tells more than that it differs.
        let protected = conflict.protection == Protection::Secret;
        let shown = |value: &Option<Value>| value.clone().filter(|_| !protected);
        json!({
            "record": named(&conflict.record),
            "key": conflict.record,
            "field": conflict.field,
            "source": shown(&conflict.values.source),
            "target": shown(&conflict.values.target),
            "protected": protected,
            "since": conflict.values.since,
            "decided": conflict.decided,
        })
    };
    HttpAnswer::json(200, &json!({ "flow": flow, "conflicts": conflicts.iter().map(one).collect::<Vec<_>>() }))
}

pub(crate) fn settled(flow: &FlowId, record: &RecordKey, field: &str, take: Side) -> HttpAnswer {
    HttpAnswer::json(
        202,
        &json!({ "flow": flow, "record": named(record), "key": record, "field": field, "decided": take }),
    )
}

pub(crate) fn problems(flow: &FlowId, rows: &[ProblemRow]) -> HttpAnswer {
    let one = |ProblemRow { problem, times, .. }: &ProblemRow| {
        json!({
            "record": named(&problem.record),
            "key": problem.record,
            "code": problem.code,
            "reason": problem.reason,
            "last_met": problem.at,
            "times": times,
        })
    };
    HttpAnswer::json(200, &json!({ "flow": flow, "problems": rows.iter().map(one).collect::<Vec<_>>() }))
}

pub(crate) fn lifted(flow: &FlowId, record: &RecordKey, lift: Lift) -> HttpAnswer {
    HttpAnswer::json(202, &json!({ "flow": flow, "record": named(record), "key": record, "lifted": lift }))
}

pub(crate) fn missing(flow: &FlowId, found: Option<&(MissingPlan, BTreeSet<RecordKey>)>) -> HttpAnswer {
    let plan = found.map(|(plan, records)| {
        json!({ "run": plan.run, "of": plan.of, "since": plan.at, "approved": plan.approved, "records": records })
    });
    HttpAnswer::json(200, &json!({ "flow": flow, "missing": plan }))
}

pub(crate) fn approved(flow: &FlowId, plan: &MissingPlan) -> HttpAnswer {
    HttpAnswer::json(202, &json!({ "flow": flow, "run": plan.run, "approved": plan.missing }))
}

pub(crate) fn values(flow: &FlowId, record: &RecordKey, field: &str, values: &BTreeMap<Side, Protected>) -> HttpAnswer {
    let shown = |side: Side| values.get(&side).map(Protected::expose);
    let (source, target) = (shown(Side::Source), shown(Side::Target));
    HttpAnswer::json(
        200,
        &json!({ "flow": flow, "record": named(record), "key": record, "field": field, "source": source, "target": target }),
    )
}

pub(crate) fn audit(flow: &FlowId, record: Option<&RecordKey>, entries: &[AuditEntry]) -> HttpAnswer {
    HttpAnswer::json(200, &json!({ "flow": flow, "record": record.map(named), "key": record, "audit": entries }))
}

/// As a path names it.
fn named(record: &RecordKey) -> String {
    record.id().replace('/', SLASH)
}

pub(crate) fn refused(refusal: &Refusal) -> HttpAnswer {
    let (status, code) = match refusal {
        Refusal::NotAuthorized => (401, "not-authorized"),
        Refusal::Unknown => (404, "unknown-address"),
        Refusal::Unreadable { .. } => (422, "unreadable-body"),
        Refusal::Later => (503, "try-again-later"),
        Refusal::Decision(error) => match error {
            DecisionError::UnknownFlow(_) => (404, "unknown-flow"),
            DecisionError::UnknownRecord { .. } => (404, "unknown-record"),
            DecisionError::UnknownField { .. } => (422, "unknown-field"),
            DecisionError::NothingToSettle { .. } => (409, "nothing-to-settle"),
            DecisionError::NothingToLift(_) | DecisionError::NotGone(_) | DecisionError::NoMassChange(_) => {
                (409, "nothing-to-lift")
            }
            DecisionError::KeyGone { .. } => (409, "key-gone"),
            DecisionError::NothingKept { .. } | DecisionError::StillSealed { .. } => (409, "nothing-kept"),
            DecisionError::Sync(inner) => {
                tracing::error!(error = %inner, "a call could not be answered");
                return told(503, "try-again-later", &Refusal::Later.to_string());
            }
        },
    };
    let answer = told(status, code, &refusal.to_string());
    if status == 401 { answer.with_header("www-authenticate", "Bearer") } else { answer }
}

fn told(status: u16, code: &str, message: &str) -> HttpAnswer {
    let body: Value = json!({ "error": { "code": code, "message": message } });
    HttpAnswer::json(status, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use lintel_domain::sync::FieldConflict;

    #[test]
    fn of_a_protected_field_no_value_is_shown() {
        let values = FieldConflict {
            source: Some(json!("a")),
            target: Some(json!("b")),
            since: Timestamp::UNIX_EPOCH,
            sealed: BTreeMap::new(),
        };
        let conflict = |field: &str, protection| Conflict {
            record: RecordKey::new("tenants", "7/emergency"),
            field: field.to_owned(),
            values: values.clone(),
            protection,
            decided: None,
        };
        let all = [conflict("tax_id", Protection::Secret), conflict("city", Protection::Personal)];
        let body: Value = conflicts(&FlowId::new("tenants"), &all).into_event()["body"].clone();
        let body: Value = serde_json::from_str(body.as_str().expect("a text")).expect("JSON");
        let told = &body["conflicts"];
        assert_eq!(
            (&told[0]["source"], &told[0]["target"], &told[0]["protected"]),
            (&Value::Null, &Value::Null, &json!(true))
        );
        assert_eq!(
            (&told[1]["source"], &told[1]["target"], &told[1]["protected"]),
            (&json!("a"), &json!("b"), &json!(false))
        );
        assert_eq!(told[0]["record"], "7~emergency", "it stands in a path");
    }
}
