//! One delivery, from the raw bytes to the answer.

use crate::{
    desk::{Account, Desk},
    keep,
};
use http::StatusCode;
use lintel_cloud::http::{HttpAnswer, HttpCall};
use lintel_connectors::webhooks::{self, Delivery, Refusal, Reply, Webhook};

/// Answers as the vendor expects, and says no more than it needs to know.
pub(crate) async fn receive(desk: &Desk, call: &HttpCall) -> HttpAnswer {
    let account = match desk.account(call.path_parameter("connection").unwrap_or_default()).await {
        Ok(account) => account,
        Err(error) => {
            tracing::error!(%error, "the connection of a delivery could not be looked up");
            return answer(StatusCode::SERVICE_UNAVAILABLE, "refused");
        }
    };
    let addressed = account.as_deref().and_then(|account| Some((account, account.manifest.webhook().ok()?)));
    let Some((account, webhook)) = addressed else {
        desk.metrics.count_for_nobody("webhook-receiver", "webhook_refused_unknown-connection_count");
        return answer(StatusCode::NOT_FOUND, "not found");
    };
    match judge(desk, account, webhook, call).await {
        Ok(reply) => reply,
        Err(refusal) => {
            note(desk, account, refusal.code);
            answer(webhook.answers.status(refusal.status), "refused")
        }
    }
}

/// Logs and counts what was not taken, or could not be read.
fn note(desk: &Desk, account: &Account, code: &str) {
    tracing::warn!(org = %account.org, connection = %account.id, code, "a delivery was refused");
    desk.metrics.count("webhook-receiver", &account.org, &format!("webhook_refused_{code}_count"), 1);
}

/// Why a delivery was not taken.
struct Refused {
    status: StatusCode,
    /// Stable, for counting.
    code: &'static str,
}

impl Refused {
    fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code }
    }
}

async fn judge(desk: &Desk, account: &Account, webhook: &Webhook, call: &HttpCall) -> Result<HttpAnswer, Refused> {
    let url = desk.url(call);
    let method = call.method.parse().map_err(|_| Refused::new(StatusCode::METHOD_NOT_ALLOWED, "bad-method"))?;
    let delivery = Delivery { method: &method, url: &url, headers: &call.headers, body: &call.body };
    // Before any secret is looked for: some vendors show theirs only after this is answered.
    if let Some(reply) = webhooks::trial(webhook, &delivery) {
        return Ok(replied(reply));
    }
    let now = desk.clock.now();
    // Without a secret nothing can be proven: the vendor is asked to come again, and an operator is told.
    let secrets = match desk.secrets(account).await {
        Ok(secrets) => secrets,
        Err(error) => {
            keep::not_set_up(desk, account, &error.to_string()).await;
            return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, "no-secret"));
        }
    };
    if let Some(reply) = webhooks::challenge(webhook, &delivery, secrets, now) {
        return Ok(replied(reply));
    }
    if let Err(refusal) = webhook.verify(&delivery, secrets, now) {
        return Err(unproven(desk, account, refusal).await);
    }
    let events = match webhooks::read_event(webhook, &delivery) {
        Ok(events) => events,
        Err(error) => {
            keep::unreadable(desk, account, call, &error).await.map_err(|_| later())?;
            note(desk, account, error.code());
            return Ok(answer(webhook.answers.kept_unread(), "kept unread"));
        }
    };
    if webhook.is_too_old(&events, now) {
        return Err(unproven(desk, account, Refusal::Stale).await);
    }
    keep::keep(desk, account, &events, now).await.map_err(|error| {
        tracing::error!(org = %account.org, connection = %account.id, %error, "events could not be written down");
        later()
    })?;
    Ok(answer(webhook.answers.status(StatusCode::OK), "accepted"))
}

async fn unproven(desk: &Desk, account: &Account, refusal: Refusal) -> Refused {
    let status = match refusal {
        Refusal::OversizedBody => StatusCode::PAYLOAD_TOO_LARGE,
        // None that counts now is as good as none at all.
        Refusal::NoSecret => {
            keep::not_set_up(desk, account, &refusal.to_string()).await;
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::UNAUTHORIZED,
    };
    Refused::new(status, refusal.code())
}

fn later() -> Refused {
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "not-stored")
}

fn replied(reply: Reply) -> HttpAnswer {
    HttpAnswer::text(reply.status.as_u16(), reply.body)
}

fn answer(status: StatusCode, text: &str) -> HttpAnswer {
    HttpAnswer::text(status.as_u16(), text)
}
