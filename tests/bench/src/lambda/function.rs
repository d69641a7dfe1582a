//! One function's binary: its size, and a run of it.

use crate::runtime_api::RuntimeApi;
use anyhow::{Context, ensure};
use flate2::{Compression, write::DeflateEncoder};
use lintel_sandbox::serve;
use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, process::Command};

/// Longer than any run takes: a process that hangs is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Binary {
    name: String,
    path: PathBuf,
    zip: Option<PathBuf>,
}

/// What one process did.
pub(crate) struct Run {
    /// From its start until it asked for its first event.
    pub(crate) ready: Duration,
    /// What its invocations took, the first with all that is opened then.
    pub(crate) took: Vec<Duration>,
    /// Bytes of memory after the last event.
    pub(crate) resident: u64,
    pub(crate) threads: u64,
}

impl Binary {
    pub(crate) fn find(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let places = [folder.join(name), folder.join(name).join("bootstrap")];
        let path = places.into_iter().find(|path| path.is_file());
        let path = path.with_context(|| format!("{} holds no binary of {name}", folder.display()))?;
        let zip = Some(folder.join(name).join("bootstrap.zip")).filter(|zip| zip.is_file());
        Ok(Self { name: name.to_owned(), path, zip })
    }

    /// The zip's size; without one, that of the binary deflated as a zip of it alone would hold it.
    pub(crate) fn zip_bytes(&self) -> anyhow::Result<u64> {
        if let Some(zip) = &self.zip {
            return Ok(std::fs::metadata(zip)?.len());
        }
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(&std::fs::read(&self.path)?)?;
        Ok(u64::try_from(deflated.finish()?.len())?)
    }

    /// Starts the binary, gives it its event so many times and ends it.
    pub(crate) async fn run(
        &self,
        variables: &BTreeMap<String, String>,
        event: &str,
        invocations: usize,
    ) -> anyhow::Result<Run> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let api = Arc::new(RuntimeApi::new(event, invocations));
        let serving = serve(listener, Arc::clone(&api) as _);
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let mut process = command.spawn().with_context(|| format!("start {}", self.path.display()))?;
        tokio::time::timeout(PATIENCE, api.finished()).await.context("it did not finish in time")?;
        let status = process.id().map(Status::of).transpose()?.context("the process ended by itself")?;
        process.kill().await?;
        serving.abort();

        let seen = api.seen();
        ensure!(seen.failures.is_empty(), "it failed: {}", seen.failures.join("; "));
        let took: Vec<Duration> =
            seen.asked.iter().zip(&seen.answered).map(|(asked, answered)| answered.duration_since(*asked)).collect();
        ensure!(took.len() == invocations, "{} events of {invocations} were answered", took.len());
        Ok(Run {
            ready: seen.asked.first().map(|asked| asked.duration_since(began)).unwrap_or_default(),
            took,
            resident: status.number("VmRSS:")? * 1024,
            threads: status.number("Threads:")?,
        })
    }
}

/// What Linux says of a process.
struct Status(String);

impl Status {
    fn of(process: u32) -> anyhow::Result<Self> {
        let path = format!("/proc/{process}/status");
        std::fs::read_to_string(&path).map(Self).with_context(|| format!("read {path}"))
    }

    fn number(&self, field: &str) -> anyhow::Result<u64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(field));
        let number = line.and_then(|rest| rest.split_whitespace().next()).with_context(|| format!("no {field}"))?;
        Ok(number.parse()?)
    }
}
