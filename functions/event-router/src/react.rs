//! One event, from its row to what became of it.

use crate::{desk::Desk, follow, records};
use lintel_cloud::{
    batch::{RecordError, SqsRecord},
    office::Followed,
    store::{AttentionRow, EventRow, EventState, OrgTable, Received},
};
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::{ConnectionId, EventId, OrgId},
    settings::{Organization, ReactionKind},
};
use lintel_formats::reactions::{Chosen, Reactions};

/// After so many attempts an event is set aside: its queue gives up on it next.
const ATTEMPTS: u32 = 4;
const IGNORED: &str = "ignored";

/// Why nothing could follow.
pub(crate) enum Failure {
    /// Trying again helps.
    Passing(String),
    /// Somebody has to look.
    Permanent(String),
}

impl Failure {
    /// Of what must not be given up, whatever the reason.
    pub(crate) fn again(self) -> RecordError {
        let (Self::Passing(reason) | Self::Permanent(reason)) = self;
        RecordError::retry(reason)
    }
}

impl<E: Into<RecordError>> From<E> for Failure {
    fn from(error: E) -> Self {
        match error.into() {
            RecordError::Retry(reason) => Self::Passing(reason),
            RecordError::Discard(reason) => Self::Permanent(reason),
        }
    }
}

pub(crate) async fn react(
    desk: &Desk,
    org: &OrgId,
    id: &EventId,
    record: &SqsRecord,
    deadline: Deadline,
) -> Result<(), RecordError> {
    let table = desk.table.org(org);
    let row = match table.event(id).await? {
        Some(row) if row.state == EventState::Pending => row,
        // Worked off before, set aside, or forgotten.
        _ => return Ok(()),
    };
    let settings = desk.settings.load(org).await?;
    let now = desk.clock.now();
    match carry_out(desk, &table, &settings, &row, deadline).await {
        Ok(outcome) => table.finish_event(id, &outcome, now).await?,
        Err(Failure::Passing(reason)) if record.receive_count < ATTEMPTS => return Err(RecordError::retry(reason)),
        Err(Failure::Passing(reason) | Failure::Permanent(reason)) => {
            tracing::error!(%org, event = %id, name = row.received.name, reason, "an event was set aside");
            table.fail_event(id, &reason, now).await?;
        }
    }
    Ok(())
}

/// What becomes of an event that nothing is to be done for.
pub(crate) fn nothing_follows(reactions: &Reactions, received: &Received) -> Option<String> {
    match chosen(reactions, received) {
        None => Some(nothing(received)),
        Some(chosen) if chosen.action == ReactionKind::Ignore => Some(format!("{}: {IGNORED}", chosen.name)),
        Some(_) => None,
    }
}

fn chosen<'r>(reactions: &'r Reactions, received: &Received) -> Option<Chosen<'r>> {
    reactions.choose(&received.vendor, &received.name, received.content.expose().as_bytes())
}

fn nothing(received: &Received) -> String {
    format!("nothing follows from {}", received.name)
}

async fn carry_out(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    row: &EventRow,
    deadline: Deadline,
) -> Result<String, Failure> {
    let received = &row.received;
    let reactions = desk.reactions(settings).await?;
    let Some(chosen) = chosen(&reactions, received) else { return Ok(nothing(received)) };
    let outcome = match chosen.action {
        ReactionKind::FollowJob => follow::follow(desk, table, settings, received).await?,
        ReactionKind::ReadOffice => read_office(desk, settings, &received.connection, deadline).await?,
        ReactionKind::SyncRecord => records::sync(desk, settings, received).await?,
        ReactionKind::Notice => {
            let text = format!("connection {}: {}", received.connection, received.name);
            let entry = AttentionRow {
                code: chosen.name.to_owned(),
                subject: received.record.clone().unwrap_or_else(|| row.id.to_string()),
                text,
                at: received.received_at,
            };
            table.notice(&entry).await?;
            "an operator is told".to_owned()
        }
        ReactionKind::Ignore => IGNORED.to_owned(),
    };
    Ok(format!("{}: {outcome}", chosen.name))
}

async fn read_office(
    desk: &Desk,
    settings: &Organization,
    connection: &ConnectionId,
    deadline: Deadline,
) -> Result<String, Failure> {
    let history = desk.connections.history_table(settings, connection).await?;
    match desk.office.follow(settings, connection, history.as_ref(), deadline).await? {
        Followed::Edits(stays) => Ok(format!("{stays} stays edited by the office")),
        Followed::NoWatch => Err(Failure::Permanent(format!(
            "connection {connection} told of changes, and is not watched: `lintel watch {connection}` watches it anew"
        ))),
    }
}
