//! Handing inputs over to the planner: content first, then the row that stands for the work, then the message.

use crate::{
    messages::StaysMessage,
    objects::{ObjectError, Objects},
    queues::{QueueError, QueueUrl, Queues},
    store::{InputContent, InputRow, StoreError, Table},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use lintel_domain::{
    ids::{InputId, OrgId, PropertyId},
    planner::Input,
    snapshot::Snapshot,
};

const LARGEST: usize = 64 * 1024 * 1024;
/// Inputs written down side by side.
const AT_ONCE: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("read input {id}: {reason}")]
    Unreadable { id: InputId, reason: String },
}

/// Something to react to at a property. The same id is the same input, however often it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInput {
    pub id: InputId,
    pub property: PropertyId,
    pub input: Input,
}

impl NewInput {
    /// A read of a source at its property.
    pub fn snapshot(snapshot: Snapshot) -> Self {
        Self {
            id: InputId::new(snapshot.id.as_str()),
            property: snapshot.property.clone(),
            input: Input::Snapshot { snapshot },
        }
    }
}

#[derive(Clone, Debug)]
pub struct Inputs {
    table: Table,
    objects: Objects,
    queues: Queues,
    stays: QueueUrl,
}

impl Inputs {
    pub fn new(table: Table, objects: Objects, queues: Queues, stays: QueueUrl) -> Self {
        Self { table, objects, queues, stays }
    }

    /// Stores, writes down and announces every input. Repeating it repeats nothing but the messages.
    pub async fn hand_over(&self, org: &OrgId, inputs: Vec<NewInput>, now: Timestamp) -> Result<(), InputError> {
        let messages: Vec<StaysMessage> = inputs
            .iter()
            .map(|new| StaysMessage::V1 { org: org.clone(), property: new.property.clone(), input: new.id.clone() })
            .collect();
        for together in inputs.chunks(AT_ONCE) {
            try_join_all(together.iter().map(|new| self.write_down(org, new, now))).await?;
        }
        self.queues.send_all(&self.stays, org, &messages).await?;
        Ok(())
    }

    /// What an input's row stands for.
    pub async fn content(&self, row: InputRow) -> Result<Input, InputError> {
        let object = match row.content {
            InputContent::Inline { input } => return Ok(input),
            InputContent::Stored { object } => object,
        };
        let content = self.objects.get(&object, LARGEST).await?;
        let snapshot = serde_json::from_slice(&content)
            .map_err(|error| InputError::Unreadable { id: row.id, reason: error.to_string() })?;
        Ok(Input::Snapshot { snapshot })
    }

    async fn write_down(&self, org: &OrgId, new: &NewInput, now: Timestamp) -> Result<(), InputError> {
        let content = match &new.input {
            Input::Snapshot { snapshot } => {
                let object = format!("snapshots/{org}/{}.json", new.id);
                let bytes = serde_json::to_vec(snapshot)
                    .map_err(|error| InputError::Unreadable { id: new.id.clone(), reason: error.to_string() })?;
                self.objects.put(&object, bytes.into()).await?;
                InputContent::Stored { object }
            }
            input => InputContent::Inline { input: input.clone() },
        };
        self.table.org(org).accept_input(&new.id, &new.property, &content, now).await?;
        Ok(())
    }
}
