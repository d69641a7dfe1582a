//! The command line. Without a command it runs the main job: the sandbox, the host, and a day plan.

mod apply;
mod comeback;
mod demo;
mod doctor;
mod events;
mod flows;
mod ingest;
mod init;
mod inspect;
mod invoke;
mod lookup;
mod operator;
mod places;
mod plan;
mod reconcile;
mod replay;
mod sandbox;
mod serve;
mod watch;
mod why;

use crate::host::AwsChoice;
use clap::{Args, Parser, Subcommand};
use lintel_cloud::telemetry;
use std::{path::PathBuf, process::ExitCode};

/// Keeps the systems that run property in step.
#[derive(Debug, Parser)]
#[command(name = "lintel", version, about)]
pub struct Lintel {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    demo: demo::Demo,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where things are; the same for every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The organization's configuration; where there is none, the sample's of the last main job.
    #[arg(long, global = true, default_value = "lintel.toml", env = "LINTEL_CONFIG")]
    config: PathBuf,
    /// Where the local host keeps its table and objects.
    #[arg(long, global = true, default_value = ".lintel", env = "LINTEL_DATA")]
    data: PathBuf,
    /// Which AWS to work with.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) aws: AwsChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Host every function with the configured organization until Ctrl-C.
    Serve(serve::Serve),
    /// Deliver files (.eml, inbound-mail JSON, .csv, .ics) to the running or a fresh local host.
    Ingest(ingest::Ingest),
    /// Show what files, or a flow of records, would change, and write nothing.
    Plan(plan::Plan),
    /// Explain a stay: every decision with its inputs and evidence.
    Why(why::Why),
    /// Show what a parser understood of files.
    Inspect(inspect::Inspect),
    /// Invoke one function with an event from a file.
    Invoke(invoke::Invoke),
    /// Check configuration, secrets and whether vendors can be reached.
    Doctor(doctor::Doctor),
    /// Find ids of customers, addresses and employees for the configuration.
    Lookup(lookup::Lookup),
    /// Write a commented lintel.toml.
    Init(init::Init),
    /// Put the configuration in force and work every property out anew.
    Apply(apply::Apply),
    /// List quarantined rows and things to look at.
    Queue(operator::Queue),
    /// List events of vendors that wait or were set aside; show one.
    Events(events::Events),
    /// Set the jobs of the field service against what was ordered.
    Reconcile(reconcile::Reconcile),
    /// Ask the office's table to tell of what people change.
    Watch(watch::Watch),
    /// Read what was set aside again after its cause was mended; or give it up.
    Replay(replay::Replay),
    /// List removal plans; approve or dismiss one.
    Removals(operator::Removals),
    /// Show where the flows of records stand; a flow's runs, problems and conflicts.
    Flows(flows::Flows),
    /// Make a connection ready to take records.
    Setup(flows::Setup),
    /// Run a flow to its end.
    Sync(flows::Sync),
    /// Serve simulated vendors for flows, with a configuration that leads there.
    Sandbox(sandbox::SandboxOfFlows),
    /// Tell how good a flow's records are, and whether both ends agree.
    Report(flows::Report),
    /// Decide a conflict of a flow.
    Settle(flows::Settle),
    /// Have a record of a flow tried or made again, or approve a mass change.
    Lift(flows::Lift),
    /// Show who did what to a record of a flow, and why.
    Audit(flows::Audit),
    /// Show the keys of protected fields, open a value that is kept, or change the key.
    Vault(flows::Vault),
    /// Check a vendor's manifest and mappings, or try them.
    Connector(flows::Connector),
}

impl Lintel {
    /// Runs the command; a failure is printed with its causes and becomes exit code 1.
    pub async fn run(self) -> ExitCode {
        // The main job prints its own story; all other commands tell what went wrong on the way.
        telemetry::start_readable(if self.command.is_none() { "error" } else { "warn" });
        // They would be taken for the command's, and have no effect.
        if self.command.is_some() && !self.demo.is_usual() {
            eprintln!(
                "lintel: --once, --days, --seed, --properties and --port belong to the main job, which runs without a command; \
                 options of a command stand after it"
            );
            return ExitCode::from(2);
        }
        let common = &self.common;
        let outcome = match &self.command {
            None => self.demo.run(common).await,
            Some(Command::Serve(command)) => command.run(common).await,
            Some(Command::Ingest(command)) => command.run(common).await,
            Some(Command::Plan(command)) => command.run(common).await,
            Some(Command::Why(command)) => command.run(common).await,
            Some(Command::Inspect(command)) => command.run(),
            Some(Command::Invoke(command)) => command.run(common).await,
            Some(Command::Doctor(command)) => command.run(common).await,
            Some(Command::Lookup(command)) => command.run(common).await,
            Some(Command::Init(command)) => command.run(common),
            Some(Command::Apply(command)) => command.run(common).await,
            Some(Command::Queue(command)) => command.run(common).await,
            Some(Command::Events(command)) => command.run(common).await,
            Some(Command::Reconcile(command)) => command.run(common).await,
            Some(Command::Watch(command)) => command.run(common).await,
            Some(Command::Replay(command)) => command.run(common).await,
            Some(Command::Removals(command)) => command.run(common).await,
            Some(Command::Flows(command)) => command.run(common).await,
            Some(Command::Setup(command)) => command.run(common).await,
            Some(Command::Sandbox(command)) => command.run(common).await,
            Some(Command::Report(command)) => command.run(common).await,
            Some(Command::Sync(command)) => command.run(common).await,
            Some(Command::Settle(command)) => command.run(common).await,
            Some(Command::Lift(command)) => command.run(common).await,
            Some(Command::Audit(command)) => command.run(common).await,
            Some(Command::Vault(command)) => command.run(common).await,
            Some(Command::Connector(command)) => command.run(common).await,
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("lintel: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}
