//! Holds the text's tables against the known keys, before any of them is read into a type.

use super::{
    check::Faults,
    keys::{FILE, Need, Shape, nearest},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub(super) fn check(root: &DeTable<'_>, faults: &mut Faults<'_>) {
    table(root, &FILE, 0, "", faults);
}

/// `start` is where a missing key is reported.
fn table(table: &DeTable<'_>, shape: &Shape, start: usize, path: &str, faults: &mut Faults<'_>) {
    let Shape::Table(keys) = shape else { return };
    for (key, inner) in table {
        let name: &str = key.get_ref();
        let path = join(path, name);
        if let Some(known) = keys.iter().find(|known| known.name == name) {
            value(inner, &known.shape, &path, faults);
        } else {
            let names = || keys.iter().map(|known| known.name);
            let hint = nearest(name, names()).map_or_else(
                || format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            faults.add(key.span().start, &path, &format!("is no known key; {hint}"));
        }
    }
    for known in keys.iter().filter(|known| known.need == Need::Required && !table.contains_key(known.name)) {
        faults.add(start, &join(path, known.name), "is missing");
    }
}

fn value(found: &Spanned<DeValue<'_>>, shape: &Shape, path: &str, faults: &mut Faults<'_>) {
    let start = found.span().start;
    match (shape, found.get_ref()) {
        (Shape::Table(_), DeValue::Table(inner)) => table(inner, shape, start, path, faults),
        (Shape::Entries(shape), DeValue::Table(inner)) => {
            for (key, found) in inner {
                let name: &str = key.get_ref();
                let path = join(path, name);
                let named = matches!(shape, Shape::Table(_));
                if named && !is_name(name) {
                    faults.add(key.span().start, &path, NAME_FAULT);
                }
                value(found, shape, &path, faults);
            }
        }
        (Shape::List(shape), DeValue::Array(items)) => {
            for (index, found) in items.iter().enumerate() {
                value(found, shape, &format!("{path}[{index}]"), faults);
            }
        }
        (Shape::Number(least, most), DeValue::Integer(number)) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            if !read.is_ok_and(|read| (*least..=*most).contains(&read)) {
                faults.add(start, path, &format!("must be from {least} to {most}"));
            }
        }
        (Shape::Text | Shape::Name, DeValue::String(text)) if text.trim().is_empty() => {
            faults.add(start, path, "must not be blank");
        }
        (Shape::Name, DeValue::String(text)) if !is_name(text) => faults.add(start, path, NAME_FAULT),
        (Shape::Is(words), DeValue::String(text)) if !words.contains(&text.as_ref()) => {
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            let hint = nearest(text, words.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            faults.add(start, path, &format!("must be {}{}", quoted.join(" or "), hint.unwrap_or_default()));
        }
        // A wrong type is told when the entry is read into its own.
        _ => {}
    }
}

const NAME_FAULT: &str = "must be a name of letters, digits, `-`, `_` and `.`, of at most 64";

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Path of the innermost value that stands at `offset`, and where that value begins.
pub(super) fn innermost(found: &Spanned<DeValue<'_>>, offset: usize, path: &str) -> (String, usize) {
    let holds = |found: &Spanned<DeValue<'_>>| found.span().contains(&offset) || found.span().start == offset;
    match found.get_ref() {
        DeValue::Table(inner) => {
            if let Some((key, found)) = inner.iter().find(|(_, found)| holds(found)) {
                return innermost(found, offset, &join(path, key.get_ref()));
            }
        }
        DeValue::Array(items) => {
            if let Some((index, found)) = items.iter().enumerate().find(|(_, found)| holds(found)) {
                return innermost(found, offset, &format!("{path}[{index}]"));
            }
        }
        _ => {}
    }
    (path.to_owned(), found.span().start)
}
