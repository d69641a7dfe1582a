//! A simulator on a port of this machine.

use crate::front::{Simulator, serve};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinHandle};

/// A simulator that answers over HTTP. It stops when this is dropped.
#[derive(Debug)]
pub struct Running<V> {
    /// Stands for the vendor's own address.
    pub url: String,
    pub vendor: Arc<V>,
    task: JoinHandle<()>,
}

impl<V: Simulator> Running<V> {
    /// On a free port of loopback.
    pub async fn start(vendor: V) -> std::io::Result<Self> {
        let vendor = Arc::new(vendor);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = serve(listener, Arc::clone(&vendor) as Arc<dyn Simulator>);
        Ok(Self { url, vendor, task })
    }
}

impl<V> Drop for Running<V> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
