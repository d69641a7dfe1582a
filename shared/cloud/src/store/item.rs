//! Rows to attributes and back, and the few requests every module makes.

use super::{OrgTable, StoreError, keys::Key};
use aws_sdk_dynamodb::{
    operation::{delete_item::DeleteItemError, put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// Seconds since the epoch: what the table's TTL attribute and our own expiry checks compare.
pub(super) fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_second())
}

/// Sorts as time does: fixed width, UTC.
pub(super) fn sortable(at: Timestamp) -> String {
    format!("{at:.3}")
}

pub(super) fn json<T: Serialize>(doing: &str, value: &T) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(value)
        .map(AttributeValue::S)
        .map_err(|error| StoreError::Refused { doing: doing.to_owned(), reason: error.to_string() })
}

pub(super) fn text_set<'a>(values: impl IntoIterator<Item = &'a str>) -> AttributeValue {
    AttributeValue::Ss(values.into_iter().map(str::to_owned).collect())
}

pub(super) fn get_set<'a>(item: &'a Item, name: &str) -> &'a [String] {
    item.get(name).and_then(|value| value.as_ss().ok()).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn get_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

pub(super) fn get_number<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok())
}

/// Reads a JSON attribute; absent is `None`.
pub(super) fn get_json<T: DeserializeOwned>(doing: &str, item: &Item, name: &str) -> Result<Option<T>, StoreError> {
    get_text(item, name)
        .map(|text| {
            serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
                doing: doing.to_owned(),
                reason: format!("attribute {name}: {error}"),
            })
        })
        .transpose()
}

pub(super) fn require_json<T: DeserializeOwned>(doing: &str, item: &Item, name: &str) -> Result<T, StoreError> {
    get_json(doing, item, name)?.ok_or_else(|| StoreError::Unreadable {
        doing: doing.to_owned(),
        reason: format!("attribute {name} is missing"),
    })
}

/// A row being put together.
#[derive(Debug)]
pub(super) struct Row(Item);

impl Row {
    pub(super) fn new(key: Key) -> Self {
        Self(HashMap::from([("PK".to_owned(), text(key.pk)), ("SK".to_owned(), text(key.sk))]))
    }

    pub(super) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn work(self, partition: String, due: Timestamp) -> Self {
        self.with("GSI1PK", text(partition)).with("GSI1SK", text(sortable(due)))
    }

    /// Stands in index 1 under a name of its own instead of a time.
    pub(super) fn listed(self, partition: String, sort: &str) -> Self {
        self.with("GSI1PK", text(partition)).with("GSI1SK", text(sort))
    }

    pub(super) fn lookup(self, partition: String, sort: &str) -> Self {
        self.with("GSI2PK", text(partition)).with("GSI2SK", text(sort))
    }

    pub(super) fn into_item(self) -> Item {
        self.0
    }
}

/// An update being put together: expression, names and values stay together.
#[derive(Debug, Default)]
pub(super) struct Change {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    condition: Option<String>,
    /// Every name is aliased: what DynamoDB reserves is a long list.
    names: HashMap<String, String>,
    values: Item,
}

impl Change {
    pub(super) fn set(mut self, name: &str, value: AttributeValue) -> Self {
        self.sets.push(format!("#{name} = :{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}"), value);
        self
    }

    pub(super) fn remove(mut self, name: &str) -> Self {
        self.removes.push(format!("#{name}"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    pub(super) fn add(mut self, name: &str, by: u64) -> Self {
        self.adds.push(format!("#{name} :{name}_by"));
        self.names.insert(format!("#{name}"), name.to_owned());
        self.values.insert(format!(":{name}_by"), number(by));
        self
    }

    pub(super) fn work(self, partition: String, due: Timestamp) -> Self {
        self.set("GSI1PK", text(partition)).set("GSI1SK", text(sortable(due)))
    }

    pub(super) fn no_work(self) -> Self {
        self.remove("GSI1PK").remove("GSI1SK")
    }

    /// Keeps the row for one worker until a moment, if nobody else does.
    pub(super) fn hold(self, now: Timestamp, until: Timestamp) -> Self {
        let free = "attribute_not_exists(held_until) OR held_until <= :now";
        self.set("held_until", text(sortable(until))).only_if(free, &[(":now", text(sortable(now)))])
    }

    pub(super) fn let_go(self) -> Self {
        self.remove("held_until").only_if("attribute_exists(PK)", &[])
    }

    /// A further condition: all of them must hold.
    pub(super) fn only_if(mut self, condition: &str, values: &[(&str, AttributeValue)]) -> Self {
        self.condition = Some(match self.condition.take() {
            Some(before) => format!("{before} AND ({condition})"),
            None => format!("({condition})"),
        });
        for (name, value) in values {
            self.values.insert((*name).to_owned(), value.clone());
        }
        self
    }

    fn expression(&self) -> String {
        let clause = |word: &str, parts: &[String]| {
            if parts.is_empty() { String::new() } else { format!("{word} {} ", parts.join(", ")) }
        };
        format!("{}{}{}", clause("SET", &self.sets), clause("REMOVE", &self.removes), clause("ADD", &self.adds))
            .trim_end()
            .to_owned()
    }
}

impl OrgTable {
    pub(super) async fn get(&self, doing: &str, key: Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))?;
        Ok(answer.item)
    }

    /// Puts a row only if there is none; tells whether it was the first.
    pub(super) async fn put_new(&self, doing: &str, row: Row) -> Result<bool, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row.into_item()))
            .condition_expression("attribute_not_exists(PK)")
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_sdk(doing, &error)),
        }
    }

    pub(super) async fn put(&self, doing: &str, row: Row) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(row.into_item()))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::from_sdk(doing, &error))
    }

    /// Applies a change and answers the row as it then stands; `None` when the change's condition did not hold.
    pub(super) async fn update(&self, doing: &str, key: Key, change: Change) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .update_expression(change.expression())
            .set_condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error)
                if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::from_sdk(doing, &error)),
        }
    }

    pub(super) async fn delete(&self, doing: &str, key: Key) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::from_sdk(doing, &error))
    }

    /// Deletes a row for which a condition holds; `#name` in it stands for an attribute.
    pub(super) async fn delete_if(
        &self,
        doing: &str,
        key: Key,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<(), StoreError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let names =
            condition.split_whitespace().filter_map(|word| Some((word.to_owned(), word.strip_prefix('#')?.to_owned())));
        let names: HashMap<String, String> = names.collect();
        let answer = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .condition_expression(condition)
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(error.as_service_error(), Some(DeleteItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::from_sdk(doing, &error)),
        }
    }

    /// Every row of a partition from a sort key on, page by page.
    pub(super) async fn query(&self, doing: &str, pk: String, from: &str) -> Result<Vec<Item>, StoreError> {
        self.query_where(doing, pk, "SK >= :sort", from).await
    }

    /// The rows of a partition whose sort key begins so.
    pub(super) async fn query_prefix(&self, doing: &str, pk: String, prefix: &str) -> Result<Vec<Item>, StoreError> {
        self.query_where(doing, pk, "begins_with(SK, :sort)", prefix).await
    }

    /// The rows of a partition whose sort key begins so, with these attributes alone; each is read as it comes, and none is held.
    pub(super) async fn query_parts<T>(
        &self,
        doing: &str,
        pk: String,
        prefix: &str,
        parts: &[&str],
        read: impl Fn(&Item) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (expression, names) = projection(parts).unzip();
        let mut items = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("PK = :pk AND begins_with(SK, :sort)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":sort", text(prefix))
            .set_projection_expression(expression)
            .set_expression_attribute_names(names)
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = items.next().await {
            found.push(read(&item.map_err(|error| StoreError::from_sdk(doing, &error))?)?);
        }
        Ok(found)
    }

    async fn query_where(&self, doing: &str, pk: String, sort: &str, value: &str) -> Result<Vec<Item>, StoreError> {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("PK = :pk AND {sort}"))
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":sort", text(value))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| StoreError::from_sdk(doing, &error))
    }

    pub(super) fn transact_put(&self, doing: &str, row: Row) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(row.into_item())).build();
        Ok(TransactWriteItem::builder().put(put.map_err(|error| refused(doing, &error))?).build())
    }

    /// A row that must not be there yet.
    pub(super) fn transact_put_new(&self, doing: &str, row: Row) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(row.into_item()));
        let put = put.condition_expression("attribute_not_exists(PK)").build();
        Ok(TransactWriteItem::builder().put(put.map_err(|error| refused(doing, &error))?).build())
    }

    pub(super) fn transact_update(
        &self,
        doing: &str,
        key: Key,
        change: Change,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.name)
            .key("PK", text(key.pk))
            .key("SK", text(key.sk))
            .update_expression(change.expression())
            .set_condition_expression(change.condition)
            .set_expression_attribute_names(Some(change.names))
            .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
            .build()
            .map_err(|error| refused(doing, &error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    pub(super) async fn transact(&self, doing: &str, items: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::from_transaction(doing, &error))
    }
}

/// The expression that asks for these parts of a row alone, with what its names stand for; `None` for all of it.
pub(super) fn projection(parts: &[&str]) -> Option<(String, HashMap<String, String>)> {
    let names: HashMap<String, String> = parts.iter().map(|part| (format!("#{part}"), (*part).to_owned())).collect();
    (!names.is_empty()).then(|| (names.keys().cloned().collect::<Vec<_>>().join(", "), names))
}

fn refused(doing: &str, error: &aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Refused { doing: doing.to_owned(), reason: error.to_string() }
}
