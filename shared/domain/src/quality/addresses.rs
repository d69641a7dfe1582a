//! Addresses, and whether two of them may be one place.

use super::normal::{fold, is_designator, likeness, street_word, unit_number, without_zeros};
use crate::records::Fields;

/// A postal address, taken apart and folded. What it does not have is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    /// The house's.
    pub(super) number: String,
    pub(super) street: String,
    /// The flat's.
    pub(super) unit: String,
    city: String,
    postal_code: String,
}

impl Address {
    /// `None` without a street.
    pub(super) fn of(fields: &Fields) -> Option<Self> {
        let text = |name: &str| fields.text(name).unwrap_or_default();
        let line = fold(&text("address_line1").replace('#', " unit "));
        let (mut number, mut street, mut unit) = (String::new(), Vec::new(), String::new());
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            if is_designator(word) && !street.is_empty() {
                unit = without_zeros(&words.by_ref().collect::<String>());
            } else if number.is_empty() && word.starts_with(|c: char| c.is_ascii_digit()) {
                number = without_zeros(word);
            } else {
                street.push(street_word(word));
            }
        }
        if street.is_empty() {
            return None;
        }
        if unit.is_empty() {
            unit = flat(text("address_line2"));
        }
        Some(Self {
            number,
            street: street.join(" "),
            unit,
            city: fold(text("city")),
            postal_code: postal_code(text("postal_code")),
        })
    }

    /// How sure two are one place. Thousandths; zero when they are two.
    pub(super) fn likeness(&self, other: &Self) -> u32 {
        if self.number != other.number || differ(&self.unit, &other.unit) {
            return 0;
        }
        let locality = match (differ(&self.postal_code, &other.postal_code), differ(&self.city, &other.city)) {
            (false, false) if self.has_locality() && other.has_locality() => 1000,
            (true, true) => return 0,
            // A slip in one of them, or nothing to tell by.
            _ => 850,
        };
        // A flat on one side alone.
        let unit = if self.unit == other.unit { 1000 } else { 850 };
        likeness(&self.street, &other.street) * locality / 1000 * unit / 1000
    }

    fn has_locality(&self) -> bool {
        !self.postal_code.is_empty() || !self.city.is_empty()
    }

    /// The beginning of the street: long enough to divide, short enough for slips behind it.
    pub(super) fn street_begins(&self) -> &str {
        self.street.char_indices().nth(3).map_or(&self.street, |(end, _)| self.street.split_at(end).0)
    }
}

fn differ(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}

/// A second line is a flat when something in it counts: `c/o Ann Reed` is none.
fn flat(line: &str) -> String {
    let folded = fold(&line.replace('#', " unit "));
    let counts = |word: &str| word.len() == 1 || word.bytes().any(|byte| byte.is_ascii_digit());
    if folded.split(' ').any(counts) {
        let words: Vec<&str> = folded.split(' ').map(street_word).collect();
        unit_number(&words.join(" "))
    } else {
        String::new()
    }
}

/// The first five digits of an American code; others whole.
fn postal_code(text: &str) -> String {
    let folded: String = fold(text).split(' ').collect();
    let is_american = folded.len() >= 5 && folded.bytes().all(|byte| byte.is_ascii_digit());
    if is_american { folded.chars().take(5).collect() } else { folded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Currency, Entity};
    use serde_json::json;

    fn address(line1: &str, line2: &str, city: &str, postal_code: &str) -> Address {
        let values = [("address_line1", line1), ("address_line2", line2), ("city", city), ("postal_code", postal_code)];
        let values = values.map(|(name, text)| (name, json!(text)));
        Address::of(&Fields::read(Entity::Person, values, Currency::USD).0).expect("an address")
    }

    #[test]
    fn one_place_is_written_in_many_ways() {
        let one = address("100 North Test Street", "Apt. 3", "Sampletown", "00000-1234");
        for (line1, line2, city, code) in [
            ("100 N. Test St.", "#3", "Sampletown", "00000"),
            ("100 N Test St Apt 3", "", "SAMPLETOWN", ""),
            ("100 N Test St #03", "c/o Ann", "", "00000"),
        ] {
            assert_eq!(one.likeness(&address(line1, line2, city, code)), 1000, "{line1}");
        }
    }

    #[test]
    fn other_numbers_flats_and_towns_are_other_places() {
        let one = address("100 Test St", "Apt 3", "Sampletown", "00000");
        for (line1, line2, city, code) in [
            ("102 Test St", "Apt 3", "Sampletown", "00000"),
            ("100 Test St", "Apt 4", "Sampletown", "00000"),
            ("100 Test St", "Apt 3", "Elsewhere", "00001"),
            ("100 Mock Ave", "Apt 3", "Sampletown", "00000"),
        ] {
            assert_eq!(one.likeness(&address(line1, line2, city, code)), 0, "{line1} {line2} {city}");
        }
    }

    #[test]
    fn what_is_missing_leaves_doubt() {
        let one = address("100 Test St", "Apt 3", "Sampletown", "00000");
        let bare = address("100 Test St", "", "Sampletown", "00000");
        assert_eq!(one.likeness(&bare), 850);
        assert_eq!(bare.likeness(&address("100 Test St", "", "", "")), 850);
        assert_eq!(Address::of(&Fields::default()), None);
    }
}
