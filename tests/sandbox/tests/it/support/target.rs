//! An address that answers as it is told and keeps what was posted to it.

use lintel_sandbox::{Answer, Ask, Simulator, serve};
use std::sync::{Arc, Mutex};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) struct Target {
    pub(crate) url: String,
    inbox: Arc<Inbox>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Inbox {
    /// The last one is repeated.
    statuses: Vec<u16>,
    asks: Mutex<Vec<Ask>>,
}

impl Target {
    pub(crate) async fn answering(statuses: &[u16]) -> Self {
        let inbox = Arc::new(Inbox { statuses: statuses.to_vec(), asks: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let task = serve(listener, Arc::clone(&inbox) as Arc<dyn Simulator>);
        Self { url, inbox, task }
    }

    pub(crate) fn taken(&self) -> Vec<Ask> {
        self.inbox.asks.lock().unwrap().clone()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Simulator for Inbox {
    fn handle(&self, ask: &Ask) -> Answer {
        let mut asks = self.asks.lock().unwrap();
        let status = self.statuses.get(asks.len()).or(self.statuses.last()).copied().unwrap();
        asks.push(ask.clone());
        Answer::text(status, "taken")
    }
}
