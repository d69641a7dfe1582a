//! Webhooks as a test takes or posts them.

use super::{Buildium, Delivery, Habits, PeopleError, hooks::Subscription};
use crate::background::Background;
use std::{sync::Arc, time::Duration};
use url::{Host, Url};

impl Buildium {
    /// Sets up the one subscription, or brings it back after it was suspended. The address has to be https, unless it is
    /// on loopback, and no tunnel's.
    pub fn subscribe(&self, url: &str, secret: &str) -> Result<(), PeopleError> {
        let refused = || PeopleError::Address(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| refused())?;
        let here = match parsed.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let tunnel = parsed.host_str().is_some_and(|host| host.contains("ngrok"));
        if tunnel || !(here || parsed.scheme() == "https") {
            return Err(refused());
        }
        self.lock().hooks.subscribe(Subscription { url: url.to_owned(), secret: secret.to_owned() });
        Ok(())
    }

    /// Whether too many attempts failed in a row. Nothing is told until somebody subscribes again.
    pub fn subscription_is_suspended(&self) -> bool {
        self.lock().hooks.is_suspended()
    }

    /// Changes how webhooks arrive, for events from now on.
    pub fn set_webhook_habits(&self, habits: Habits) {
        self.lock().hooks.set_habits(habits);
    }

    /// Deliveries that wait for their time.
    pub fn webhooks_waiting(&self) -> usize {
        self.lock().hooks.waiting()
    }

    /// The posts that are due. They leave the queue; `answered` puts back what failed.
    pub fn take_webhooks(&self) -> Vec<Delivery> {
        let now = self.clock.now();
        self.lock().hooks.take(now)
    }

    /// What became of a post: its status, or `None` where nobody answered in time.
    pub fn answered(&self, delivery: &Delivery, status: Option<u16>) {
        let now = self.clock.now();
        self.lock().hooks.answered(delivery, status, now);
    }

    /// Posts what is due; answers with each delivery and its status.
    pub async fn send_webhooks(&self, client: &reqwest::Client) -> Vec<(Delivery, Option<u16>)> {
        let Some(target) = self.lock().hooks.url() else { return Vec::new() };
        let mut sent = Vec::new();
        for delivery in self.take_webhooks() {
            let request =
                client.post(&target).timeout(self.webhook_patience).header("content-type", "application/json");
            let request = delivery.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
            let status = request.body(delivery.body.clone()).send().await.ok().map(|answer| answer.status().as_u16());
            self.answered(&delivery, status);
            sent.push((delivery, status));
        }
        sent
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
