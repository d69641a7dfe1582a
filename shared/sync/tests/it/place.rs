//! Where a test takes place: a property manager's account, a portal, and an organization with a flow between them.

use crate::waiting::Waiting;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    Environment, HostParts,
    metrics::MetricSink,
    objects::Objects,
    store::{OrgTable, Table},
};
use lintel_connectors::{
    roles::MappedFields,
    surroundings::{Clock, Generator},
    transport::{Deadline, NoCallLog, ReqwestClient},
};
use lintel_domain::{
    ids::{ConnectionId, FlowId, OrgId, RunId},
    private::Private,
    settings::Organization,
    sync::{Run, RunKind},
};
use lintel_local_aws::InProcessAws;
use lintel_sandbox::{
    RateRules, RealClock, Running,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size},
    hubspot::{HubSpot, PortalSettings},
};
use lintel_sync::{Begun, Ended, Engine, Runs};
use serde_json::json;
use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

pub(crate) struct Place {
    pub(crate) source: Running<Buildium>,
    pub(crate) target: Running<HubSpot>,
    hub: Hub,
}

impl Deref for Place {
    type Target = Hub;

    fn deref(&self) -> &Hub {
        &self.hub
    }
}

impl DerefMut for Place {
    fn deref_mut(&mut self) -> &mut Hub {
        &mut self.hub
    }
}

/// An organization's engine with its table, whatever it connects.
pub(crate) struct Hub {
    pub(crate) engine: Arc<Engine>,
    pub(crate) runs: Runs,
    pub(crate) settings: Organization,
    pub(crate) aws: InProcessAws,
    pub(crate) environment: Environment,
    pub(crate) counted: Arc<Counted>,
    table: Table,
    ahead: Arc<Ahead>,
}

/// The machine's clock, but for the time that a test lets pass.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// The lines of metrics.
#[derive(Debug, Default)]
pub(crate) struct Counted(pub(crate) Mutex<Vec<String>>);

impl MetricSink for Counted {
    fn write(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

pub(crate) fn flow() -> FlowId {
    FlowId::new("tenants")
}

impl Place {
    /// An account of so many tenants, and a portal that is set up and has nobody in it.
    pub(crate) async fn of_tenants(tenants: usize) -> Self {
        Self::with(BuildiumWorld::sample(5, Size::of_tenants(tenants)), json!({})).await
    }

    /// `further` are settings of the flow.
    pub(crate) async fn with(world: BuildiumWorld, further: serde_json::Value) -> Self {
        let clock = Arc::new(RealClock);
        // Limits are another test's business.
        let account = BuildiumSettings {
            starts: RateRules { calls: 1_000, period: Duration::from_secs(1) },
            in_flight: 100,
            ..BuildiumSettings::default()
        };
        let source = Running::start(Buildium::new(account, clock.clone(), world)).await.unwrap();
        let target = Running::start(HubSpot::new(PortalSettings::default(), clock, 7)).await.unwrap();
        let settings = organization(&source.url, &target.url, &further);
        let hub = Hub::of(settings, &["hubspot"]).await;
        Self { source, target, hub }
    }

    /// The portal's contact of a tenant.
    pub(crate) fn contact(&self, tenant: u32) -> Option<BTreeMap<String, String>> {
        self.record_of("contacts", "tenants", tenant)
    }

    /// What the portal has of a record of the account, its id among the values.
    pub(crate) fn record_of(&self, kind: &str, stream: &str, id: u32) -> Option<BTreeMap<String, String>> {
        let key = format!("buildium/{stream}/{id}");
        let records = self.target.vendor.records(kind);
        let found = records.into_iter().find(|record| record.properties.get("lintel_key") == Some(&key))?;
        let mut values: BTreeMap<String, String> = found.properties.into_iter().collect();
        values.insert("id".to_owned(), found.id);
        Some(values)
    }
}

impl Hub {
    /// With these connections set up as targets.
    pub(crate) async fn of(settings: Organization, set_up: &[&str]) -> Self {
        let aws = InProcessAws::start().unwrap();
        make_table(&aws).await;
        let (counted, ahead) = (Arc::new(Counted::default()), Arc::new(Ahead::default()));
        let environment = environment(&aws, Arc::clone(&counted), Arc::clone(&ahead));
        let table = environment.table().unwrap();
        let secrets = environment.secrets().unwrap();
        for (name, value) in
            [("buildium", "sandbox-client-id:sandbox-client-secret"), ("hubspot", "pat-na1-sandbox-0001")]
        {
            secrets.put(&settings.id, name, &Private::new(value)).await.unwrap();
        }
        let connections = environment.connections().unwrap();
        for name in set_up {
            let connection = ConnectionId::new(*name);
            let setup = connections.record_setup(&settings, &connection).await.unwrap();
            let report = setup.apply(&MappedFields::new(), soon()).await.unwrap();
            assert!(report.is_ready(), "{:?}", report.faults);
            table.org(&settings.id).save_target_ids(&connection, &report.ids).await.unwrap();
        }
        let engine = Arc::new(Engine::new(table.clone(), connections, environment.clock()));
        let runs = Runs::new(Arc::clone(&engine));
        Self { engine, runs, settings, aws, environment, counted, table, ahead }
    }

    pub(crate) fn table(&self) -> OrgTable {
        self.table.org(&self.settings.id)
    }

    /// A whole run, page after page.
    pub(crate) async fn run(&self, kind: RunKind) -> Run {
        let id = self.begin(kind).await;
        self.work(&id).await;
        self.table().run(&flow(), &id).await.unwrap().unwrap()
    }

    pub(crate) async fn begin(&self, kind: RunKind) -> RunId {
        match self.runs.begin(&self.settings, &flow(), kind, 1).await.unwrap() {
            Begun::Run(id) => id,
            Begun::Busy(id) => unreachable!("run {id} is on"),
        }
    }

    pub(crate) async fn work(&self, id: &RunId) {
        Waiting::from_the_first().work_off(&self.engine, &self.settings, &flow(), id, self.soon()).await;
        assert_eq!(self.runs.end(&self.settings, &flow(), id, self.soon()).await.unwrap(), Ended::Over);
    }

    /// Time passes for the engine; vendors see nothing of it.
    pub(crate) fn pass(&self, by: SignedDuration) {
        self.ahead.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }

    fn soon(&self) -> Deadline {
        Deadline::at(self.ahead.now() + SignedDuration::from_mins(2))
    }

    /// How often rows were written so far, by operation.
    pub(crate) fn row_writes(&self) -> u64 {
        let calls = self.aws.calls();
        let count =
            |name: &str| calls.iter().filter(|(call, _)| call.ends_with(name)).map(|(_, count)| *count).sum::<u64>();
        count("BatchWriteItem")
    }

    /// The portal's id of its own object.
    pub(crate) async fn custom_object(&self) -> String {
        let ids = self.table().target_ids(&ConnectionId::new("hubspot")).await.unwrap().unwrap();
        ids.collections["units"].clone()
    }
}

pub(crate) fn soon() -> Deadline {
    Deadline::at(Timestamp::now() + SignedDuration::from_mins(2))
}

pub(crate) fn organization(source: &str, target: &str, further: &serde_json::Value) -> Organization {
    let mut flow = json!({ "from": "buildium", "stream": "tenants", "to": "hubspot", "into": "contacts" });
    flow.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "id": OrgId::new("acme"),
        "name": "Acme",
        "connections": {
            "buildium": { "vendor": "buildium", "secret": "buildium", "base_url": source },
            "hubspot": { "vendor": "hubspot", "secret": "hubspot", "base_url": target },
        },
        "flows": { "tenants": flow },
    }))
    .unwrap()
}

fn environment(aws: &InProcessAws, counted: Arc<Counted>, clock: Arc<Ahead>) -> Environment {
    let queue = ("LINTEL_QUEUE_SYNC", "http://localhost/1/sync");
    let variables = [("LINTEL_TABLE", "lintel"), ("LINTEL_STAGE", "dev"), ("LINTEL_FEED_ADDRESSES", "sandbox"), queue];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let parts = HostParts {
        clock,
        entropy: Arc::new(Generator::seeded(1)),
        http: Arc::new(ReqwestClient::default()),
        named: None,
        metrics: counted,
        calls: Arc::new(NoCallLog),
    };
    Environment::for_host(
        variables,
        aws.sdk_config(),
        Objects::new(Arc::new(object_store::memory::InMemory::new())),
        parts,
    )
}

async fn make_table(aws: &InProcessAws) {
    let client = aws_sdk_dynamodb::Client::new(&aws.sdk_config());
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let mut make = client.create_table().table_name("lintel").billing_mode(BillingMode::PayPerRequest);
    for name in ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"] {
        let defined = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        make = make.attribute_definitions(defined.build().unwrap());
    }
    for index in ["GSI1", "GSI2"] {
        let built = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(key(&format!("{index}PK"), KeyType::Hash))
            .key_schema(key(&format!("{index}SK"), KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        make = make.global_secondary_indexes(built.build().unwrap());
    }
    make.key_schema(key("PK", KeyType::Hash)).key_schema(key("SK", KeyType::Range)).send().await.unwrap();
}
