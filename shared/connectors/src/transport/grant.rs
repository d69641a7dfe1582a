//! What tokens are asked for with, and what is read from the answer.

use super::{Account, Fault, Tokens, Verdict, retry_after, target::filled};
use crate::{
    manifest::{Auth, ClientProof, RetryHints, TokenUrl},
    roles::OpenError,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::private::Private;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Tokens are renewed this long before they end, or a fifth of their life where that is shorter.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
const SHARE: i32 = 5;
/// Longest code of a refusal that is told.
const CODE: usize = 64;

/// What stands in the secret of a connection with OAuth: the client as it is registered, and a consent.
#[derive(Deserialize)]
struct Registration {
    client_id: Private,
    client_secret: Private,
    #[serde(default)]
    refresh_token: Option<Private>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

/// What tokens are asked for with.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The endpoint as the manifest writes it.
    pub(super) route: String,
    /// Tells the tokens of this grant from those of another.
    pub(super) digest: String,
    url: String,
    kind: Kind,
    client: ClientProof,
    client_id: Private,
    client_secret: Private,
    also: Vec<(String, Private)>,
    retry: RetryHints,
}

#[derive(Clone, Debug)]
enum Kind {
    ClientCredentials {
        scope: String,
    },
    /// The token a person's consent gave.
    RefreshToken(Private),
}

#[derive(Deserialize)]
struct Answer {
    access_token: Private,
    #[serde(default)]
    refresh_token: Option<Private>,
    #[serde(default)]
    expires_in: Value,
}

impl Grant {
    /// `None` where the manifest wants no tokens.
    pub(super) fn of(
        auth: &Auth,
        retry: &RetryHints,
        account: Account<'_>,
        base_url: &str,
        settings: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, OpenError> {
        let (token_url, client, also) = match auth {
            Auth::ClientCredentials { token_url, client, also, .. }
            | Auth::AuthorizationCode { token_url, client, also, .. } => (token_url, *client, also),
            _ => return Ok(None),
        };
        let secret: Registration = serde_json::from_str(account.secret.expose())
            .map_err(|_| account.fault("secret", "must be a JSON object with client_id and client_secret"))?;
        let kind = match (auth, secret.refresh_token) {
            (Auth::ClientCredentials { scopes, .. }, _) => Kind::ClientCredentials { scope: scopes.join(" ") },
            (_, Some(token)) => Kind::RefreshToken(token),
            (_, None) => return Err(account.fault("secret", "has no refresh_token")),
        };
        let also = also.iter().map(|name| {
            let value = secret.more.get(name).and_then(Value::as_str).map(Private::new);
            let missing = || account.fault("secret", &format!("has no {name}"));
            Ok((name.clone(), value.ok_or_else(missing)?))
        });
        let also = also.collect::<Result<Vec<_>, OpenError>>()?;
        let (route, url) = endpoint(token_url, account, base_url, settings)?;
        let grant = Self {
            digest: String::new(),
            route,
            url,
            kind,
            client,
            client_id: secret.client_id,
            client_secret: secret.client_secret,
            also,
            retry: retry.clone(),
        };
        Ok(Some(Self { digest: grant.digest(), ..grant }))
    }

    /// Asks with the refresh token that was last given, or else the configured one.
    pub(super) fn request(&self, given: Option<&Private>) -> Result<Request<Bytes>, http::Error> {
        let mut form = self.form(given);
        let mut request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        match self.client {
            ClientProof::Form => form.push(("client_secret", self.client_secret.expose())),
            ClientProof::Basic => {
                let pair = [&self.client_id, &self.client_secret].map(|part| escaped(part.expose())).join(":");
                let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))?;
                value.set_sensitive(true);
                request = request.header(AUTHORIZATION, value);
            }
        }
        request.body(Bytes::from(serialized(&form)))
    }

    /// The tokens of an answer, or what else it means. `given` is the refresh token that was sent, and stays good unless
    /// another comes.
    pub(super) fn read(
        &self,
        response: &Response<Bytes>,
        given: Option<&Private>,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Result<Tokens, Verdict> {
        let body = response.body();
        match response.status() {
            status if status.is_success() => match serde_json::from_slice(body) {
                Ok(answer) => self.tokens(answer, given, asked_at),
                // Some vendors refuse with 200.
                Err(_) if code(body).is_some() => Err(refused(response)),
                Err(_) => Err(failing("the answer holds no token")),
            },
            StatusCode::TOO_MANY_REQUESTS => Err(self.throttled(response, now)),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refused(response)),
            status if status.is_server_error() || matches!(status.as_u16(), 408 | 423 | 477) => {
                Err(failing(&said(response)))
            }
            _ => Err(Verdict::Refused { fault: Fault::Ours, code: "refused", reason: said(response) }),
        }
    }

    fn tokens(&self, answer: Answer, given: Option<&Private>, asked_at: Timestamp) -> Result<Tokens, Verdict> {
        let access = answer.access_token;
        if access.expose().is_empty() || HeaderValue::from_str(access.expose()).is_err() {
            return Err(failing("the answer's token cannot stand in a header"));
        }
        let life = life(&answer.expires_in);
        let at = |span: SignedDuration| asked_at.checked_add(span).ok();
        Ok(Tokens {
            grant: self.digest.clone(),
            access,
            refresh: answer.refresh_token.filter(|token| !token.expose().is_empty()).or_else(|| given.cloned()),
            renew_at: life.and_then(|life| at(life - AHEAD.min(life / SHARE))),
            expires_at: life.and_then(at),
        })
    }

    fn throttled(&self, response: &Response<Bytes>, now: Timestamp) -> Verdict {
        let names: Vec<&str> = self.retry.headers.iter().map(|header| header.name().as_str()).collect();
        let longest = SignedDuration::from_secs(i64::from(self.retry.longest));
        let unsaid = now + SignedDuration::from_secs(i64::from(self.retry.unsaid));
        Verdict::Throttled { until: retry_after(response.headers(), &names, longest, now).unwrap_or(unsaid) }
    }

    /// Everything but the client's secret, which may be changed without a new consent.
    fn form<'a>(&'a self, given: Option<&'a Private>) -> Vec<(&'a str, &'a str)> {
        let mut form = match &self.kind {
            Kind::ClientCredentials { scope } if scope.is_empty() => vec![("grant_type", "client_credentials")],
            Kind::ClientCredentials { scope } => vec![("grant_type", "client_credentials"), ("scope", scope)],
            Kind::RefreshToken(first) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", given.unwrap_or(first).expose())]
            }
        };
        if self.client == ClientProof::Form {
            form.push(("client_id", self.client_id.expose()));
        }
        form.extend(self.also.iter().map(|(name, value)| (name.as_str(), value.expose())));
        form
    }

    fn digest(&self) -> String {
        let text = format!("{}\n{}\n{}", self.url, escaped(self.client_id.expose()), serialized(&self.form(None)));
        hex::encode(digest(&SHA256, text.as_bytes()))
    }
}

/// The endpoint's route and URL. A setting `token_url` stands for the manifest's, where a vendor has several.
fn endpoint(
    token_url: &TokenUrl,
    account: Account<'_>,
    base_url: &str,
    settings: &BTreeMap<String, String>,
) -> Result<(String, String), OpenError> {
    let own = account.connection.settings.get("token_url").cloned().map(TokenUrl::try_from).transpose();
    let own = own.map_err(|error| account.fault("token_url", &error.to_string()))?;
    let fill = |template: &str| {
        filled(template, settings)
            .ok_or_else(|| account.fault("token_url", &format!("no setting stands for a part of {template}")))
    };
    match own.as_ref().unwrap_or(token_url) {
        TokenUrl::Below(path) => Ok((path.clone(), format!("{}{}", base_url.trim_end_matches('/'), fill(path)?))),
        TokenUrl::Elsewhere(url) => Ok((url.to_string(), fill(url.as_str())?)),
    }
}

/// How long tokens live; some vendors write the number as text.
fn life(expires_in: &Value) -> Option<SignedDuration> {
    let seconds = match expires_in {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    seconds.filter(|seconds| *seconds > 0).map(SignedDuration::from_secs)
}

fn refused(response: &Response<Bytes>) -> Verdict {
    Verdict::Refused { fault: Fault::Settings, code: "not-authorized", reason: said(response) }
}

fn failing(reason: &str) -> Verdict {
    Verdict::Failing { reason: reason.to_owned() }
}

/// The status and the code of a refusal. Descriptions are left out: they may repeat what was sent.
fn said(response: &Response<Bytes>) -> String {
    format!("{} {}", response.status().as_u16(), code(response.body()).unwrap_or_default()).trim().to_owned()
}

/// `error` is the standard's (RFC 6749 section 5.2).
fn code(body: &Bytes) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = ["error", "status", "code"].iter().find_map(|name| body.get(name)?.as_str())?;
    let word = code.len() <= CODE && code.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    word.then(|| code.to_owned())
}

fn serialized(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn escaped(part: &str) -> String {
    form_urlencoded::byte_serialize(part.as_bytes()).collect()
}
