//! Personal data as an audit may show it: enough to recognise whom it is about, too little to be of use.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Stands for what is hidden, always as long, so that no length shows.
const HIDDEN: &str = "•••";
/// Last digits that stay visible, as on a printed statement.
const LAST: usize = 4;
/// A phone number shorter than this would be half shown.
const SHORTEST_PHONE: usize = 7;
/// A tax id shorter than this would be half shown.
const SHORTEST_TAX_ID: usize = 9;
/// Words of a name that are hinted at.
const WORDS: usize = 4;
/// Characters of a text that is no personal data.
const LONGEST_PLAIN: usize = 200;

/// What kind of personal data a text is, which says what of it may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// The first character before the `@`, and what is after it: `a•••@example.com`.
    Email,
    /// The last four digits: `•••-0142`.
    Phone,
    /// The first character of each word: `A••• B•••`.
    Name,
    /// The last four characters: `•••-6789`.
    TaxId,
    /// Nothing: `•••`.
    Other,
}

/// Text made fit to be seen by whoever reads an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Masked(String);

impl Masked {
    /// A value that is no personal data, as it is; a very long one is cut.
    pub fn plain(text: &str) -> Self {
        let mut shown: String = text.chars().take(LONGEST_PLAIN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        Self(shown)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masks personal data of a kind. What does not look like its kind is hidden whole; what is empty stays so.
pub fn mask(kind: Personal, text: &str) -> Masked {
    let text = text.trim();
    if text.is_empty() {
        return Masked(String::new());
    }
    let shown = match kind {
        Personal::Email => email(text),
        Personal::Phone => last(without_extension(text), SHORTEST_PHONE, |c| c.is_ascii_digit()),
        Personal::Name => name(text),
        Personal::TaxId => last(text, SHORTEST_TAX_ID, |c| c.is_ascii_alphanumeric()),
        Personal::Other => None,
    };
    Masked(shown.unwrap_or_else(|| HIDDEN.to_owned()))
}

/// A local part of one character is hidden whole: its first character is all of it.
fn email(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    let is_domain = domain.contains('.') && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let is_local = !local.is_empty() && local.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if !is_domain || !is_local {
        return None;
    }
    let first = local.chars().next().filter(|c| c.is_alphanumeric() && local.len() > c.len_utf8());
    Some(format!("{}{HIDDEN}@{domain}", first.map(String::from).unwrap_or_default()))
}

/// A phone number up to the word or sign that begins its extension.
fn without_extension(text: &str) -> &str {
    let number = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    number.split(|c: char| c.is_alphabetic() || matches!(c, '#' | ',' | ';')).next().unwrap_or_default()
}

/// The last of the characters that count, when there are enough of them.
fn last(text: &str, shortest: usize, counts: impl Fn(char) -> bool) -> Option<String> {
    let counted: Vec<char> = text.chars().filter(|c| counts(*c)).collect();
    let shown = counted.get(counted.len().checked_sub(LAST)?..)?;
    (counted.len() >= shortest).then(|| format!("{HIDDEN}-{}", shown.iter().collect::<String>()))
}

fn name(text: &str) -> Option<String> {
    let initials = text.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let words: Vec<String> = initials.take(WORDS).map(|initial| format!("{initial}{HIDDEN}")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{Personal::*, *};
    use proptest::prelude::*;

    fn shown(kind: Personal, text: &str) -> String {
        mask(kind, text).to_string()
    }

    #[test]
    fn an_email_keeps_its_first_character_and_its_domain() {
        assert_eq!(shown(Email, "ana.birch@example.com"), "a•••@example.com");
        assert_eq!(shown(Email, " Ana@Mail.Example.com "), "A•••@Mail.Example.com");
        assert_eq!(shown(Email, "a@example.com"), "•••@example.com", "all of it would show");
        assert_eq!(shown(Email, "änne@example.com"), "ä•••@example.com");
    }

    #[test]
    fn what_is_no_email_is_hidden_whole() {
        for text in [
            "ana",
            "@example.com",
            "ana@",
            "ana@host",
            "Ana Birch <ana@example.com>",
            "a@b@example.com",
            "x y@example.com",
        ] {
            assert_eq!(shown(Email, text), HIDDEN, "{text}");
        }
    }

    #[test]
    fn a_phone_number_keeps_its_last_four_digits() {
        for text in [
            "(555) 555-0142",
            "+1 555 555 0142",
            "5550142",
            "tel: 555-555-0142",
            "(555) 555-0142 ext. 77",
            "555.555.0142x77",
        ] {
            assert_eq!(shown(Phone, text), "•••-0142", "{text}");
        }
        for text in ["0142", "555-014", "none", "ask Ana"] {
            assert_eq!(shown(Phone, text), HIDDEN, "{text}");
        }
    }

    #[test]
    fn a_name_keeps_its_initials() {
        assert_eq!(shown(Name, "Ana Birch"), "A••• B•••");
        assert_eq!(shown(Name, "  ana  de la   Birch-Reed y Sol "), "a••• d••• l••• B•••");
        assert_eq!(shown(Name, "(Ana) O'Reed"), "A••• O•••");
        assert_eq!(shown(Name, "…"), HIDDEN);
    }

    #[test]
    fn a_tax_id_keeps_its_last_four_characters() {
        assert_eq!(shown(TaxId, "900-55-0142"), "•••-0142");
        assert_eq!(shown(TaxId, "00-5550142"), "•••-0142");
        assert_eq!(shown(TaxId, "55-0142"), HIDDEN, "four of six would be half of it");
    }

    #[test]
    fn nothing_stays_nothing_and_other_data_shows_nothing() {
        for kind in [Email, Phone, Name, TaxId, Other] {
            assert_eq!(shown(kind, "  "), "");
        }
        assert_eq!(shown(Other, "born on 1 May"), HIDDEN);
    }

    #[test]
    fn plain_text_is_cut_when_it_is_long() {
        assert_eq!(Masked::plain("Unit 4").as_str(), "Unit 4");
        let cut = Masked::plain(&"ä".repeat(1000));
        assert_eq!((cut.as_str().chars().count(), cut.as_str().chars().last()), (LONGEST_PLAIN + 1, Some('…')));
    }

    fn kinds() -> impl Strategy<Value = Personal> {
        prop::sample::select(vec![Email, Phone, Name, TaxId, Other])
    }

    /// Characters that show something: all but the mask's own and an address's domain.
    fn told(kind: Personal, masked: &str) -> usize {
        let told = if kind == Email { masked.split('@').next().unwrap_or_default() } else { masked };
        told.chars().filter(|c| !matches!(c, '•' | '-' | ' ')).count()
    }

    proptest! {
        #[test]
        fn whatever_the_text_only_a_little_of_it_shows(kind in kinds(), text in "\\PC{0,60}") {
            let masked = shown(kind, &text);
            prop_assert!(told(kind, &masked) <= 4, "{masked}");
            prop_assert_eq!(masked.is_empty(), text.trim().is_empty());
        }

        #[test]
        fn the_hidden_part_of_an_email_never_shows(local in "[a-z][a-z0-9.+_]{2,20}", domain in "[A-Z]{3,9}\\.[A-Z]{2}") {
            let masked = shown(Email, &format!("{local}@{domain}"));
            prop_assert_eq!(masked, format!("{}{HIDDEN}@{domain}", &local[..1]));
        }

        #[test]
        fn how_much_is_hidden_does_not_show(one in "[1-9]{3,12}", other in "[1-9]{3,12}") {
            prop_assert_eq!(shown(Phone, &format!("{one}5550142")), shown(Phone, &format!("{other}5550142")));
            prop_assert_eq!(shown(TaxId, &format!("{one}00550142")), shown(TaxId, &format!("{other}00550142")));
        }
    }
}
