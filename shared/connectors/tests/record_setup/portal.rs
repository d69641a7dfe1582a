//! A portal, and the role that sets it up.

use crate::{parts::parts, time::Time};
use jiff::{SignedDuration, Timestamp};
use lintel_connectors::{
    Error,
    roles::{self, MappedFields, OpenError, RecordSetup, SetupPart, SetupPlan, SetupReport},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::{private::Private, settings::Connection};
use lintel_sandbox::{
    ManualClock, Running,
    hubspot::{HubSpot, PortalSettings},
};
use serde_json::Value;
use std::sync::Arc;

pub(crate) struct Portal {
    running: Running<HubSpot>,
    token: String,
    time: Arc<Time>,
    setup: Arc<dyn RecordSetup>,
}

impl Portal {
    pub(crate) async fn full() -> Self {
        Self::with(PortalSettings::default()).await
    }

    pub(crate) async fn with(settings: PortalSettings) -> Self {
        Self::configured(settings, 7, &[]).await.unwrap()
    }

    /// With settings of the connection; the seed draws the portal's ids.
    pub(crate) async fn configured(
        portal: PortalSettings,
        seed: u64,
        settings: &[(&str, &str)],
    ) -> Result<Self, OpenError> {
        let time = Arc::new(Time(Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()))));
        let token = portal.private_token.clone();
        let running = Running::start(HubSpot::new(portal, Arc::clone(&time.0) as _, seed)).await.unwrap();
        let connection = connection("hubspot", &running.url, settings);
        let setup = roles::record_setup(&"crm".into(), &connection, &Private::new(token.clone()), parts(&time))?;
        Ok(Self { running, token, time, setup })
    }

    pub(crate) fn vendor(&self) -> &HubSpot {
        &self.running.vendor
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::at(self.now() + SignedDuration::from_mins(5))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Clock::now(self.time.as_ref())
    }

    pub(crate) fn wait_until(&self, moment: Timestamp) {
        self.time.0.advance(moment.duration_since(self.now()).try_into().unwrap());
    }

    pub(crate) async fn apply_by(&self, moment: Timestamp) -> Result<SetupReport, Error> {
        self.setup.apply(&MappedFields::new(), Deadline::at(moment)).await
    }

    pub(crate) fn open_as(&self, connection: &Connection) -> Result<Arc<dyn RecordSetup>, OpenError> {
        roles::record_setup(&"crm".into(), connection, &Private::new(self.token.clone()), parts(&self.time))
    }

    pub(crate) async fn plan(&self) -> SetupPlan {
        self.setup.plan(&MappedFields::new(), self.deadline()).await.unwrap()
    }

    pub(crate) async fn apply(&self) -> SetupReport {
        self.try_apply().await.unwrap()
    }

    pub(crate) async fn try_apply(&self) -> Result<SetupReport, Error> {
        self.setup.apply(&MappedFields::new(), self.deadline()).await
    }

    pub(crate) async fn plan_with(&self, mapped: &[(&str, &str)]) -> SetupPlan {
        let mut fields = MappedFields::new();
        for (collection, field) in mapped {
            fields.entry((*collection).to_owned()).or_default().insert((*field).to_owned());
        }
        self.setup.plan(&fields, self.deadline()).await.unwrap()
    }

    pub(crate) fn writes(&self) -> u64 {
        self.vendor().usage().writes
    }

    /// A call past the role, as an administrator's own tool would make it.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.running.url);
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{method} {path}: {}", response.status());
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
    }
}

pub(crate) fn connection(vendor: &str, base_url: &str, settings: &[(&str, &str)]) -> Connection {
    Connection {
        vendor: vendor.to_owned(),
        secret: "secret".to_owned(),
        webhook_secret: None,
        base_url: Some(base_url.to_owned()),
        settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

pub(crate) fn field(collection: &str, field: &str) -> SetupPart {
    SetupPart::Field { collection: collection.to_owned(), field: field.to_owned() }
}

pub(crate) fn relation(name: &str) -> SetupPart {
    SetupPart::Relation { from: "contacts".to_owned(), to: "listings".to_owned(), relation: name.to_owned() }
}
