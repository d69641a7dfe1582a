//! DynamoDB: conditions, updates, transactions, queries, sparse indexes.

use crate::{Endpoint, unique};
use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        KeysAndAttributes, Projection, ProjectionType, Put, ReturnValue, ScalarAttributeType, TransactWriteItem,
        Update,
    },
};
use std::collections::HashMap;

type Item = HashMap<String, AttributeValue>;

const CONDITION_FAILED: Option<&str> = Some("ConditionalCheckFailedException");

/// A table shaped as the template's: index 1 whole, index 2 keys only.
struct Table {
    _endpoint: Endpoint,
    client: Client,
    name: String,
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn row(pk: &str, sk: &str, others: &[(&str, AttributeValue)]) -> Item {
    let mut row = Item::from([("PK".to_owned(), text(pk)), ("SK".to_owned(), text(sk))]);
    row.extend(others.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    row
}

/// The sort keys of rows, in their order.
fn sort_keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item["SK"].as_s().unwrap().as_str()).collect()
}

fn keys(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap())
        .to_vec()
}

fn index(number: u8, projection: ProjectionType) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(format!("GSI{number}"))
        .set_key_schema(Some(keys(&format!("GSI{number}PK"), &format!("GSI{number}SK"))))
        .projection(Projection::builder().projection_type(projection).build())
        .build()
        .unwrap()
}

impl Table {
    async fn open() -> Self {
        let endpoint = Endpoint::open().await;
        let table = Self { client: Client::new(&endpoint.config), name: unique("conformance"), _endpoint: endpoint };
        assert_eq!(table.create().await, None);
        table
    }

    /// Makes the table; answers the code of a refusal.
    async fn create(&self) -> Option<String> {
        let attributes = ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"].map(|name| {
            let defined = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            defined.build().unwrap()
        });
        let made = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes.to_vec()))
            .set_key_schema(Some(keys("PK", "SK")))
            .global_secondary_indexes(index(1, ProjectionType::All))
            .global_secondary_indexes(index(2, ProjectionType::KeysOnly))
            .send()
            .await;
        made.err().and_then(|error| error.code().map(str::to_owned))
    }

    async fn put(&self, row: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(row)).send().await.unwrap();
    }

    /// Puts under a condition; answers the code of a refusal.
    async fn put_if(&self, row: Item, condition: &str, values: &[(&str, AttributeValue)]) -> Option<String> {
        let mut put = self.client.put_item().table_name(&self.name).set_item(Some(row)).condition_expression(condition);
        for (name, value) in values {
            put = put.expression_attribute_values(*name, value.clone());
        }
        put.send().await.err().and_then(|error| error.code().map(str::to_owned))
    }

    async fn get(&self, pk: &str, sk: &str) -> Option<Item> {
        let read = self.client.get_item().table_name(&self.name).set_key(Some(row(pk, sk, &[]))).consistent_read(true);
        read.send().await.unwrap().item
    }

    fn transact_put(&self, row: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.name).set_item(Some(row)).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    }

    /// Sets `v` of a row to the number after `read`, if it still is `read`.
    fn transact_version(&self, sk: &str, read: u64) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(row("p", sk, &[])))
            .update_expression("SET v = :next")
            .condition_expression("v = :read")
            .expression_attribute_values(":next", number(read + 1))
            .expression_attribute_values(":read", number(read));
        TransactWriteItem::builder().update(update.build().unwrap()).build()
    }

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), TransactWriteItemsError> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        sent.map(drop).map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
    }

    /// Every row of a partition for which the sort key's condition holds, by the paginator.
    async fn query(&self, condition: &str, value: &str) -> Vec<Item> {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("PK = :pk AND {condition}"))
            .expression_attribute_values(":pk", text("p"))
            .expression_attribute_values(":sk", text(value))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<_, _>>()
            .await
            .unwrap()
    }

    /// Rows of index 1 whose sort key is `until` or earlier.
    async fn due(&self, until: &str, limit: i32) -> Vec<Item> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("GSI1")
            .key_condition_expression("GSI1PK = :pk AND GSI1SK <= :until")
            .expression_attribute_values(":pk", text("work"))
            .expression_attribute_values(":until", text(until))
            .limit(limit);
        query.send().await.unwrap().items.unwrap()
    }
}

#[tokio::test]
async fn a_table_is_made_once() {
    let table = Table::open().await;
    assert_eq!(table.create().await.as_deref(), Some("ResourceInUseException"));
    let unknown = table.client.describe_table().table_name(unique("unknown")).send().await;
    assert_eq!(unknown.unwrap_err().code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn a_row_is_put_only_where_there_is_none() {
    let table = Table::open().await;
    let put = |by: &str| table.put_if(row("p", "s", &[("by", text(by))]), "attribute_not_exists(PK)", &[]);
    assert_eq!(put("first").await, None);
    assert_eq!(put("second").await.as_deref(), CONDITION_FAILED);
    assert_eq!(table.get("p", "s").await, Some(row("p", "s", &[("by", text("first"))])));
    assert_eq!(table.get("p", "unknown").await, None);
}

#[tokio::test]
async fn a_row_is_replaced_only_under_the_value_that_was_read() {
    let table = Table::open().await;
    table.put(row("p", "s", &[("moments", text("a")), ("gone", text("x"))])).await;
    let swap = |before: &str, after: &str| {
        let after = row("p", "s", &[("moments", text(after))]);
        let before = text(before);
        let table = &table;
        async move { table.put_if(after, "moments = :before", &[(":before", before)]).await }
    };
    assert_eq!(swap("a", "b").await, None);
    assert_eq!(swap("a", "c").await.as_deref(), CONDITION_FAILED);
    assert_eq!(table.get("p", "s").await, Some(row("p", "s", &[("moments", text("b"))])), "replaced whole");
}

#[tokio::test]
async fn of_many_rows_only_the_parts_that_are_named_are_read() {
    let table = Table::open().await;
    table.put(row("p", "there", &[("target", text("7")), ("base", text("large"))])).await;
    table.put(row("p", "begun", &[("base", text("large"))])).await;
    let wanted = KeysAndAttributes::builder()
        .set_keys(Some(["there", "begun", "unknown"].map(|sort| row("p", sort, &[])).to_vec()))
        .projection_expression("#SK, #target")
        .expression_attribute_names("#SK", "SK")
        .expression_attribute_names("#target", "target")
        .consistent_read(true);
    let wanted = wanted.build().unwrap();
    let answer = table.client.batch_get_item().request_items(&table.name, wanted).send().await.unwrap();
    let mut found = answer.responses.unwrap().remove(&table.name).unwrap();
    found.sort_by_key(Item::len);
    let sort = |sort: &str| ("SK".to_owned(), text(sort));
    let there = Item::from([sort("there"), ("target".to_owned(), text("7"))]);
    assert_eq!(found, [Item::from([sort("begun")]), there]);
}

#[tokio::test]
async fn an_update_sets_removes_adds_and_answers_the_row_as_it_stands() {
    let table = Table::open().await;
    table.put(row("p", "s", &[("state", text("old")), ("gone", text("x")), ("kept", text("k"))])).await;
    let update = |sk: &str| {
        table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(row("p", sk, &[])))
            // `state` is one of the words an expression cannot name.
            .update_expression("SET #state = :state REMOVE #gone ADD #times :by")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#gone", "gone")
            .expression_attribute_names("#times", "times")
            .expression_attribute_values(":state", text("new"))
            .expression_attribute_values(":by", number(2))
            .return_values(ReturnValue::AllNew)
            .send()
    };
    let others = |times| [("state", text("new")), ("kept", text("k")), ("times", number(times))];
    assert_eq!(update("s").await.unwrap().attributes, Some(row("p", "s", &others(2))));
    assert_eq!(update("s").await.unwrap().attributes, Some(row("p", "s", &others(4))));
    let made = row("p", "new", &[("state", text("new")), ("times", number(2))]);
    assert_eq!(update("new").await.unwrap().attributes, Some(made), "an update makes the row that is not there");
}

#[tokio::test]
async fn an_update_whose_condition_fails_changes_and_makes_nothing() {
    let table = Table::open().await;
    let claim = |sk: &str, now: u64| {
        table
            .client
            .update_item()
            .table_name(&table.name)
            .set_key(Some(row("p", sk, &[])))
            .update_expression("SET claim_until = :until")
            .condition_expression("attribute_exists(job) AND (attribute_not_exists(claim_until) OR claim_until < :now)")
            .expression_attribute_values(":until", number(now + 10))
            .expression_attribute_values(":now", number(now))
            .send()
    };
    assert_eq!(claim("none", 9).await.unwrap_err().code(), CONDITION_FAILED);
    assert_eq!(table.get("p", "none").await, None);
    table.put(row("p", "s", &[("job", text("j"))])).await;
    assert!(claim("s", 9).await.is_ok(), "nobody holds it");
    assert_eq!(claim("s", 19).await.unwrap_err().code(), CONDITION_FAILED, "held until then");
    assert_eq!(table.get("p", "s").await.unwrap()["claim_until"], number(19));
    assert!(claim("s", 100).await.is_ok(), "numbers compare as numbers: 19 < 100");
}

#[tokio::test]
async fn a_row_that_is_not_there_can_be_deleted() {
    let table = Table::open().await;
    table.put(row("p", "s", &[])).await;
    for _ in 0..2 {
        let delete = table.client.delete_item().table_name(&table.name).set_key(Some(row("p", "s", &[])));
        delete.send().await.unwrap();
        assert_eq!(table.get("p", "s").await, None);
    }
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing_and_says_why_in_order() {
    let table = Table::open().await;
    table.put(row("p", "state", &[("v", number(1))])).await;
    let writes = |new: &str, read| {
        vec![
            table.transact_put(row("p", new, &[])),
            table.transact_version("state", read),
            table.transact_put(row("p", &format!("{new}-too"), &[])),
        ]
    };
    table.transact(writes("a", 1)).await.unwrap();
    assert_eq!(table.get("p", "state").await.unwrap()["v"], number(2));
    let refused = table.transact(writes("b", 1)).await.unwrap_err();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused else { panic!("{refused:?}") };
    let reasons: Vec<_> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
    assert_eq!(reasons, ["None", "ConditionalCheckFailed", "None"]);
    assert_eq!(sort_keys(&table.query("SK >= :sk", " ").await), ["a", "a-too", "state"], "nothing of the second");
}

#[tokio::test]
async fn a_transaction_takes_a_hundred_writes_and_no_more() {
    let table = Table::open().await;
    let writes = |count: usize| (0..count).map(|at| table.transact_put(row("p", &format!("{at:03}"), &[]))).collect();
    table.transact(writes(100)).await.unwrap();
    assert_eq!(table.transact(writes(101)).await.unwrap_err().code(), Some("ValidationException"));
    assert_eq!(table.query("SK >= :sk", "000").await.len(), 100);
}

#[tokio::test]
async fn a_partition_is_read_by_prefix_and_from_a_key_on_in_order() {
    let table = Table::open().await;
    for sk in ["STAY#2", "JOB#1", "STATE", "STAY#10", "HISTORY#1"] {
        table.put(row("p", sk, &[])).await;
    }
    table.put(row("other", "STAY#1", &[])).await;
    assert_eq!(sort_keys(&table.query("begins_with(SK, :sk)", "STAY#").await), ["STAY#10", "STAY#2"]);
    assert_eq!(sort_keys(&table.query("SK >= :sk", "JOB#").await), ["JOB#1", "STATE", "STAY#10", "STAY#2"]);
}

#[tokio::test]
async fn a_partition_over_a_megabyte_comes_in_pages() {
    let table = Table::open().await;
    for number in 0..5 {
        table.put(row("p", &number.to_string(), &[("body", text(&"x".repeat(300_000)))])).await;
    }
    let page = table.client.query().table_name(&table.name).key_condition_expression("PK = :pk");
    let page = page.expression_attribute_values(":pk", text("p")).send().await.unwrap();
    assert!(page.items().len() < 5, "one page holds a megabyte");
    assert!(page.last_evaluated_key().is_some());
    assert_eq!(sort_keys(&table.query("SK >= :sk", "0").await), ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_row_over_four_hundred_kilobytes_is_refused_for_good() {
    let table = Table::open().await;
    let large = row("p", "s", &[("body", text(&"x".repeat(401 * 1024)))]);
    assert_eq!(table.put_if(large, "attribute_not_exists(PK)", &[]).await.as_deref(), Some("ValidationException"));
}

#[tokio::test]
async fn the_index_of_work_holds_only_rows_with_its_keys_by_due_time() {
    let table = Table::open().await;
    let work = |sk: &str, due: &str| row("p", sk, &[("GSI1PK", text("work")), ("GSI1SK", text(due)), ("id", text(sk))]);
    table.put(work("late", "2030-01-03")).await;
    table.put(work("next", "2030-01-02")).await;
    table.put(work("first", "2030-01-01")).await;
    table.put(row("p", "done", &[("id", text("done"))])).await;
    let due = table.due("2030-01-02", 10).await;
    assert_eq!(sort_keys(&due), ["first", "next"]);
    assert_eq!(due[0]["id"], text("first"), "whole rows");
    assert_eq!(sort_keys(&table.due("2030-01-03", 1).await), ["first"]);

    let finish = table.client.update_item().table_name(&table.name).set_key(Some(row("p", "first", &[])));
    finish.update_expression("REMOVE GSI1PK, GSI1SK").send().await.unwrap();
    assert_eq!(sort_keys(&table.due("2030-01-03", 10).await), ["next", "late"]);
    assert!(table.get("p", "first").await.is_some(), "the row stays");
}

#[tokio::test]
async fn the_lookup_index_answers_the_key_of_the_row_and_no_more() {
    let table = Table::open().await;
    let keys = [("GSI2PK", text("STAY#1")), ("GSI2SK", text("STAY"))];
    let mut whole = row("p", "s", &keys);
    whole.insert("stay".to_owned(), text("all about it"));
    table.put(whole).await;
    let query = table.client.query().table_name(&table.name).index_name("GSI2").limit(1);
    let query = query.key_condition_expression("GSI2PK = :pk").expression_attribute_values(":pk", text("STAY#1"));
    assert_eq!(query.send().await.unwrap().items.unwrap(), [row("p", "s", &keys)]);
}
