//! `lintel lookup`: ids of the field-service system, to be put into the configuration.

use super::Common;
use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::transport::Deadline;

#[derive(Debug, Args)]
pub(crate) struct Lookup {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Customers that match a text, each with its service addresses.
    Customers { text: String },
    /// The people who can be sent.
    Employees,
}

impl Lookup {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let id = session.settings.jobs.connection.as_ref().context("no connection holds jobs: `jobs.connection`")?;
        let directory = session.connections()?.directory(&session.settings, id).await?;
        let deadline = Deadline::at(Timestamp::now() + SignedDuration::from_mins(1));
        match &self.what {
            What::Customers { text } => {
                for customer in directory.customers(text, deadline).await? {
                    println!("{}  {}", customer.id, customer.name.expose());
                    for address in directory.addresses(&customer.id, deadline).await?.unwrap_or_default() {
                        println!("    {}  {}", address.id, address.line.expose());
                    }
                }
            }
            What::Employees => {
                for employee in directory.employees(deadline).await? {
                    println!("{}  {}", employee.id, employee.name.expose());
                }
            }
        }
        Ok(())
    }
}
