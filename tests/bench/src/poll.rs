//! A poll cycle over 246 feeds, 20 at once, through the real handler with the embedded AWS parts.
//!
//! Bound: no cycle can be faster than ceil(246 / 20) fetches one after another. Bar: 1.10 times the bound, and an unchanged
//! cycle writes nothing and sends nothing.

use jiff::{SignedDuration, Timestamp};
use lintel_cloud::Invocation;
use lintel_domain::ids::FeedId;
use lintel_local::{
    host::AwsChoice,
    session::{self, Opening, Session},
};
use lintel_sandbox::{Answer, Ask, Simulator, World, calendar, serve};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

const FEEDS: usize = 246;
const AT_ONCE: usize = 20;
const BAR: f64 = 1.10;

/// Calendars of a world, after a while.
#[derive(Debug)]
struct Slow {
    world: World,
    milliseconds: AtomicU64,
}

impl Simulator for Slow {
    fn handle(&self, ask: &Ask) -> Answer {
        let index: usize = ask.segments().first().and_then(|part| part.parse().ok()).unwrap_or_default();
        let home = &self.world.homes()[index % self.world.homes().len()];
        let answer = Answer::of(200, "text/calendar", calendar(home, ask.now));
        Answer { delay: Duration::from_millis(self.milliseconds.load(Ordering::Relaxed)), ..answer }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let today = jiff::Zoned::now().date();
    let slow = Arc::new(Slow { world: World::sample(1, today, 30), milliseconds: AtomicU64::new(0) });
    // One listener on every loopback address: each feed is a host of its own.
    let listener = TcpListener::bind(("0.0.0.0", 0)).await?;
    let port = listener.local_addr()?.port();
    let serving = serve(listener, Arc::clone(&slow) as _);
    let folder = tempfile::tempdir()?;
    let session = open(folder.path(), port).await?;
    session.publish().await?;

    let first = cycle(&session).await?;
    println!("first cycle (everything new): {} ms", first.as_millis());
    let mut missed = false;
    for milliseconds in [100, 300] {
        slow.milliseconds.store(milliseconds, Ordering::Relaxed);
        let rows = session.org().feed_rows().await?;
        let queued = session.host.quiet().depth().await?;
        let took = cycle(&session).await?;
        let bound = Duration::from_millis(milliseconds) * u32::try_from(FEEDS.div_ceil(AT_ONCE))?;
        let ratio = took.as_secs_f64() / bound.as_secs_f64();
        let written = session.org().feed_rows().await? != rows;
        let sent = session.host.quiet().depth().await? != queued;
        missed |= ratio > BAR || written || sent;
        println!(
            "{FEEDS} feeds at {milliseconds} ms: {} ms, bound {} ms, ratio {ratio:.3} (bar {BAR}); unchanged: rows written: {written}, messages sent: {sent}",
            took.as_millis(),
            bound.as_millis()
        );
    }
    serving.abort();
    anyhow::ensure!(!missed, "a bar was missed");
    Ok(())
}

async fn open(folder: &std::path::Path, port: u16) -> anyhow::Result<Session> {
    let mut text = String::from(
        "[organization]\nid = \"bench\"\nname = \"Bench\"\n[local]\nallow_http = true\n[properties.house]\nname = \"House\"\nzone = \"America/Phoenix\"\n",
    );
    for index in 0..FEEDS {
        let host = format!("127.0.{}.{}", 1 + index / 200, 1 + index % 200);
        write!(text, "[feeds.feed-{index}]\nproperty = \"house\"\nurl = \"http://{host}:{port}/{index}\"\n")?;
    }
    let config = folder.join("lintel.toml");
    std::fs::write(&config, text)?;
    let settings = session::configuration(&config)?.organization;
    let variables = BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]);
    let opening = Opening { data: folder.to_owned(), aws: AwsChoice::Local, secrets: BTreeMap::new(), variables };
    Box::pin(Session::open(settings, opening)).await
}

/// One invocation with the messages the dispatcher would send.
async fn cycle(session: &Session) -> anyhow::Result<Duration> {
    let ids: Vec<FeedId> = session.settings.feeds.keys().cloned().collect();
    let records: Vec<Value> = ids
        .chunks(25)
        .enumerate()
        .map(|(number, feeds)| {
            let body = json!({ "v": "1", "org": session.settings.id, "feeds": feeds });
            json!({ "messageId": number.to_string(), "body": body.to_string(), "attributes": {}, "messageAttributes": {} })
        })
        .collect();
    let poller = session.host.function("feed-poller").ok_or_else(|| anyhow::anyhow!("there is no poller"))?;
    let deadline = Timestamp::now() + SignedDuration::from_mins(5);
    let invocation = Invocation { request_id: "bench".to_owned(), deadline };
    let began = Instant::now();
    let answer = poller.invoke(json!({ "Records": records }), invocation).await?;
    let took = began.elapsed();
    anyhow::ensure!(answer == json!({ "batchItemFailures": [] }), "some messages failed: {answer}");
    Ok(took)
}
