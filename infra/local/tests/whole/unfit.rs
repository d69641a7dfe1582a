//! Flows whose settings do not fit what their vendors describe: told by line and key before anything is asked of anybody.

use crate::town::{Told, lintel};
use std::fs;

/// The sample with the tenants' flow edited, as any command tells of it.
fn told(edit: impl Fn(&str) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    assert!(lintel(folder.path()).args(["init", "buildium-hubspot"]).output().unwrap().status.success());
    let config = folder.path().join("lintel.toml");
    let edited = edit(&fs::read_to_string(&config).unwrap());
    fs::write(&config, edited).unwrap();
    let told = Told::of(&lintel(folder.path()).arg("doctor").output().unwrap());
    assert!(!told.succeeded, "{}", told.text);
    told.text
}

/// With a line below `policy`, which is on line 32 of the sample.
fn with(line: &str) -> String {
    let policy = "policy = \"manual\" ";
    told(|text| {
        assert!(text.contains(policy), "the sample has another form");
        text.replacen(policy, &format!("{line}\n{policy}"), 1)
    })
}

#[test]
fn what_does_not_fit_is_told_by_line_and_key() {
    let none = " a person has no field `frist_name`";
    for (line, key, message) in [
        ("policies = { frist_name = \"source\" }", "flows.tenants.policies.frist_name", none),
        (
            "fields = { from = { frist_name = \".X\" } }",
            "flows.tenants.fields.from.frist_name",
            " a person has no such field",
        ),
        (
            "fields = { from = { city = \".X | (\" } }",
            "flows.tenants.fields.from.city",
            " the expression is no jq expression",
        ),
        (
            "fields = { to = { frist_name = \"x\" } }",
            "flows.tenants.fields.to.frist_name",
            " a person has no such field",
        ),
        (
            "fields = { to = { city = \"lintel_key\" } }",
            "flows.tenants.fields.to.city",
            " `lintel_key` holds the key of the record",
        ),
        (
            "fields = { to = { home_phone = \"mobilephone\" } }",
            "flows.tenants.fields.to.mobile_phone",
            " `mobilephone` is where `home_phone` stands",
        ),
        ("direction = \"two-way\"", "flows.tenants.direction", " `tenants` of buildium is only read"),
        ("when_new = \"make\"", "flows.tenants.when_new", " asks for `direction = \"two-way\"`"),
        (
            "send_protected = [\"email\"]",
            "flows.tenants.send_protected",
            " `email` is no protected field that both ends map",
        ),
        (
            "ends = { from = \"tenants\", to = \"units\" }",
            "flows.tenants.ends",
            " `ends` are those of a relation, and `contacts` of hubspot is none; there are ",
        ),
        (
            "onto = { flow = \"units\", by = \"email\" }",
            "flows.tenants.onto.by",
            " `tenants` tells no field `email` that names another record",
        ),
    ] {
        let told = with(line);
        assert!(told.contains(&format!("`{key}`:{message}")), "{line}: {told}");
        assert!(told.contains("lintel.toml: line ") && told.contains("has 1 fault:"), "{line}: {told}");
    }
}

#[test]
fn a_stream_nobody_maps_and_a_rule_that_reads_nothing_are_told_too() {
    let told_of = |one: &str, other: &str| told(|text| text.replacen(one, other, 1));
    let stream = told_of("stream = \"tenants\"", "stream = \"tenant\"");
    assert!(stream.contains("`flows.tenants.stream`: buildium maps no stream `tenant`; there are "), "{stream}");
    let into = told_of("into = \"contacts\"", "into = \"contact\"");
    assert!(into.contains("`flows.tenants.into`: hubspot maps no stream `contact`; there are "), "{into}");
    let relation = told_of("into = \"contacts\"", "into = \"lease-listings\"");
    assert!(relation.contains("takes the flows it does so for, as `ends`"), "{relation}");
    let entity = told_of("into = \"contacts\"", "into = \"properties\"");
    assert!(entity.contains("`flows.tenants.into`: holds a property, and `tenants` a person"), "{entity}");
    let field = told_of("{ field = \"last_name\"", "{ field = \"lastname\"");
    assert!(field.contains("`flows.tenants.rules.1.field`: a person has no field `lastname`"), "{field}");
    let rule = told_of("check = \"required\"", "check = { holds = \".email | test(\" }");
    assert!(rule.contains("`flows.tenants.rules.1.check`: the expression is no jq expression"), "{rule}");
}
