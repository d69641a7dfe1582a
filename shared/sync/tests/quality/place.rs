//! Where a test takes place: both vendors and the embedded AWS in this process, on one clock that moves when somebody waits.

use crate::waiting::Waiting;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{Environment, HostParts, metrics::MetricSink, objects::Objects, store::Table};
use lintel_connectors::{
    roles::{self, MappedFields, Parts, TargetIds},
    surroundings::{Clock, Generator},
    transport::{Deadline, HttpClient, MemoryState, NoCallLog, SendError},
};
use lintel_domain::{
    ids::{FlowId, OrgId, RunId},
    private::Private,
    quality::{QualityReport, Walk},
    settings::Organization,
    sync::{Run, RunKind},
};
use lintel_local_aws::InProcessAws;
use lintel_sandbox::{
    Ask, ManualClock, SimClock, Simulator,
    buildium::{ApiKey, Buildium, BuildiumSettings, BuildiumWorld},
    hubspot::{HubSpot, PortalSettings},
};
use lintel_sync::{Begun, Ended, Engine, Reports, Runs, SyncError};
use object_store::memory::InMemory;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const TABLE: &str = "lintel";

pub(crate) struct Place {
    pub(crate) company: Arc<Buildium>,
    pub(crate) portal: Arc<HubSpot>,
    pub(crate) settings: Organization,
    pub(crate) table: Table,
    pub(crate) objects: Objects,
    pub(crate) bucket: Arc<InMemory>,
    pub(crate) engine: Arc<Engine>,
    time: Arc<Time>,
}

impl Place {
    /// An empty company and a portal that is set up, with a flow of people between them.
    pub(crate) async fn open() -> Self {
        Self::with(ApiKey::everything("client", "secret")).await
    }

    /// A company whose key sees some things only.
    pub(crate) async fn with(key: ApiKey) -> Self {
        let clock = Arc::new(ManualClock::new("2030-03-01T12:00:00Z".parse().unwrap()));
        let time = Arc::new(Time(Arc::clone(&clock)));
        let account = BuildiumSettings { keys: vec![key], ..BuildiumSettings::default() };
        let company = Arc::new(Buildium::new(account, Arc::clone(&clock) as _, BuildiumWorld::empty()));
        let portal_settings = PortalSettings::default();
        let token = portal_settings.private_token.clone();
        let portal = Arc::new(HubSpot::new(portal_settings, clock as _, 7));
        let vendors = Vendors { company: Arc::clone(&company), portal: Arc::clone(&portal), time: Arc::clone(&time) };
        let vendors: Arc<dyn HttpClient> = Arc::new(vendors);
        let parts = HostParts {
            clock: Arc::clone(&time) as _,
            entropy: Arc::new(Generator::seeded(7)),
            http: Arc::clone(&vendors),
            named: Some(vendors),
            metrics: Arc::new(Unheard),
            calls: Arc::new(NoCallLog),
        };
        let settings = organization();
        let ids = set_up(&settings, &parts, &token).await;
        let aws = InProcessAws::start().unwrap();
        let sdk = aws.sdk_config();
        make_table(&aws_sdk_dynamodb::Client::new(&sdk)).await;
        let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
        for (name, value) in [("pm", "client:secret"), ("crm", &token)] {
            let name = format!("lintel/dev/{}/{name}", settings.id);
            secrets.create_secret().name(name).secret_string(value).send().await.unwrap();
        }
        let bucket = Arc::new(InMemory::new());
        let objects = Objects::new(Arc::clone(&bucket) as _);
        let variables = [("LINTEL_TABLE", TABLE), ("LINTEL_STAGE", "dev")];
        let variables: BTreeMap<String, String> =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let environment = Environment::for_host(variables, sdk, objects.clone(), parts);
        let table = environment.table().unwrap();
        table.org(&settings.id).save_target_ids(&"crm".into(), &ids).await.unwrap();
        let engine = Engine::new(table.clone(), environment.connections().unwrap(), environment.clock());
        Self { company, portal, settings, table, objects, bucket, engine: Arc::new(engine), time }
    }

    pub(crate) fn flow() -> FlowId {
        FlowId::new("people")
    }

    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::at(Clock::now(self.time.as_ref()) + SignedDuration::from_mins(30))
    }

    /// A run over everything, to its end.
    pub(crate) async fn run(&self) -> Run {
        let (runs, flow) = (Runs::new(Arc::clone(&self.engine)), Self::flow());
        let Begun::Run(run) = runs.begin(&self.settings, &flow, RunKind::Full, 7).await.unwrap() else {
            unreachable!("another run is on")
        };
        Waiting::from_the_first().work_off(&self.engine, &self.settings, &flow, &run, self.deadline()).await;
        assert_eq!(runs.end(&self.settings, &flow, &run, self.deadline()).await.unwrap(), Ended::Over);
        self.table.org(&self.settings.id).run(&flow, &run).await.unwrap().unwrap()
    }

    pub(crate) async fn compare(&self, walk: Walk) -> QualityReport {
        self.engine.compare(&self.settings, &Self::flow(), walk, self.deadline()).await.unwrap()
    }

    pub(crate) fn reports(&self) -> Reports {
        Reports::new(Arc::clone(&self.engine), self.objects.clone())
    }

    pub(crate) async fn make_report(&self, run: &RunId) -> Result<QualityReport, SyncError> {
        self.reports().make(&self.settings, run, Walk::Everything, self.deadline()).await
    }

    /// The id of the portal's contact of a tenant.
    pub(crate) fn contact(&self, tenant: u32) -> String {
        let key = format!("pm/tenants/{tenant}");
        let contacts = self.portal.records("contacts");
        contacts.into_iter().find(|contact| contact.properties.get("lintel_key") == Some(&key)).unwrap().id
    }
}

fn organization() -> Organization {
    let connection = |vendor: &str, secret: &str| json!({ "vendor": vendor, "secret": secret, "base_url": format!("http://{secret}.example") });
    let settings = json!({
        "id": "sunrise",
        "name": "Sunrise Home Services (sample)",
        "connections": { "pm": connection("buildium", "pm"), "crm": connection("hubspot", "crm") },
        "flows": { "people": { "from": "pm", "stream": "tenants", "to": "crm", "into": "contacts" } },
    });
    serde_json::from_value(settings).unwrap()
}

async fn set_up(settings: &Organization, host: &HostParts, token: &str) -> TargetIds {
    let state = Arc::new(MemoryState::default());
    let parts = Parts {
        org: OrgId::new("sunrise"),
        http: Arc::clone(&host.http),
        budget: Arc::clone(&state) as _,
        breaker: Arc::clone(&state) as _,
        tokens: state,
        calls: Arc::clone(&host.calls),
        clock: Arc::clone(&host.clock),
        entropy: Arc::clone(&host.entropy),
    };
    let connection = &settings.connections[&"crm".into()];
    let setup = roles::record_setup(&"crm".into(), connection, &Private::new(token), parts).unwrap();
    let deadline = Deadline::at(host.clock.now() + SignedDuration::from_mins(10));
    let report = setup.apply(&MappedFields::new(), deadline).await.unwrap();
    assert!(report.is_ready());
    report.ids
}

async fn make_table(client: &aws_sdk_dynamodb::Client) {
    let key =
        |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let keys = |prefix: &str| [key(&format!("{prefix}PK"), KeyType::Hash), key(&format!("{prefix}SK"), KeyType::Range)];
    let mut make = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    make = make.set_key_schema(Some(keys("").to_vec()));
    for prefix in ["", "GSI1", "GSI2"] {
        for name in [format!("{prefix}PK"), format!("{prefix}SK")] {
            let defined = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            make = make.attribute_definitions(defined.build().unwrap());
        }
    }
    for (index, kind) in [("GSI1", ProjectionType::All), ("GSI2", ProjectionType::KeysOnly)] {
        let projection = Projection::builder().projection_type(kind).build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .set_key_schema(Some(keys(index).to_vec()))
            .projection(projection);
        make = make.global_secondary_indexes(index.build().unwrap());
    }
    make.send().await.unwrap();
}

/// The time on all sides. Whoever waits moves it.
#[derive(Debug)]
struct Time(Arc<ManualClock>);

#[async_trait]
impl Clock for Time {
    fn now(&self) -> Timestamp {
        SimClock::now(self.0.as_ref())
    }

    async fn sleep(&self, pause: Duration) {
        self.0.advance(pause);
    }
}

/// Both vendors by host name, without sockets.
#[derive(Debug)]
struct Vendors {
    company: Arc<Buildium>,
    portal: Arc<HubSpot>,
    time: Arc<Time>,
}

#[async_trait]
impl HttpClient for Vendors {
    async fn send(&self, request: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, SendError> {
        let (head, body) = request.into_parts();
        let vendor: &dyn Simulator = match head.uri.host() {
            Some("pm.example") => self.company.as_ref(),
            Some("crm.example") => self.portal.as_ref(),
            _ => return Err(SendError::NotSent("no such host".to_owned())),
        };
        let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let ask = Ask::new(head.method.as_str(), target, head.headers, body, self.time.now());
        let answer = vendor.handle(&ask.ok_or_else(|| SendError::NotSent("no request".to_owned()))?);
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = *answer.headers;
        Ok(response)
    }
}

/// Nobody counts here.
#[derive(Debug)]
struct Unheard;

impl MetricSink for Unheard {
    fn write(&self, _: &str) {}
}
