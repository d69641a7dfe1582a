//! Folds the log of the table's file back into the file, beside the writes.
//!
//! Left alone, SQLite does that within the commit that finds its log a thousand pages long: the write waits until the disk was flushed
//! twice, and all others behind it. Done from a second connection it holds nobody up. What a checkpoint moves was in the log before its
//! write was answered, so nothing depends on when one is made.

use rusqlite::Connection;
use std::{path::Path, sync::mpsc, thread, time::Duration};

/// Between two checkpoints. One that finds nothing to move costs next to nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// Goes on until it is dropped.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    _going_on: mpsc::Sender<()>,
}

impl Checkpoints {
    pub(crate) fn of(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(file)?;
        let (going_on, over) = mpsc::channel();
        thread::spawn(move || {
            while over.recv_timeout(PAUSE) == Err(mpsc::RecvTimeoutError::Timeout) {
                if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
                    // SQLite still folds a long log back by itself.
                    tracing::warn!(%error, "the table's log could not be folded back");
                }
            }
        });
        Ok(Self { _going_on: going_on })
    }
}
