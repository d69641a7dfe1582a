//! What a role is opened with.

use crate::time::Time;
use lintel_connectors::{
    roles::Parts,
    surroundings::Generator,
    transport::{MemoryState, NoCallLog, ReqwestClient},
};
use lintel_domain::ids::OrgId;
use std::sync::Arc;

pub(crate) fn parts(time: &Arc<Time>) -> Parts {
    let state = Arc::new(MemoryState::default());
    Parts {
        org: OrgId::new("sample"),
        http: Arc::new(ReqwestClient::default()),
        budget: Arc::clone(&state) as _,
        breaker: Arc::clone(&state) as _,
        tokens: state,
        calls: Arc::new(NoCallLog),
        clock: Arc::clone(time) as _,
        entropy: Arc::new(Generator::seeded(7)),
    }
}
