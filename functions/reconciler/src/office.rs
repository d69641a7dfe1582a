//! The office's side: the watch is kept alive, and the whole table read where nobody tells of changes.

use crate::{desk::Desk, run::RunError};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::{AttentionRow, OrgTable, WatchRow};
use lintel_connectors::{roles::HistoryTable, transport::Deadline};
use lintel_domain::{ids::ConnectionId, settings::Organization};

/// How often the whole table is read although changes are told: a ping can be lost for good.
const BETWEEN_WHOLE_READS: SignedDuration = SignedDuration::from_hours(24);

/// Answers how many stays were edited that nobody told of.
pub(crate) async fn catch_up(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    deadline: Deadline,
) -> Result<usize, RunError> {
    let Some(connection) = &settings.jobs.mirror else { return Ok(0) };
    let history = desk.connections.history_table(settings, connection).await?;
    let now = desk.clock.now();
    let watch = keep_watch(table, connection, history.as_ref(), deadline, now).await?;
    let known = watch.as_ref().and_then(|row| row.read_whole_at);
    if known.is_some_and(|at| now.duration_since(at) < BETWEEN_WHOLE_READS) {
        return Ok(0);
    }
    let edits = desk.office.read_whole(settings, history.as_ref(), deadline).await?;
    if let Some(row) = watch {
        // Read again: events may have moved the cursor meanwhile.
        let row = table.watch(connection).await?.unwrap_or(row);
        table.save_watch(connection, &WatchRow { read_whole_at: Some(now), ..row }).await?;
    }
    Ok(edits)
}

/// The watch, refreshed; `None` where there is none. One that the vendor has dropped is forgotten, and a person told.
async fn keep_watch(
    table: &OrgTable,
    connection: &ConnectionId,
    history: &dyn HistoryTable,
    deadline: Deadline,
    now: Timestamp,
) -> Result<Option<WatchRow>, RunError> {
    let Some(row) = table.watch(connection).await? else { return Ok(None) };
    match history.keep_watch(&row.watch, deadline).await? {
        Some(expires_at) => Ok(Some(WatchRow { expires_at, ..row })),
        None => {
            let text = format!(
                "the vendor no longer tells of changes in {connection}; they are found every few hours until \
                 `lintel watch {connection}` watches it anew"
            );
            let subject = connection.to_string();
            table.notice(&AttentionRow { code: "watch-lost".to_owned(), subject, text, at: now }).await?;
            Ok(None)
        }
    }
}
