//! The template's routes, served on loopback: what API Gateway's HTTP API does between the wire and a function.
//!
//! A function is handed the request itself, not the JSON of API Gateway's event about it: on one machine the way through JSON
//! would cost more than all that is done with a delivery.

use super::{activity::Activity, bodies, callers::Callers};
use crate::{registry::Hosted, template::Route};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lintel_cloud::http::{HttpAnswer, HttpCall};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Rest after a connection could not be taken: out of file handles, most likely.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// One route with its function.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) route: Route,
    pub(crate) function: Hosted,
}

/// All routes.
#[derive(Debug)]
pub(crate) struct Front {
    routes: Vec<Served>,
    activity: Activity,
    callers: Callers,
    requests: AtomicU64,
}

impl Front {
    pub(crate) fn new(routes: Vec<Served>, activity: Activity, callers: Callers) -> Self {
        Self { routes, activity, callers, requests: AtomicU64::new(0) }
    }

    /// Serves connections until it is dropped, which also closes those still open.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let front = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(Arc::clone(&front).serve_connection(stream));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(AFTER_FAILURE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn serve_connection(self: Arc<Self>, stream: TcpStream) {
        // Answers are small: waiting to fill a packet costs 40 ms each.
        let _ = stream.set_nodelay(true);
        let each = service_fn(|request| {
            let front = Arc::clone(&self);
            async move { Ok::<_, Infallible>(front.answer(request).await) }
        });
        if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), each).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let Some((served, parameters)) = self.route(&parts.method, parts.uri.path()) else {
            return message(StatusCode::NOT_FOUND, r#"{"message":"Not Found"}"#);
        };
        let Some(body) = bodies::fitting(&parts.headers, body).await else {
            return message(StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#);
        };
        self.callers.enter();
        let running = self.activity.begin();
        let request_id = format!("local-{}", self.requests.fetch_add(1, Ordering::Relaxed));
        let route = format!("{} {}", served.route.method, served.route.path);
        let headers = joined(parts.headers);
        let call = HttpCall::new(&parts.method, &parts.uri, route, parameters, headers, body);
        // A task of its own: the caller hanging up does not stop a function that has begun, as on Lambda.
        let function = served.function.clone();
        let outcome = tokio::spawn(async move { function.answer(call, request_id).await }).await;
        drop(running);
        match outcome {
            Ok(Ok(answer)) => respond(answer),
            _ => message(StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal Server Error"}"#),
        }
    }

    fn route(&self, method: &Method, path: &str) -> Option<(&Served, BTreeMap<String, String>)> {
        self.routes.iter().find_map(|served| {
            let matches = served.route.method.eq_ignore_ascii_case(method.as_str()) || served.route.method == "ANY";
            let parameters = matches.then(|| path_parameters(&served.route.path, path)).flatten()?;
            Some((served, parameters))
        })
    }
}

/// Matches `/email/{org}` against a path.
fn path_parameters(pattern: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut given = path.split('/');
    let mut found = BTreeMap::new();
    for wanted in pattern.split('/') {
        let given = given.next()?;
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !given.is_empty() => {
                found.insert(name.to_owned(), given.to_owned());
            }
            _ if wanted == given => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(found)
}

/// API Gateway joins repeated headers with commas.
fn joined(headers: HeaderMap) -> HeaderMap {
    if headers.len() == headers.keys_len() {
        return headers;
    }
    let join = |name: &http::HeaderName| {
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        Some((name.clone(), HeaderValue::from_bytes(&values.join(&b","[..])).ok()?))
    };
    headers.keys().filter_map(join).collect()
}

fn respond(answer: HttpAnswer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let built = response.body(Full::from(answer.into_body()));
    built.unwrap_or_else(|_| message(StatusCode::BAD_GATEWAY, r#"{"message":"Bad Gateway"}"#))
}

/// What the gateway says itself.
fn message(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_matches_paths_of_its_form_alone() {
        let found = |path| path_parameters("/orgs/{org}/flows/{flow}", path);
        let wanted = BTreeMap::from([("org".to_owned(), "a".to_owned()), ("flow".to_owned(), "b".to_owned())]);
        assert_eq!(found("/orgs/a/flows/b"), Some(wanted));
        for path in ["/orgs/a/flows", "/orgs/a/flows/", "/orgs/a/flows/b/c", "/orgs/a/flows/b/", "/org/a/flows/b", "/"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn a_header_that_comes_twice_is_one_with_both_values() {
        let mut headers = HeaderMap::new();
        headers.append("x-one", HeaderValue::from_static("1"));
        headers.append("x-two", HeaderValue::from_static("a"));
        headers.append("x-two", HeaderValue::from_static("b"));
        let joined = joined(headers);
        assert_eq!((&joined["x-one"], &joined["x-two"]), (&"1".parse().unwrap(), &"a,b".parse().unwrap()));
        assert_eq!(joined.len(), 2);
    }
}
