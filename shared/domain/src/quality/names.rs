//! People's names, and whether two of them may be one person's.

use super::normal::{fold, likeness};
use crate::records::Fields;

/// What somebody is called, folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// Either may be empty, not both.
    Person {
        first: String,
        last: String,
        generation: Option<Generation>,
    },
    Company(String),
    Unknown,
}

/// Which of several of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Generation {
    Senior,
    Junior,
    Third,
}

/// How two names compare. Thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// `last` is zero where the family names differ, and `None` where one is missing.
    Same { first: u32, last: Option<u32> },
    /// First names differ, or one is the other's junior.
    Differ,
    /// One has no name that could be compared.
    Unknown,
}

/// What says of a company how it is set up, and not which it is.
const FORMS: [&str; 9] = ["llc", "inc", "ltd", "co", "corp", "corporation", "company", "lp", "the"];

impl Name {
    pub(super) fn of(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).unwrap_or_default();
        let (first, last) = (text("first_name"), text("last_name"));
        // `Reed, Ann`: some write the whole name into one field, this way round.
        let (first, last) = match last.split_once(',') {
            Some((family, given)) if first.is_empty() => (given, family),
            _ => (first, last),
        };
        let (mut first, mut last) = (fold(first), fold(last));
        let generation = take_generation(&mut last).or_else(|| take_generation(&mut first));
        if first.is_empty()
            && let Some((given, family)) = last.split_once(' ')
            && text("company").is_empty()
        {
            (first, last) = (given.to_owned(), family.to_owned());
        }
        if !first.is_empty() || !last.is_empty() {
            return Self::Person { first, last, generation };
        }
        let company = fold(text("company"));
        let words: Vec<&str> = company.split(' ').filter(|word| !FORMS.contains(word)).collect();
        let company = words.join(" ");
        if company.is_empty() { Self::Unknown } else { Self::Company(company) }
    }

    /// What records are sorted by within a large block.
    pub(super) fn sorted_by(&self) -> (&str, &str) {
        match self {
            Self::Person { first, last, .. } => (last, given(first)),
            Self::Company(name) => (name, ""),
            Self::Unknown => ("", ""),
        }
    }

    pub(super) fn last_word(&self) -> &str {
        match self {
            Self::Person { last, .. } => last.split(' ').next_back().unwrap_or_default(),
            Self::Company(name) => name.split(' ').next().unwrap_or_default(),
            Self::Unknown => "",
        }
    }

    pub(super) fn given(&self) -> &str {
        match self {
            Self::Person { first, .. } => given(first),
            Self::Company(_) | Self::Unknown => "",
        }
    }

    pub(super) fn compare(&self, other: &Self) -> Names {
        match (self, other) {
            (
                Self::Person { first, last, generation },
                Self::Person { first: other_first, last: other_last, generation: other_generation },
            ) => {
                if generation.zip(*other_generation).is_some_and(|(one, other)| one != other) {
                    return Names::Differ;
                }
                if first.is_empty() || other_first.is_empty() {
                    return Names::Unknown;
                }
                match first_names(first, other_first) {
                    0 => Names::Differ,
                    first => Names::Same { first, last: last_names(last, other_last) },
                }
            }
            (Self::Company(one), Self::Company(other)) => match likeness(one, other) {
                0 => Names::Differ,
                alike => Names::Same { first: alike, last: Some(alike) },
            },
            _ => Names::Unknown,
        }
    }

    /// Whether two may be of one family.
    pub(super) fn shares_last_name(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Person { last, .. }, Self::Person { last: other, .. }) => {
                last_names(last, other).is_some_and(|alike| alike > 0)
            }
            _ => false,
        }
    }
}

fn take_generation(name: &mut String) -> Option<Generation> {
    let (rest, word) = name.rsplit_once(' ')?;
    let generation = match word {
        "sr" | "senior" => Generation::Senior,
        "jr" | "junior" | "ii" => Generation::Junior,
        "iii" => Generation::Third,
        _ => return None,
    };
    *name = rest.to_owned();
    Some(generation)
}

/// Thousandths; zero when they are two people's. Middle names do not count.
fn first_names(one: &str, other: &str) -> u32 {
    if one == other {
        return 1000;
    }
    let (one, other) = (given(one), given(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    match short.len() {
        _ if short == long => 950,
        // An initial.
        1 if long.starts_with(short) => 700,
        // `Alex`, `Ben`.
        3.. if long.starts_with(short) => 850,
        _ => likeness(one, other),
    }
}

fn last_names(one: &str, other: &str) -> Option<u32> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let is_part = |whole: &str, part: &str| part.len() > 2 && whole.split(' ').any(|word| word == part);
    // `Reed-Stone` and `Reed`.
    if one != other && (is_part(one, other) || is_part(other, one)) {
        return Some(900);
    }
    Some(likeness(one, other))
}

/// The first of the given names, a short form as what it is short for. Those that are the beginning of the whole name need no
/// entry.
fn given(first: &str) -> &str {
    let word = first.split(' ').next().unwrap_or_default();
    match word {
        "bob" | "bobby" | "rob" | "robbie" | "robby" => "robert",
        "bill" | "billy" | "will" | "willie" | "willy" => "william",
        "dick" | "rick" | "rich" | "richie" | "ricky" => "richard",
        "jim" | "jimmy" | "jamie" => "james",
        "mike" | "mick" | "mickey" => "michael",
        "tony" => "anthony",
        "andy" | "drew" => "andrew",
        "dave" | "davy" => "david",
        "joe" | "joey" => "joseph",
        "steve" | "steven" => "stephen",
        "tommy" | "tom" => "thomas",
        "jack" | "johnny" | "jon" => "john",
        "chuck" | "charlie" => "charles",
        "hank" | "harry" => "henry",
        "larry" => "lawrence",
        "ted" | "ned" | "eddie" => "edward",
        "liz" | "lizzie" | "beth" | "betty" | "betsy" => "elizabeth",
        "kate" | "katie" | "kathy" | "cathy" | "catherine" => "katherine",
        "peg" | "peggy" | "maggie" | "meg" => "margaret",
        "patty" | "trish" | "tricia" => "patricia",
        "becky" => "rebecca",
        "debbie" | "debra" => "deborah",
        "jenny" => "jennifer",
        "mandy" => "amanda",
        "vicky" | "vicki" => "victoria",
        "sue" | "susie" => "susan",
        "pepe" => "jose",
        "paco" | "pancho" => "francisco",
        "lupe" => "guadalupe",
        "chuy" => "jesus",
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Currency, Entity};
    use serde_json::json;

    fn name(first: &str, last: &str) -> Name {
        let values = [("first_name", json!(first)), ("last_name", json!(last))];
        Name::of(&Fields::read(Entity::Person, values, Currency::USD).0)
    }

    fn company(text: &str) -> Name {
        Name::of(&Fields::read(Entity::Person, [("company", json!(text))], Currency::USD).0)
    }

    #[test]
    fn a_name_in_one_field_is_read_in_both_orders() {
        assert_eq!(name("", "Ann Reed"), name("Ann", "Reed"));
        assert_eq!(name("", "Reed, Ann"), name("Ann", "Reed"));
        assert_eq!(name("", "").compare(&name("Ann", "Reed")), Names::Unknown);
    }

    #[test]
    fn spellings_short_forms_and_initials_may_be_one_person() {
        for (one, other) in [
            (("Bob", "Stone"), ("Robert", "Stone")),
            (("Sara", "Stone"), ("Sarah", "Stone")),
            (("J.", "Stone"), ("Jane", "Stone")),
            (("Ann Marie", "Stone"), ("Ann", "Stone-Reed")),
            (("Alex", "Stone"), ("Alexander", "Stone Jr.")),
        ] {
            let compared = name(one.0, one.1).compare(&name(other.0, other.1));
            assert!(matches!(compared, Names::Same { first: 500.., last: Some(500..) }), "{one:?} {other:?}");
        }
    }

    #[test]
    fn two_of_one_family_are_two() {
        for (one, other) in [("Ann", "Ben"), ("Tom", "Tim"), ("Marie", "Mary")] {
            assert_eq!(name(one, "Stone").compare(&name(other, "Stone")), Names::Differ);
            assert!(name(one, "Stone").shares_last_name(&name(other, "Stone")));
        }
        assert_eq!(name("Ben", "Stone Sr").compare(&name("Ben", "Stone Jr")), Names::Differ);
    }

    #[test]
    fn companies_are_told_by_their_names_alone() {
        let alike = company("The Stone Company, LLC").compare(&company("Stone Inc."));
        assert_eq!(alike, Names::Same { first: 1000, last: Some(1000) });
        assert_eq!(company("Stone LLC").compare(&company("Birch LLC")), Names::Differ);
        assert_eq!(company("Stone LLC").compare(&name("Ann", "Stone")), Names::Unknown);
    }
}
