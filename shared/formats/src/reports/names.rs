//! Names of people: told apart, compared by surname, never kept.

use lintel_domain::fingerprint::Fingerprint;
use std::cmp::Ordering;

/// What stands for a name, whatever its case and spacing; `None` for a blank one.
pub(crate) fn fingerprint(name: &str) -> Option<Fingerprint> {
    fingerprint_in(name, &mut String::new())
}

/// As [`fingerprint`], with the place where the name is folded: the same for name after name, so that none of them asks for
/// memory of its own.
pub(crate) fn fingerprint_in(name: &str, folded: &mut String) -> Option<Fingerprint> {
    folded.clear();
    fold_into(name, folded);
    (!folded.is_empty()).then(|| Fingerprint::of(folded))
}

/// Lower case, trimmed, every run of white space (no-break spaces too) one space.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// As [`fold`], into an empty string.
fn fold_into(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return out.make_ascii_lowercase();
    }
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_ascii() {
            out.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            out.push_str(&word.to_lowercase());
        }
    }
}

/// Whether folding has nothing to do but lower the letters: words of ASCII with single spaces between them.
fn is_plain(text: &str) -> bool {
    let mut at_word = true;
    for byte in text.bytes() {
        match byte {
            b'!'..=b'~' => at_word = false,
            b' ' if !at_word => at_word = true,
            _ => return false,
        }
    }
    !at_word
}

/// Words that follow a surname without being one.
const SUFFIXES: [&str; 13] = ["jr", "sr", "ii", "iii", "iv", "v", "esq", "md", "phd", "llc", "inc", "trust", "family"];

/// The surnames in a cell that names one or more people: `Ann Example`, `Ann & Bob Example`, `Example, Ann`,
/// `Ann Example and Bob Sample Jr.`. Lower case, without dots.
pub(crate) fn surnames(cell: &str) -> Vec<String> {
    let folded = fold(cell).replace(['&', '+', '/', ';'], " and ");
    let mut people: Vec<Vec<String>> = Vec::new();
    for part in folded.split(" and ") {
        let pieces: Vec<Vec<String>> = part.split(',').map(words).filter(|words| !words.is_empty()).collect();
        match pieces.as_slice() {
            // `Example, Ann`: one word before the comma is the surname.
            [last, given] if last.len() == 1 && !given.is_empty() => {
                people.push(given.iter().chain(last).cloned().collect());
            }
            _ => people.extend(pieces),
        }
    }
    // A lone given name (`Ann & Bob Example`) borrows the surname of the other; alone in the cell it must serve.
    let full = people.iter().any(|words| words.len() > 1);
    let mut surnames: Vec<String> = people
        .into_iter()
        .filter(|words| !full || words.len() > 1)
        .filter_map(|mut words| words.pop())
        .filter(|surname| surname.chars().count() > 1)
        .collect();
    surnames.sort_unstable();
    surnames.dedup();
    surnames
}

fn words(part: &str) -> Vec<String> {
    let mut words: Vec<String> =
        part.split_whitespace().map(|word| word.replace('.', "")).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| SUFFIXES.contains(&word.as_str())) {
        words.pop();
    }
    words.retain(|word| !SUFFIXES.contains(&word.as_str()) || word == "v");
    words
}

/// Whether the people named in `guest` share a surname with `owners`, the result of [`surnames`].
///
/// A double surname (`Example-Sample`) is shared with either of its halves.
pub(crate) fn shares_surname(guest: &str, owners: &[String]) -> bool {
    if owners.is_empty() {
        return false;
    }
    match plain_surname(guest) {
        Some(surname) => owners.iter().any(|owner| same_surname(owner, surname)),
        None => surnames(guest).iter().any(|guest| owners.iter().any(|owner| same_surname(owner, guest))),
    }
}

/// The surname of one person whose name is plain words of ASCII letters, as most are: found without copying anything.
fn plain_surname(name: &str) -> Option<&str> {
    let space = name.bytes().rposition(|byte| byte == b' ')?;
    let (given, last) = (name.get(..space)?, name.get(space + 1..)?);
    let plain = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ');
    let suffix = SUFFIXES.iter().any(|suffix| suffix.eq_ignore_ascii_case(last));
    let several = given.as_bytes().split(|byte| *byte == b' ').any(|word| word.eq_ignore_ascii_case(b"and"));
    (plain && last.len() > 1 && !suffix && !several).then_some(last)
}

fn same_surname(one: &str, other: &str) -> bool {
    match one.len().cmp(&other.len()) {
        Ordering::Equal => one.eq_ignore_ascii_case(other),
        Ordering::Greater => is_half(other, one),
        Ordering::Less => is_half(one, other),
    }
}

fn is_half(single: &str, double: &str) -> bool {
    double.contains('-') && !single.contains('-') && double.split('-').any(|half| half.eq_ignore_ascii_case(single))
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, fold, shares_surname, surnames};

    #[test]
    fn surnames_of_one_or_more_people() {
        for (cell, expected) in [
            ("Olive Owner", vec!["owner"]),
            ("Ann & Bob Example", vec!["example"]),
            ("Ann and Bob Example", vec!["example"]),
            ("Ann Example & Bob Sample", vec!["example", "sample"]),
            ("Bob Example Jr.", vec!["example"]),
            ("Bob Example, Jr.", vec!["example"]),
            ("Bob Example III", vec!["example"]),
            ("Example, Ann", vec!["example"]),
            ("Example, Ann & Bob", vec!["example"]),
            ("The Example Family Trust", vec!["example"]),
            ("Sampleco", vec!["sampleco"]),
            ("", vec![]),
        ] {
            assert_eq!(surnames(cell), expected, "{cell}");
        }
    }

    #[test]
    fn a_shared_surname_is_found_whatever_the_spelling() {
        let owners = surnames("Ann & Bob Example");
        for guest in [
            "Zoe EXAMPLE",
            "Zoe Example Sr.",
            "Example, Zoe",
            "Zoe Example-Sample",
            "Zoe and Yan Example",
            "Zoe\u{a0}Example",
        ] {
            assert!(shares_surname(guest, &owners), "{guest}");
        }
        for guest in ["Ann Stranger", "Example Stranger", "Zoe Examples", "", "Bob"] {
            assert!(!shares_surname(guest, &owners), "{guest}");
        }
    }

    #[test]
    fn a_guest_without_surname_matches_nobody_by_a_given_name() {
        assert!(!shares_surname("Ann", &surnames("Ann & Bob Example")));
    }

    #[test]
    fn fingerprints_tell_people_apart_and_not_spellings() {
        assert_eq!(fingerprint("Ann  Example"), fingerprint(" ann\u{a0}EXAMPLE "));
        assert_ne!(fingerprint("Ann Example"), fingerprint("Ann Sample"));
        assert_eq!(fingerprint(" \u{a0} "), None);
    }

    #[test]
    fn folding_keeps_words_apart() {
        assert_eq!(fold(" Sample\u{a0}House  #1 "), "sample house #1");
    }
}
