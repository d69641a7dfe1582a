//! Webhooks: a thin ping tells that payloads wait, which are then listed by cursor (section 7).

use super::{
    State,
    changes::{Change, Source, Wish},
    pings::Outbox,
    refusals, stamp,
};
use crate::answer::{Answer, Answered, Ask};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// A webhook lives this long from its creation, last refresh or last listing; a payload from its transaction.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
const LARGEST_PAGE: usize = 50;

/// One registration.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) secret: Vec<u8>,
    pub(super) outbox: Outbox,
    /// What it was created with.
    specification: Value,
    wish: Option<Wish>,
    expires: Timestamp,
    /// Number of the next payload, counted from 1.
    next: u64,
    payloads: VecDeque<Payload>,
}

#[derive(Debug)]
struct Payload {
    number: u64,
    at: Timestamp,
    body: Value,
}

impl Webhook {
    fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id, "specification": self.specification, "isHookEnabled": true,
            "cursorForNextPayload": self.next, "expirationTime": stamp(self.expires),
        });
        if let Some(map) = shown.as_object_mut() {
            map.extend(self.outbox.shown());
        }
        shown
    }

    pub(super) fn lives(&self, now: Timestamp) -> bool {
        self.expires > now
    }

    fn list(&mut self, ask: &Ask) -> Answered {
        self.expires = ask.now + LIFE;
        self.payloads.retain(|payload| payload.at + LIFE > ask.now);
        let number = |name: &str, absent: u64| match ask.query(name) {
            None => Ok(absent),
            Some(text) => match text.parse::<u64>() {
                Ok(number) if number >= 1 => Ok(number),
                _ => Err(refusals::invalid(&format!("{name} is not a whole number from 1"))),
            },
        };
        let (cursor, limit) = (number("cursor", 1)?, number("limit", LARGEST_PAGE as u64)?);
        if cursor > self.next {
            return Err(refusals::invalid("cursor is ahead of the last payload"));
        }
        let limit = usize::try_from(limit).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
        let mut waiting = self.payloads.iter().filter(|payload| payload.number >= cursor);
        let page: Vec<&Payload> = waiting.by_ref().take(limit).collect();
        let might_have_more = waiting.next().is_some();
        let next = page.last().map_or(cursor, |last| last.number + 1);
        let payloads: Vec<&Value> = page.iter().map(|payload| &payload.body).collect();
        Ok(Answer::json(200, json!({ "cursor": next, "mightHaveMore": might_have_more, "payloads": payloads })))
    }
}

impl State {
    /// `/v0/bases/{base}/webhooks` and what is under it.
    pub(super) fn webhook_route(&mut self, ask: &Ask, rest: &[&str]) -> Answered {
        self.webhooks.retain(|webhook| webhook.lives(ask.now));
        match (ask.method.as_str(), rest) {
            ("POST", []) => self.create_webhook(&super::parsed(ask)?, ask.now),
            ("GET", []) => {
                let shown: Vec<Value> = self.webhooks.iter().map(Webhook::shown).collect();
                Ok(Answer::json(200, json!({ "webhooks": shown })))
            }
            ("DELETE", [id]) => {
                self.webhook(id)?;
                self.webhooks.retain(|webhook| webhook.id != *id);
                Ok(Answer::empty(204))
            }
            ("POST", [id, "refresh"]) => {
                let webhook = self.webhook(id)?;
                webhook.expires = ask.now + LIFE;
                Ok(Answer::json(200, json!({ "expirationTime": stamp(webhook.expires) })))
            }
            ("POST", [id, "enableNotifications"]) => {
                let enable = super::parsed(ask)?["enable"].as_bool().ok_or_else(|| refusals::missing("enable"))?;
                let webhook = self.webhook(id)?;
                webhook.outbox.enable(enable);
                Ok(Answer::empty(204))
            }
            ("GET", [id, "payloads"]) => self.webhook(id)?.list(ask),
            _ => Err(refusals::not_found()),
        }
    }

    fn webhook(&mut self, id: &str) -> Result<&mut Webhook, Answer> {
        self.webhooks.iter_mut().find(|webhook| webhook.id == id).ok_or_else(refusals::not_found)
    }

    fn create_webhook(&mut self, body: &Value, now: Timestamp) -> Answered {
        let types = &body["specification"]["options"]["filters"]["dataTypes"];
        let known = |word: &Value| matches!(word.as_str(), Some("tableData" | "tableFields" | "tableMetadata"));
        match types.as_array() {
            None => return Err(refusals::missing("specification.options.filters.dataTypes")),
            Some(types) if types.is_empty() || !types.iter().all(known) => {
                return Err(refusals::invalid(
                    "dataTypes holds something else than tableData, tableFields, tableMetadata",
                ));
            }
            Some(_) => {}
        }
        let secret: Vec<u8> = (0..32).map(|_| self.rng.u8(..)).collect();
        let webhook = Webhook {
            id: self.new_id("ach"),
            outbox: Outbox::new(body["notificationUrl"].as_str().map(str::to_owned)),
            specification: body["specification"].clone(),
            wish: Wish::of(&body["specification"]),
            expires: now + LIFE,
            next: 1,
            payloads: VecDeque::new(),
            secret,
        };
        let answer = json!({ "id": webhook.id, "macSecretBase64": STANDARD.encode(&webhook.secret),
                             "expirationTime": stamp(webhook.expires) });
        self.webhooks.push(webhook);
        Ok(Answer::json(200, answer))
    }

    /// Writes a transaction down for every webhook that wants it, and only then lets it ping.
    pub(super) fn tell(&mut self, changes: &[Change], source: Source, now: Timestamp) {
        self.transactions += 1;
        for webhook in self.webhooks.iter_mut().filter(|webhook| webhook.lives(now)) {
            let payload = webhook
                .wish
                .as_ref()
                .and_then(|wish| wish.payload(changes, source, &self.columns, self.transactions, now));
            if let Some(body) = payload {
                webhook.payloads.push_back(Payload { number: webhook.next, at: now, body });
                webhook.next += 1;
                webhook.outbox.announce(now + SignedDuration::from_millis(self.rng.i64(100..1_000)));
            }
        }
    }
}
