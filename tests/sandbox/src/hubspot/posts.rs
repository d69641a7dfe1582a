//! Webhooks as a test takes or posts them.

use super::{Delivery, HubSpot};
use crate::{background::Background, housecallpro::Habits};
use std::{sync::Arc, time::Duration};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl HubSpot {
    /// Where webhooks go. They are signed for this very address.
    pub fn set_webhook_target(&self, target: &str) {
        target.clone_into(&mut self.lock().hooks.target);
    }

    /// `contact.creation` and its like, or `object.creation` and its like, of an object type's id; changes of a property
    /// need its name. Answers the subscription's id.
    pub fn subscribe(&self, event: &str, object_type: &str, property: Option<&str>) -> u64 {
        self.lock().hooks.subscribe(event, object_type, property)
    }

    /// Changes how webhooks arrive, for events from now on.
    pub fn set_webhook_habits(&self, habits: Habits) {
        self.lock().hooks.set_habits(habits);
    }

    /// Events that wait for their time.
    pub fn webhooks_waiting(&self) -> usize {
        self.lock().hooks.waiting()
    }

    /// The posts that are due. They leave the queue; `answered` puts back what failed.
    pub fn take_webhooks(&self) -> Vec<Delivery> {
        let now = self.now();
        let mut state = self.lock();
        let secret = state.settings.client_secret.clone();
        state.hooks.take(&secret, now)
    }

    /// What became of a post: its status, `None` where nobody answered, and how long a 429 said to wait.
    pub fn answered(&self, delivery: &Delivery, status: Option<u16>, wait: Option<Duration>) {
        let now = self.now();
        self.lock().hooks.answered(delivery, status, wait, now);
    }

    /// Posts what is due; answers the status of each.
    pub async fn send_webhooks(&self, client: &reqwest::Client) -> Vec<Option<u16>> {
        let target = self.lock().hooks.target.clone();
        let mut statuses = Vec::new();
        for delivery in self.take_webhooks() {
            let request = client.post(&target).timeout(PATIENCE).header("content-type", "application/json");
            let request = delivery.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
            let response = request.body(delivery.body.clone()).send().await.ok();
            let status = response.as_ref().map(|response| response.status().as_u16());
            let wait = response.filter(|_| status == Some(429)).and_then(|response| {
                let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
                Some(Duration::from_secs(seconds))
            });
            self.answered(&delivery, status, wait);
            statuses.push(status);
        }
        statuses
    }

    /// Posts what is due, every so often, until the answer is dropped.
    pub fn send_webhooks_in_background(self: &Arc<Self>, client: reqwest::Client, pause: Duration) -> Background {
        let vendor = Arc::clone(self);
        Background::repeat(pause, move || {
            let (vendor, client) = (Arc::clone(&vendor), client.clone());
            async move {
                vendor.send_webhooks(&client).await;
            }
        })
    }
}
