//! Writes down what became of records: links, problems, quarantine and the audit trail.

use crate::{
    OpenFlow, SyncError,
    masking::masked,
    pull::Pulled,
    push::{Noted, Pushed},
};
use jiff::Timestamp;
use lintel_cloud::store::{
    AUDIT_KEPT, Act, AuditEntry, FieldChange, OrgTable, Problem, Purpose, QuarantineRow, WriteKind,
};
use lintel_domain::{
    ids::{AuditId, FlowId, QuarantineId, RunId},
    private::Private,
    records::{Fields, RecordKey},
    sync::{Changes, Counts, Link, LinkState},
};
use serde_json::{Value, json};

/// What a page's writes came to, in counts.
pub(crate) async fn pushed(
    open: &OpenFlow,
    table: &OrgTable,
    run: &RunId,
    pushed: Vec<Pushed>,
    now: Timestamp,
) -> Result<Counts, SyncError> {
    let mut counts = Counts::default();
    let (mut links, mut audits) = (Vec::with_capacity(pushed.len()), Vec::new());
    let well: Vec<RecordKey> =
        pushed.iter().filter(|one| one.problem.is_none()).map(|one| one.link.key.clone()).collect();
    // Asked for, not told from the link: who noted it may have stopped before the link was written.
    let troubled = table.troubled(&open.id, &well).await?;
    for one in pushed {
        match (one.wrote, one.link.state) {
            (Some(WriteKind::Created), _) => counts.created += 1,
            (Some(_), _) => counts.updated += 1,
            (None, LinkState::Refused) => counts.failed += 1,
            (None, LinkState::TargetGone) => counts.skipped += 1,
            (None, _) => counts.unchanged += 1,
        }
        counts.conflicts += one.link.conflicts.len() as u64;
        // What was looked at and found as it was is not written down again, unless something was about to be done.
        let is_news = one.was.as_ref() != Some(&one.link);
        match &one.problem {
            Some((code, reason)) if is_news => {
                table.note_problem(&open.id, &problem(&one.link, code, reason, now)).await?;
                // It came through, if not whole.
                let was_set_aside = one.was.as_ref().is_some_and(|was| was.state == LinkState::Quarantined);
                if was_set_aside {
                    table.release(&quarantine_id(&open.id, &one.link.key)).await?;
                }
            }
            None if troubled.contains(&one.link.key) => {
                table.resolve_problem(&open.id, &one.link.key).await?;
                table.release(&quarantine_id(&open.id, &one.link.key)).await?;
            }
            _ => {}
        }
        audits.extend(audit(open, run, &one, now));
        if is_news || one.noted == Noted::Yes {
            links.push(one.link);
        }
    }
    // Links last: with those a record counts as done, and nobody comes back to say who wrote it.
    table.append_audits(&audits, AUDIT_KEPT).await?;
    table.save_links(&open.id, &links).await?;
    Ok(counts)
}

fn problem(link: &Link, code: &str, reason: &str, at: Timestamp) -> Problem {
    Problem { record: link.key.clone(), code: code.to_owned(), reason: reason.to_owned(), at }
}

/// Who wrote what and why, with personal data masked: what the target took, what the source took from it, and what somebody wrote who
/// did not come to say so.
fn audit(open: &OpenFlow, run: &RunId, one: &Pushed, now: Timestamp) -> impl Iterator<Item = AuditEntry> {
    let key = &one.link.key;
    let entry = |suffix: &str, why: String, act: Act| AuditEntry {
        // A page that is worked off again writes the same entry again.
        id: AuditId::new(format!("{run}-{key}{suffix}")),
        at: now,
        record: open.identity(key),
        purpose: Purpose::new(format!("flow {}", open.id), why),
        act,
    };
    let at_target = |write: WriteKind, changes: Vec<FieldChange>| {
        let id = one.link.target.clone().filter(|_| open.relations.is_none());
        Act::Written { connection: open.flow.to.clone(), vendor_id: id.unwrap_or_default(), write, changes }
    };
    let write = one.wrote.filter(|write| match open.relations {
        Some(_) => !one.related.is_empty(),
        None => *write == WriteKind::Created || !one.changes.is_empty(),
    });
    let found = found_written(open, one)
        .map(|changes| entry("-found", format!("run {run} found it written"), at_target(WriteKind::Updated, changes)));
    let to_target = write.map(|write| {
        let changes = match open.relations {
            Some(_) => one.related.clone(),
            None => changes(open, Some(&one.before), &one.changes),
        };
        entry("", format!("run {run}"), at_target(write, changes))
    });
    let to_source = (!one.taken_back.is_empty()).then(|| {
        let act = Act::Written {
            connection: open.flow.from.clone(),
            vendor_id: key.id().to_owned(),
            write: WriteKind::Updated,
            changes: changes(open, one.was.as_ref().map(|link| &link.base.source), &one.taken_back),
        };
        entry("-back", format!("run {run}"), act)
    });
    found.into_iter().chain(to_target).chain(to_source)
}

/// What an earlier worker was about to write, died over, and the target has; what it had before is not known any more.
fn found_written(open: &OpenFlow, one: &Pushed) -> Option<Vec<FieldChange>> {
    let intent = one.was.as_ref()?.intent.as_ref()?;
    // Of relations, and of records that were not read, nothing is known.
    if open.relations.is_some() || one.before.is_empty() {
        return None;
    }
    let names = intent.carried_out(&open.mapped, &one.before);
    let written: Changes = names.map(|name| (name, intent.base.target.get(name).cloned())).collect();
    (!written.is_empty()).then(|| changes(open, None, &written))
}

fn changes(open: &OpenFlow, before: Option<&Fields>, changes: &Changes) -> Vec<FieldChange> {
    let change = |(name, after): (&&'static str, &Option<Value>)| FieldChange {
        field: (*name).to_owned(),
        before: before
            .and_then(|before| before.get(name))
            .map(|value| masked(open.entity(), open.protection(name), name, value)),
        after: after.as_ref().map(|value| masked(open.entity(), open.protection(name), name, value)),
    };
    changes.iter().map(change).collect()
}

/// Records that could not be used: kept with the reason, and known by their content, so that they are not looked at again until it
/// changes.
pub(crate) async fn set_aside(
    open: &OpenFlow,
    table: &OrgTable,
    quarantine: Vec<(Pulled, Option<Link>)>,
    reject: Vec<(Pulled, Option<Link>)>,
    now: Timestamp,
) -> Result<Counts, SyncError> {
    let mut links = Vec::new();
    let counts = Counts { quarantined: quarantine.len() as u64, skipped: reject.len() as u64, ..Counts::default() };
    for (records, code) in [(quarantine, "quarantined"), (reject, "rejected")] {
        for (record, link) in records {
            let reason = record.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            // What both sides had stays known: once it is mended it is merged, and relations it said can be taken back.
            let link = link.unwrap_or_else(|| Link::new(record.key.clone(), LinkState::Quarantined, String::new()));
            let link = Link { state: LinkState::Quarantined, seen: record.seen(), ..link };
            table.note_problem(&open.id, &problem(&link, code, &reason, now)).await?;
            links.push(link);
            if code == "quarantined" {
                table.quarantine(&quarantined(open, &record, reason, now)).await?;
            }
        }
    }
    table.save_links(&open.id, &links).await?;
    Ok(counts)
}

/// Protected fields that the flow sends stand sealed, others not at all: the source still has the record whole.
fn quarantined(open: &OpenFlow, record: &Pulled, reason: String, at: Timestamp) -> QuarantineRow {
    let content = json!({
        "record": record.key,
        "fields": record.fields,
        "sealed": open.sent.seal(&open.identity(&record.key), &record.plain),
    });
    QuarantineRow {
        id: quarantine_id(&open.id, &record.key),
        origin: format!("flow:{}", open.id),
        code: "unusable-record".to_owned(),
        reason,
        content: Private::new(content.to_string()),
        at,
    }
}

pub(crate) fn quarantine_id(flow: &FlowId, record: &RecordKey) -> QuarantineId {
    QuarantineId::new(format!("{flow}-{record}").replace('/', "-"))
}
