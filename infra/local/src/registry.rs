//! Every function the host can run, by the name its binary and the template give it.

use futures::future::BoxFuture;
use lintel_airtable_mirror::AirtableMirror;
use lintel_cloud::{
    Environment, Function, FunctionError, Invocation, StartError,
    http::{HttpAnswer, HttpCall},
};
use lintel_email_ingest::EmailIngest;
use lintel_event_router::EventRouter;
use lintel_feed_dispatcher::FeedDispatcher;
use lintel_feed_poller::FeedPoller;
use lintel_job_worker::JobWorker;
use lintel_office_api::OfficeApi;
use lintel_reconciler::Reconciler;
use lintel_stay_planner::StayPlanner;
use lintel_sweeper::Sweeper;
use lintel_sync_dispatcher::SyncDispatcher;
use lintel_sync_leases::SyncLeases;
use lintel_sync_people::SyncPeople;
use lintel_sync_properties::SyncProperties;
use lintel_sync_units::SyncUnits;
use lintel_webhook_receiver::WebhookReceiver;
use serde_json::Value;
use std::{fmt, sync::Arc};

type Invoke = dyn Fn(Value, Invocation) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync;
type Answer = dyn Fn(HttpCall, String) -> BoxFuture<'static, Result<HttpAnswer, FunctionError>> + Send + Sync;

/// A started function, whatever its type.
#[derive(Clone)]
pub struct Hosted {
    pub name: &'static str,
    invoke: Arc<Invoke>,
    answer: Arc<Answer>,
}

impl Hosted {
    /// A function that was started in its own way.
    pub fn of<F: Function>(function: F) -> Self {
        let function = Arc::new(function);
        let answering = Arc::clone(&function);
        Self {
            name: F::NAME,
            answer: Arc::new(move |call, request_id| {
                let function = Arc::clone(&answering);
                Box::pin(async move { lintel_cloud::answer(function, call, &request_id).await })
            }),
            invoke: Arc::new(move |event, invocation| {
                Box::pin(lintel_cloud::invoke(Arc::clone(&function), event, invocation))
            }),
        }
    }

    pub async fn invoke(&self, event: Value, invocation: Invocation) -> Result<Value, FunctionError> {
        (self.invoke)(event, invocation).await
    }

    /// Answers a request of the HTTP API, for a function with a route.
    pub async fn answer(&self, call: HttpCall, request_id: String) -> Result<HttpAnswer, FunctionError> {
        (self.answer)(call, request_id).await
    }
}

impl fmt::Debug for Hosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A function the template names and this host does not have.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the template names a function `{0}` that this host does not have")]
    Unknown(String),
    #[error("start {name}: {source}")]
    Start { name: &'static str, source: StartError },
}

macro_rules! functions {
    ($($function:ty),+ $(,)?) => {
        /// Starts the function of that name in its environment.
        pub async fn start(name: &str, environment: &Environment) -> Result<Hosted, RegistryError> {
            match name {
                $(<$function>::NAME => hosted::<$function>(environment).await,)+
                other => Err(RegistryError::Unknown(other.to_owned())),
            }
        }

        /// The variables the function of that name cannot do without.
        pub fn requires(name: &str) -> Option<&'static [&'static str]> {
            match name {
                $(<$function>::NAME => Some(<$function>::REQUIRES),)+
                _ => None,
            }
        }
    };
}

functions![
    EmailIngest,
    FeedDispatcher,
    FeedPoller,
    StayPlanner,
    JobWorker,
    OfficeApi,
    AirtableMirror,
    Sweeper,
    SyncDispatcher,
    SyncLeases,
    SyncPeople,
    SyncProperties,
    SyncUnits,
    WebhookReceiver,
    EventRouter,
    Reconciler
];

async fn hosted<F: Function>(environment: &Environment) -> Result<Hosted, RegistryError> {
    let function = lintel_cloud::begin::<F>(environment).await;
    function.map(Hosted::of).map_err(|source| RegistryError::Start { name: F::NAME, source })
}
