//! What a function is, and its bootstrap on Lambda.

use crate::{
    correlation::CorrelationId,
    environment::Environment,
    http::{HttpAnswer, HttpCall},
    objects::ObjectError,
    settings::SettingsError,
    store::StoreError,
    telemetry,
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::{future::Future, sync::Arc};
use tracing::Instrument;

/// One Lambda function. `main.rs` runs it with [`run`]; the local host starts it in its own process.
pub trait Function: Send + Sync + Sized + 'static {
    /// The binary's and the template's name: `feed-poller`.
    const NAME: &'static str;

    /// The variables it cannot do without.
    const REQUIRES: &'static [&'static str];

    /// Reads the environment once and builds every client.
    fn start(environment: &Environment) -> impl Future<Output = Result<Self, StartError>> + Send;

    fn handle(
        self: Arc<Self>,
        event: Value,
        invocation: Invocation,
    ) -> impl Future<Output = Result<Value, FunctionError>> + Send;

    /// Answers a request of the HTTP API: what [`Function::handle`] makes of API Gateway's event, without the event's JSON. For
    /// functions with a route.
    fn answer(self: Arc<Self>, _call: HttpCall) -> impl Future<Output = Result<HttpAnswer, FunctionError>> + Send {
        async { Err(FunctionError::Event(format!("{} has no route", Self::NAME))) }
    }
}

/// One call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub request_id: String,
    /// The platform stops the function then.
    pub deadline: Timestamp,
}

/// Why a function does not start. Lists all that is missing, not the first of it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("these variables are missing: {}", .0.join(", "))]
    Missing(Vec<String>),
    #[error("set up {what}: {reason}")]
    SetUp { what: &'static str, reason: String },
}

/// Why an invocation failed whole. A record of a batch fails by itself, not like this.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    #[error("read the event: {0}")]
    Event(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] crate::queues::QueueError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Input(#[from] crate::inputs::InputError),
}

impl FunctionError {
    /// Stable, for the errors console and its filters.
    fn code(&self) -> &'static str {
        match self {
            Self::Event(_) => "Event",
            Self::Store(_) => "Store",
            Self::Queue(_) => "Queue",
            Self::Object(_) => "Object",
            Self::Settings(_) => "Settings",
            Self::Input(_) => "Input",
        }
    }
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self { error_type: error.code().to_owned(), error_message: error.to_string() }
    }
}

/// Starts a function, if its environment has everything it requires.
pub async fn begin<F: Function>(environment: &Environment) -> Result<F, StartError> {
    environment.require(F::REQUIRES)?;
    F::start(environment).await
}

/// One invocation under its own span and correlation id.
pub async fn invoke<F: Function>(
    function: Arc<F>,
    event: Value,
    invocation: Invocation,
) -> Result<Value, FunctionError> {
    let request = invocation.request_id.clone();
    // Boxed: the whole of a handler as one type is deeper than the compiler likes to look.
    traced::<F, _>(&request, Box::pin(function.handle(event, invocation))).await
}

/// One request of the HTTP API under its own span and correlation id, where a host is the gateway itself.
pub async fn answer<F: Function>(
    function: Arc<F>,
    call: HttpCall,
    request_id: &str,
) -> Result<HttpAnswer, FunctionError> {
    traced::<F, _>(request_id, Box::pin(function.answer(call))).await
}

async fn traced<F: Function, A>(request_id: &str, handled: BoxFuture<'static, A>) -> A {
    let span = tracing::info_span!("invocation", function = F::NAME, request = request_id);
    CorrelationId::new(request_id).scope(handled).instrument(span).await
}

/// The bootstrap of every `main.rs`.
pub async fn run<F: Function>() -> Result<(), lambda_runtime::Error> {
    telemetry::start_json();
    let environment = Environment::from_process().await?;
    let function = Arc::new(begin::<F>(&environment).await?);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let function = Arc::clone(&function);
        async move {
            let invocation = Invocation {
                request_id: event.context.request_id.clone(),
                deadline: i64::try_from(event.context.deadline)
                    .ok()
                    .and_then(|at| Timestamp::from_millisecond(at).ok())
                    .unwrap_or(Timestamp::MAX),
            };
            invoke(function, event.payload, invocation).await
        }
    });
    lambda_runtime::run_concurrent(handler).await
}
