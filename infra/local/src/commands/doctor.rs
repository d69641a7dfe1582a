//! `lintel doctor`: is everything in place that the functions will need.

use super::Common;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{HostParts, connections::Connections, metrics::Silent, secrets::Secrets};
use lintel_connectors::transport::Deadline;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let settings = &session.settings;
        println!(
            "configuration: {} properties, {} feeds, {} connections",
            settings.properties.len(),
            settings.feeds.len(),
            settings.connections.len()
        );
        let parts = HostParts { metrics: Arc::new(Silent), ..HostParts::of_system()? };
        let client = aws_sdk_secretsmanager::Client::new(session.sdk());
        let secrets = Secrets::new(client, "dev", Arc::clone(&parts.clock));
        let mut checks = Checks::default();
        if let Some(name) = &settings.mail.secret {
            checks.note("secret of inbound mail", secrets.get(&settings.id, name).await.map(|_| "is there".to_owned()));
        }
        let connections = Connections::new(session.table.clone(), secrets, parts);
        let deadline = || Deadline::at(Timestamp::now() + SignedDuration::from_secs(20));
        if let Some(id) = &settings.jobs.connection {
            let outcome = match connections.field_service(settings, id).await {
                Ok(service) => service
                    .check(deadline())
                    .await
                    .map(|health| format!("answers as {}", health.account))
                    .map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            checks.note(&format!("connection {id} for jobs"), outcome);
        }
        if let Some(id) = &settings.jobs.mirror {
            let outcome = match connections.history_table(settings, id).await {
                Ok(table) => match table.check_schema(deadline()).await {
                    Ok(Ok(())) => Ok("has every column".to_owned()),
                    Ok(Err(fault)) => Err(fault.to_string()),
                    Err(error) => Err(error.to_string()),
                },
                Err(error) => Err(error.to_string()),
            };
            checks.note(&format!("connection {id} for history"), outcome);
        }
        for (id, property) in &settings.properties {
            let lacks = [
                (property.customer.is_none(), "customer"),
                (property.service_address.is_none(), "service_address"),
                (property.templates.is_empty() && settings.jobs.templates.is_empty(), "templates"),
            ];
            let lacks: Vec<&str> = lacks.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect();
            if !lacks.is_empty() && settings.jobs.connection.is_some() {
                checks.note(&format!("property {id}"), Err(format!("gets no jobs: {} missing", lacks.join(", "))));
            }
        }
        checks.verdict()
    }
}

#[derive(Debug, Default)]
struct Checks {
    faults: usize,
}

impl Checks {
    fn note<E: std::fmt::Display>(&mut self, what: &str, outcome: Result<String, E>) {
        match outcome {
            Ok(text) => println!("ok     {what}: {text}"),
            Err(error) => {
                self.faults += 1;
                println!("fault  {what}: {error}");
            }
        }
    }

    fn verdict(self) -> anyhow::Result<()> {
        if self.faults == 0 {
            println!("all in place");
            Ok(())
        } else {
            anyhow::bail!("{} faults", self.faults)
        }
    }
}
