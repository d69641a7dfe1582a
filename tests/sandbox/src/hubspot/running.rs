//! The simulator on a port of this machine.

use super::{HubSpot, PortalSettings};
use crate::{
    clock::SimClock,
    front::{Simulator, serve},
};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinHandle};

/// A portal that answers over HTTP. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Stands for `https://api.hubapi.com`.
    pub url: String,
    pub vendor: Arc<HubSpot>,
    task: JoinHandle<()>,
}

impl HubSpot {
    /// Starts a portal on a free port of loopback.
    pub async fn start(settings: PortalSettings, clock: Arc<dyn SimClock>, seed: u64) -> std::io::Result<Running> {
        let vendor = Arc::new(Self::new(settings, clock, seed));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = serve(listener, Arc::clone(&vendor) as Arc<dyn Simulator>);
        Ok(Running { url, vendor, task })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
