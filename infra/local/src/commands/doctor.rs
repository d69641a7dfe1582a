//! `lintel doctor`: is everything in place that the functions will need.

use super::{Common, flows};
use crate::counted::counted;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{roles::Directory, transport::Deadline};
use lintel_domain::settings::Organization;

#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let settings = &session.settings;
        println!(
            "configuration: {}, {}, {}, {}",
            counted(settings.properties.len(), "property", "properties"),
            counted(settings.feeds.len(), "feed", "feeds"),
            counted(settings.connections.len(), "connection", "connections"),
            counted(settings.flows.len(), "flow", "flows")
        );
        let secrets = session.secrets()?;
        let mut checks = Checks::default();
        if let Some(name) = &settings.mail.secret {
            checks.note("secret of inbound mail", secrets.get(&settings.id, name).await.map(|_| "is there".to_owned()));
        }
        for (id, connection) in &settings.connections {
            let Some(name) = &connection.webhook_secret else { continue };
            let is_watched = settings.jobs.mirror.as_ref() == Some(id);
            let hint = if is_watched { format!(": `lintel watch {id}` makes it") } else { String::new() };
            let secret = secrets.get(&settings.id, name).await;
            let outcome = secret.map(|_| "is there".to_owned()).map_err(|error| format!("{error}{hint}"));
            checks.note(&format!("webhook_secret of connection {id}"), outcome);
        }
        let connections = session.connections()?;
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
            let answers = outcome.is_ok();
            checks.note(&format!("connection {id} for jobs"), outcome);
            // What keeps the connection from answering would keep every address from being looked at.
            if answers {
                match connections.directory(settings, id).await {
                    Ok(directory) => checks.addresses(settings, directory.as_ref(), deadline).await,
                    Err(error) => checks.note("addresses of the properties", Err(error.to_string())),
                }
            }
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
        for (what, outcome) in flows::of_connections(&session).await? {
            checks.note(&what, outcome);
        }
        if let Some(outcome) = flows::of_data_keys(&session).await? {
            checks.note("data keys of protected fields", outcome);
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

    /// Whether every property's customer and service address are what the field-service system knows.
    async fn addresses(&mut self, settings: &Organization, directory: &dyn Directory, deadline: impl Fn() -> Deadline) {
        for (id, property) in &settings.properties {
            let Some((customer, address)) = property.customer.as_ref().zip(property.service_address.as_ref()) else {
                continue;
            };
            let what = format!("property {id}");
            match directory.addresses(customer, deadline()).await {
                Ok(None) => self.note(&what, Err(format!("there is no customer {customer}"))),
                Ok(Some(known)) if known.iter().all(|one| one.id != *address) => {
                    self.note(&what, Err(format!("customer {customer} has no address {address}")));
                }
                Ok(Some(_)) => {}
                Err(error) => return self.note("addresses of the properties", Err(error.to_string())),
            }
        }
    }

    fn verdict(self) -> anyhow::Result<()> {
        if self.faults == 0 {
            println!("all in place");
            Ok(())
        } else {
            anyhow::bail!("{}", counted(self.faults, "fault", "faults"))
        }
    }
}
