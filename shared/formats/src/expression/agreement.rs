//! What is done without jaq comes to what jaq says: over expressions as mappings have them, and over any that can be made up.

use super::{Expression, Plain, taken_over};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::Cell;

/// jq of every kind that is done without jaq.
const PLAIN: [&str; 38] = [
    ".",
    "\"tenant\"",
    ".a.b.c",
    ".a.b?",
    ".list[].b",
    ".list[]?.b?",
    ".list[]? | select(.b == \"x\" and .c != null) | .c",
    "[.list[]? | select(.b == \"x\" or .b == 1 or .c == null) | .c] | first",
    "[.list[]?] | last",
    "[.a?, .b?, .list?] | map(select(. != null and . != \"\")) | length",
    "[.list[]? | .b] | map(select(. != null)) | join(\", \")",
    "[.list[]? | .b] | join(.a)",
    "[.list[]? | .b] | sort",
    "[.list[]?] | sort_by(.b) | first | if . == null then null else \"at/\\(.b)\" end",
    "[.list[]? | .b] | if any(. == 1) then \"one\" elif length > 0 then \"some\" else null end",
    ".a as $id | [.list[]? | select(.b == $id) | .c] | sort | last",
    ".a as $one | .b as $two | .list[]? | .b as $one | [$one, $two]",
    "{x: \"active\", y: \"future\"}[.a // \"\"] // \"other\"",
    "{x: 1, y: 1.50, \"é\": 99999999999999999999}[.a // \"\"]",
    "[.list[]? | select(.b == 1.5 or .b < 2.0)]",
    "{a, id: .b, \"c d\": [.list[]?]}",
    "{constant: {of: 1}}",
    "{a: 1, b: 2, a: .a}",
    "[]",
    "[.list[]? | {b, c}]",
    "\"\\(.a)/\\(.b)\\n\\u00e9\"",
    ".a // .b // .list",
    "(.list[]? | .b) // \"none\"",
    "if .a then .b else .c end",
    "if .a then .b end",
    ".a == .b, .a != .b, .a < .b, .a <= .b, .a > .b, .a >= .b",
    "[.a < .b, .a == .list, .list == .list]",
    ".a | not",
    "(.a and .b) or (.a | not)",
    "[.list | length, (.a | length)]",
    ".list | any(.b)",
    ".list | map(.b)",
    "[.list[]? | select(.b, .c)]",
];

/// What is left to it.
const OTHERS: [&str; 9] = [
    "{(.b): 1}",
    ".a.b.c = 1",
    ".list[0:], .list[1:], .list[:-1]",
    ".list[-1]",
    ".list[]?[.a.b]",
    "try .a.b.c catch \"none\"",
    ".list | first(.[]?)",
    ".a | ascii_downcase? // .",
    ".a + .b",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        prop_oneof![Just(1.5), Just(1.0), Just(-0.0), Just(1.0e300)].prop_map(Value::from),
        Just(Value::from(u64::MAX)),
        prop_oneof![Just(""), Just("x"), Just("y"), Just("é")].prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![Just("a"), Just("b"), Just("c"), Just("list")].prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// An object with a list of objects: what mappings read.
fn record() -> impl Strategy<Value = Value> {
    let item = (anything(), anything()).prop_map(|(b, c)| json!({ "b": b, "c": c }));
    (anything(), anything(), prop::collection::vec(prop_oneof![4 => item, 1 => anything()], 0..4))
        .prop_map(|(a, b, list)| json!({ "a": a, "b": b, "list": list }))
}

fn input() -> impl Strategy<Value = Value> {
    prop_oneof![3 => record(), 1 => anything()]
}

/// A text with `E` for each place where another one goes.
fn filled(text: &'static str, parts: &[String]) -> String {
    let mut parts = parts.iter();
    text.chars()
        .map(|c| if c == 'E' { parts.next().map_or_else(String::new, |part| format!("({part})")) } else { c.into() })
        .collect()
}

/// Any expression of about the plain part of jq, whether it means anything or not. Within it `$v` is bound.
fn made_up() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        ".",
        ".a",
        ".b?",
        ".c.b",
        ".list",
        ".list[]",
        ".list[]?",
        ".list[]?.b",
        ".[]?",
        "$v",
        "$v.a?",
        "[]",
        "{a, b: 1}",
        "0",
        "1.5",
        "\"x\"",
        "\"\"",
        "null",
        "true",
        "false",
        "first",
        "last",
        "length",
        "not",
        "sort",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 16, 3, |inner| {
            let forms = prop::sample::select(vec![
                "E | E",
                "E | E | E",
                "E, E",
                "E // E",
                "E and E",
                "E or E",
                "E == E",
                "E != E",
                "E < E",
                "E <= E",
                "E > E",
                "E >= E",
                "if E then E else E end",
                "if E then E end",
                "if E then . elif E then E end",
                "[E]",
                "[E | E]",
                "{a: E, b: E}",
                "{a: E}",
                "\"\\(E)-\\(E)\"",
                "select(E)",
                "sort_by(E)",
                "any(E)",
                "join(E)",
                "map(E)",
                "E as $v | E",
                "E[E]",
                "E[E]?",
                "E.a",
                "E.a?.b",
                "E[]",
                "E[]?",
                "E[E][]?",
                ".a?[E]",
                ".list[]?[E]?",
            ]);
            (forms, prop::collection::vec(inner, 3)).prop_map(|(form, parts)| filled(form, &parts))
        })
        .prop_map(|code| format!(". as $v | {code}"))
}

fn agree(expression: &Expression, input: &Value) -> Result<(), TestCaseError> {
    let jaqs = expression.run(taken_over(input).expect("a value"), Vec::new());
    prop_assert_eq!(expression.evaluate(input), jaqs, "{} of {}", expression.code(), input);
    Ok(())
}

#[test]
fn what_mappings_say_comes_to_what_jaq_says() {
    let compile = |code: &&str| Expression::compile(code).expect(code);
    let expressions: Vec<Expression> = PLAIN.iter().chain(&OTHERS).map(compile).collect();
    proptest!(|(input in input())| {
        for expression in &expressions {
            agree(expression, &input)?;
        }
    });
}

#[test]
fn whatever_can_be_made_up_comes_to_what_jaq_says() {
    let (ours, all) = (Cell::new(0_u32), Cell::new(0_u32));
    proptest!(|(code in made_up(), inputs in prop::collection::vec(input(), 16))| {
        let expression = Expression::compile(&code).expect(&code);
        for input in &inputs {
            agree(&expression, input)?;
            ours.update(|ours| ours + u32::from(expression.first(input, &[]).is_ok_and(|found| found.is_some())));
            all.update(|all| all + 1);
        }
    });
    let (ours, all) = (ours.get(), all.get());
    assert!(ours > all / 5, "of {all} values only {ours} were found without jaq");
}

#[test]
fn what_mappings_are_made_of_is_done_without_jaq() {
    let is_plain = |code: &&&str| Plain::compile(&[], code).is_some();
    let (left, taken) = (PLAIN.iter().find(|code| !is_plain(code)), OTHERS.iter().find(is_plain));
    assert_eq!((left, taken), (None, None));
}

#[test]
fn the_stack_is_not_for_whoever_writes_expressions() {
    let input = json!([[[]]]);
    let nested = |times| format!("{}.{}", "[".repeat(times), "]".repeat(times));
    let wide = |halvings| (0..halvings).fold(".[]?.a?".to_owned(), |code, _| format!("({code}) | ({code})"));
    let halved = |halvings| (0..halvings).fold("[.]".to_owned(), |code, _| format!("({code}|{code})"));
    for (within, beyond) in [
        (nested(60), nested(70)),
        (format!(".a?{}", ".a".repeat(240)), format!(".a?{}", ".a".repeat(260))),
        (wide(4), wide(7)),
        (halved(6), halved(7)),
    ] {
        let within = Plain::compile(&[], &within).expect(&within);
        assert!(within.first(&input, &[]).is_ok_and(|found| found.is_some()));
        assert!(Plain::compile(&[], &beyond).is_none(), "{beyond}");
    }
}
