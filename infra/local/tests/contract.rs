//! The template's contract: what `sam validate` and cfn-lint are blind to. Each check is shown to fail on a template that
//! breaks it.

#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

use lintel_cloud::metrics::Alarm;
use lintel_local::{
    registry,
    template::{self, EnvValue, Failures, Wiring},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// Everything a template does against its contract.
fn faults(text: &str) -> Vec<String> {
    let wiring = match template::read(text, &BTreeMap::from([("Stage".to_owned(), "dev".to_owned())])) {
        Ok(wiring) => wiring,
        Err(error) => return vec![error.to_string()],
    };
    let plain = template::plain(text).unwrap();
    let mut faults = Vec::new();
    queues(&wiring, &mut faults);
    binaries(&wiring, &mut faults);
    variables(&wiring, &mut faults);
    permissions(&wiring, &plain, &mut faults);
    tokens(&wiring, &plain, &mut faults);
    reports(&plain, &mut faults);
    alarms(&wiring, &plain, &mut faults);
    access_log(&plain, &mut faults);
    faults
}

fn queues(wiring: &Wiring, faults: &mut Vec<String>) {
    for (id, function) in &wiring.functions {
        for trigger in &function.queues {
            let Some(queue) = wiring.queues.get(&trigger.queue) else {
                faults.push(format!("{id} reads {}, which is not there", trigger.queue));
                continue;
            };
            if trigger.failures != Failures::Reported {
                faults.push(format!("{id} fails its batches of {} whole", trigger.queue));
            }
            if !(1..=10).contains(&trigger.batch_size) {
                faults.push(format!("{id} takes {} messages of {} at once", trigger.batch_size, trigger.queue));
            }
            if trigger.max_concurrency.is_some_and(|most| most < 2) {
                faults.push(format!("{id} allows fewer than two invocations, which Lambda refuses"));
            }
            if queue.visibility < function.timeout * 6 {
                faults.push(format!("{} shows messages again while {id} may still be at them", trigger.queue));
            }
            match &queue.redrive {
                Some(redrive) if redrive.max_receive_count >= 5 => {}
                Some(_) => faults.push(format!("{} gives up too soon", trigger.queue)),
                None => faults.push(format!("{} has no dead letters", trigger.queue)),
            }
        }
    }
}

fn binaries(wiring: &Wiring, faults: &mut Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let built: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("src/main.rs").exists())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let wired: BTreeSet<String> = wiring.functions.values().map(|function| function.binary.clone()).collect();
    for name in built.symmetric_difference(&wired) {
        faults.push(format!("{name} is either a folder or in the template, not both"));
    }
}

/// Each function is given what it requires, and no queue it does not.
fn variables(wiring: &Wiring, faults: &mut Vec<String>) {
    for (id, function) in &wiring.functions {
        let required: BTreeSet<&str> =
            registry::requires(&function.binary).unwrap_or_default().iter().copied().collect();
        let given: BTreeSet<&str> = function.environment.keys().map(String::as_str).collect();
        for name in required.difference(&given) {
            faults.push(format!("{id} is not given {name}"));
        }
        if function.routes.iter().any(|route| route.path.starts_with("/webhooks/"))
            && !given.contains("LINTEL_PUBLIC_URL")
        {
            faults.push(format!("{id} cannot be told the address that vendors sign"));
        }
        for name in given.difference(&required).filter(|name| name.starts_with("LINTEL_QUEUE_")) {
            faults.push(format!("{id} is given {name} and does not need it"));
        }
    }
}

/// The functions that call vendors of records, which alone let an app in by OAuth.
const CALLERS: [&str; 4] = ["sync-properties", "sync-units", "sync-people", "sync-leases"];

/// The functions that open flows, which alone see the keys of protected fields.
const OPENERS: [&str; 5] = ["sync-dispatcher", "sync-properties", "sync-units", "sync-people", "sync-leases"];

/// The function that opens a protected field for a person who asks. It makes no keys.
const SHOWS: &str = "office-api";

/// Secrets are written by those who renew tokens, and of them tokens alone. The keys of protected fields stand under a name of their own:
/// who opens flows reads them, and makes the first.
fn tokens(wiring: &Wiring, plain: &Value, faults: &mut Vec<String>) {
    for (id, function) in &wiring.functions {
        let role =
            plain.pointer(&format!("/Resources/{id}/Properties/Role/Fn::GetAtt")).map(attribute).unwrap_or_default();
        let statements = plain.pointer(&format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement"));
        let mut written = BTreeSet::new();
        for statement in statements.and_then(Value::as_array).into_iter().flatten() {
            let resource = statement["Resource"].to_string();
            for action in texts(&statement["Action"]).iter().filter_map(|action| action.strip_prefix("secretsmanager:"))
            {
                if resource.contains(":secret:lintel-vault/${Stage}/") {
                    let opens = OPENERS.contains(&function.binary.as_str());
                    let may = match action {
                        "GetSecretValue" => opens || function.binary == SHOWS,
                        "CreateSecret" => opens,
                        _ => false,
                    };
                    if !may {
                        faults.push(format!("{id} may {action} of the keys of protected fields"));
                    }
                } else if action == "GetSecretValue" {
                    if !resource.contains(":secret:lintel/${Stage}/") {
                        faults.push(format!("{id} may read secrets of others than organizations"));
                    }
                } else if resource.contains(":secret:lintel/${Stage}/*.tokens-*") {
                    written.insert(action.to_owned());
                } else {
                    faults.push(format!("{id} may {action} of what is no token"));
                }
            }
        }
        let may = written == BTreeSet::from(["CreateSecret", "PutSecretValue"].map(str::to_owned));
        let calls = CALLERS.contains(&function.binary.as_str());
        if calls && !may {
            faults.push(format!("{id} cannot keep the tokens it renews"));
        } else if !calls && !written.is_empty() {
            faults.push(format!("{id} keeps tokens and renews none"));
        }
    }
}

/// What a person can be found by in the bucket does not stay for ever, and neither does what nobody can look up any more.
fn reports(plain: &Value, faults: &mut Vec<String>) {
    let rules = &plain["Resources"]["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"];
    for prefix in ["ses/", "mail/", "reports/"] {
        let ends = |rule: &Value| {
            rule["Prefix"] == prefix && rule["Status"] == "Enabled" && !rule["ExpirationInDays"].is_null()
        };
        if !rules.as_array().is_some_and(|rules| rules.iter().any(ends)) {
            faults.push(format!("objects below {prefix} stay for ever"));
        }
    }
}

/// Each function may send to exactly the queues whose addresses it is given, and may do nothing to everything.
fn permissions(wiring: &Wiring, plain: &Value, faults: &mut Vec<String>) {
    for (id, function) in &wiring.functions {
        let role =
            plain.pointer(&format!("/Resources/{id}/Properties/Role/Fn::GetAtt")).map(attribute).unwrap_or_default();
        let statements = plain.pointer(&format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement"));
        let Some(statements) = statements.and_then(Value::as_array) else {
            faults.push(format!("{id} has no role of its own"));
            continue;
        };
        let may = |action: &str| -> BTreeSet<String> {
            statements
                .iter()
                .filter(|statement| texts(&statement["Action"]).iter().any(|known| known == action))
                .flat_map(|statement| resources(&statement["Resource"]))
                .collect()
        };
        let given: BTreeSet<String> = function
            .environment
            .values()
            .filter_map(|value| match value {
                EnvValue::Queue(queue) => Some(queue.as_str().to_owned()),
                _ => None,
            })
            .collect();
        if may("sqs:SendMessage") != given {
            faults.push(format!("{id} is given {given:?} and may send to {:?}", may("sqs:SendMessage")));
        }
        let read: BTreeSet<String> = function.queues.iter().map(|trigger| trigger.queue.as_str().to_owned()).collect();
        if may("sqs:ReceiveMessage") != read {
            faults.push(format!("{id} reads {read:?} and may receive from {:?}", may("sqs:ReceiveMessage")));
        }
        for statement in statements {
            if texts(&statement["Resource"]).iter().any(|resource| resource == "*") {
                faults.push(format!("{id} may do {} to everything", statement["Action"]));
            }
            if texts(&statement["Action"]).iter().any(|action| action.ends_with('*')) {
                faults.push(format!("{id} may do anything of {}", statement["Action"]));
            }
        }
    }
}

/// What the API writes down of a call holds no address as it was called, which may end in a secret, and nothing of who called.
fn access_log(plain: &Value, faults: &mut Vec<String>) {
    const WRITTEN: [&str; 6] =
        ["requestId", "routeKey", "status", "responseLatency", "responseLength", "error.message"];
    let format = plain["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
    for variable in format.split("$context.").skip(1) {
        let name = variable.split('"').next().unwrap_or_default();
        if !WRITTEN.contains(&name) {
            faults.push(format!("the API writes down {name} of every call"));
        }
    }
}

fn alarms(wiring: &Wiring, plain: &Value, faults: &mut Vec<String>) {
    let alarms: Vec<String> = plain["Resources"]
        .as_object()
        .unwrap()
        .values()
        .filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm")
        .map(Value::to_string)
        .collect();
    let dead_letters =
        wiring.queues.values().filter_map(|queue| queue.redrive.as_ref()).map(|redrive| &redrive.dead_letters);
    for watched in dead_letters.chain(wiring.functions.keys()) {
        if !alarms.iter().any(|alarm| alarm.contains(&format!("\"{watched}"))) {
            faults.push(format!("no alarm watches {watched}"));
        }
    }
}

/// `[Thing, Arn]` or `Thing.Arn` to `Thing`.
fn attribute(value: &Value) -> String {
    let text = value.as_str().or_else(|| value.get(0).and_then(Value::as_str)).unwrap_or_default();
    text.split('.').next().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn resources(value: &Value) -> Vec<String> {
    let one = |value: &Value| value.get("Fn::GetAtt").map(attribute);
    match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    }
}

#[test]
fn the_template_keeps_its_contract() {
    assert_eq!(faults(TEMPLATE), Vec::<String>::new());
}

#[test]
fn every_breach_is_seen() {
    for (what, with, wanted) in [
        ("FunctionResponseTypes: [ReportBatchItemFailures]", "FunctionResponseTypes: []", "whole"),
        ("VisibilityTimeout: 360", "VisibilityTimeout: 60", "again while"),
        ("maxReceiveCount: 5", "maxReceiveCount: 1", "too soon"),
        ("CodeUri: ../target/lambda/sweeper/", "CodeUri: ../target/lambda/sweper/", "not both"),
        ("LINTEL_QUEUE_FEEDS: !Ref FeedsQueue", "LINTEL_QUEUE_FEEDS: !Ref JobsQueue", "may send to"),
        ("LINTEL_QUEUE_FEEDS: !Ref FeedsQueue", "LINTEL_QUEUE_FED: !Ref FeedsQueue", "is not given"),
        ("dynamodb:GetItem", "\"dynamodb:*\"", "anything"),
        ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "no alarm"),
        ("secretsmanager:CreateSecret, ", "", "cannot keep the tokens"),
        (
            "[secretsmanager:GetSecretValue, secretsmanager:CreateSecret]",
            "[secretsmanager:GetSecretValue, secretsmanager:PutSecretValue]",
            "keys of protected fields",
        ),
        ("lintel/${Stage}/*.tokens-*", "lintel/${Stage}/*", "no token"),
        ("secretsmanager:GetSecretValue", "[secretsmanager:CreateSecret, secretsmanager:PutSecretValue]", "no token"),
        ("secret:lintel/${Stage}/*\n", "secret:lintel*\n", "others than organizations"),
        ("Prefix: reports/", "Prefix: report/", "stay for ever"),
        ("LINTEL_PUBLIC_URL: !Ref PublicUrl", "LINTEL_URL: !Ref PublicUrl", "vendors sign"),
        ("$context.routeKey", "$context.path", "writes down path"),
    ] {
        let broken = TEMPLATE.replace(what, with);
        assert_ne!(broken, TEMPLATE, "the template does not hold {what:?}");
        let found = faults(&broken);
        assert!(found.iter().any(|fault| fault.contains(wanted)), "{what:?} as {with:?} was not seen: {found:?}");
    }
}

/// The page of an alarm, by the end of its name.
const PAGES: [(&str, &str); 7] = [
    ("DeadLettersAlarm", "dead-letters.md"),
    ("QueueAgeAlarm", "queue-age.md"),
    ("ErrorsAlarm", "function-errors.md"),
    ("ThrottlesAlarm", "throttles.md"),
    ("ApiFaultsAlarm", "http-5xx.md"),
    ("FlowRunsFailedAlarm", "run-failed.md"),
    ("FlowsLateAlarm", "flow-stands-still.md"),
];

#[test]
fn every_alarm_has_a_page_that_the_list_of_runbooks_names() {
    let plain = template::plain(TEMPLATE).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks");
    let list = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let resources = plain["Resources"].as_object().unwrap();
    let alarms = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    let mut count = 0;
    for (name, _) in alarms {
        let page = PAGES.iter().find(|(end, _)| name.ends_with(end)).map(|(_, page)| *page);
        let page = page.unwrap_or_else(|| unreachable!("no page for {name}"));
        assert!(folder.join(page).exists(), "{page} is not there");
        assert!(list.contains(&format!("]({page}) |")), "the list of runbooks does not name {page}");
        count += 1;
    }
    assert!(count > 20, "{count} alarms");
}

#[test]
fn what_the_functions_count_for_alarms_has_one_each() {
    let plain = template::plain(TEMPLATE).unwrap();
    let resources = plain["Resources"].as_object().unwrap().values();
    let ours = resources.filter(|resource| resource["Properties"]["Namespace"] == "Lintel");
    let watched: BTreeSet<&str> = ours
        .map(|alarm| {
            // As the metrics are written: over the stage, since no alarm knows the organizations.
            assert_eq!(texts(&alarm["Properties"]["Dimensions"][0]["Name"]), ["stage"]);
            alarm["Properties"]["MetricName"].as_str().unwrap()
        })
        .collect();
    assert_eq!(watched, Alarm::ALL.iter().map(|alarm| alarm.metric()).collect());
}
