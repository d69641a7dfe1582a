//! Batches of rows: one bad row stops only itself.

use crate::{
    row,
    script::{Hands, Reply, Script, answer, office},
};
use lintel_connectors::roles::{HistoryRow, RowOutcome};
use serde_json::json;

const REFUSED: &str =
    r#"{"error":{"type":"INVALID_VALUE_FOR_COLUMN","message":"Field \"Service Time\" cannot accept it"}}"#;

fn row(number: usize) -> HistoryRow {
    row::row(number, "2026-07-01T12:00:00Z".parse().unwrap())
}

fn written(count: usize) -> Reply {
    let records: Vec<_> = (0..count).map(|number| json!({ "id": format!("rec{number}"), "fields": {} })).collect();
    answer(200, &json!({ "records": records, "createdRecords": [], "updatedRecords": [] }).to_string())
}

#[tokio::test]
async fn a_refused_batch_is_halved_until_the_bad_row_stands_alone() {
    // Ten rows, the third is bad: 10, 5, 2, then 3 (bad), 1 (bad alone), 2, and the other five.
    let replies = [
        answer(422, REFUSED),
        answer(422, REFUSED),
        written(2),
        answer(422, REFUSED),
        answer(422, REFUSED),
        written(2),
        written(5),
    ];
    let (script, hands) = (Script::of(replies), Hands::new());
    let rows: Vec<HistoryRow> = (0..10).map(row).collect();
    let outcomes = office(&script, &hands).upsert(&rows, hands.in_seconds(60)).await.unwrap();
    let bad: Vec<usize> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| matches!(outcome, RowOutcome::Rejected { .. }))
        .map(|(place, _)| place)
        .collect();
    assert_eq!((outcomes.len(), bad), (10, vec![2]));
    let sizes: Vec<usize> = script.bodies().iter().map(|body| body["records"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [10, 5, 2, 3, 1, 2, 5]);
}

#[tokio::test]
async fn ten_rows_go_at_a_time() {
    let (script, hands) = (Script::of([written(10), written(10), written(3)]), Hands::new());
    let rows: Vec<HistoryRow> = (0..23).map(row).collect();
    let outcomes = office(&script, &hands).upsert(&rows, hands.in_seconds(60)).await.unwrap();
    assert_eq!(outcomes.len(), 23);
    assert!(script.bodies().iter().all(|body| body["performUpsert"]["fieldsToMergeOn"].is_array()));
}

#[tokio::test]
async fn a_missing_column_is_the_whole_tables_trouble() {
    let unknown = r#"{"error":{"type":"UNKNOWN_FIELD_NAME","message":"Unknown field name: \"Service Time\""}}"#;
    let (script, hands) = (Script::of([answer(422, unknown)]), Hands::new());
    let error = office(&script, &hands).upsert(&[row(1), row(2)], hands.in_seconds(60)).await.unwrap_err();
    assert_eq!(error.code(), "unknown-column");
    assert_eq!(script.asked().len(), 1, "no smaller batch would help");
}
