//! `lintel apply`: puts the configuration in force and works every property out anew.

use super::Common;
use clap::Args;
use lintel_cloud::{
    messages::{StayWork, StaysMessage},
    queues::{QueueUrl, Queues},
    settings::Published,
};

#[derive(Debug, Args)]
pub(crate) struct Apply {}

impl Apply {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let published = session.publish().await?;
        let messages: Vec<StaysMessage> = session
            .settings
            .properties
            .keys()
            .map(|property| StaysMessage::V1 {
                org: session.settings.id.clone(),
                property: property.clone(),
                work: StayWork::Recompute,
            })
            .collect();
        let queues = Queues::new(aws_sdk_sqs::Client::new(session.sdk()));
        let stays = session.host.queue_url("StaysQueue").unwrap_or_default();
        queues.send_all(&QueueUrl::new(stays), &session.settings.id, &messages).await?;
        session.work_off().await?;
        let state = match published {
            Published::InForce => "in force now",
            Published::Unchanged => "was in force already",
        };
        println!("the configuration of {} {state}; {} properties worked out", session.settings.name, messages.len());
        Ok(())
    }
}
