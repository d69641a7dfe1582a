//! CloudMailin (cloudmailin.md): takes mails in and posts each to the customer's address while the sending server waits.
//! The answer decides: delivered, bounced to its sender, or tried again by the sender's server.

mod forms;
mod retries;

pub use forms::Form;

use crate::{clock::SimClock, world::Mail};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use fastrand::Rng;
use forms::Body;
use jiff::Timestamp;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Redirects that are followed (section 1).
const MOST_REDIRECTS: usize = 3;
/// Bytes of a refusal's text that the bounce and the delivery log keep (section 1).
const KEPT_TEXT: usize = 2_048;

/// An address and how it is posted to.
#[derive(Clone)]
pub struct Target {
    pub url: String,
    pub user: String,
    pub password: String,
    /// The form the address is set up for; `None`: another one for each mail.
    pub form: Option<Form>,
    /// How long an answer is waited for. The vendor does not say.
    pub timeout: Duration,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url, user, form, timeout, .. } = self;
        f.debug_struct("Target")
            .field("url", url)
            .field("user", user)
            .field("form", form)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

/// The mail service, with the senders' servers behind it.
#[derive(Debug)]
pub struct Cloudmailin {
    target: Target,
    client: reqwest::Client,
    clock: Arc<dyn SimClock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    waiting: Vec<Waiting>,
    bounces: Vec<Bounce>,
    counts: Counts,
}

/// A mail at its sender's server.
#[derive(Clone, Debug)]
struct Waiting {
    mail: Mail,
    form: Form,
    arrived: Timestamp,
    due: Timestamp,
    tries: u32,
}

/// One try to deliver a mail.
#[derive(Clone, Debug)]
pub struct Post {
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    waiting: Waiting,
}

impl Post {
    pub fn mail(&self) -> &Mail {
        &self.waiting.mail
    }

    pub fn form(&self) -> Form {
        self.waiting.form
    }
}

/// How an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Status {
        status: u16,
        /// The body when it is plain text.
        text: String,
    },
    /// Unreachable, timed out or redirected too often.
    Nothing,
}

/// A mail whose sender was told that it cannot be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    pub subject: String,
    /// What the address said, which the sender reads.
    pub text: String,
}

/// What became of mails so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub posts: u64,
    pub delivered: u64,
    pub bounced: u64,
    /// Posts after which the mail waits for another try.
    pub deferred: u64,
    /// Mails whose server tried for too long.
    pub given_up: u64,
}

impl Cloudmailin {
    pub fn new(target: Target, clock: Arc<dyn SimClock>, seed: u64) -> Result<Self, reqwest::Error> {
        let client =
            reqwest::Client::builder().redirect(Policy::limited(MOST_REDIRECTS)).timeout(target.timeout).build()?;
        let state =
            State { rng: Rng::with_seed(seed), waiting: Vec::new(), bounces: Vec::new(), counts: Counts::default() };
        Ok(Self { target, client, clock, state: Mutex::new(state) })
    }

    /// A mail arrives from its sender's server. The same mail twice is two deliveries with one Message-ID.
    pub fn receive(&self, mail: Mail) {
        let now = self.clock.now();
        let mut state = self.lock();
        let form = self.target.form.unwrap_or_else(|| Form::ALL[state.rng.usize(..Form::ALL.len())]);
        state.waiting.push(Waiting { mail, form, arrived: now, due: now, tries: 0 });
    }

    /// Mails at their senders' servers.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    pub fn bounces(&self) -> Vec<Bounce> {
        self.lock().bounces.clone()
    }

    /// The posts that are due by now, which leave the queue. Say with [`Self::answered`] what became of each.
    pub fn take_due(&self) -> Vec<Post> {
        let now = self.clock.now();
        let mut state = self.lock();
        let due: Vec<Waiting> = state.waiting.extract_if(.., |waiting| waiting.due <= now).collect();
        state.counts.posts += due.len() as u64;
        due.into_iter().map(|waiting| self.post(waiting, &mut state.rng)).collect()
    }

    /// Decides about a mail by its post's answer.
    pub fn answered(&self, post: Post, answer: Outcome) {
        let now = self.clock.now();
        let mut state = self.lock();
        let mut waiting = post.waiting;
        match answer {
            Outcome::Status { status: 200..300, .. } => state.counts.delivered += 1,
            Outcome::Status { status: 400..500, text } => {
                let text = text.get(..text.floor_char_boundary(KEPT_TEXT)).unwrap_or_default().to_owned();
                state.counts.bounced += 1;
                state.bounces.push(Bounce { subject: waiting.mail.subject, text });
            }
            Outcome::Status { .. } | Outcome::Nothing => {
                waiting.tries += 1;
                match retries::next(waiting.arrived, waiting.tries, now, &mut state.rng) {
                    Some(due) => {
                        state.counts.deferred += 1;
                        state.waiting.push(Waiting { due, ..waiting });
                    }
                    None => state.counts.given_up += 1,
                }
            }
        }
    }

    /// Posts what is due; answers with all that happened so far.
    pub async fn send_due(&self) -> Counts {
        for post in self.take_due() {
            let answer = self.exchange(&post).await;
            self.answered(post, answer);
        }
        self.counts()
    }

    async fn exchange(&self, post: &Post) -> Outcome {
        let mut request = self.client.post(&self.target.url).body(post.body.clone());
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        let Ok(response) = request.send().await else { return Outcome::Nothing };
        let status = response.status().as_u16();
        let kind = response.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("text/plain")) {
            let text = response.text().await.unwrap_or_default();
            return Outcome::Status { status, text };
        }
        Outcome::Status { status, text: String::new() }
    }

    fn post(&self, waiting: Waiting, rng: &mut Rng) -> Post {
        let parsed: Value = serde_json::from_slice(&waiting.mail.json).unwrap_or(Value::Null);
        let Body { content_type, bytes } = waiting.form.write(&parsed, rng);
        let Target { user, password, .. } = &self.target;
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        Post { headers: vec![("authorization", basic), ("content-type", content_type)], body: bytes, waiting }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
