//! The load: signed deliveries, all different, over connections that are kept open where the server lets them.

use jiff::Timestamp;
use lintel_sandbox::housecallpro::signature;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Whom to send what.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) secret: String,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Numbers of the deliveries that were answered 200.
    pub(crate) acknowledged: Vec<u64>,
    pub(crate) refused: u64,
    /// Times from sending to the answer, sorted.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) took: Duration,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    pub(crate) fn rate(&self) -> f64 {
        self.acknowledged.len() as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// How fast each connection sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As soon as it is answered.
    Flat,
    /// At this distance, whatever the answers do.
    Every(Duration),
}

/// Sends for a while over so many connections. Deliveries are numbered on from `numbers`.
pub(crate) async fn load(
    target: &Target,
    connections: u32,
    pace: Pace,
    span: Duration,
    numbers: &Arc<AtomicU64>,
) -> anyhow::Result<Outcome> {
    let began = Instant::now();
    let mut tasks = Vec::new();
    for number in 0..connections {
        let (target, numbers) = (target.clone(), Arc::clone(numbers));
        let offset = match pace {
            Pace::Flat => Duration::ZERO,
            Pace::Every(distance) => distance * number / connections,
        };
        tasks.push(tokio::spawn(async move {
            tokio::time::sleep(offset).await;
            one_connection(&target, pace, began + span, &numbers).await
        }));
    }
    let mut all = Outcome::default();
    for task in tasks {
        let one = task.await?;
        all.acknowledged.extend(one.acknowledged);
        all.latencies.extend(one.latencies);
        all.refused += one.refused;
    }
    all.latencies.sort_unstable();
    all.took = began.elapsed();
    Ok(all)
}

/// Ends early when nobody answers any more.
async fn one_connection(target: &Target, pace: Pace, until: Instant, numbers: &AtomicU64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stream = None;
    let mut next = Instant::now();
    while Instant::now() < until {
        if let Pace::Every(distance) = pace {
            tokio::time::sleep_until(next.into()).await;
            next += distance;
        }
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let request = request(target, number);
        let sent = Instant::now();
        let Ok(answer) = exchange(target.address, &mut stream, &request).await else { break };
        outcome.latencies.push(sent.elapsed());
        if answer.status == 200 {
            outcome.acknowledged.push(number);
        } else {
            outcome.refused += 1;
        }
        if answer.closes {
            stream = None;
        }
    }
    outcome
}

fn request(target: &Target, number: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"event":"pro.updated","event_occurred_at":"2026-07-01T00:00:00Z","company_id":"co_1","pro":{{"id":"pro_{number}","first_name":"Casey","last_name":"Example","email":"casey@example.com"}}}}"#
    );
    let stamp = Timestamp::now().as_second().to_string();
    let signature = signature(&target.secret, &stamp, body.as_bytes());
    format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\napi-timestamp: {stamp}\r\napi-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        target.path,
        target.address,
        body.len()
    )
    .into_bytes()
}

struct Answer {
    status: u16,
    closes: bool,
}

async fn exchange(address: SocketAddr, stream: &mut Option<TcpStream>, request: &[u8]) -> std::io::Result<Answer> {
    let open = match stream {
        Some(open) => open,
        None => {
            let fresh = TcpStream::connect(address).await?;
            fresh.set_nodelay(true)?;
            stream.insert(fresh)
        }
    };
    open.write_all(request).await?;
    let mut read = Vec::with_capacity(512);
    loop {
        if open.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(answer) = whole(&read) {
            return Ok(answer);
        }
    }
}

/// An answer that is there with head and body.
fn whole(read: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(read);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    let length: usize = header("content-length").and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    let closes = header("connection").is_some_and(|(_, value)| value.trim().eq_ignore_ascii_case("close"));
    (body.len() >= length).then_some(Answer { status, closes })
}
