//! SQS, with the two things mended that the embedded engine refuses and AWS takes.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::dispatch::SqsHandler;
use rustack_sqs_http::response::error_to_response;
use rustack_sqs_http::router::resolve_operation;
use serde_json::Value;

use crate::services::whole;
use crate::{ACCOUNT, REGION};

/// All queues of the embedded account.
pub(crate) struct Queues {
    engine: RustackSqsHandler,
}

impl Queues {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = SqsConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            account_id: ACCOUNT.to_owned(),
            host: address.ip().to_string(),
            port: address.port(),
        };
        Self { engine: RustackSqsHandler::new(Arc::new(RustackSqs::new(config))) }
    }

    pub(crate) async fn answer(&self, headers: &HeaderMap, body: Bytes) -> Response<Bytes> {
        let answered = match resolve_operation(headers) {
            Ok(operation) => self.engine.handle_operation(operation, as_the_engine_takes_it(body)).await,
            Err(error) => Err(error),
        };
        whole(answered.unwrap_or_else(|error| error_to_response(&error, "local"))).await
    }
}

/// AWS takes a message group on a standard queue (fair queues) and a redrive count written as text; the engine refuses
/// both. The group is dropped, the count becomes a number.
fn as_the_engine_takes_it(body: Bytes) -> Bytes {
    let Ok(Value::Object(mut request)) = serde_json::from_slice::<Value>(&body) else { return body };
    let mut changed = false;
    let fifo = request
        .get("QueueUrl")
        .and_then(Value::as_str)
        .and_then(|url| url.rsplit_once('.'))
        .is_some_and(|(_, kind)| kind == "fifo");
    if !fifo {
        changed |= request.remove("MessageGroupId").is_some();
        for entry in request.get_mut("Entries").and_then(Value::as_array_mut).into_iter().flatten() {
            changed |= entry.as_object_mut().is_some_and(|entry| entry.remove("MessageGroupId").is_some());
        }
    }
    if let Some(Value::String(policy)) = request.get_mut("Attributes").and_then(|all| all.get_mut("RedrivePolicy"))
        && let Some(numbered) = with_numbered_receive_count(policy)
    {
        *policy = numbered;
        changed = true;
    }
    if changed { Value::Object(request).to_string().into() } else { body }
}

fn with_numbered_receive_count(policy: &str) -> Option<String> {
    let mut policy: Value = serde_json::from_str(policy).ok()?;
    let count = policy.get_mut("maxReceiveCount")?;
    *count = Value::from(count.as_str()?.parse::<u32>().ok()?);
    Some(policy.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_the_engine_already_takes_is_passed_on_untouched() {
        let body = Bytes::from_static(b"{ \"QueueUrl\": \"http://h/1/a.fifo\", \"MessageGroupId\": \"g\" }");
        assert_eq!(as_the_engine_takes_it(body.clone()), body);
        let broken = Bytes::from_static(b"not json");
        assert_eq!(as_the_engine_takes_it(broken.clone()), broken);
    }
}
