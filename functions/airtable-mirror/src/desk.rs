//! Mirrors a batch of stays: read what is, leave out what was written already, write the rest together.

use crate::rows::{fingerprint, people, rows};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Environment, StartError,
    batch::{RecordError, RecordResult, SqsRecord},
    connections::Connections,
    messages::MirrorMessage,
    queues::{QueueUrl, Queues},
    settings::SettingsStore,
    store::{AttentionRow, MirrorRow, OrgTable, Table},
};
use lintel_connectors::{
    Error, Retry,
    roles::{HistoryRow, RowOutcome},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::{
    ids::{OrgId, PropertyId, StayKey},
    settings::Organization,
    stay::OfficeEdits,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// People's cells whose edit is in hand are looked at again this much later.
const WHILE_IN_HAND: SignedDuration = SignedDuration::from_mins(1);
/// A row the office's table refuses is tried again this much later: somebody has to mend its cause first.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_hours(1);
const ROOM: SignedDuration = SignedDuration::from_secs(5);
/// The longest delay a queue message can have.
const LONGEST_DELAY: Duration = Duration::from_mins(15);

#[derive(Debug)]
pub(crate) struct Desk {
    table: Table,
    settings: SettingsStore,
    connections: Connections,
    queues: Queues,
    mirror: QueueUrl,
    clock: Arc<dyn Clock>,
}

/// One stay on its way out: its mirror row, and the history rows that differ from what was written.
struct Outgoing {
    mirror: MirrorRow,
    rows: Vec<(HistoryRow, String)>,
    /// The current version, and what people wrote as the stay has it.
    cells: (u32, OfficeEdits),
    /// People's cells are left alone for now, though they hold something else than the stay has.
    waits: bool,
}

impl Desk {
    pub(crate) fn open(environment: &Environment) -> Result<Self, StartError> {
        let table = environment.table()?;
        Ok(Self {
            settings: SettingsStore::new(table.clone(), environment.objects()),
            connections: environment.connections()?,
            queues: environment.queues(),
            mirror: environment.queue("LINTEL_QUEUE_MIRROR")?,
            clock: environment.clock(),
            table,
        })
    }

    /// Mirrors the stays of a batch, an organization at a time; answers for each record.
    pub(crate) async fn mirror(&self, records: Vec<Arc<SqsRecord>>, deadline: Timestamp) -> Vec<RecordResult> {
        let mut results = Vec::new();
        let mut by_org: BTreeMap<OrgId, Vec<(String, PropertyId, StayKey)>> = BTreeMap::new();
        for record in records {
            match MirrorMessage::parse(&record.body) {
                Ok(MirrorMessage::V1 { org, property, stay }) => {
                    by_org.entry(org).or_default().push((record.message_id.clone(), property, stay));
                }
                Err(error) => results.push((record.message_id.clone(), Err(error))),
            }
        }
        for (org, stays) in by_org {
            let wanted: BTreeSet<(PropertyId, StayKey)> =
                stays.iter().map(|(_, property, stay)| (property.clone(), stay.clone())).collect();
            let outcome = self.mirror_stays(&org, wanted, Deadline::at(deadline - ROOM)).await;
            for (message, _, _) in stays {
                let same = match &outcome {
                    Ok(()) => Ok(()),
                    Err(error) => Err(error.again()),
                };
                results.push((message, same));
            }
        }
        results
    }

    async fn mirror_stays(
        &self,
        org: &OrgId,
        stays: BTreeSet<(PropertyId, StayKey)>,
        deadline: Deadline,
    ) -> Result<(), RecordError> {
        let settings = self.settings.load(org).await?;
        let table = self.table.org(org);
        let mut outgoing = Vec::new();
        for (property, stay) in stays {
            if let Some(one) = gather(&table, &settings, &property, &stay).await? {
                outgoing.push(one);
            }
        }
        let Some(connection) = &settings.jobs.mirror else {
            // Nothing to mirror into: the rows count as told.
            return self.note(&table, outgoing, &[]).await;
        };
        let history = self.connections.history_table(&settings, connection).await?;
        let rows: Vec<HistoryRow> =
            outgoing.iter().flat_map(|one| one.rows.iter().map(|(row, _)| row.clone())).collect();
        if rows.is_empty() {
            return self.note(&table, outgoing, &[]).await;
        }
        match history.upsert(&rows, deadline).await {
            Ok(outcomes) => self.note(&table, outgoing, &outcomes).await,
            Err(error) => self.put_back(&table, outgoing, &error).await,
        }
    }

    /// Notes what was written; a refused row gets an entry for the office and another try later.
    async fn note(
        &self,
        table: &OrgTable,
        outgoing: Vec<Outgoing>,
        outcomes: &[RowOutcome],
    ) -> Result<(), RecordError> {
        let now = self.clock.now();
        let mut outcomes = outcomes.iter();
        for mut one in outgoing {
            let mut refused = None;
            let mut cells_written = false;
            for (row, fingerprint) in one.rows {
                match outcomes.next() {
                    Some(RowOutcome::Rejected { reason }) => refused = Some(reason.clone()),
                    Some(RowOutcome::Written { .. }) | None => {
                        cells_written |= !row.people.is_empty();
                        one.mirror.written.insert(row.version, fingerprint);
                    }
                }
            }
            // Before the row counts as written: edits are told from a base that is known.
            if cells_written {
                let (version, edits) = &one.cells;
                table.note_cells(&one.mirror.property, &one.mirror.stay, *version, edits).await?;
            }
            match refused {
                None => {
                    table.save_mirror(&one.mirror).await?;
                    if one.waits {
                        table.postpone_mirror(&one.mirror, now + WHILE_IN_HAND).await?;
                    }
                }
                Some(text) => {
                    let subject = one.mirror.stay.to_string();
                    table.notice(&AttentionRow { code: "mirror-refused".to_owned(), subject, text, at: now }).await?;
                    table.postpone_mirror(&one.mirror, now + AFTER_REFUSAL).await?;
                }
            }
        }
        Ok(())
    }

    /// The office's table could not be written at all: every stay waits for the same moment.
    async fn put_back(&self, table: &OrgTable, outgoing: Vec<Outgoing>, error: &Error) -> Result<(), RecordError> {
        let now = self.clock.now();
        let until = match error.retry() {
            Retry::Now => now + SignedDuration::from_secs(1),
            Retry::At(moment) => moment.max(now),
            Retry::After(pause) => now + SignedDuration::try_from(pause).unwrap_or(AFTER_REFUSAL),
            Retry::Never | Retry::NeedsPerson => {
                let entry = AttentionRow {
                    code: error.code().to_owned(),
                    subject: "history-table".to_owned(),
                    text: error.to_string(),
                    at: now,
                };
                table.notice(&entry).await?;
                now + AFTER_REFUSAL
            }
        };
        tracing::warn!(%error, %until, "the history table could not be written");
        let org = table.id();
        let delay = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        for one in outgoing {
            table.postpone_mirror(&one.mirror, until).await?;
            // Further off than a message can be delayed: the sweeper sends it when it is due.
            if delay <= LONGEST_DELAY {
                let (property, stay) = (one.mirror.property, one.mirror.stay);
                let message = MirrorMessage::V1 { org: org.clone(), property, stay };
                self.queues.send(&self.mirror, org, &message, delay).await?;
            }
        }
        Ok(())
    }
}

async fn gather(
    table: &OrgTable,
    settings: &Organization,
    property: &PropertyId,
    stay: &StayKey,
) -> Result<Option<Outgoing>, RecordError> {
    let Some(mirror) = table.mirror(property, stay).await? else { return Ok(None) };
    let (Some(record), Some(configured)) = (table.stay_at(property, stay).await?, settings.properties.get(property))
    else {
        return Ok(Some(Outgoing { mirror, rows: Vec::new(), cells: Default::default(), waits: false }));
    };
    let current = record.stay.version;
    let edits = record.stay.office.clone();
    // What people just wrote is not written over before it has reached the stay.
    let in_hand = mirror.seen(current) != mirror.base(current);
    let waits = in_hand && mirror.seen(current) != edits;
    let rows = rows(&record, configured)
        .into_iter()
        .map(|row| {
            let fingerprint = fingerprint(&row);
            let base = mirror.base(row.version);
            let ours = row.version == current && !in_hand;
            let people = if ours { people(&base, &edits, configured) } else { Vec::new() };
            (HistoryRow { people, ..row }, fingerprint)
        })
        .filter(|(row, fingerprint)| !row.people.is_empty() || mirror.written.get(&row.version) != Some(fingerprint))
        .collect();
    Ok(Some(Outgoing { mirror, rows, cells: (current, edits), waits }))
}
