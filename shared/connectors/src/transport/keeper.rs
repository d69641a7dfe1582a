//! A connection's tokens in one process: got once for all its tasks, and together with all other workers.

use super::{Claim, Deadline, Driver, Fault, Lease, StateError, TokenKey, TokenStore, Tokens, Verdict, grant::Grant};
use crate::error::Error;
use jiff::{SignedDuration, Timestamp};
use lintel_domain::private::Private;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// One exchange with a token endpoint never takes longer than this.
const EXCHANGE: Duration = Duration::from_secs(15);
/// With less time than this no exchange is begun: who hangs up may lose a refresh token the vendor gives once.
const ROOM: Duration = Duration::from_secs(5);
/// A lease outlives the exchange and the saving after it.
const ALONE: SignedDuration = SignedDuration::from_secs(60);
/// Whether another worker is done is looked at this often, and this long in all.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const WORTH_WAITING: Duration = Duration::from_secs(5);
/// A token that works is used on this long before another try to renew it.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(30);
/// Tokens a vendor just gave may be the only ones it will take.
const SAVES: u32 = 3;

/// What tokens are needed for.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    pub(super) driver: &'a Driver,
    pub(super) doing: &'a str,
    pub(super) deadline: Deadline,
}

/// The tokens of one connection as this process knows them.
#[derive(Debug)]
pub struct TokenKeeper {
    grant: Grant,
    store: Arc<dyn TokenStore>,
    key: TokenKey,
    held: Mutex<Option<Held>>,
    /// Of the tasks of this process one renews, and the others use what it got.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    tokens: Tokens,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Ordinary,
    /// Got because the ones before were refused, and not accepted yet. Refused as well, it is not for being old.
    OnTrial,
}

enum Got {
    New(Tokens),
    Found(Tokens),
}

impl TokenKeeper {
    pub(super) fn new(grant: Grant, store: Arc<dyn TokenStore>, key: TokenKey) -> Self {
        Self { grant, store, key, held: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The token to send.
    pub(super) async fn token(&self, errand: Errand<'_>) -> Result<Private, Error> {
        if let Some(fresh) = self.held_fresh(errand) {
            return Ok(fresh.access);
        }
        // With a token that still works nobody waits for the task that gets the next one.
        let _turn = match (self.turn.try_lock(), self.held_working(errand)) {
            (Ok(turn), _) => turn,
            (Err(_), Some(working)) => return Ok(working.access),
            (Err(_), None) => self.turn.lock().await,
        };
        if let Some(fresh) = self.held_fresh(errand) {
            return Ok(fresh.access);
        }
        match self.fetch(errand, None).await {
            Ok(tokens) => Ok(self.hold(tokens, Standing::Ordinary, errand)),
            // Whatever stands in the way of the next token: this one still works.
            Err(error) => {
                let working = self.held_working(errand).ok_or(error)?;
                Ok(self.hold(working, Standing::Ordinary, errand))
            }
        }
    }

    /// Another token after this one was refused, if one is worth a try.
    pub(super) async fn another(&self, errand: Errand<'_>, refused: &Private) -> Result<Option<Private>, Error> {
        let _turn = self.turn.lock().await;
        let held = self.held();
        // Another task was refused with the same token, and has the next one already.
        if let Some(held) = held.as_ref().filter(|held| held.tokens.access != *refused)
            && held.tokens.work(errand.now())
        {
            return Ok(Some(held.tokens.access.clone()));
        }
        let tokens = if held.is_some_and(|held| held.standing == Standing::OnTrial) {
            self.stored(errand, Some(refused)).await?.filter(|tokens| tokens.work(errand.now()))
        } else {
            Some(self.fetch(errand, Some(refused)).await?)
        };
        Ok(tokens.map(|tokens| self.hold(tokens, Standing::OnTrial, errand)))
    }

    pub(super) fn accepted(&self, token: &Private) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_mut().filter(|held| held.tokens.access == *token) {
            held.standing = Standing::Ordinary;
        }
    }

    /// Tokens that are not the refused ones: those another worker got, or new ones. Of all workers one asks for them.
    async fn fetch(&self, errand: Errand<'_>, refused: Option<&Private>) -> Result<Tokens, Error> {
        let holder = errand.driver.entropy.next_u64();
        let mut waited = Duration::ZERO;
        loop {
            let stored = self.stored(errand, refused).await?;
            let now = errand.now();
            match stored {
                Some(tokens) if tokens.are_fresh(now) => return Ok(tokens),
                Some(tokens) if tokens.work(now) => {
                    self.hold(tokens, Standing::Ordinary, errand);
                }
                _ => {}
            }
            let lease = Lease { holder, until: now + ALONE };
            let claim = self.store.claim(&self.key, lease, now).await.map_err(|error| errand.state(&error))?;
            let Claim::Held { until } = claim else { return self.alone(errand, lease, refused).await };
            if let Some(working) = self.held_working(errand).filter(|tokens| Some(&tokens.access) != refused) {
                return Ok(working);
            }
            if waited >= WORTH_WAITING || !errand.deadline.allows(LOOK_AGAIN, now) {
                return Err(errand.throttled(until));
            }
            errand.driver.clock.sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
    }

    async fn alone(&self, errand: Errand<'_>, lease: Lease, refused: Option<&Private>) -> Result<Tokens, Error> {
        match self.get(errand, refused).await {
            Ok(Got::New(tokens)) => self.save(errand, lease, &tokens).await.map(|()| tokens),
            other => {
                // A lease that cannot be given back ends by itself.
                self.store.release(&self.key, lease).await.ok();
                other.map(|(Got::New(tokens) | Got::Found(tokens))| tokens)
            }
        }
    }

    async fn get(&self, errand: Errand<'_>, refused: Option<&Private>) -> Result<Got, Error> {
        let stored = self.load(errand).await?;
        match stored {
            // Another worker was done between the look and the lease.
            Some(tokens) if Some(&tokens.access) != refused && tokens.are_fresh(errand.now()) => Ok(Got::Found(tokens)),
            stored => self.ask(errand, stored.and_then(|tokens| tokens.refresh)).await.map(Got::New),
        }
    }

    async fn ask(&self, errand: Errand<'_>, given: Option<Private>) -> Result<Tokens, Error> {
        let driver = errand.driver;
        let asked_at = errand.now();
        let left = errand.deadline.left(asked_at);
        if left < ROOM {
            return Err(errand.out_of_time());
        }
        let request = self.grant.request(given.as_ref()).map_err(|error| errand.ours(&error.to_string()))?;
        let sent = driver.exchange(errand.doing, &self.grant.route, request, left.min(EXCHANGE)).await?;
        let response = sent.map_err(|error| errand.weather(&error.to_string()))?;
        self.grant.read(&response, given.as_ref(), asked_at, errand.now()).map_err(|verdict| errand.refused(verdict))
    }

    async fn save(&self, errand: Errand<'_>, lease: Lease, tokens: &Tokens) -> Result<(), Error> {
        let mut tries = 1;
        loop {
            match self.store.save(&self.key, lease, tokens).await {
                Ok(()) => return Ok(()),
                Err(error) if tries == SAVES => return Err(errand.state(&error)),
                Err(_) => errand.driver.clock.sleep(LOOK_AGAIN).await,
            }
            tries += 1;
        }
    }

    /// What is stored of this grant.
    async fn load(&self, errand: Errand<'_>) -> Result<Option<Tokens>, Error> {
        let stored = self.store.load(&self.key).await.map_err(|error| errand.state(&error))?;
        Ok(stored.filter(|tokens| tokens.grant == self.grant.digest))
    }

    async fn stored(&self, errand: Errand<'_>, refused: Option<&Private>) -> Result<Option<Tokens>, Error> {
        Ok(self.load(errand).await?.filter(|tokens| Some(&tokens.access) != refused))
    }

    /// Remembers tokens; answers the one to send.
    fn hold(&self, mut tokens: Tokens, standing: Standing, errand: Errand<'_>) -> Private {
        let now = errand.now();
        if !tokens.are_fresh(now) {
            tokens.renew_at = Some(now + PUT_OFF);
        }
        let access = tokens.access.clone();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Held { tokens, standing });
        access
    }

    fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn held_fresh(&self, errand: Errand<'_>) -> Option<Tokens> {
        let now = errand.now();
        self.held_working(errand).filter(|tokens| tokens.are_fresh(now))
    }

    fn held_working(&self, errand: Errand<'_>) -> Option<Tokens> {
        let now = errand.now();
        self.held().map(|held| held.tokens).filter(|tokens| tokens.work(now))
    }
}

impl Errand<'_> {
    fn now(&self) -> Timestamp {
        self.driver.clock.now()
    }

    /// What an answer of the token endpoint means for the call that wanted a token. That call itself was not made.
    fn refused(&self, verdict: Verdict) -> Error {
        match verdict {
            Verdict::Throttled { until } => self.throttled(until),
            Verdict::Refused { fault: Fault::Settings, code, reason } => {
                let reason = format!("no new token: {reason}; a person has to connect the account again");
                Error::Settings { vendor: self.vendor(), doing: self.doing.to_owned(), code, reason }
            }
            Verdict::Refused { reason, .. } => self.ours(&format!("no new token: {reason}")),
            Verdict::Failing { reason } => self.weather(&reason),
            Verdict::Use | Verdict::Absent => self.weather("an answer that means nothing"),
        }
    }

    fn throttled(&self, until: Timestamp) -> Error {
        Error::Throttled { vendor: self.vendor(), doing: self.doing.to_owned(), until }
    }

    fn weather(&self, reason: &str) -> Error {
        let reason = format!("no new token: {reason}");
        Error::Weather { vendor: self.vendor(), doing: self.doing.to_owned(), reason }
    }

    fn ours(&self, reason: &str) -> Error {
        Error::Ours { vendor: self.vendor(), doing: self.doing.to_owned(), reason: reason.to_owned() }
    }

    fn out_of_time(&self) -> Error {
        Error::OutOfTime { vendor: self.vendor(), doing: self.doing.to_owned() }
    }

    fn state(&self, error: &StateError) -> Error {
        Error::State { doing: self.doing.to_owned(), reason: error.to_string() }
    }

    fn vendor(&self) -> String {
        self.driver.vendor.clone()
    }
}
