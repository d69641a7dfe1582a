//! Many rows at once: reads by hundreds, writes by twenty-fives, several on their way together.

use super::{
    OrgTable, StoreError,
    item::{Item, Row, projection, text},
    keys::Key,
};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use std::{collections::HashMap, time::Duration};

/// What the service takes at once.
const READ_AT_ONCE: usize = 100;
const WRITE_AT_ONCE: usize = 25;
/// Batches on their way at the same time.
const TOGETHER: usize = 4;
/// Tries of what the service left over.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

impl OrgTable {
    /// The rows that are there, in no order.
    pub(super) async fn get_many(&self, doing: &str, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        self.get_parts(doing, keys, &[]).await
    }

    /// These parts of the rows alone; all where none is named.
    pub(super) async fn get_parts(
        &self,
        doing: &str,
        mut keys: Vec<Key>,
        parts: &[&str],
    ) -> Result<Vec<Item>, StoreError> {
        // A request that names a row twice is refused whole.
        keys.sort_unstable();
        keys.dedup();
        let reads: Vec<_> =
            keys.chunks(READ_AT_ONCE).map(|keys| self.get_chunk(doing, keys.to_vec(), parts).boxed()).collect();
        let found: Vec<Vec<Item>> = stream::iter(reads).buffer_unordered(TOGETHER).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Puts rows without a condition: a row that is there is replaced.
    pub(super) async fn put_many(&self, doing: &str, mut rows: Vec<Row>) -> Result<(), StoreError> {
        let mut writes = Vec::with_capacity(rows.len().div_ceil(WRITE_AT_ONCE));
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(WRITE_AT_ONCE));
            writes.push(self.put_chunk(doing, rows).boxed());
            rows = rest;
        }
        stream::iter(writes).buffer_unordered(TOGETHER).try_collect().await
    }

    async fn get_chunk(&self, doing: &str, keys: Vec<Key>, parts: &[&str]) -> Result<Vec<Item>, StoreError> {
        let (expression, names) = projection(parts).unzip();
        let mut left: Vec<Item> = keys.into_iter().map(attributes).collect();
        let mut found = Vec::with_capacity(left.len());
        for attempt in 0..TRIES {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(left))
                .set_projection_expression(expression.clone())
                .set_expression_attribute_names(names.clone())
                .consistent_read(true)
                .build();
            let wanted = wanted.map_err(|error| refused(doing, &error.to_string()))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.name, wanted)
                .send()
                .await
                .map_err(|error| StoreError::from_sdk(doing, &error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let rest = answer.unprocessed_keys.and_then(|mut rest| rest.remove(&self.name));
            left = rest.map(|rest| rest.keys).unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
        }
        Err(left_over(doing))
    }

    async fn put_chunk(&self, doing: &str, rows: Vec<Row>) -> Result<(), StoreError> {
        let put = |row: Row| PutRequest::builder().set_item(Some(row.into_item())).build();
        let requests = rows.into_iter().map(put).collect::<Result<Vec<_>, _>>();
        let requests = requests.map_err(|error| refused(doing, &error.to_string()))?;
        let mut left: Vec<WriteRequest> =
            requests.into_iter().map(|put| WriteRequest::builder().put_request(put).build()).collect();
        for attempt in 0..TRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.name, left)
                .send()
                .await
                .map_err(|error| StoreError::from_sdk(doing, &error))?;
            left = answer.unprocessed_items.and_then(|mut rest| rest.remove(&self.name)).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
        }
        Err(left_over(doing))
    }
}

fn attributes(key: Key) -> HashMap<String, AttributeValue> {
    HashMap::from([("PK".to_owned(), text(key.pk)), ("SK".to_owned(), text(key.sk))])
}

fn refused(doing: &str, reason: &str) -> StoreError {
    StoreError::Refused { doing: doing.to_owned(), reason: reason.to_owned() }
}

fn left_over(doing: &str) -> StoreError {
    StoreError::Unavailable { doing: doing.to_owned(), reason: "the table left a part over, time and again".to_owned() }
}
