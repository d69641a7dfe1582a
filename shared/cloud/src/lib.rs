//! The only room that knows AWS: the table, queues, secrets, objects, telemetry, and the bootstrap of every function.

pub mod batch;
pub mod connections;
pub mod correlation;
mod environment;
mod function;
pub mod gathering;
pub mod http;
pub mod inputs;
pub mod messages;
pub mod metrics;
pub mod objects;
pub mod office;
pub mod queues;
pub mod reports;
pub mod secrets;
pub mod settings;
mod shared_state;
pub mod store;
pub mod telemetry;
pub mod tokens;
pub mod vault;

pub use environment::{Environment, HostParts};
pub use function::{Function, FunctionError, Invocation, StartError, answer, begin, invoke, run};
