//! What expressions may take, tried out with those that would take everything.

use super::*;
use serde_json::json;

/// Of an input of a few hundred bytes; compiled or not, it ends, and with a refusal.
#[track_caller]
fn refused(code: &str) {
    let input = json!({ "text": "x".repeat(200), "list": [1, 2, 3, 4, 5, 6, 7, 8], "count": 1_000_000_000 });
    if let Ok(expression) = Expression::compile(code) {
        let came = expression.evaluate(&input);
        assert!(
            came.is_err(),
            "{code}: {}",
            came.map_or_else(|error| error.to_string(), |value| value.to_string().chars().take(60).collect())
        );
    }
}

#[test]
fn what_repeats_text_is_refused() {
    for code in [
        "\"x\" * 1e9",
        "1000000000 * \"x\"",
        ".text * .count",
        ".text *= .count",
        "[.list[] as $i | .text * .count]",
        "\"x\" as $a | reduce range(0; 1e9) as $i (\"\"; . + $a)",
        "[.text, .count] | .[0] * .[1]",
        ".[1e9] = 1",
        ".list[1e9] = 1",
        "null | .[1e9] = 1",
        "setpath([\"list\", 1000000000]; 1)",
        ".list[1000000000:1000000001] = [1] | .list[2000000000]",
        "[limit(1e9; repeat(1))]",
        "[range(1e9)]",
        "0 | until(false; . + 1)",
        "[.list, .list] | combinations(30)",
    ] {
        match code {
            // There is no such place, and nothing is made of it.
            ".list[1000000000:1000000001] = [1] | .list[2000000000]" => {
                assert_eq!(Expression::compile(code).expect(code).evaluate(&json!({ "list": [0] })), Ok(Value::Null));
            }
            code => refused(code),
        }
    }
}

/// A stage that makes twice of what it is given, and a hundred of them.
#[test]
fn what_doubles_time_and_again_is_refused() {
    for stage in [
        "(tostring + tostring)",
        "(.text += .text)",
        "[.[], .[]]",
        "[., .]",
        "{a: ., b: .}",
        "({t: .} | .x = . | .y = .)",
        "\"\\(.)\\(.)\"",
        "tojson",
        "(tostring | . + .)",
        "@json",
        "(tostring | @sh + .)",
        "(tostring | gsub(\"\"; \"xx\"))",
        "([tostring, tostring] | join(\"\"))",
        "([.] | map(., .))",
        "(. as $a | [$a, $a])",
        "([.]|to_entries|map(.value, .))",
        "(tostring|explode|. + .|implode)",
        "([., .] | tojson | @base64)",
    ] {
        let code = vec![stage; 100].join(" | ");
        assert!(code.len() < 4_000, "{stage}");
        refused(&code);
        refused(&format!("[{code}]"));
    }
    let many = vec!["(., .)"; 100].join(" | ");
    refused(&format!("[{many}]"));
    refused(&format!("{many} | select(. == 1)"));
    refused(&format!("[.list[] |= first({many} | select(. == 0))]"));
    let squared = vec!["(. * .)"; 100].join(" | ");
    refused(&format!(".count | {squared} | tojson | . + 1"));
    refused(&format!("123456789123456789123456789 | {squared} | . + {{}}"));
    let caught = vec!["(try (. + .) catch .)"; 100].join(" | ");
    refused(&format!(".text | {caught}"));
}

#[test]
fn what_crosses_lists_with_themselves_is_refused() {
    let nine = "(.list[] as $_ | ".repeat(12) + ".text" + &")".repeat(12);
    refused(&format!("[{nine}]"));
    refused(&format!("[{nine} | select((length * 2) == 1)]"));
    let sums = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    let bound = sums.map(|name| format!(".list[] as ${name}")).join(" | ");
    refused(&format!("[{bound} | {{a: $a, b: $k}}]"));
    refused(&format!("[\"{}\"]", "\\(.list[])".repeat(12)));
    refused(&format!("[.list | sort_by({nine_of})]", nine_of = ["(.,.)"; 40].join("|")));
    refused(&format!("[.list | group_by({nine_of})]", nine_of = ["(.,.)"; 40].join("|")));
}

#[test]
fn text_that_holds_lists_within_lists_is_no_way_to_the_end_of_the_stack() {
    let expression = Expression::compile(".text | fromjson | tojson | length").expect("code");
    for depth in [100_usize, 5_000, 100_000] {
        let input = json!({ "text": "[".repeat(depth) + &"]".repeat(depth) });
        let came = expression.evaluate(&input);
        assert_eq!(came.ok(), (depth <= 100).then(|| json!(2 * depth)));
        let text = input["text"].as_str().unwrap_or_default().as_bytes();
        assert_eq!(Expression::compile("length").expect("code").evaluate_text(text).is_ok(), depth <= 100);
    }
}

#[test]
fn what_an_ordinary_mapping_does_is_let_through() {
    let tenant = json!({ "Id": 7, "Comment": "a b c ".repeat(1_000), "Rent": "1250.50", "Leases": vec![json!({ "Id": 1, "Tenants": vec![json!({ "Id": 7, "Name": "Ann" }); 20] }); 40] });
    for (code, wanted) in [
        (".Comment | gsub(\"b\"; \"x\") | length", json!(6_000)),
        (".Comment | split(\" \") | map(select(. == \"c\")) | length", json!(1_000)),
        ("[.Leases[].Tenants[] | \"\\(.Id) \\(.Name)\"] | unique | join(\", \")", json!("7 Ann")),
        (".Id as $id | [.Leases[] | {id: .Id, own: ([.Tenants[] | select(.Id == $id)] | first)}] | length", json!(40)),
        ("[.Leases[].Tenants[] | {key: .Name, value: .Id}] | from_entries", json!({ "Ann": 7 })),
        ("(.Rent | tonumber) * 100 | floor", json!(125_050)),
        ("[.Leases[] | .Tenants | length] | add", json!(800)),
        ("(.Leases[].Tenants[] | .Name) |= ascii_upcase | .Leases[3].Tenants[2].Name", json!("ANN")),
        ("(.Id, .Rent) |= tostring | [.Id, .Rent]", json!(["7", "1250.50"])),
        (".Id += 1 | .Id", json!(8)),
    ] {
        assert_eq!(Expression::compile(code).expect(code).evaluate(&tenant), Ok(wanted), "{code}");
    }
}
