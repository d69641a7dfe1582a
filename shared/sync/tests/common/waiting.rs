//! Pages that wait for somebody to work them off, one after the other.

use async_trait::async_trait;
use lintel_connectors::transport::Deadline;
use lintel_domain::{
    ids::{FlowId, RunId},
    settings::Organization,
};
use lintel_sync::{Engine, HandOut, SyncError, Worked};
use std::sync::Mutex;

#[derive(Default)]
pub(crate) struct Waiting {
    waiting: Mutex<Vec<u64>>,
    handed_out: Mutex<Vec<u64>>,
}

impl Waiting {
    pub(crate) fn from_the_first() -> Self {
        Self { waiting: Mutex::new(vec![0]), handed_out: Mutex::new(vec![0]) }
    }

    /// Works off every page that waits, and those that follow; answers which were handed out.
    pub(crate) async fn work_off(
        self,
        engine: &Engine,
        settings: &Organization,
        flow: &FlowId,
        run: &RunId,
        deadline: Deadline,
    ) -> Vec<u64> {
        while let Some(page) = self.next() {
            let worked = engine.page(settings, flow, run, page, &self, deadline).await.unwrap();
            assert_eq!(worked, Worked::Done, "page {page} was handed out again");
        }
        self.handed_out.into_inner().unwrap()
    }

    fn next(&self) -> Option<u64> {
        self.waiting.lock().unwrap().pop()
    }
}

#[async_trait]
impl HandOut for Waiting {
    async fn hand_out(&self, pages: &[u64]) -> Result<(), SyncError> {
        self.waiting.lock().unwrap().extend(pages);
        self.handed_out.lock().unwrap().extend(pages);
        Ok(())
    }
}
