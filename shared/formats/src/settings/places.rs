//! Where a key stands in a configuration, for what is found wrong by those who know more than the file.

use super::SettingsFault;
use toml::de::{DeTable, DeValue};

/// A fault of the value at a path of keys, or of the nearest thing around it that is there. A number is a place in a list, from 0.
pub fn fault(text: &str, path: &[&str], message: &str) -> SettingsFault {
    let (line, column) = position(text, offset(text, path));
    SettingsFault { line, column, key: path.join("."), message: message.to_owned() }
}

fn offset(text: &str, path: &[&str]) -> usize {
    let (table, _) = DeTable::parse_recoverable(text);
    let Some((first, rest)) = path.split_first() else { return 0 };
    let entry = table.get_ref().iter().find(|(key, _)| key.get_ref() == *first).map(|(_, value)| value);
    let Some(mut at) = entry else { return 0 };
    for step in rest {
        let found = match at.get_ref() {
            DeValue::Table(table) => table.iter().find(|(key, _)| key.get_ref() == *step).map(|(_, value)| value),
            DeValue::Array(items) => step.parse().ok().and_then(|place: usize| items.get(place)),
            _ => None,
        };
        match found {
            Some(found) => at = found,
            None => break,
        }
    }
    at.span().start
}

/// Line and column, both from 1.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}
