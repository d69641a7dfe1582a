//! The simulator on a port of this machine.

use super::{Buildium, BuildiumSettings, BuildiumWorld};
use crate::{
    clock::SimClock,
    front::{Simulator, serve},
};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinHandle};

/// An account that answers over HTTP. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Stands for `https://api.buildium.com`.
    pub url: String,
    pub vendor: Arc<Buildium>,
    task: JoinHandle<()>,
}

impl Buildium {
    /// Starts an account with a world's records on a free port of loopback.
    pub async fn start(
        settings: BuildiumSettings,
        clock: Arc<dyn SimClock>,
        world: BuildiumWorld,
    ) -> std::io::Result<Running> {
        let vendor = Arc::new(Self::new(settings, clock, world));
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
