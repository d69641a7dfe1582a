//! The main job: sandbox, host and a sample organization; mails and feeds come in, a day plan comes out.

use super::{Common, comeback};
use crate::{
    counted::counted,
    dayplan,
    host::{AwsChoice, Depth, Settled},
    session::{self, Opening, Session},
};
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{ToSpan, Zoned, civil::Date};
use lintel_cloud::store::PropertyRows;
use lintel_sandbox::{Sandbox, World, housecallpro::HousecallProSettings};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Demo {
    /// Exit when the plan is printed, instead of serving on.
    #[arg(long)]
    once: bool,
    /// Days the printed plan covers.
    #[arg(long, default_value_t = USUAL.days)]
    days: i64,
    /// Which sample world to make.
    #[arg(long, default_value_t = USUAL.seed)]
    seed: u64,
    /// Properties of the sample world.
    #[arg(long, default_value_t = USUAL.properties)]
    properties: usize,
    /// Port of the routes on the loopback interface.
    #[arg(long, default_value_t = USUAL.port)]
    port: u16,
}

const USUAL: Demo = Demo { once: false, days: 7, seed: 2026, properties: 30, port: 8088 };

const CREDENTIALS: &str = "reports:sandbox-only";

impl Demo {
    /// Whether nothing of it was asked for in particular.
    pub(crate) fn is_usual(&self) -> bool {
        *self == USUAL
    }

    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let today = Zoned::now().date();
        let began = Instant::now();
        let steps = ProgressBar::new_spinner().with_style(style()?);
        steps.enable_steady_tick(Duration::from_millis(120));
        steps.set_message("starting the sandbox and the host");
        let mut sandbox =
            Sandbox::start(World::sample(self.seed, today, self.properties), HousecallProSettings::default()).await?;
        let session = self.session(common, &sandbox).await?;
        let listen = SocketAddr::from(([127, 0, 0, 1], if self.once { 0 } else { self.port }));
        let serving = session.serve(listen).await?;
        self.deliver(&session, &sandbox, &format!("http://{}", serving.address), &steps).await?;
        let settled = session
            .host
            .quiet()
            .wait(Duration::from_mins(5), |Depth(queued), invocations| {
                steps.set_message(format!("functions at work: {invocations} invocations, {queued} messages queued"));
            })
            .await?;
        steps.finish_and_clear();
        if settled == Settled::StillBusy {
            println!("still at work after five minutes; this is how far it came");
        }
        self.print(&session, today, began.elapsed()).await?;
        comeback::play(&session, &mut sandbox, &format!("http://{}", serving.address)).await?;
        if !self.once {
            println!("\nserving on http://{} until Ctrl-C; try `lintel why STAY` in another terminal", serving.address);
            tokio::select! {
                () = serving.forever() => {}
                _ = tokio::signal::ctrl_c() => println!("stopped"),
            }
        }
        session::forget_host(&session.data_folder());
        Ok(())
    }

    /// A data folder of its own, made anew: the sample world's vendors forget everything, so must the table.
    async fn session(&self, common: &Common, sandbox: &Sandbox) -> anyhow::Result<Session> {
        let data = common.sample();
        if data.exists() {
            std::fs::remove_dir_all(&data).with_context(|| format!("clear {}", data.display()))?;
        }
        std::fs::create_dir_all(&data).with_context(|| format!("make {}", data.display()))?;
        let config = data.join("lintel.toml");
        std::fs::write(&config, sandbox.lintel_toml()).context("write the sample configuration")?;
        let settings = session::configuration(&config)?.organization;
        let values = [
            ("inbound-email", CREDENTIALS),
            ("housecallpro", sandbox.field_service_key()),
            ("housecallpro-webhooks", sandbox.field_service.webhook_secret()),
            ("airtable", sandbox.office_table_key()),
        ];
        let lines: Vec<String> = values.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
        std::fs::write(config.with_extension("secrets.toml"), lines.join("\n"))
            .context("write the sample's secrets")?;
        let secrets = session::secrets(&config)?;
        let variables = BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]);
        let opening = Opening { data, aws: AwsChoice::Local, secrets, variables };
        // Boxed: opening builds every function, and their futures together are large.
        let session = Box::pin(Session::open(settings, opening)).await?;
        session.publish().await?;
        Ok(session)
    }

    async fn deliver(
        &self,
        session: &Session,
        sandbox: &Sandbox,
        url: &str,
        steps: &ProgressBar,
    ) -> anyhow::Result<()> {
        let target = format!("{url}/email/{}", session.settings.id);
        let mails = sandbox.world.mails();
        for (number, mail) in mails.iter().enumerate() {
            steps.set_message(format!("delivering mail {} of {}", number + 1, mails.len()));
            super::ingest::post_mail(&target, CREDENTIALS, "application/json", mail.json.clone()).await?;
        }
        steps.set_message(format!("polling {}", counted(session.settings.feeds.len(), "feed", "feeds")));
        session.host.fire("feed-dispatcher").await;
        Ok(())
    }

    async fn print(&self, session: &Session, today: Date, took: Duration) -> anyhow::Result<()> {
        let mut properties: Vec<PropertyRows> = Vec::new();
        for id in session.settings.properties.keys() {
            properties.push(session.org().property(id).await?);
        }
        let until = today.checked_add(self.days.days())?;
        let lines = dayplan::turnovers(&session.settings, &properties, today, until);
        println!("{}", session.settings.name);
        println!("{}", dayplan::render(&lines));
        println!("{}", dayplan::render_totals(&dayplan::totals(&properties)));
        let quarantined = session.org().quarantined().await?;
        println!("\n{} set aside (`lintel queue`)", counted(quarantined.len(), "row", "rows"));
        for row in &quarantined {
            println!("  {}: {}", row.code, row.reason);
        }
        let attention = session.org().attention().await?;
        println!("\n{} to look at", counted(attention.len(), "thing", "things"));
        let mut by_code: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for entry in &attention {
            by_code.entry(&entry.code).or_insert((0, &entry.text)).0 += 1;
        }
        for (code, (count, example)) in by_code {
            println!("  {count} × {code}: {example}");
        }
        println!("\ncalls at vendors");
        for (vendor, call, counted) in session.tally.read() {
            println!("  {vendor}: {} × {call}{}", counted.calls, refusals(counted.failed));
        }
        println!("\n{} invocations, {:.1} s from start to quiet", session.host.activity().begun(), took.as_secs_f64());
        Ok(())
    }
}

fn refusals(failed: u64) -> String {
    if failed == 0 { String::new() } else { format!(" ({failed} did not succeed)") }
}

fn style() -> anyhow::Result<ProgressStyle> {
    Ok(ProgressStyle::with_template("{spinner} {msg}")?)
}
