//! From the template's resources to the [`Wiring`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::node::Node;
use super::resolve::{Resolved, Resolver};
use super::{
    EnvValue, Failures, FunctionWiring, IndexWiring, Key, LogicalId, ObjectTrigger, QueueTrigger, QueueWiring, Redrive,
    Route, Schedule, ScheduleTrigger, TableWiring, TemplateError, Wiring, plain,
};

/// Reads a template with these parameters; those not given take their declared defaults.
///
/// # Errors
/// When the text is not a template this host can wire, with the place that is wrong.
pub fn read(text: &str, parameters: &BTreeMap<String, String>) -> Result<Wiring, TemplateError> {
    let template = plain(text)?;
    let resolver = Resolver::new(&template, parameters)?;
    let resources = template.get("Resources").ok_or(TemplateError::Missing { at: "Resources".to_owned() })?;
    let resources: Vec<(&str, Node<'_>)> =
        Node::new(resources, "Resources").pairs()?.into_iter().map(|(id, it)| (id, Node::new(it.value, id))).collect();
    let globals = template.pointer("/Globals/Function").unwrap_or(&Value::Null);
    let mut wiring = Wiring::default();
    // Functions come last: their environment names the others.
    let mut functions = Vec::new();
    for (name, resource) in &resources {
        let id = LogicalId::new(name);
        match resource.need("Type")?.text()? {
            "AWS::SQS::Queue" => drop(wiring.queues.insert(id, queue(resource, &resolver)?)),
            "AWS::DynamoDB::Table" => drop(wiring.tables.insert(id, table(resource, &resolver)?)),
            "AWS::S3::Bucket" => drop(wiring.buckets.insert(id, named(resource, "BucketName", &resolver)?)),
            "AWS::SecretsManager::Secret" => drop(wiring.secrets.insert(id, named(resource, "Name", &resolver)?)),
            "AWS::Serverless::Function" => functions.push((id, resource)),
            _ => {}
        }
    }
    for (id, resource) in functions {
        let function = function(resource, &Node::new(globals, "Globals.Function"), &resolver, &wiring)?;
        wiring.functions.insert(id, function);
    }
    Ok(wiring)
}

fn named(resource: &Node<'_>, property: &str, resolver: &Resolver<'_>) -> Result<String, TemplateError> {
    match resource.find(&format!("Properties.{property}")) {
        Some(name) => resolver.text(&name),
        None => Ok(resource.at.clone()),
    }
}

fn seconds(resource: &Node<'_>, path: &str, otherwise: u64) -> Result<Duration, TemplateError> {
    let given = resource.find(path).map(|node| node.number()).transpose()?;
    Ok(Duration::from_secs(given.unwrap_or(otherwise)))
}

fn queue(resource: &Node<'_>, resolver: &Resolver<'_>) -> Result<QueueWiring, TemplateError> {
    let redrive = resource.find("Properties.RedrivePolicy").map(|policy| {
        let count = policy.need("maxReceiveCount")?;
        Ok(Redrive {
            dead_letters: resolver.resource(&policy.need("deadLetterTargetArn")?)?,
            max_receive_count: u32::try_from(count.number()?).map_err(|_| count.wrong("a small number"))?,
        })
    });
    // The defaults are those of SQS.
    Ok(QueueWiring {
        name: named(resource, "QueueName", resolver)?,
        visibility: seconds(resource, "Properties.VisibilityTimeout", 30)?,
        retention: seconds(resource, "Properties.MessageRetentionPeriod", 345_600)?,
        delay: seconds(resource, "Properties.DelaySeconds", 0)?,
        redrive: redrive.transpose()?,
    })
}

fn table(resource: &Node<'_>, resolver: &Resolver<'_>) -> Result<TableWiring, TemplateError> {
    let properties = resource.need("Properties")?;
    let mut indexes = BTreeMap::new();
    for index in properties.find("GlobalSecondaryIndexes").map(|all| all.list()).transpose()?.unwrap_or_default() {
        let projection = index.need("Projection.ProjectionType")?.text()?.to_owned();
        let name = index.need("IndexName")?.text()?.to_owned();
        indexes.insert(name, IndexWiring { key: key(&index)?, projection });
    }
    let expiry = properties.find("TimeToLiveSpecification.AttributeName").map(|node| node.text()).transpose()?;
    Ok(TableWiring {
        name: named(resource, "TableName", resolver)?,
        key: key(&properties)?,
        indexes,
        expiry: expiry.map(str::to_owned),
    })
}

fn key(owner: &Node<'_>) -> Result<Key, TemplateError> {
    let schema = owner.need("KeySchema")?;
    let mut partition = None;
    let mut sort = None;
    for part in schema.list()? {
        let name = part.need("AttributeName")?.text()?.to_owned();
        match part.need("KeyType")?.text()? {
            "HASH" => partition = Some(name),
            "RANGE" => sort = Some(name),
            _ => return Err(part.wrong("HASH or RANGE")),
        }
    }
    let partition = partition.ok_or_else(|| schema.wrong("a list with a HASH key"))?;
    Ok(Key { partition, sort })
}

fn function(
    resource: &Node<'_>,
    globals: &Node<'_>,
    resolver: &Resolver<'_>,
    wiring: &Wiring,
) -> Result<FunctionWiring, TemplateError> {
    let properties = resource.need("Properties")?;
    let code = properties.need("CodeUri")?;
    let binary = code.text()?.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if binary.is_empty() {
        return Err(code.wrong("a path that ends in the binary's name"));
    }
    let setting = |name: &str, otherwise: u64| {
        let set = properties.find(name).or_else(|| globals.find(name));
        set.map(|node| node.number()).transpose().map(|found| found.unwrap_or(otherwise))
    };
    let mut environment = BTreeMap::new();
    for owner in [globals, &properties] {
        let Some(variables) = owner.find("Environment.Variables") else { continue };
        for (name, value) in variables.pairs()? {
            environment.insert(name.to_owned(), env_value(&value, resolver, wiring)?);
        }
    }
    // SAM's own defaults: 3 s and 128 MiB.
    let mut function = FunctionWiring {
        binary: binary.to_owned(),
        timeout: Duration::from_secs(setting("Timeout", 3)?),
        memory: u32::try_from(setting("MemorySize", 128)?).map_err(|_| properties.wrong("memory in MiB"))?,
        environment,
        routes: Vec::new(),
        schedules: Vec::new(),
        queues: Vec::new(),
        objects: Vec::new(),
    };
    for (_, event) in properties.find("Events").map(|all| all.pairs()).transpose()?.unwrap_or_default() {
        trigger(&event, resolver, wiring, &mut function)?;
    }
    Ok(function)
}

fn env_value(node: &Node<'_>, resolver: &Resolver<'_>, wiring: &Wiring) -> Result<EnvValue, TemplateError> {
    match resolver.resolve(node)? {
        Resolved::Text(text) => {
            let bucket = wiring.buckets.iter().find(|(_, name)| **name == text);
            Ok(bucket.map_or(EnvValue::Text(text), |(id, _)| EnvValue::Bucket(id.clone())))
        }
        Resolved::Resource(id) if wiring.queues.contains_key(&id) => Ok(EnvValue::Queue(id)),
        Resolved::Resource(id) if wiring.tables.contains_key(&id) => Ok(EnvValue::Table(id)),
        Resolved::Resource(id) if wiring.buckets.contains_key(&id) => Ok(EnvValue::Bucket(id)),
        Resolved::Resource(_) => Err(node.wrong("text, a queue, a table or a bucket")),
    }
}

fn trigger(
    event: &Node<'_>,
    resolver: &Resolver<'_>,
    wiring: &Wiring,
    function: &mut FunctionWiring,
) -> Result<(), TemplateError> {
    let kind = event.need("Type")?;
    let properties = event.need("Properties")?;
    match kind.text()? {
        "HttpApi" => function.routes.push(Route {
            method: properties.need("Method")?.text()?.to_ascii_uppercase(),
            path: properties.need("Path")?.text()?.to_owned(),
        }),
        "ScheduleV2" => {
            let expression = properties.need("ScheduleExpression")?;
            let schedule = Schedule::parse(expression.text()?)
                .map_err(|source| TemplateError::Schedule { at: expression.at.clone(), source })?;
            let input = properties.find("Input").map(|node| resolver.text(&node)).transpose()?;
            function.schedules.push(ScheduleTrigger { schedule, input });
        }
        "SQS" => function.queues.push(queue_trigger(&properties, resolver, wiring)?),
        "S3" => {
            let rules = properties.find("Filter.S3Key.Rules").map(|all| all.list()).transpose()?.unwrap_or_default();
            let mut prefix = String::new();
            for rule in rules {
                if rule.need("Name")?.text()?.eq_ignore_ascii_case("prefix") {
                    rule.need("Value")?.text()?.clone_into(&mut prefix);
                }
            }
            function.objects.push(ObjectTrigger { bucket: resolver.resource(&properties.need("Bucket")?)?, prefix });
        }
        _ => return Err(kind.wrong("HttpApi, ScheduleV2, SQS or S3")),
    }
    Ok(())
}

fn queue_trigger(
    properties: &Node<'_>,
    resolver: &Resolver<'_>,
    wiring: &Wiring,
) -> Result<QueueTrigger, TemplateError> {
    let count = |name: &str| {
        let found = properties.find(name).map(|node| (node.number(), node));
        found.map(|(number, node)| usize::try_from(number?).map_err(|_| node.wrong("a small number"))).transpose()
    };
    let source = properties.need("Queue")?;
    let queue = resolver.resource(&source)?;
    if !wiring.queues.contains_key(&queue) {
        return Err(source.wrong("a queue"));
    }
    let responses = properties.find("FunctionResponseTypes").map(|all| all.list()).transpose()?.unwrap_or_default();
    let reported = responses.iter().any(|kind| kind.value == "ReportBatchItemFailures");
    Ok(QueueTrigger {
        queue,
        batch_size: count("BatchSize")?.unwrap_or(10),
        window: seconds(properties, "MaximumBatchingWindowInSeconds", 0)?,
        max_concurrency: count("ScalingConfig.MaximumConcurrency")?,
        failures: if reported { Failures::Reported } else { Failures::WholeBatch },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = include_str!("../../../template.yaml");

    fn real() -> Wiring {
        read(REAL, &BTreeMap::from([("Stage".to_owned(), "dev".to_owned())])).unwrap()
    }

    fn faulty(from: &str, to: &str) -> TemplateError {
        assert!(REAL.contains(from), "the template no longer says {from}");
        read(&REAL.replacen(from, to, 1), &BTreeMap::new()).unwrap_err()
    }

    #[test]
    fn the_real_template_is_read_whole() {
        let wiring = real();
        let binaries: Vec<&str> = wiring.functions.values().map(|function| function.binary.as_str()).collect();
        assert_eq!(
            binaries,
            [
                "airtable-mirror",
                "email-ingest",
                "event-router",
                "feed-dispatcher",
                "feed-poller",
                "job-worker",
                "office-api",
                "reconciler",
                "stay-planner",
                "sweeper",
                "sync-dispatcher",
                "sync-leases",
                "sync-people",
                "sync-properties",
                "sync-units",
                "webhook-receiver"
            ]
        );
        assert_eq!(wiring.queues.len(), 20);
        let table = &wiring.tables[&LogicalId::new("Table")];
        assert_eq!(table.name, "lintel-dev");
        assert_eq!(table.key, Key { partition: "PK".to_owned(), sort: Some("SK".to_owned()) });
        assert_eq!(table.indexes["GSI2"].projection, "KEYS_ONLY");
        assert_eq!(table.expiry.as_deref(), Some("expires_at"));
        assert_eq!(wiring.buckets[&LogicalId::new("Bucket")], "lintel-dev-000000000000-us-east-1");
    }

    #[test]
    fn triggers_and_environment_come_through() {
        let wiring = real();
        let email = &wiring.functions[&LogicalId::new("EmailIngestFunction")];
        assert_eq!(email.routes, [Route { method: "POST".to_owned(), path: "/email/{org}".to_owned() }]);
        assert_eq!(email.objects, [ObjectTrigger { bucket: LogicalId::new("Bucket"), prefix: "ses/".to_owned() }]);
        assert_eq!(email.environment["LINTEL_STAGE"], EnvValue::Text("dev".to_owned()));
        assert_eq!(email.environment["LINTEL_TABLE"], EnvValue::Table(LogicalId::new("Table")));
        assert_eq!(email.environment["LINTEL_BUCKET"], EnvValue::Bucket(LogicalId::new("Bucket")));
        assert_eq!(email.environment["LINTEL_QUEUE_STAYS"], EnvValue::Queue(LogicalId::new("StaysQueue")));
        assert!(!email.environment.contains_key("LINTEL_QUEUE_JOBS"));

        let mirror = &wiring.functions[&LogicalId::new("AirtableMirrorFunction")].queues[0];
        assert_eq!(mirror.queue, LogicalId::new("MirrorQueue"));
        assert_eq!((mirror.batch_size, mirror.max_concurrency), (10, Some(2)));
        assert_eq!((mirror.window, mirror.failures), (Duration::from_secs(1), Failures::Reported));

        let jobs = &wiring.queues[&LogicalId::new("JobsQueue")];
        assert_eq!(jobs.visibility, Duration::from_mins(30));
        let dead_letters = LogicalId::new("JobsDeadLetters");
        assert_eq!(jobs.redrive, Some(Redrive { dead_letters, max_receive_count: 8 }));

        let dispatcher = &wiring.functions[&LogicalId::new("FeedDispatcherFunction")];
        assert_eq!(dispatcher.schedules[0].schedule, Schedule::Rate(Duration::from_mins(15)));
    }

    #[test]
    fn faults_say_where_they_are() {
        let dangling = faulty("Queue: !GetAtt JobsQueue.Arn", "Queue: !GetAtt JobQueue.Arn");
        assert_eq!(
            dangling.to_string(),
            "reading the template: JobWorkerFunction.Properties.Events.Queue.Properties.Queue refers to JobQueue, \
             which the template does not have"
        );
        assert!(faulty("rate(15 minutes)", "rate(15 moons)").to_string().contains("ScheduleExpression"));
        assert!(faulty("VisibilityTimeout: 360", "VisibilityTimeout: long").to_string().contains("VisibilityTimeout"));
        assert!(matches!(faulty("  Table:\n", "  Table: [\n"), TemplateError::Yaml(_)));
        let unknown = read(REAL, &BTreeMap::from([("Stag".to_owned(), "dev".to_owned())]));
        assert_eq!(unknown.unwrap_err(), TemplateError::Parameter("Stag".to_owned()));
    }
}
