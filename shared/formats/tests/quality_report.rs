//! Quality reports as people see them.

#![allow(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use jiff::civil::date;
use lintel_domain::{
    ids::{ConnectionId, FlowId, RunId},
    quality::{
        AgreementCheck, CompletenessCheck, ConsistencyCheck, DuplicateReport, DuplicateSearch, End, QualityReport,
        Validity, Walk,
    },
    records::{Currency, Entity, FieldFault, Fields, Problem, Record, RecordKey},
    sync::{Base, Counts, LinkState},
};
use lintel_formats::quality_report::{html, summary};
use serde_json::{Value, json};

const FIELDS: [&str; 6] = ["kind", "first_name", "last_name", "email", "mobile_phone", "city"];

fn person(id: &str, values: &Value) -> Record {
    let values = values.as_object().cloned().unwrap();
    let fields = Fields::read(Entity::Person, values, Currency::USD).0;
    Record { entity: Entity::Person, key: RecordKey::new("tenants", id), fields }
}

/// A report over people, the first of whom the target has with another city, and the last of whom it does not have.
fn report(people: &[Record], walk: Walk) -> QualityReport {
    let mut agreement = AgreementCheck::new(&["first_name", "email", "city"]);
    let mut completeness = CompletenessCheck::new(Entity::Person, &FIELDS, &[]);
    let mut consistency = ConsistencyCheck::new(date(2026, 7, 1));
    consistency.read_whole("tenants", Entity::Person, FIELDS);
    let (mut duplicates, mut validity) = (DuplicateSearch::default(), Validity::default());
    for (at, record) in people.iter().enumerate() {
        let mut theirs = record.fields.clone();
        if at == 0 {
            theirs.set("city", Some(json!("Elsewhere")));
        }
        if at + 1 == people.len() {
            agreement.add_alone(&record.key, None::<LinkState>);
        } else {
            let base = Base { source: record.fields.clone(), target: record.fields.clone() };
            agreement.add(&record.key, &record.fields, &theirs, &base);
        }
        completeness.add(&record.key, &record.fields);
        consistency.add(record);
        duplicates.add(record);
        let faults = [FieldFault { field: "email".to_owned(), problem: Problem::Email }];
        validity.add(&record.key, &faults[..usize::from(at == 1)]);
    }
    let (agreement, completeness, consistency) = (agreement.report(), completeness.report(), consistency.find());
    let duplicates = DuplicateReport::from(duplicates.find());
    let score = QualityReport::score_of(&agreement, &completeness, &duplicates, &consistency, &validity);
    let end = |connection: &str, stream: &str| End { connection: ConnectionId::new(connection), stream: stream.into() };
    QualityReport {
        flow: FlowId::new("people"),
        from: end("pm", "tenants"),
        into: end("crm", "contacts"),
        entity: Entity::Person,
        at: "2026-07-01T12:00:00Z".parse().unwrap(),
        walk,
        run: Some(RunId::new("20260701T115500000-0007")),
        counts: Some(Counts { read: 4, created: 3, unchanged: 1, ..Counts::default() }),
        score,
        agreement,
        completeness,
        duplicates,
        consistency,
        validity,
        not_read: ["leases".to_owned()].into(),
    }
}

fn town() -> [Record; 4] {
    let ann = json!({ "kind": "tenant", "first_name": "Ann", "last_name": "Reed", "email": "ann@example.com", "city": "Sampletown" });
    [
        person("1", &ann),
        person("2", &ann),
        person("3", &json!({ "kind": "tenant", "first_name": "Ben", "last_name": "Reed", "email": "ann@example.com" })),
        person(
            "4",
            &json!({ "kind": "tenant", "last_name": "Stone", "unit": "tenants/9", "moved_in": "2026-02-01", "moved_out": "2026-01-01" }),
        ),
    ]
}

/// Opening and closing tags pair up, and nothing else is in angle brackets.
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let page = page.strip_prefix("<!doctype html>").unwrap();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "before {part}"),
            None if name == "meta" => {}
            None => open.push(name),
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_summary_says_the_score_and_what_makes_it() {
    let wanted = "\
Quality of people: 79 of 100
  source    pm (tenants)
  target    crm (contacts)
  records   4 (kind: person)
  compared  everything
  read at   2026-07-01T12:00:00Z
  run       20260701T115500000-0007
  that run  4 read, 3 created, 0 updated, 1 unchanged, 0 skipped, 0 in quarantine, 0 failed, 0 conflicts, 0 gone
  not read  leases: what they would show was not judged

Score
  part          weight  good  of  score
  agreement         35     7   8     87
  coverage          15     3   4     75
  completeness      15     3   4     75
  uniqueness        15     3   4     75
  consistency       10     3   4     75
  validity          10     3   4     75

Records on both sides
  record                         how many  which
  on both sides                         3
  alike in every field                  2
  not brought to the target yet         1  tenants/4

Agreement by field
  field       alike  differ  only source  only target  alike, %  who left it  where
  city            1       1            0            0        50  target 1     tenants/1
  email           3       0            0            0       100
  first_name      3       0            0            0       100

Duplicates
  kind        how sure  speaks for it                 in common         records  which
  same-email        97  email, first_name, last_name  a•••@example.com        2  tenants/1, tenants/2

Told apart
  kind       how sure  speaks for it     in common         records  which
  household        93  email, last_name  a•••@example.com        3  tenants/1, tenants/2, tenants/3

Consistency
  rule                       found  where
  reference-leads-nowhere        1  tenants/4 (tenants/9)
  moved-out-before-moved-in      1  tenants/4

What records need
  need               missing  where
  kind                     0
  name                     0
  way to be reached        1  tenants/4

How full fields are
  field         records that have it  share, %
  kind                             4       100
  first_name                       3        75
  last_name                        4       100
  email                            3        75
  mobile_phone                     0         0
  city                             2        50

Values that do not read
  field  what the source sent  found  where
  email  is no e-mail address      1  tenants/2
";
    assert_eq!(summary(&report(&town(), Walk::Everything)), wanted);
}

#[test]
fn a_report_of_nothing_says_so() {
    let report = report(&[], Walk::Sample { count: 50, seed: 7 });
    let text = summary(&report);
    for line in [
        "Quality of people: nothing to judge",
        "  compared  a sample of 0 records, drawn with seed 7",
        "  There was nothing to judge.",
        "  No record was compared.",
        "  All records fit together.",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} in {text}");
    }
    assert_well_formed(&html(&report));
}

#[test]
fn the_page_stands_for_itself() {
    let page = html(&report(&town(), Walk::Everything));
    assert_well_formed(&page);
    for outside in ["http:", "https:", "//", "src=", "href=", "<script", "<link", "url(", "@import", "javascript:"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for told in ["<strong>79</strong> of 100", "<code>tenants/4</code>", "a•••@example.com", "reference-leads-nowhere"]
    {
        assert!(page.contains(told), "{told}");
    }
    for value in ["Ann", "Ben", "Reed", "ann@", "Sampletown", "2026-02-01"] {
        assert!(!page.contains(value), "{value}");
    }
}

#[test]
fn what_vendors_call_their_records_is_only_text() {
    let hostile = "</code><script>alert(\"1\")</script>&'\u{1b}[2J\n";
    let report = report(&[person("1", &json!({})), person(hostile, &json!({}))], Walk::Everything);
    let page = html(&report);
    assert_well_formed(&page);
    assert!(page.contains("&lt;/code&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
    let text = summary(&report);
    assert!(text.contains("alert(") && !text.chars().any(|letter| letter.is_control() && letter != '\n'));
    assert!(text.lines().all(|line| !line.starts_with("[2J")));
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let people: Vec<Record> = (0..300)
        .map(|id| {
            let email = format!("{}@example.com", id / 2);
            person(&format!("{id:03}"), &json!({ "first_name": "Ann", "last_name": "Reed", "email": email }))
        })
        .collect();
    let report = report(&people, Walk::Everything);
    // Of 150 pairs the report has a hundred and the summary twelve; of 300 without a kind each has the first.
    assert!(summary(&report).contains("\n  and 138 more\n"));
    assert!(summary(&report).contains("tenants/000, tenants/001, tenants/002 and 297 more"));
    let page = html(&report);
    assert_well_formed(&page);
    assert!(page.contains("<p class=\"more\">and 50 more</p>"));
    assert!(page.contains("<span class=\"more\">and 275 more</span>"));
}
