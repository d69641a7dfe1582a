//! The template's routes, served on loopback and handed to functions as API Gateway HTTP API events.

use super::{activity::Activity, callers::Callers};
use crate::{registry::Hosted, template::Route};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::Invocation;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// API Gateway takes no larger request.
const LARGEST: usize = 10 * 1024 * 1024;

/// One route with its function.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) route: Route,
    pub(crate) function: Hosted,
    pub(crate) timeout: SignedDuration,
}

#[derive(Debug)]
struct Front {
    routes: Vec<Served>,
    activity: Activity,
    callers: Callers,
    requests: AtomicU64,
}

pub(crate) fn router(routes: Vec<Served>, activity: Activity, callers: Callers) -> Router {
    let front = Front { routes, activity, callers, requests: AtomicU64::new(0) };
    Router::new().fallback(answer).with_state(Arc::new(front))
}

async fn answer(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str();
    let found = front.routes.iter().find_map(|served| {
        let matches = served.route.method.eq_ignore_ascii_case(method) || served.route.method == "ANY";
        path_parameters(&served.route.path, parts.uri.path()).filter(|_| matches).map(|found| (served, found))
    });
    let Some((served, parameters)) = found else {
        return (StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#).into_response();
    };
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Entity Too Large"}"#).into_response();
    };
    let caller = front.callers.enter();
    let number = front.requests.fetch_add(1, Ordering::Relaxed);
    let request_id = format!("local-{number}");
    let event = event(&served.route, &parts, &parameters, &body, &request_id);
    let invocation = Invocation { request_id, deadline: Timestamp::now() + served.timeout };
    let running = front.activity.begin();
    // A task of its own: the caller hanging up does not stop a function that has begun, as on Lambda.
    let function = served.function.clone();
    let outcome = tokio::spawn(async move { function.invoke(event, invocation).await }).await;
    drop((running, caller));
    match outcome {
        Ok(Ok(answer)) => respond(&answer),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#).into_response(),
    }
}

/// Matches `/email/{org}` against a path.
fn path_parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let wanted: Vec<&str> = pattern.split('/').collect();
    let given: Vec<&str> = path.split('/').collect();
    if wanted.len() != given.len() {
        return None;
    }
    let mut found = BTreeMap::new();
    for (wanted, given) in wanted.iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !given.is_empty() => {
                found.insert(name.to_owned(), given.to_owned());
            }
            _ if *wanted == given => {}
            _ => return None,
        }
    }
    Some(found)
}

fn event(
    route: &Route,
    parts: &axum::http::request::Parts,
    parameters: &BTreeMap<String, String>,
    body: &[u8],
    request_id: &str,
) -> Value {
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let text = std::str::from_utf8(body).ok();
    let now = Timestamp::now();
    json!({
        "version": "2.0",
        "routeKey": format!("{} {}", route.method, route.path),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers),
        "pathParameters": parameters,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "localhost",
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": parts.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or(""),
            },
            "requestId": request_id,
            "routeKey": format!("{} {}", route.method, route.path),
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "body": text.map_or_else(|| STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

/// API Gateway joins repeated headers with commas.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .keys()
        .map(|name| {
            let values: Vec<_> =
                headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            (name.as_str().to_owned(), Value::from(values.join(",")))
        })
        .collect()
}

fn respond(answer: &Value) -> Response {
    let status = answer.get("statusCode").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let status = status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
    let text = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let encoded = answer.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let bytes = if encoded { STANDARD.decode(text).unwrap_or_default() } else { text.as_bytes().to_vec() };
    let mut response = Response::builder().status(status);
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(bytes)).unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
}
