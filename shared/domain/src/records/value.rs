//! What may stand in a field, and how what a vendor sent is brought into that form.
//!
//! Reading is idempotent: what was read reads as itself.

use super::{Currency, Entity, Money, Phone};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Texts,
    Email,
    Phone,
    /// A day in the property's own calendar.
    Date,
    /// An instant.
    Moment,
    Money,
    Integer,
    Number,
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The key of another record of the same source.
    Reference(Entity),
    References(Entity),
    /// People on a lease: a list of `{person, status, moved_in, moved_out}`.
    Parties,
}

/// A value that cannot stand in its field. Never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{field}: {problem}")]
pub struct FieldFault {
    pub field: String,
    pub problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    #[error("is of another kind of value")]
    Kind,
    #[error("is longer than a field may be")]
    TooLong,
    #[error("is no e-mail address")]
    Email,
    #[error("is no phone number")]
    Phone,
    #[error("is no date")]
    Date,
    #[error("is no point in time")]
    Moment,
    #[error("is no amount of money")]
    Money,
    #[error("is no number")]
    Number,
    #[error("is none of the known words")]
    Choice,
    /// The mapping's expression failed on the record.
    #[error("could not be taken out of the record")]
    Expression,
    #[error("is required")]
    Missing,
    #[error("does not keep to the flow's own rule")]
    Rule,
}

/// Longest text of a field. Characters; the shortest of what targets take is 65,536.
const LONGEST: usize = 60_000;

impl FieldKind {
    /// A value in canonical form; `None` when there is nothing: null, blank text, an empty list.
    pub fn read(self, value: Value, currency: Currency) -> Result<Option<Value>, Problem> {
        let value = match value {
            Value::Null => return Ok(None),
            Value::String(text) => match text.trim() {
                "" => return Ok(None),
                trimmed if trimmed.len() == text.len() => Value::String(text),
                trimmed => Value::String(trimmed.to_owned()),
            },
            other => other,
        };
        let value = match (self, value) {
            (Self::Reference(_), value) if names_nothing(&value) => return Ok(None),
            (Self::References(_), Value::Array(items)) => {
                Value::Array(items.into_iter().filter(|item| !names_nothing(item)).collect())
            }
            (_, value) => value,
        };
        if value.as_array().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        self.canonical(value, currency).map(Some)
    }

    fn canonical(self, value: Value, currency: Currency) -> Result<Value, Problem> {
        match self {
            Self::Text | Self::Reference(_) => text(value),
            Self::Texts | Self::References(_) => texts(value),
            Self::Email => email(&text(value)?),
            Self::Phone => phone(&text(value)?),
            Self::Date => date(&text(value)?),
            Self::Moment => moment(&text(value)?),
            Self::Money => money(&value, currency),
            Self::Integer => integer(&value),
            Self::Number => number(&value),
            Self::Flag => flag(&value),
            Self::Choice(words) => match value {
                Value::String(word) if words.contains(&word.as_str()) => Ok(Value::String(word)),
                _ => Err(Problem::Choice),
            },
            Self::Parties => parties(value),
        }
    }

    /// The form vendors without types take: text, decimal numbers, lists with `;` between.
    pub fn plain(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Money, value) => {
                serde_json::from_value::<Money>(value.clone()).map_or(Value::Null, |money| json!(money.decimal()))
            }
            (Self::Texts | Self::References(_), Value::Array(items)) => {
                json!(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";"))
            }
            (_, value) => value.clone(),
        }
    }
}

/// Put together around an id that is null: `units/null`.
fn names_nothing(reference: &Value) -> bool {
    reference.as_str().is_some_and(|text| text.ends_with("/null"))
}

fn text(value: Value) -> Result<Value, Problem> {
    match value {
        Value::String(text) if text.chars().count() > LONGEST => Err(Problem::TooLong),
        Value::String(text) => Ok(Value::String(text)),
        Value::Number(number) => Ok(Value::String(number.to_string())),
        _ => Err(Problem::Kind),
    }
}

/// In order and each once: the order of a set says nothing.
fn texts(value: Value) -> Result<Value, Problem> {
    let items = match value {
        Value::Array(items) => items,
        Value::String(text) => text.split(';').map(|part| Value::from(part.trim())).collect(),
        _ => return Err(Problem::Kind),
    };
    let mut read = items.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
    read.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    read.dedup();
    Ok(Value::Array(read))
}

/// Lower-cased: vendors do it, and addresses that differ in case alone are one.
fn email(value: &Value) -> Result<Value, Problem> {
    let address = value.as_str().unwrap_or_default().to_lowercase();
    let fits = address.len() <= 254
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>'))
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|part| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-'))
        });
    if fits { Ok(Value::String(address)) } else { Err(Problem::Email) }
}

fn phone(value: &Value) -> Result<Value, Problem> {
    let phone = Phone::read(value.as_str().unwrap_or_default()).map_err(|_| Problem::Phone)?;
    Ok(Value::from(phone.as_str()))
}

/// A date with a time behind it is its date: it is not moved through any zone.
fn date(value: &Value) -> Result<Value, Problem> {
    let text = value.as_str().unwrap_or_default();
    let (day, rest) = text.split_at_checked(10).ok_or(Problem::Date)?;
    let date: civil::Date = day.parse().map_err(|_| Problem::Date)?;
    let timed = rest.is_empty() || rest.starts_with(['T', ' ']);
    if timed { Ok(Value::String(date.to_string())) } else { Err(Problem::Date) }
}

/// To the millisecond: what both ends can hold. A time without a zone is taken for UTC.
fn moment(value: &Value) -> Result<Value, Problem> {
    let text = value.as_str().unwrap_or_default();
    let at: Timestamp = text
        .parse()
        .or_else(|_| format!("{text}Z").parse())
        .or_else(|_| text.parse::<i64>().map_err(|_| ()).and_then(|ms| Timestamp::from_millisecond(ms).map_err(|_| ())))
        .map_err(|()| Problem::Moment)?;
    let at = Timestamp::from_millisecond(at.as_millisecond()).map_err(|_| Problem::Moment)?;
    Ok(Value::String(format!("{at:.3}")))
}

fn money(value: &Value, currency: Currency) -> Result<Value, Problem> {
    let money = match value {
        Value::Object(_) => serde_json::from_value(value.clone()).map_err(|_| Problem::Money)?,
        Value::Number(number) => Money::read(&number.to_string(), currency).map_err(|_| Problem::Money)?,
        Value::String(text) => Money::read(text, currency).map_err(|_| Problem::Money)?,
        _ => return Err(Problem::Kind),
    };
    Ok(json!(money))
}

fn integer(value: &Value) -> Result<Value, Problem> {
    let read = match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        _ => return Err(Problem::Kind),
    };
    read.map(Value::from).ok_or(Problem::Number)
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
}

/// Whole numbers are written without a point, so that 2 and 2.0 are one.
fn number(value: &Value) -> Result<Value, Problem> {
    if let Ok(whole) = integer(value) {
        return Ok(whole);
    }
    let read = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => return Err(Problem::Kind),
    };
    read.and_then(Number::from_f64).map(Value::Number).ok_or(Problem::Number)
}

fn flag(value: &Value) -> Result<Value, Problem> {
    match value {
        Value::Bool(flag) => Ok(Value::Bool(*flag)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        _ => Err(Problem::Kind),
    }
}

/// Sorted by person: the order of a lease's people says nothing.
fn parties(value: Value) -> Result<Value, Problem> {
    let Value::Array(items) = value else { return Err(Problem::Kind) };
    let mut parties = items.into_iter().map(party).collect::<Result<Vec<_>, _>>()?;
    parties.sort_by_cached_key(ToString::to_string);
    Ok(Value::Array(parties))
}

fn party(value: Value) -> Result<Value, Problem> {
    let Value::Object(mut party) = value else { return Err(Problem::Kind) };
    let mut take = |name: &str, kind: FieldKind| kind.read(party.remove(name).unwrap_or_default(), Currency::USD);
    let person = take("person", FieldKind::Text)?.ok_or(Problem::Missing)?;
    let status = take("status", FieldKind::Choice(&["active", "future", "past"]))?;
    let (moved_in, moved_out) = (take("moved_in", FieldKind::Date)?, take("moved_out", FieldKind::Date)?);
    Ok(json!({ "person": person, "status": status, "moved_in": moved_in, "moved_out": moved_out }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: FieldKind, value: Value) -> Result<Option<Value>, Problem> {
        kind.read(value, Currency::USD)
    }

    #[test]
    fn every_kind_brings_what_vendors_send_into_one_form() {
        let rows = [
            (FieldKind::Text, json!("  Ann "), json!("Ann")),
            (FieldKind::Text, json!(12), json!("12")),
            (FieldKind::Email, json!(" Ann@Example.COM"), json!("ann@example.com")),
            (FieldKind::Phone, json!("(212) 555-0142"), json!("+12125550142")),
            (FieldKind::Date, json!("2026-07-01T00:00:00Z"), json!("2026-07-01")),
            (FieldKind::Moment, json!("2026-07-01T12:00:00.1234567Z"), json!("2026-07-01T12:00:00.123Z")),
            (FieldKind::Moment, json!("2026-07-01T12:00:00"), json!("2026-07-01T12:00:00.000Z")),
            (FieldKind::Money, json!(1250.5), json!({ "minor": 125_050, "currency": "USD" })),
            (FieldKind::Money, json!("1250.50"), json!({ "minor": 125_050, "currency": "USD" })),
            (FieldKind::Integer, json!("1978"), json!(1978)),
            (FieldKind::Number, json!(2.0), json!(2)),
            (FieldKind::Number, json!("1.5"), json!(1.5)),
            (FieldKind::Flag, json!("true"), json!(true)),
            (FieldKind::Texts, json!(["Pool", "Gym", "Pool"]), json!(["Gym", "Pool"])),
            (FieldKind::Texts, json!("Pool; Gym"), json!(["Gym", "Pool"])),
        ];
        for (kind, sent, wanted) in rows {
            let once = read(kind, sent.clone()).expect("a value");
            assert_eq!(once, Some(wanted), "{kind:?} {sent}");
            assert_eq!(read(kind, once.clone().unwrap_or_default()), Ok(once), "{kind:?} {sent} again");
        }
    }

    #[test]
    fn nothing_is_nothing_in_every_kind() {
        for kind in [FieldKind::Text, FieldKind::Email, FieldKind::Money, FieldKind::Flag, FieldKind::Parties] {
            for value in [Value::Null, json!(""), json!("  "), json!([])] {
                assert_eq!(read(kind, value), Ok(None));
            }
        }
    }

    #[test]
    fn a_reference_to_an_id_that_is_null_is_none() {
        let (one, many) = (FieldKind::Reference(Entity::Unit), FieldKind::References(Entity::Unit));
        assert_eq!(read(one, json!("units/null")), Ok(None));
        assert_eq!(read(one, json!("units/7")), Ok(Some(json!("units/7"))));
        assert_eq!(read(many, json!(["units/null", "units/7"])), Ok(Some(json!(["units/7"]))));
        assert_eq!(read(many, json!(["units/null"])), Ok(None));
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_problem() {
        for (kind, value, problem) in [
            (FieldKind::Email, json!("ann at example.com"), Problem::Email),
            (FieldKind::Email, json!("a@b"), Problem::Email),
            (FieldKind::Phone, json!("none"), Problem::Phone),
            (FieldKind::Date, json!("07/01/2026"), Problem::Date),
            (FieldKind::Money, json!("1.005"), Problem::Money),
            (FieldKind::Choice(&["a"]), json!("b"), Problem::Choice),
            (FieldKind::Integer, json!(1.5), Problem::Number),
            (FieldKind::Text, json!({}), Problem::Kind),
        ] {
            assert_eq!(read(kind, value.clone()), Err(problem), "{value}");
        }
    }

    #[test]
    fn parties_read_as_themselves_whatever_their_order() {
        let one = json!({ "person": "7", "status": "active", "moved_in": "2026-01-01", "moved_out": null });
        let other = json!({ "person": "3", "status": "past", "moved_in": null, "moved_out": "2026-02-01" });
        let there = read(FieldKind::Parties, json!([one, other])).expect("parties");
        assert_eq!(there, read(FieldKind::Parties, json!([other, one])).expect("parties"));
    }
}
