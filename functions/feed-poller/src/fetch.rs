//! One fetch of one feed: conditional, capped, and never inwards.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::transport::{AddressFault, AddressPolicy, retry_after};
use lintel_domain::private::Private;
use std::{fmt, time::Duration};
use url::Url;

const REDIRECTS: usize = 5;
/// Some channels refuse the default names of libraries.
const USER_AGENT: &str = "Mozilla/5.0 (compatible; Lintel calendar reader)";
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Fetches. A trait, so that a simulation can stand in for the network.
#[async_trait]
pub trait Fetch: fmt::Debug + Send + Sync {
    async fn fetch(&self, url: &Private, known: &Validators, limits: FetchLimits, now: Timestamp) -> Fetched;
}

/// What the server said of the last body, to be asked whether it still stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    pub timeout: Duration,
    /// Of the body once decoded.
    pub bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    Body {
        bytes: Bytes,
        validators: Validators,
        /// Where the feed has moved to for good; the host alone.
        moved_to: Option<String>,
    },
    Unchanged,
    Failed(FetchFault),
}

/// Why there is no body. Texts name no address: it is a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    #[error("the address is not an https address")]
    Address,
    #[error("the address, or one it redirects to, leads inwards and was not asked")]
    Inward,
    #[error("it redirects more than {REDIRECTS} times")]
    Redirects,
    #[error("it answered {0}")]
    Status(u16),
    #[error("it asks to be left alone for a while")]
    Throttled { until: Option<Timestamp> },
    #[error("its body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("it did not answer in time")]
    Timeout,
    #[error("it could not be reached")]
    Unreachable,
}

impl From<AddressFault> for FetchFault {
    fn from(fault: AddressFault) -> Self {
        match fault {
            AddressFault::Scheme => Self::Address,
            AddressFault::Inward => Self::Inward,
        }
    }
}

impl FetchFault {
    /// Stable, for the feed's row and filters.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address => "feed-bad-address",
            Self::Inward => "feed-inward",
            Self::Redirects => "feed-redirects",
            Self::Status(404 | 410) => "feed-gone",
            Self::Status(_) => "feed-refused",
            Self::Throttled { .. } => "feed-throttled",
            Self::TooLarge { .. } => "feed-too-large",
            Self::Timeout => "feed-timeout",
            Self::Unreachable => "feed-unreachable",
        }
    }

    /// Whether asking again at once may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Timeout | Self::Unreachable) || matches!(self, Self::Status(status) if *status >= 500)
    }
}

/// Sockets, through a resolver that refuses inward addresses.
#[derive(Clone, Debug)]
pub struct HttpFetch {
    client: reqwest::Client,
    policy: AddressPolicy,
}

impl HttpFetch {
    pub fn new(policy: AddressPolicy) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .dns_resolver(policy.resolver())
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT)
            .no_proxy()
            .gzip(true)
            .build()?;
        Ok(Self { client, policy })
    }

    async fn follow(&self, url: &Private, known: &Validators, limits: FetchLimits, now: Timestamp) -> Fetched {
        let mut moved_to = None;
        let Some(mut url) = parse(url.expose()) else { return Fetched::Failed(FetchFault::Address) };
        for _ in 0..=REDIRECTS {
            if let Err(fault) = self.policy.check(&url) {
                return Fetched::Failed(fault.into());
            }
            let response = match self.ask(&url, known).await {
                Ok(response) => response,
                Err(error) => return Fetched::Failed(sort(&error)),
            };
            match response.status() {
                StatusCode::NOT_MODIFIED => return Fetched::Unchanged,
                StatusCode::OK => return body(response, moved_to, limits.bytes).await,
                status if status.is_redirection() => {
                    let Some(next) = location(&url, response.headers()) else {
                        return Fetched::Failed(FetchFault::Status(status.as_u16()));
                    };
                    if matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT) {
                        moved_to = next.host_str().map(str::to_owned);
                    }
                    url = next;
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    let until = retry_after(response.headers(), &["retry-after"], LONGEST_WAIT, now);
                    return Fetched::Failed(FetchFault::Throttled { until });
                }
                status => return Fetched::Failed(FetchFault::Status(status.as_u16())),
            }
        }
        Fetched::Failed(FetchFault::Redirects)
    }

    async fn ask(&self, url: &Url, known: &Validators) -> Result<reqwest::Response, reqwest::Error> {
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, "text/calendar, */*;q=0.5");
        if let Some(etag) = &known.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = &known.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, date);
        }
        request.send().await
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, url: &Private, known: &Validators, limits: FetchLimits, now: Timestamp) -> Fetched {
        tokio::time::timeout(limits.timeout, self.follow(url, known, limits, now))
            .await
            .unwrap_or(Fetched::Failed(FetchFault::Timeout))
    }
}

/// `webcal:` is a way of writing `https:`.
fn parse(text: &str) -> Option<Url> {
    let text = text.trim();
    let rest = text.get(..9).filter(|scheme| scheme.eq_ignore_ascii_case("webcal://")).and_then(|_| text.get(9..));
    match rest {
        Some(rest) => Url::parse(&format!("https://{rest}")).ok(),
        None => Url::parse(text).ok(),
    }
}

fn location(from: &Url, headers: &HeaderMap) -> Option<Url> {
    let target = headers.get(header::LOCATION)?.to_str().ok()?;
    from.join(target).ok()
}

/// Reads the body as it is decoded, and stops at the cap: a small bomb never becomes a large one.
async fn body(mut response: reqwest::Response, moved_to: Option<String>, limit: usize) -> Fetched {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let validators = Validators { etag: text(header::ETAG), last_modified: text(header::LAST_MODIFIED) };
    let mut bytes = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => {
                return Fetched::Failed(FetchFault::TooLarge { limit });
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Fetched::Body { bytes: bytes.freeze(), validators, moved_to },
            Err(error) => return Fetched::Failed(sort(&error)),
        }
    }
}

fn sort(error: &reqwest::Error) -> FetchFault {
    if let Some(fault) = AddressFault::of(error) {
        return fault.into();
    }
    if error.is_timeout() { FetchFault::Timeout } else { FetchFault::Unreachable }
}
