//! One delivery, from the raw bytes to the answer.

use crate::{
    desk::{Account, Desk},
    keep,
};
use http::StatusCode;
use lintel_cloud::http::{HttpAnswer, HttpCall};
use lintel_connectors::webhooks::{self, Delivery, Reply, Webhook};

/// Answers as the vendor expects, and says no more than it needs to know.
pub(crate) async fn receive(desk: &Desk, call: &HttpCall) -> HttpAnswer {
    let Some(account) = desk.account(call.path_parameter("connection").unwrap_or_default()).await else {
        return answer(StatusCode::NOT_FOUND, "not found");
    };
    let Ok(webhook) = account.manifest.webhook() else { return answer(StatusCode::NOT_FOUND, "not found") };
    let status = judge(desk, &account, webhook, call).await;
    match status {
        Ok(reply) => reply,
        Err(refusal) => {
            tracing::warn!(org = %account.org, connection = %account.id, code = refusal.code, "a delivery was refused");
            desk.metrics.count("webhook-receiver", &account.org, &format!("webhook_refused_{}_count", refusal.code), 1);
            answer(webhook.answers.status(refusal.status), "refused")
        }
    }
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
    webhook.verify(&delivery, secrets, now).map_err(|refusal| {
        let status = match refusal {
            webhooks::Refusal::OversizedBody => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNAUTHORIZED,
        };
        Refused::new(status, refusal.code())
    })?;
    let events = match webhooks::read_event(webhook, &delivery) {
        Ok(events) => events,
        Err(error) => {
            keep::unreadable(desk, account, call, &error).await.map_err(|_| later())?;
            return Err(Refused::new(StatusCode::BAD_REQUEST, error.code()));
        }
    };
    keep::keep(desk, account, &events, now).await.map_err(|error| {
        tracing::error!(org = %account.org, connection = %account.id, %error, "events could not be written down");
        later()
    })?;
    Ok(answer(webhook.answers.status(StatusCode::OK), "accepted"))
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
