//! Wires functions as the template says: environment, routes, queues, buckets, schedules.

use super::{
    activity::Activity,
    aws::Aws,
    buckets::BucketWatch,
    callers::Callers,
    provision::{self, MadeQueue},
    pump::Pump,
    quiet::Quiet,
    routes::{Front, Served},
    schedules::Timer,
};
use crate::{
    registry::{self, Hosted},
    template::{self, EnvValue, FunctionWiring, LogicalId, Wiring},
};
use anyhow::Context;
use aws_config::SdkConfig;
use bytes::Bytes;
use jiff::SignedDuration;
use lintel_cloud::{Environment, Function, HostParts, objects::Objects};
use lintel_domain::ids::{FeedId, OrgId};
use lintel_feed_poller::FeedPoller;
use std::{collections::BTreeMap, net::SocketAddr};
use tokio::{net::TcpListener, task::JoinSet};

/// The wiring that is deployed.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What the functions have around them beside AWS.
#[derive(Clone, Debug)]
pub struct Outside {
    pub parts: HostParts,
    pub objects: Objects,
    pub object_events: ObjectEvents,
    /// Variables of every function's environment that only a local host sets, over those of the template.
    pub variables: BTreeMap<String, String>,
}

/// Who tells functions of new objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectEvents {
    /// This host, which looks after the bucket.
    Told,
    /// Nobody here: the bucket is S3's, and S3 tells the functions that are deployed.
    LeftToS3,
}

/// The host, with everything started but nothing triggered yet.
pub struct Host {
    wiring: Wiring,
    queues: BTreeMap<LogicalId, MadeQueue>,
    functions: BTreeMap<String, (LogicalId, Hosted)>,
    /// Functions with routes, as they answer callers.
    doors: BTreeMap<String, Hosted>,
    activity: Activity,
    callers: Callers,
    objects: Objects,
    object_events: ObjectEvents,
    sqs: aws_sdk_sqs::Client,
    table: String,
    /// The environment feeds are polled in, for calendars that are handed over.
    poller: Environment,
}

/// The host while it serves; everything stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    pub address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Host {
    /// Makes what the template describes and starts every function in the environment it gives them.
    pub async fn start(aws: &Aws, outside: &Outside) -> anyhow::Result<Self> {
        let parameters = BTreeMap::from([("Stage".to_owned(), "dev".to_owned())]);
        let wiring = template::read(TEMPLATE, &parameters)?;
        provision::tables(&aws.sdk, &wiring).await?;
        let queues = provision::queues(&aws.sdk, &wiring).await?;
        let callers = Callers::default();
        // Only where the parts of AWS share the processors with the functions is there anything to give way to.
        let giving_way = if aws.is_embedded() { callers.before(&aws.sdk) } else { aws.sdk.clone() };
        let (mut functions, mut doors) = (BTreeMap::new(), BTreeMap::new());
        let mut poller = None;
        for (id, function) in &wiring.functions {
            let variables = variables(function, &wiring, &queues, &outside.variables)?;
            let environment = |sdk: &SdkConfig| {
                Environment::for_host(variables.clone(), sdk.clone(), outside.objects.clone(), outside.parts.clone())
            };
            if !function.routes.is_empty() {
                doors.insert(function.binary.clone(), registry::start(&function.binary, &environment(&aws.sdk)).await?);
            }
            let environment = environment(&giving_way);
            let hosted = registry::start(&function.binary, &environment).await?;
            if function.binary == FeedPoller::NAME {
                poller = Some(environment);
            }
            functions.insert(function.binary.clone(), (id.clone(), hosted));
        }
        let table = wiring.tables.values().next().context("the template has no table")?.name.clone();
        let sqs = aws_sdk_sqs::Client::new(&giving_way);
        let poller = poller.context("the template has no feed poller")?;
        Ok(Self {
            wiring,
            queues,
            functions,
            doors,
            activity: Activity::default(),
            callers,
            objects: outside.objects.clone(),
            object_events: outside.object_events,
            sqs,
            table,
            poller,
        })
    }

    /// Takes a calendar in as if its feed had just answered with it.
    pub async fn take_calendar(&self, org: &OrgId, feed: &FeedId, body: Bytes) -> anyhow::Result<()> {
        let poller = FeedPoller::start(&self.poller).await?;
        poller.take_body(org, feed, body).await?;
        Ok(())
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// A function by the name of its binary.
    pub fn function(&self, name: &str) -> Option<&Hosted> {
        self.functions.get(name).map(|(_, hosted)| hosted)
    }

    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// The URL of a queue, by its name in the template.
    pub fn queue_url(&self, logical: &str) -> Option<&str> {
        self.queues.iter().find(|(id, _)| id.as_str() == logical).map(|(_, queue)| queue.url.as_str())
    }

    /// The URL of a queue, by the name it goes by at SQS.
    pub fn queue_named(&self, name: &str) -> Option<&str> {
        let ends_so = |url: &&str| url.rsplit('/').next() == Some(name);
        self.queues.values().map(|queue| queue.url.as_str()).find(ends_so)
    }

    /// Watches every queue that a function reads.
    pub fn quiet(&self) -> Quiet {
        let read = self.wiring.functions.values().flat_map(|function| &function.queues);
        let urls = read.filter_map(|trigger| self.queues.get(&trigger.queue)).map(|queue| queue.url.clone()).collect();
        Quiet::new(self.sqs.clone(), urls, self.activity.clone())
    }

    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Opens routes, pumps queues and keeps schedules.
    pub async fn serve(&self, listen: SocketAddr) -> anyhow::Result<Serving> {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("listen on {listen}"))?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        let mut served = Vec::new();
        for (id, wired) in &self.wiring.functions {
            let Some((_, function)) = self.functions.get(&wired.binary) else { continue };
            let timeout = SignedDuration::try_from(wired.timeout)?;
            if let Some(door) = self.doors.get(&wired.binary) {
                served.extend(wired.routes.iter().map(|route| Served { route: route.clone(), function: door.clone() }));
            }
            for trigger in &wired.queues {
                let queue = self.queues.get(&trigger.queue).with_context(|| format!("{id} reads an unknown queue"))?;
                let pump = Pump {
                    client: self.sqs.clone(),
                    queue_url: queue.url.clone(),
                    queue_arn: queue.arn.clone(),
                    trigger: trigger.clone(),
                    timeout,
                    function: function.clone(),
                    activity: self.activity.clone(),
                };
                tasks.spawn(pump.run());
            }
            for trigger in &wired.schedules {
                tasks.spawn(self.timer(trigger.clone(), function, timeout).run());
            }
            if self.object_events == ObjectEvents::Told {
                for trigger in &wired.objects {
                    let bucket = self.wiring.buckets.get(&trigger.bucket);
                    let watch = BucketWatch {
                        objects: self.objects.clone(),
                        bucket: bucket.with_context(|| format!("{id} waits on an unknown bucket"))?.clone(),
                        trigger: trigger.clone(),
                        timeout,
                        function: function.clone(),
                        activity: self.activity.clone(),
                    };
                    tasks.spawn(watch.run());
                }
            }
        }
        let front = Front::new(served, self.activity.clone(), self.callers.clone());
        tasks.spawn(front.serve(listener));
        Ok(Serving { address, tasks })
    }

    /// Runs every schedule of a function now.
    pub async fn fire(&self, name: &str) {
        for wired in self.wiring.functions.values().filter(|wired| wired.binary == name) {
            let Some((_, function)) = self.functions.get(name) else { continue };
            let timeout = SignedDuration::try_from(wired.timeout).unwrap_or(SignedDuration::from_secs(60));
            for trigger in &wired.schedules {
                self.timer(trigger.clone(), function, timeout).fire().await;
            }
        }
    }

    fn timer(&self, trigger: template::ScheduleTrigger, function: &Hosted, timeout: SignedDuration) -> Timer {
        Timer { trigger, function: function.clone(), timeout, activity: self.activity.clone() }
    }
}

/// Makes what the template describes and answers the variables of all its functions together: for simulations, which
/// start functions by themselves.
pub async fn provision_for_tests(sdk: &aws_config::SdkConfig) -> anyhow::Result<BTreeMap<String, String>> {
    let wiring = template::read(TEMPLATE, &BTreeMap::from([("Stage".to_owned(), "dev".to_owned())]))?;
    provision::tables(sdk, &wiring).await?;
    let queues = provision::queues(sdk, &wiring).await?;
    let mut all = BTreeMap::new();
    for function in wiring.functions.values() {
        all.extend(variables(function, &wiring, &queues, &BTreeMap::new())?);
    }
    Ok(all)
}

impl Serving {
    /// Waits for as long as anything is served.
    pub async fn forever(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("functions", &self.functions.keys()).finish_non_exhaustive()
    }
}

/// The environment as Lambda would set it, with references resolved to what was made here. What only a local host sets stands over it.
fn variables(
    function: &FunctionWiring,
    wiring: &Wiring,
    queues: &BTreeMap<LogicalId, MadeQueue>,
    added: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (name, value) in &function.environment {
        let text = match value {
            EnvValue::Text(text) => Some(text.clone()),
            EnvValue::Table(id) => wiring.tables.get(id).map(|table| table.name.clone()),
            EnvValue::Bucket(id) => wiring.buckets.get(id).cloned(),
            EnvValue::Queue(id) => queues.get(id).map(|queue| queue.url.clone()),
        };
        variables
            .insert(name.clone(), text.with_context(|| format!("{name} of {} refers to nothing", function.binary))?);
    }
    variables.extend(added.clone());
    Ok(variables)
}
