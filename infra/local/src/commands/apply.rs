//! `lintel apply`: puts the configuration in force and works every property out anew.

use super::Common;
use crate::counted::counted;
use clap::Args;
use jiff::Timestamp;
use lintel_cloud::{inputs::NewInput, settings::Published};
use lintel_domain::{ids::InputId, planner::Input};

#[derive(Debug, Args)]
pub(crate) struct Apply {}

impl Apply {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let published = session.publish().await?;
        let now = Timestamp::now();
        let recompute: Vec<NewInput> = session
            .settings
            .properties
            .keys()
            .map(|property| NewInput {
                id: InputId::new(format!("recompute-{property}-{now}")),
                property: property.clone(),
                input: Input::Recompute,
            })
            .collect();
        let properties = recompute.len();
        session.inputs()?.hand_over(&session.settings.id, recompute, now).await?;
        session.work_off().await?;
        let state = match published {
            Published::InForce => "in force now",
            Published::Unchanged => "was in force already",
        };
        println!(
            "the configuration of {} {state}; {} worked out",
            session.settings.name,
            counted(properties, "property", "properties")
        );
        Ok(())
    }
}
