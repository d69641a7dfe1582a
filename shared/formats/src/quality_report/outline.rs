//! What a report says, in sections of one table each.

use lintel_domain::{
    quality::{Agreement, ConsistencyRule, Duplicate, DuplicateKind, Listed, Moved, QualityReport, ScorePart, Walk},
    records::RecordKey,
};

pub(super) struct Section {
    pub(super) title: &'static str,
    /// What the table is about, in one or two sentences.
    pub(super) about: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that the report itself left out.
    pub(super) left_out: u64,
    /// What an empty table means.
    pub(super) none: &'static str,
}

pub(super) enum Cell {
    Text(String),
    Count(u64),
    /// Of a hundred.
    Share(u8),
    /// Names, and how many more there are.
    Names(Vec<String>, u64),
}

/// What stands above all sections.
pub(super) struct Head {
    pub(super) title: String,
    pub(super) score: Option<u8>,
    pub(super) facts: Vec<(&'static str, String)>,
}

pub(super) fn head(report: &QualityReport) -> Head {
    let QualityReport { from, into, .. } = report;
    let mut facts = vec![
        ("source", format!("{} ({})", from.connection, from.stream)),
        ("target", format!("{} ({})", into.connection, into.stream)),
        ("records", format!("{} (kind: {})", report.completeness.examined, report.entity)),
        ("compared", walked(report)),
        ("read at", report.at.to_string()),
    ];
    facts.extend(report.run.as_ref().map(|run| ("run", run.to_string())));
    if let Some(counts) = report.counts {
        let done = format!(
            "{} read, {} created, {} updated, {} unchanged, {} skipped, {} in quarantine, {} failed, {} conflicts, {} gone",
            counts.read,
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.skipped,
            counts.quarantined,
            counts.failed,
            counts.conflicts,
            counts.gone
        );
        facts.push(("that run", done));
    }
    if !report.not_read.is_empty() {
        let streams: Vec<&str> = report.not_read.iter().map(String::as_str).collect();
        facts.push(("not read", format!("{}: what they would show was not judged", streams.join(", "))));
    }
    if report.consistency.not_judged > 0 {
        let references = report.consistency.not_judged;
        facts.push(("not judged", format!("{references} references into streams that were not read")));
    }
    Head { title: format!("Quality of {}", report.flow), score: report.score.total, facts }
}

fn walked(report: &QualityReport) -> String {
    match report.walk {
        Walk::Everything => "everything".to_owned(),
        Walk::Sample { seed, .. } => {
            format!("a sample of {} records, drawn with seed {seed}", report.agreement.looked_for)
        }
    }
}

pub(super) fn sections(report: &QualityReport) -> Vec<Section> {
    vec![
        score(report),
        standing(&report.agreement),
        agreement(&report.agreement),
        groups(
            report,
            "Duplicates",
            "Records that stand for one thing twice. How sure that is says the weakest tie between them, of a hundred.",
            "No record stands for another's thing.",
            DuplicateKind::is_surplus,
        ),
        groups(
            report,
            "Told apart",
            "Records that look like duplicates and are none: people of one household, one person in several roles, values that name nobody.",
            "Nothing looks like a duplicate without being one.",
            |kind| !kind.is_surplus(),
        ),
        consistency(report),
        needs(report),
        filled(report),
        validity(report),
    ]
}

fn score(report: &QualityReport) -> Section {
    let row = |part: &lintel_domain::quality::PartScore| {
        vec![
            Cell::Text(part.part.as_str().to_owned()),
            Cell::Text(meaning(part.part).to_owned()),
            Cell::Count(u64::from(part.weight)),
            Cell::Count(part.good),
            Cell::Count(part.all),
            Cell::Share(part.score),
        ]
    };
    Section {
        title: "Score",
        about: "The parts' shares, weighted and rounded down; parts with nothing to judge are left out.",
        columns: vec!["part", "good is", "weight", "good", "of", "score"],
        rows: report.score.parts.iter().map(row).collect(),
        left_out: 0,
        none: "There was nothing to judge.",
    }
}

fn meaning(part: ScorePart) -> &'static str {
    match part {
        ScorePart::Agreement => "a value both sides have alike",
        ScorePart::Coverage => "a record both sides have",
        ScorePart::Completeness => "a record with all it needs",
        ScorePart::Uniqueness => "a record that is not one too many",
        ScorePart::Consistency => "a record that fits with the others",
        ScorePart::Validity => "a record whose values all read",
    }
}

fn standing(agreement: &Agreement) -> Section {
    let mut rows = vec![
        vec![Cell::Text("on both sides".to_owned()), Cell::Count(agreement.compared), Cell::Names(Vec::new(), 0)],
        vec![Cell::Text("alike in every field".to_owned()), Cell::Count(agreement.in_step), Cell::Names(Vec::new(), 0)],
    ];
    let lists = [
        ("not brought to the target yet", &agreement.not_linked),
        ("linked, and not found at the target", &agreement.not_found),
        ("refused by the target", &agreement.refused),
        ("not fit to be sent", &agreement.set_aside),
        ("removed at the target by somebody", &agreement.removed),
        ("linked, and no longer at the source", &agreement.without_source),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        rows.push(vec![Cell::Text(name.to_owned()), Cell::Count(list.total), keys(list)]);
    }
    Section {
        title: "Records on both sides",
        about: "Where the source's records stand at the target.",
        columns: vec!["record", "how many", "which"],
        rows: if agreement.looked_for == 0 && agreement.without_source.is_empty() { Vec::new() } else { rows },
        left_out: 0,
        none: "No record was looked for.",
    }
}

fn agreement(agreement: &Agreement) -> Section {
    let row = |field: &lintel_domain::quality::FieldAgreement| {
        vec![
            Cell::Text(field.field.clone()),
            Cell::Count(field.agree),
            Cell::Count(field.differ),
            Cell::Count(field.only_source),
            Cell::Count(field.only_target),
            Cell::Share(share(field.agree, field.told())),
            Cell::Text(moved(field.moved)),
            keys(&field.records),
        ]
    };
    let mut told: Vec<_> = agreement.fields.iter().filter(|field| field.told() > 0).collect();
    told.sort_by_key(|field| (field.agree == field.told(), &field.field));
    Section {
        title: "Agreement by field",
        about: "Over the records both sides have; fields that are empty everywhere are left out. Who left what was last agreed on: the source (the next run brings it), the target (somebody's edit), both, or neither, which is known and left so.",
        columns: vec!["field", "alike", "differ", "only source", "only target", "alike, %", "who left it", "where"],
        rows: told.into_iter().map(row).collect(),
        left_out: 0,
        none: "No record was compared.",
    }
}

fn moved(Moved { source, target, both, neither }: Moved) -> String {
    let sides = [("source", source), ("target", target), ("both", both), ("neither", neither)];
    let told = sides.into_iter().filter(|(_, times)| *times > 0).map(|(side, times)| format!("{side} {times}"));
    told.collect::<Vec<_>>().join(", ")
}

fn groups(
    report: &QualityReport,
    title: &'static str,
    about: &'static str,
    none: &'static str,
    belongs: impl Fn(DuplicateKind) -> bool,
) -> Section {
    let row = |group: &Duplicate| {
        let names = group.keys.iter().map(ToString::to_string).collect();
        let left_out = group.records - (group.keys.len() as u64).min(group.records);
        vec![
            Cell::Text(group.kind.as_str().to_owned()),
            Cell::Share(group.score),
            Cell::Text(group.fields.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
            Cell::Text(group.examples.values().map(String::as_str).collect::<Vec<_>>().join(", ")),
            Cell::Count(group.records),
            Cell::Names(names, left_out),
        ]
    };
    let kinds: Vec<_> = report.duplicates.kinds.iter().filter(|(kind, _)| belongs(**kind)).collect();
    let groups: u64 = kinds.iter().map(|(_, of_kind)| of_kind.groups).sum();
    let rows: Vec<_> = kinds.iter().flat_map(|(_, of_kind)| &of_kind.shown).map(row).collect();
    let columns = vec!["kind", "how sure", "speaks for it", "in common", "records", "which"];
    Section { title, about, columns, left_out: groups - (rows.len() as u64).min(groups), rows, none }
}

fn consistency(report: &QualityReport) -> Section {
    let row = |(rule, found): (&ConsistencyRule, &Listed<lintel_domain::quality::Inconsistency>)| {
        let told = |one: &lintel_domain::quality::Inconsistency| {
            let others: Vec<&str> = one.others.iter().map(RecordKey::as_str).collect();
            if others.is_empty() { one.key.to_string() } else { format!("{} ({})", one.key, others.join(", ")) }
        };
        vec![
            Cell::Text(rule.as_str().to_owned()),
            Cell::Count(found.total),
            Cell::Names(found.shown.iter().map(told).collect(), found.left_out()),
        ]
    };
    Section {
        title: "Consistency",
        about: "Records that do not make sense together, over the flow's own stream and those it refers to. In brackets: the other records that take part.",
        columns: vec!["rule", "found", "where"],
        rows: report.consistency.found.iter().map(row).collect(),
        left_out: 0,
        none: "All records fit together.",
    }
}

fn needs(report: &QualityReport) -> Section {
    let row = |need: &lintel_domain::quality::NeedMet| {
        vec![
            Cell::Text(need.name.clone()),
            Cell::Text(need.any_of.join(", ")),
            Cell::Count(need.missing.total),
            keys(&need.missing),
        ]
    };
    Section {
        title: "What records need",
        about: "A usable record has at least one field of each row.",
        columns: vec!["need", "any of", "missing", "where"],
        rows: report.completeness.needs.iter().map(row).collect(),
        left_out: 0,
        none: "Nothing is needed of these records.",
    }
}

fn filled(report: &QualityReport) -> Section {
    let examined = report.completeness.examined;
    let row = |field: &lintel_domain::quality::FieldFilled| {
        vec![Cell::Text(field.field.clone()), Cell::Count(field.filled), Cell::Share(share(field.filled, examined))]
    };
    Section {
        title: "How full fields are",
        about: "At the source.",
        columns: vec!["field", "records that have it", "share, %"],
        rows: report.completeness.fields.iter().filter(|_| examined > 0).map(row).collect(),
        left_out: 0,
        none: "There are no records.",
    }
}

fn validity(report: &QualityReport) -> Section {
    let rows = report.validity.faults.iter().flat_map(|(field, problems)| {
        problems.iter().map(move |(problem, found)| {
            vec![Cell::Text(field.clone()), Cell::Text(problem.clone()), Cell::Count(found.total), keys(found)]
        })
    });
    Section {
        title: "Values that do not read",
        about: "They are left out wherever records go.",
        columns: vec!["field", "what the source sent", "found", "where"],
        rows: rows.collect(),
        left_out: 0,
        none: "Every value reads as its field's kind.",
    }
}

fn keys(listed: &Listed<RecordKey>) -> Cell {
    Cell::Names(listed.shown.iter().map(ToString::to_string).collect(), listed.left_out())
}

/// Of a hundred, rounded down; nothing at all is whole.
fn share(good: u64, all: u64) -> u8 {
    let share = u128::from(good) * 100 / u128::from(all.max(1));
    if all == 0 { 100 } else { u8::try_from(share).unwrap_or(100) }
}
