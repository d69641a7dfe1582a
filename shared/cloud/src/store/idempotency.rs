//! Doing a thing once, however often it is asked for: records with the semantics of Powertools for AWS Lambda.
//!
//! A record is begun under a condition and says until when its worker may be at it. While it is, others are told to come
//! later; once it is done, others get the result that was kept; when its worker died, the next one begins anew. The
//! same key with another payload is refused: it is another thing under a name that is taken. A failed work forgets its
//! record, so that trying again is possible at once.

use super::{
    OrgTable, StoreError,
    item::{Change, get_number, get_text, json, number, require_json, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::surroundings::Clock;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt;

/// What makes two requests the same: what is done, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names the work and its subject: `react#evt_1#job-changed`.
    pub key: String,
    /// Hash of everything the work depends on.
    payload: String,
    /// The worker is not at it any more after this.
    pub until: Timestamp,
    /// How long the result is kept.
    pub remembered: SignedDuration,
}

impl Request {
    pub fn new(key: impl Into<String>, payload: &[u8], until: Timestamp, remembered: SignedDuration) -> Self {
        Self { key: key.into(), payload: hex::encode(Sha256::digest(payload)), until, remembered }
    }
}

/// The result of work, and whether this call did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once<T> {
    Done(T),
    DoneBefore(T),
}

impl<T> Once<T> {
    pub fn into_result(self) -> T {
        match self {
            Self::Done(result) | Self::DoneBefore(result) => result,
        }
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum OnceError<E> {
    /// Another worker is at it, until then at the latest.
    #[error("{key} is being done until {until}")]
    InProgress { key: String, until: Timestamp },
    /// The key belongs to something else.
    #[error("{key} was asked for before with other content")]
    OtherPayload { key: String },
    #[error(transparent)]
    Store(StoreError),
    /// The work itself failed; its record is forgotten.
    #[error("{0}")]
    Work(E),
}

impl OrgTable {
    /// Does the work unless it was done before.
    pub async fn once<T, E, F>(
        &self,
        request: &Request,
        clock: &dyn Clock,
        work: impl FnOnce() -> F,
    ) -> Result<Once<T>, OnceError<E>>
    where
        T: Serialize + DeserializeOwned,
        E: fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        if !self.begin(request, clock.now()).await.map_err(OnceError::Store)? {
            return self.standing(request).await;
        }
        match work().await {
            Ok(result) => {
                self.complete(request, &result, clock.now()).await.map_err(OnceError::Store)?;
                Ok(Once::Done(result))
            }
            Err(error) => {
                // A record that cannot be forgotten ends by itself with its worker's time.
                self.delete("forget a failed work", self.idempotency_key(request)).await.map_err(OnceError::Store)?;
                Err(OnceError::Work(error))
            }
        }
    }

    /// Takes the record; tells whether it could be taken.
    async fn begin(&self, request: &Request, now: Timestamp) -> Result<bool, StoreError> {
        let free = "attribute_not_exists(PK) OR expires_at < :now OR (progress = :begun AND busy_until < :now_ms)";
        let change = Change::default()
            .set("progress", text("begun"))
            .set("payload", text(&request.payload))
            .set("busy_until", number(request.until.as_millisecond()))
            .set("expires_at", seconds(now + request.remembered))
            .only_if(
                free,
                &[(":now", seconds(now)), (":begun", text("begun")), (":now_ms", number(now.as_millisecond()))],
            );
        Ok(self.update("begin a work", self.idempotency_key(request), change).await?.is_some())
    }

    async fn complete<T: Serialize>(&self, request: &Request, result: &T, now: Timestamp) -> Result<(), StoreError> {
        let doing = "keep the result of a work";
        let change = Change::default()
            .set("progress", text("done"))
            .set("result", json(doing, result)?)
            .set("expires_at", seconds(now + request.remembered));
        self.update(doing, self.idempotency_key(request), change).await.map(drop)
    }

    /// What another call has left of the same work.
    async fn standing<T: DeserializeOwned, E>(&self, request: &Request) -> Result<Once<T>, OnceError<E>> {
        let doing = "read a work's record";
        let (key, found) = (request.key.clone(), self.get(doing, self.idempotency_key(request)).await);
        // Forgotten in between: the other call failed, and this one may be tried again.
        let Some(item) = found.map_err(OnceError::Store)? else {
            return Err(OnceError::InProgress { key, until: request.until });
        };
        if get_text(&item, "payload") != Some(&request.payload) {
            return Err(OnceError::OtherPayload { key });
        }
        if get_text(&item, "progress") == Some("done") {
            return require_json(doing, &item, "result").map(Once::DoneBefore).map_err(OnceError::Store);
        }
        let until = get_number(&item, "busy_until").and_then(|at| Timestamp::from_millisecond(at).ok());
        Err(OnceError::InProgress { key, until: until.unwrap_or(request.until) })
    }

    fn idempotency_key(&self, request: &Request) -> Key {
        Key { pk: self.partition(&format!("ONCE#{}", request.key)), sk: "ONCE".to_owned() }
    }
}
