//! The two doors that only store: nothing is parsed before the raw mail is safe.

use crate::desk::Desk;
use lintel_cloud::{
    FunctionError,
    http::{HttpAnswer, HttpCall},
    messages::MailMessage,
    store::{Accepted, AttentionRow, MailRow, MailState, StoreError},
};
use lintel_domain::{ids::OrgId, private::Private, settings::Organization};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Why a post was not accepted. All of these may be mended, so all answer 5xx: the sender's server will try again.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("no such address here yet")]
    UnknownOrganization,
    #[error("not authorized yet")]
    NotAuthorized,
    #[error("inbound mail is not set up yet")]
    NotSetUp,
    #[error("try again later")]
    Later,
}

/// A post by the inbound-mail vendor: `POST /email/{org}`.
pub(crate) async fn posted(desk: &Desk, call: &HttpCall) -> HttpAnswer {
    match accept_post(desk, call).await {
        Ok(Accepted::First) => HttpAnswer::text(200, "accepted"),
        Ok(Accepted::Again) => HttpAnswer::text(200, "accepted before"),
        Err(refusal) => HttpAnswer::text(503, refusal.to_string()),
    }
}

async fn accept_post(desk: &Desk, call: &HttpCall) -> Result<Accepted, Refusal> {
    let org = call.path_parameter("org").map(OrgId::new).ok_or(Refusal::UnknownOrganization)?;
    let settings = desk.settings.load(&org).await.map_err(|error| {
        tracing::warn!(%org, %error, "a mail for an organization without settings was put off");
        Refusal::UnknownOrganization
    })?;
    if let Err(refusal) = authorize(desk, &settings, call).await {
        let text = format!("a mail post was put off: {refusal}");
        notice(desk, &org, "mail-not-authorized", "inbound-mail", text).await;
        return Err(refusal);
    }
    let digest = digest(&call.body);
    let object = format!("mail/{org}/{digest}");
    desk.objects.put(&object, call.body.clone()).await.map_err(|error| {
        tracing::error!(%org, %error, "a mail could not be stored");
        Refusal::Later
    })?;
    let mail = MailRow {
        id: short(&digest),
        object,
        content_type: call.header("content-type").map(str::to_owned),
        received_at: desk.clock.now(),
        state: MailState::Pending,
        outcome: String::new(),
    };
    write_down(desk, &org, &mail).await.map_err(|error| {
        tracing::error!(%org, %error, "a mail could not be written down");
        Refusal::Later
    })
}

/// The id under which a mail is written down that is posted with this body.
pub fn posted_id(body: &[u8]) -> String {
    short(&digest(body))
}

fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

fn short(digest: &str) -> String {
    digest.chars().take(24).collect()
}

/// An object SES put: already stored, so only written down. The key is `ses/<org>/<message id>`.
pub(crate) async fn stored(desk: &Desk, event: Value) -> Result<Value, FunctionError> {
    let keys = lintel_cloud::objects::put_events(event)?;
    for key in keys {
        let Some(org) = key.strip_prefix("ses/").and_then(|rest| rest.split('/').next()).map(OrgId::new) else {
            tracing::warn!("an object outside of ses/ was put; it is left alone");
            continue;
        };
        let mail = MailRow {
            id: hex::encode(Sha256::digest(&key)).chars().take(24).collect(),
            object: key,
            content_type: Some("message/rfc822".to_owned()),
            received_at: desk.clock.now(),
            state: MailState::Pending,
            outcome: String::new(),
        };
        write_down(desk, &org, &mail).await?;
    }
    Ok(Value::Null)
}

async fn write_down(desk: &Desk, org: &OrgId, mail: &MailRow) -> Result<Accepted, StoreError> {
    let accepted = desk.table.org(org).accept_mail(mail).await?;
    let message = MailMessage::V1 { org: org.clone(), mail: mail.id.clone() };
    // The row stands, so a message that cannot be sent now is the sweeper's.
    if accepted == Accepted::First
        && let Err(error) = desk.queues.send(&desk.mail, org, &message, Duration::ZERO).await
    {
        tracing::warn!(%org, %error, "a mail waits for the sweeper");
    }
    Ok(accepted)
}

async fn authorize(desk: &Desk, settings: &Organization, call: &HttpCall) -> Result<(), Refusal> {
    let name = settings.mail.secret.as_deref().ok_or(Refusal::NotSetUp)?;
    let expected: Private = desk.secrets.get(&settings.id, name).await.map_err(|error| {
        tracing::error!(org = %settings.id, %error, "the inbound-mail secret could not be read");
        Refusal::NotSetUp
    })?;
    if call.has_basic_credentials(&expected) { Ok(()) } else { Err(Refusal::NotAuthorized) }
}

async fn notice(desk: &Desk, org: &OrgId, code: &str, subject: &str, text: String) {
    let entry = AttentionRow { code: code.to_owned(), subject: subject.to_owned(), text, at: desk.clock.now() };
    if let Err(error) = desk.table.org(org).notice(&entry).await {
        tracing::warn!(%org, %error, "an entry for the operator could not be written");
    }
}
