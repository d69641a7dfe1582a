//! The load: signed deliveries, all different, over connections that are kept open where the server lets them.
//!
//! It shares the machine's cores with what it measures, so it is lean: requests are made and signed before the clock starts,
//! and one thread sends them all.

use jiff::Timestamp;
use lintel_sandbox::housecallpro::signature;
use std::{
    io::Write,
    net::SocketAddr,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Whom to send what.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) secret: String,
}

/// Requests ready to be sent, numbered on from the first one's number.
#[derive(Debug)]
pub(crate) struct Deliveries {
    address: SocketAddr,
    numbers: Range<u64>,
    bytes: Vec<u8>,
    /// Where each request ends.
    ends: Vec<usize>,
    taken: AtomicUsize,
}

impl Deliveries {
    /// They are signed with the time of now, so they are to be sent within minutes.
    pub(crate) fn prepare(target: &Target, numbers: Range<u64>) -> anyhow::Result<Self> {
        let stamp = Timestamp::now().as_second().to_string();
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for number in numbers.clone() {
            let body = format!(
                r#"{{"event":"pro.updated","event_occurred_at":"2026-07-01T00:00:00Z","company_id":"co_1","pro":{{"id":"pro_{number}","first_name":"Casey","last_name":"Example","email":"casey@example.com"}}}}"#
            );
            write!(
                bytes,
                "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\napi-timestamp: {stamp}\r\napi-signature: {}\r\ncontent-length: {}\r\n\r\n{body}",
                target.path,
                target.address,
                signature(&target.secret, &stamp, body.as_bytes()),
                body.len()
            )?;
            ends.push(bytes.len());
        }
        Ok(Self { address: target.address, numbers, bytes, ends, taken: AtomicUsize::new(0) })
    }

    /// The next one with its number; nothing when all were taken.
    fn take(&self) -> Option<(u64, &[u8])> {
        let index = self.taken.fetch_add(1, Ordering::Relaxed);
        let starts = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        let request = self.bytes.get(starts..*self.ends.get(index)?)?;
        Some((self.numbers.start + index as u64, request))
    }
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

    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.latencies.extend(other.latencies);
        self.refused += other.refused;
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

/// Sends for a while over so many connections, or until nothing is left to send. Blocks the thread.
pub(crate) fn load(
    deliveries: &Arc<Deliveries>,
    connections: u32,
    pace: Pace,
    span: Duration,
) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            let deliveries = Arc::clone(deliveries);
            let offset = match pace {
                Pace::Flat => Duration::ZERO,
                Pace::Every(distance) => distance * number / connections,
            };
            tasks.spawn(async move { one_connection(&deliveries, pace, began + offset, began + span).await });
        }
        let mut all = Outcome::default();
        while let Some(one) = tasks.join_next().await {
            all.add(one?);
        }
        all.took = began.elapsed();
        all.latencies.sort_unstable();
        Ok(all)
    })
}

/// Ends early when nobody answers any more.
async fn one_connection(deliveries: &Deliveries, pace: Pace, first: Instant, until: Instant) -> Outcome {
    let mut outcome = Outcome::default();
    let mut line = Line { address: deliveries.address, stream: None, read: Vec::with_capacity(1_024) };
    let mut next = first;
    while Instant::now() < until {
        if let Pace::Every(distance) = pace {
            tokio::time::sleep_until(next.into()).await;
            next += distance;
        }
        let Some((number, request)) = deliveries.take() else { break };
        let sent = Instant::now();
        let Ok(status) = line.exchange(request).await else { break };
        outcome.latencies.push(sent.elapsed());
        if status == 200 {
            outcome.acknowledged.push(number);
        } else {
            outcome.refused += 1;
        }
    }
    outcome
}

/// One connection, opened anew when the server closed it.
struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

impl Line {
    /// The status of the answer.
    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<u16> {
        let open = match &mut self.stream {
            Some(open) => open,
            None => {
                let fresh = TcpStream::connect(self.address).await?;
                fresh.set_nodelay(true)?;
                self.stream.insert(fresh)
            }
        };
        open.write_all(request).await?;
        self.read.clear();
        loop {
            if open.read_buf(&mut self.read).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = whole(&self.read) {
                if answer.closes {
                    self.stream = None;
                }
                return Ok(answer.status);
            }
        }
    }
}

struct Answer {
    status: u16,
    closes: bool,
}

/// An answer that is there with head and body.
fn whole(read: &[u8]) -> Option<Answer> {
    const END: &[u8] = b"\r\n\r\n";
    let end = read.windows(END.len()).position(|window| window == END)?;
    let head = std::str::from_utf8(read.get(..end)?).ok()?;
    let status = head.get(9..12)?.parse().ok()?;
    let header = |name: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let length: usize = header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    (read.len() >= end + END.len() + length).then_some(Answer { status, closes })
}
