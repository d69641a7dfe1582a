//! A portal on a port of its own, on a clock that stands still.

use http::HeaderMap;
use lintel_sandbox::{
    ManualClock, Running, SimClock,
    hubspot::{HubSpot, PortalSettings},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

pub(crate) const CONTACTS: &str = "/crm/v3/objects/contacts";
pub(crate) const LISTINGS: &str = "/crm/v3/objects/0-420";

pub(crate) struct Portal {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) running: Running<HubSpot>,
    client: reqwest::Client,
    token: String,
}

pub(crate) async fn portal() -> Portal {
    with(PortalSettings::default()).await
}

pub(crate) async fn with(settings: PortalSettings) -> Portal {
    seeded(settings, 7).await
}

pub(crate) async fn seeded(settings: PortalSettings, seed: u64) -> Portal {
    let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
    let token = settings.private_token.clone();
    let running = Running::start(HubSpot::new(settings, clock.clone(), seed)).await.unwrap();
    Portal { clock, running, client: reqwest::Client::new(), token }
}

impl Portal {
    pub(crate) fn vendor(&self) -> &Arc<HubSpot> {
        &self.running.vendor
    }

    pub(crate) async fn call(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.raw(method, target, body).await.unwrap();
        (status, body)
    }

    pub(crate) async fn get(&self, target: &str) -> (u16, Value) {
        self.call("GET", target, &Value::Null).await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        self.call("POST", target, body).await
    }

    pub(crate) async fn raw(
        &self,
        method: &str,
        target: &str,
        body: &Value,
    ) -> Result<(u16, HeaderMap, Value), reqwest::Error> {
        self.as_somebody(&self.token, method, target, body).await
    }

    pub(crate) async fn as_somebody(
        &self,
        token: &str,
        method: &str,
        target: &str,
        body: &Value,
    ) -> Result<(u16, HeaderMap, Value), reqwest::Error> {
        let url = format!("{}{target}", self.running.url);
        let mut request = self.client.request(method.parse().unwrap(), url).bearer_auth(token);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        Ok((status, headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// Posts a form to the token endpoint.
    pub(crate) async fn token(&self, path: &str, form: &str) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.running.url)).body(form.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    /// A contact that is made over the API.
    pub(crate) async fn contact(&self, email: &str) -> String {
        let (status, made) = self.post(CONTACTS, &json!({ "properties": { "email": email } })).await;
        assert_eq!(status, 201, "{made}");
        id(&made)
    }

    pub(crate) async fn listing(&self, name: &str) -> String {
        let (status, made) = self.post(LISTINGS, &json!({ "properties": { "hs_name": name } })).await;
        assert_eq!(status, 201, "{made}");
        id(&made)
    }

    /// A property of the portal's own, in a group that is there.
    pub(crate) async fn property(&self, object_type: &str, definition: Value) {
        let group = if object_type == "contacts" { "contactinformation" } else { "listing_information" };
        let mut definition = definition;
        definition["groupName"] = json!(group);
        let (status, made) = self.post(&format!("/crm/v3/properties/{object_type}"), &definition).await;
        assert_eq!(status, 201, "{made}");
    }

    /// `buildium_tenant_id` with unique values.
    pub(crate) async fn unique_key(&self) {
        self.property(
            "contacts",
            json!({ "name": "buildium_tenant_id", "label": "Tenant", "type": "string", "fieldType": "text",
                    "hasUniqueValue": true }),
        )
        .await;
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

pub(crate) fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

/// The results of a batch by a property's value, as they come in no order.
pub(crate) fn by<'a>(body: &'a Value, property: &str, value: &str) -> &'a Value {
    let results = body["results"].as_array().unwrap();
    results.iter().find(|one| one["properties"][property] == value).unwrap()
}
