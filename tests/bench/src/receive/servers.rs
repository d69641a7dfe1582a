//! The two receivers, each a process of its own.

use crate::load::Target;
use anyhow::{Context, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

const SECRET: &str = "whsec-bench-only";
const OURS: u16 = 18_091;
const PEERS: u16 = 18_092;
/// Linux counts processor time in hundredths of a second.
const TICKS: u64 = 100;

/// A running receiver. Killed, not asked, when dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) target: Target,
    process: Child,
}

impl Receiver {
    /// What it and the processes it started have used of the processors so far, where the system tells.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        let ours = |process: &Usage| process.id == self.process.id() || process.parent == self.process.id();
        let entries = std::fs::read_dir("/proc").ok()?.flatten();
        let used: u64 = entries.filter_map(|entry| Usage::read(&entry.path())).filter(ours).map(|it| it.ticks).sum();
        Some(Usage::time(used))
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

/// What this process has used of the processors so far, where the system tells.
pub(crate) fn own_processor_time() -> Option<Duration> {
    Usage::read(&std::fs::canonicalize("/proc/self").ok()?).map(|usage| Usage::time(usage.ticks))
}

/// A process in `/proc/<id>/stat` (proc(5)).
struct Usage {
    id: u32,
    parent: u32,
    /// In user and system mode.
    ticks: u64,
}

impl Usage {
    fn time(ticks: u64) -> Duration {
        Duration::from_millis(ticks * 1_000 / TICKS)
    }

    fn read(folder: &Path) -> Option<Self> {
        let id = folder.file_name()?.to_str()?.parse().ok()?;
        let text = std::fs::read_to_string(folder.join("stat")).ok()?;
        // The name before the last parenthesis may hold anything.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self { id, parent: u32::try_from(number(1)?).ok()?, ticks: number(11)? + number(12)? })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.kill();
    }
}

/// `lintel serve` on a folder, with the sample organization.
pub(crate) async fn ours(folder: &Path) -> anyhow::Result<Receiver> {
    let binary = std::env::current_exe()?.with_file_name("lintel");
    ensure!(binary.exists(), "build `lintel` first: cargo build --release -p lintel-local");
    let config = folder.join("lintel.toml");
    std::fs::write(&config, lintel_formats::settings::SAMPLE)?;
    std::fs::write(config.with_extension("secrets.toml"), format!("housecallpro-webhooks = \"{SECRET}\""))?;
    let mut serve = Command::new(binary);
    serve.arg("serve").arg("--port").arg(OURS.to_string()).arg("--config").arg(&config);
    serve.arg("--data").arg(folder.join("data"));
    start(&mut serve, OURS, "/webhooks/sample.crews").await
}

/// Where the table of [`ours`] is.
pub(crate) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Flask behind gunicorn: two processes, as many as there are cores, with enough threads for every connection.
pub(crate) async fn peer(folder: &Path) -> anyhow::Result<Receiver> {
    let venv = Path::new("target/bench-venv");
    if !venv.join("bin/gunicorn").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(venv))?;
        run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "flask==3.1.3", "gunicorn==23.0.0"]))?;
    }
    let mut gunicorn = Command::new(venv.join("bin/gunicorn"));
    gunicorn
        .args(["--worker-class", "gthread", "--workers", "2", "--threads", "32", "--keep-alive", "30"])
        .args(["--log-level", "error", "--chdir", "tests/bench/peers"])
        .arg("--bind")
        .arg(format!("127.0.0.1:{PEERS}"))
        .arg("receiver:app")
        .env("RECEIVER_SECRET", SECRET)
        .env("RECEIVER_FILE", folder.join("peer.sqlite"));
    start(&mut gunicorn, PEERS, "/webhooks/crews").await
}

async fn start(command: &mut Command, port: u16, path: &str) -> anyhow::Result<Receiver> {
    let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("start a receiver")?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let target = Target { address, path: path.to_owned(), secret: SECRET.to_owned() };
    let receiver = Receiver { target, process };
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(receiver);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nobody answers on {address}")
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    ensure!(command.status()?.success(), "{command:?} failed");
    Ok(())
}
