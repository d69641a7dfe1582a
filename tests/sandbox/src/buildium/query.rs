//! Query parameters (section 3). What the vendor does not know it ignores without a word, which makes a typo in a filter
//! an unfiltered list.

use super::refusals::Refusal;
use jiff::{Timestamp, civil};
use std::{collections::HashSet, str::FromStr};

/// Longer queries end in a 500. Bytes, as sent.
pub(super) const LONGEST: usize = 4_096;

const DEFAULT_PAGE: usize = 50;

/// Decoded pairs. Names are taken as they are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a>(pub(super) &'a [(String, String)]);

#[derive(Clone, Copy, Debug)]
pub(super) struct Paging {
    pub(super) limit: usize,
    pub(super) offset: usize,
}

/// From and to, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between<T> {
    from: Option<T>,
    to: Option<T>,
}

impl<T: PartialOrd> Between<T> {
    pub(super) fn holds(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|from| from <= value) && self.to.as_ref().is_none_or(|to| value <= to)
    }
}

/// A part of a text, in any case.
#[derive(Clone, Debug)]
pub(super) struct Part(Option<String>);

impl Part {
    pub(super) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn is_in<'t>(&self, texts: impl IntoIterator<Item = Option<&'t str>>) -> bool {
        let Some(part) = &self.0 else { return true };
        texts.into_iter().flatten().any(|text| text.to_lowercase().contains(part))
    }
}

/// Any of these, or everything.
#[derive(Clone, Debug)]
pub(super) struct AnyOf<T>(Option<HashSet<T>>);

impl<T: std::hash::Hash + Eq> AnyOf<T> {
    pub(super) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn holds(&self, value: &T) -> bool {
        self.0.as_ref().is_none_or(|wanted| wanted.contains(value))
    }
}

impl<'a> Query<'a> {
    pub(super) fn one(self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of a name that is repeated. A name in another form, `name[]`, is another name.
    fn many(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn ids(self, name: &str) -> Result<AnyOf<u32>, Refusal> {
        let ids: HashSet<u32> =
            self.many(name).map(|text| parsed(name, text, "is no id")).collect::<Result<_, Refusal>>()?;
        Ok(AnyOf((!ids.is_empty()).then_some(ids)))
    }

    /// One or more of the words the vendor knows.
    pub(super) fn words(self, name: &str, known: &[&str]) -> Result<AnyOf<&'a str>, Refusal> {
        let words: HashSet<&str> = self.many(name).collect();
        if words.iter().any(|word| !known.contains(word)) {
            return Err(Refusal::invalid(name, "is not a value of this filter"));
        }
        Ok(AnyOf((!words.is_empty()).then_some(words)))
    }

    pub(super) fn part(self, name: &str) -> Part {
        Part(self.one(name).map(str::to_lowercase))
    }

    pub(super) fn instants(self, name: &str) -> Result<Between<Timestamp>, Refusal> {
        self.between(name, instant)
    }

    /// `createddatetimefrom` and `-to` are documented with a space, and taken in either form.
    pub(super) fn loose_instants(self, name: &str) -> Result<Between<Timestamp>, Refusal> {
        self.between(name, |text| instant(text).or_else(|| instant(&format!("{}Z", text.replacen(' ', "T", 1)))))
    }

    pub(super) fn day(self, name: &str) -> Result<Option<civil::Date>, Refusal> {
        self.one(name).map(|text| parsed(name, text, "is no date of the form YYYY-MM-DD")).transpose()
    }

    fn between<T>(self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Between<T>, Refusal> {
        let end = |end: &str| {
            let name = format!("{name}{end}");
            self.one(&name)
                .map(|text| read(text).ok_or_else(|| Refusal::invalid(&name, "is no time of the documented form")))
                .transpose()
        };
        Ok(Between { from: end("from")?, to: end("to")? })
    }

    /// A page that is too large is cut to `largest` without a word.
    pub(super) fn paging(self, largest: usize) -> Result<Paging, Refusal> {
        let number = |name: &str, usual: usize| {
            self.one(name).map_or(Ok(usual), |text| parsed(name, text, "is no number of this range"))
        };
        let limit = number("limit", DEFAULT_PAGE)?;
        if limit == 0 {
            return Err(Refusal::invalid("limit", "has to be 1 or more"));
        }
        Ok(Paging { limit: limit.min(largest), offset: number("offset", 0)? })
    }

    /// `Limit=50` is no unknown parameter: it is not found.
    pub(super) fn has_miscased_paging(self) -> bool {
        let miscased = |key: &str, name: &str| key != name && key.eq_ignore_ascii_case(name);
        self.0.iter().any(|(key, _)| miscased(key, "limit") || miscased(key, "offset"))
    }
}

fn parsed<T: FromStr>(name: &str, text: &str, why: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::invalid(name, why))
}

/// `YYYY-MM-DDTHH:MM:SSZ` and nothing else.
fn instant(text: &str) -> Option<Timestamp> {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let documented = text.len() == FORM.len() && text.bytes().zip(FORM.iter().copied()).all(fits);
    documented.then(|| text.parse().ok()).flatten()
}
