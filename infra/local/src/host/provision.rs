//! Makes what the template describes where it is not there yet: tables, queues with their dead letters.

use crate::template::{LogicalId, QueueWiring, TableWiring, Wiring};
use anyhow::{Context, bail};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

/// A queue that exists.
#[derive(Clone, Debug)]
pub(crate) struct MadeQueue {
    pub(crate) url: String,
    pub(crate) arn: String,
}

pub(crate) async fn tables(sdk: &SdkConfig, wiring: &Wiring) -> anyhow::Result<()> {
    let client = aws_sdk_dynamodb::Client::new(sdk);
    for table in wiring.tables.values() {
        if client.describe_table().table_name(&table.name).send().await.is_err() {
            create(&client, table).await.with_context(|| format!("create table {}", table.name))?;
            if let Some(attribute) = &table.expiry {
                expire(&client, &table.name, attribute)
                    .await
                    .with_context(|| format!("set expiry of {}", table.name))?;
            }
        }
    }
    Ok(())
}

/// Lets rows go at the second the attribute holds.
async fn expire(client: &aws_sdk_dynamodb::Client, table: &str, attribute: &str) -> anyhow::Result<()> {
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build()?;
    client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await?;
    Ok(())
}

/// Queues, dead letters first: a redrive policy names an existing queue.
pub(crate) async fn queues(sdk: &SdkConfig, wiring: &Wiring) -> anyhow::Result<BTreeMap<LogicalId, MadeQueue>> {
    let client = aws_sdk_sqs::Client::new(sdk);
    let mut made: BTreeMap<LogicalId, MadeQueue> = BTreeMap::new();
    let (dead_letters, others): (Vec<_>, Vec<_>) = wiring.queues.iter().partition(|(_, queue)| queue.redrive.is_none());
    for (id, queue) in dead_letters.into_iter().chain(others) {
        let dead_letter_arn = match &queue.redrive {
            Some(redrive) => Some(
                made.get(&redrive.dead_letters)
                    .with_context(|| format!("{id} redrives to an unknown queue"))?
                    .arn
                    .clone(),
            ),
            None => None,
        };
        let queue = queue_in(&client, queue, dead_letter_arn).await.with_context(|| format!("create queue {id}"))?;
        made.insert(id.clone(), queue);
    }
    Ok(made)
}

async fn queue_in(
    client: &aws_sdk_sqs::Client,
    queue: &QueueWiring,
    dead_letter_arn: Option<String>,
) -> anyhow::Result<MadeQueue> {
    let mut attributes = HashMap::from([
        (QueueAttributeName::VisibilityTimeout, queue.visibility.as_secs().to_string()),
        (QueueAttributeName::MessageRetentionPeriod, queue.retention.as_secs().to_string()),
        (QueueAttributeName::DelaySeconds, queue.delay.as_secs().to_string()),
    ]);
    if let (Some(redrive), Some(arn)) = (&queue.redrive, dead_letter_arn) {
        let policy = serde_json::json!({ "deadLetterTargetArn": arn, "maxReceiveCount": redrive.max_receive_count });
        attributes.insert(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    let answer = client.create_queue().queue_name(&queue.name).set_attributes(Some(attributes)).send().await?;
    let url = answer.queue_url.context("the service named no queue url")?;
    let answer =
        client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn).send().await?;
    let arn = answer
        .attributes
        .and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn))
        .context("the service named no queue arn")?;
    Ok(MadeQueue { url, arn })
}

async fn create(client: &aws_sdk_dynamodb::Client, table: &TableWiring) -> anyhow::Result<()> {
    let mut attributes = BTreeSet::new();
    let mut schema = |key: &crate::template::Key| -> anyhow::Result<Vec<KeySchemaElement>> {
        let mut elements = Vec::new();
        let parts = [(Some(&key.partition), KeyType::Hash), (key.sort.as_ref(), KeyType::Range)];
        for (name, kind) in parts.into_iter().filter_map(|(name, kind)| Some((name?, kind))) {
            attributes.insert(name.clone());
            elements.push(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?);
        }
        Ok(elements)
    };
    let key = schema(&table.key)?;
    let mut indexes = Vec::new();
    for (name, index) in &table.indexes {
        let projection = Projection::builder().projection_type(ProjectionType::from(index.projection.as_str())).build();
        indexes.push(
            GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(schema(&index.key)?))
                .projection(projection)
                .build()?,
        );
    }
    let definitions = attributes
        .into_iter()
        .map(|name| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build())
        .collect::<Result<Vec<_>, _>>()?;
    let made = client
        .create_table()
        .table_name(&table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key))
        .set_attribute_definitions(Some(definitions))
        .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
        .send()
        .await;
    // Another host that starts at the same moment may have been first.
    if let Err(error) = made
        && !error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception)
    {
        return Err(error.into());
    }
    for _ in 0..100 {
        let answer = client.describe_table().table_name(&table.name).send().await?;
        if answer.table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the table did not become active")
}
