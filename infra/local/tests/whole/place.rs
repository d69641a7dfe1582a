//! The sandbox and a host that serves its sample organization, for as long as a test runs.

use crate::town::{Told, lintel};
use lintel_cloud::{metrics::MetricSink, store::PropertyRows};
use lintel_connectors::transport::{HttpClient, ReqwestClient};
use lintel_domain::private::Private;
use lintel_local::{
    host::{AwsChoice, Serving, Settled},
    session::{self, Opening, Session},
};
use lintel_sandbox::{Sandbox, World, housecallpro::HousecallProSettings};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

pub(crate) const CREDENTIALS: &str = "reports:test-only";

pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) session: Session,
    pub(crate) serving: Serving,
    pub(crate) counted: Arc<Counted>,
    client: ReqwestClient,
    folder: tempfile::TempDir,
}

/// What an organization has beyond the sample.
#[derive(Default)]
pub(crate) struct Further {
    /// Lines of its `lintel.toml`.
    pub(crate) lines: &'static str,
    /// In place of the sample's, where they have its names.
    pub(crate) secrets: BTreeMap<String, Private>,
    pub(crate) variables: BTreeMap<String, String>,
}

/// What the functions counted.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Vec<Value>>);

impl MetricSink for Counted {
    fn write(&self, line: &str) {
        self.0.lock().unwrap().push(serde_json::from_str(line).unwrap());
    }
}

impl Counted {
    /// The sum of a metric, over whoever counted it.
    pub(crate) fn of(&self, metric: &str) -> u64 {
        self.0.lock().unwrap().iter().filter_map(|line| line[metric].as_u64()).sum()
    }
}

impl Place {
    pub(crate) async fn open(properties: usize) -> Self {
        Self::open_with(properties, Further::default()).await
    }

    pub(crate) async fn open_with(properties: usize, further: Further) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let today = jiff::Zoned::now().date();
        let settings =
            HousecallProSettings { appointment_delay: Duration::from_millis(300), ..HousecallProSettings::default() };
        let sandbox = Sandbox::start(World::sample(7, today, properties), settings).await.unwrap();
        let config = folder.path().join("lintel.toml");
        std::fs::write(&config, format!("{}{}", sandbox.lintel_toml(), further.lines)).unwrap();
        let settings = session::configuration(&config).unwrap().organization;
        let mut secrets = BTreeMap::from([
            ("inbound-email".to_owned(), Private::new(CREDENTIALS)),
            ("housecallpro".to_owned(), Private::new(sandbox.field_service_key())),
            ("housecallpro-webhooks".to_owned(), Private::new(sandbox.field_service.webhook_secret())),
            ("airtable".to_owned(), Private::new(sandbox.office_table_key())),
        ]);
        secrets.extend(further.secrets);
        let mut variables = further.variables;
        variables.insert("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned());
        let opening = Opening { data: folder.path().to_owned(), aws: AwsChoice::Local, secrets, variables };
        let counted = Arc::new(Counted::default());
        let session = Box::pin(Session::open_counting(settings, opening, Arc::clone(&counted) as _)).await.unwrap();
        session.publish().await.unwrap();
        let serving = session.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        Self { sandbox, session, serving, counted, client: ReqwestClient::default(), folder }
    }

    pub(crate) async fn post(&self, org: &str, credentials: &str, body: Vec<u8>) -> u16 {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let request = http::Request::post(format!("http://{}/email/{org}", self.serving.address))
            .header("authorization", format!("Basic {}", STANDARD.encode(credentials)))
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        self.client.send(request, Duration::from_secs(30)).await.unwrap().status().as_u16()
    }

    /// A delivery at the webhook door, as it is.
    pub(crate) async fn deliver(&self, address: &str, headers: &[(&str, String)], body: &[u8]) -> u16 {
        let mut request = http::Request::post(format!("http://{}/webhooks/{address}", self.serving.address));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(bytes::Bytes::copy_from_slice(body)).unwrap();
        self.client.send(request, Duration::from_secs(30)).await.unwrap().status().as_u16()
    }

    /// Runs `lintel` beside the host.
    pub(crate) async fn lintel(&self, arguments: &[&str]) -> Told {
        let mut command = lintel(self.folder.path());
        command.env("LINTEL_LOG", "error").args(["--data", "."]).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        Told::of(&output)
    }

    /// A file of the organization's folder, as `edit` leaves it.
    pub(crate) fn write(&self, name: &str, edit: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, edit(text)).unwrap();
    }

    pub(crate) async fn quiet(&self) {
        let settled = self.session.host.quiet().wait(Duration::from_mins(4), |_, _| {}).await.unwrap();
        assert_eq!(settled, Settled::Quiet);
    }

    pub(crate) async fn deliver_everything(&self) {
        for mail in self.sandbox.world.mails() {
            assert_eq!(self.post("sunrise", CREDENTIALS, mail.json).await, 200);
        }
        self.session.host.fire("feed-dispatcher").await;
        self.quiet().await;
    }

    pub(crate) async fn properties(&self) -> BTreeMap<String, PropertyRows> {
        let mut properties = BTreeMap::new();
        for id in self.session.settings.properties.keys() {
            properties.insert(id.to_string(), self.session.org().property(id).await.unwrap());
        }
        properties
    }
}
