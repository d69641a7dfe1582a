//! Where a test takes place: the embedded services, a clock of its own, and vaults as processes would have them.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    secrets::Secrets,
    store::{Act, AuditEntry, OrgTable, Purpose, Table},
    vault::{Context, Protected, Sealed, SecureRandom, SystemRandom, Vault},
};
use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::OrgId;
use lintel_local_aws::InProcessAws;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

pub(crate) const TABLE: &str = "lintel";
/// Invented: no tax id begins with 900 to 999 and has 00 in the middle.
pub(crate) const TAX_ID: &str = "900-00-0142";

/// The time as a test sets it.
#[derive(Clone, Debug)]
pub(crate) struct HandSet(Arc<AtomicI64>);

#[async_trait::async_trait]
impl Clock for HandSet {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) aws: InProcessAws,
    clock: HandSet,
}

impl Place {
    pub(crate) async fn open() -> Self {
        let clock = HandSet(Arc::new(AtomicI64::new(1_795_428_000)));
        let reading = clock.clone();
        let aws = InProcessAws::start_with_clock(move || SystemTime::from(reading.now())).unwrap();
        let place = Self { aws, clock };
        place.make_table().await;
        place
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A vault of a process of its own: it knows no keys yet.
    pub(crate) fn vault(&self) -> Vault {
        self.vault_with(Arc::new(SystemRandom))
    }

    pub(crate) fn vault_with(&self, random: Arc<dyn SecureRandom>) -> Vault {
        self.vault_over(TABLE, random)
    }

    pub(crate) fn vault_over(&self, table: &str, random: Arc<dyn SecureRandom>) -> Vault {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let secrets = Secrets::new(self.secrets_manager(), "dev", Arc::clone(&clock));
        Vault::new(secrets, Table::new(self.dynamo(), table), clock, random)
    }

    pub(crate) fn table(&self) -> OrgTable {
        Table::new(self.dynamo(), TABLE).org(&org())
    }

    /// What was done to a record, in order.
    pub(crate) async fn audit(&self, record: &str) -> Vec<AuditEntry> {
        self.table().audit_of(record).await.unwrap()
    }

    pub(crate) async fn acts(&self, record: &str) -> Vec<Act> {
        self.audit(record).await.into_iter().map(|entry| entry.act).collect()
    }

    pub(crate) fn dynamo(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config())
    }

    pub(crate) fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.aws.sdk_config())
    }

    async fn make_table(&self) {
        let table = self.dynamo();
        let mut make = table.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
        for (key, kind) in [("PK", KeyType::Hash), ("SK", KeyType::Range)] {
            let defined = AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S);
            make = make
                .attribute_definitions(defined.build().unwrap())
                .key_schema(KeySchemaElement::builder().attribute_name(key).key_type(kind).build().unwrap());
        }
        make.send().await.unwrap();
        let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build().unwrap();
        table.update_time_to_live().table_name(TABLE).time_to_live_specification(expiry).send().await.unwrap();
    }
}

pub(crate) fn org() -> OrgId {
    OrgId::new("sunrise")
}

pub(crate) fn owner() -> Context {
    Context::new("person:1", "tax_id")
}

pub(crate) fn purpose() -> Purpose {
    Purpose::new("sync-people", "flow people-to-crm sends tax_id")
}

pub(crate) async fn sealed(vault: &Vault) -> Sealed {
    vault.sealer(&org()).await.unwrap().seal(&owner(), &Protected::new(TAX_ID)).unwrap()
}
