//! Walks through an expression: every value it yields is handed on, one after the other.

use super::{
    Part, Plain, Step,
    found::{End, Found},
};
use crate::expression::bounded::{EACH, MOST, TooMuch};
use serde_json::{Map, Value};
use std::cell::Cell;

/// The price of a step: eight million are some tenths of a second.
const STEP: usize = 4;

/// Why there is no going on.
enum Stop {
    /// Who was handed a value needs no other.
    Enough,
    /// It is not plain: jaq has to say.
    NotPlain,
    TooMuch,
}

impl From<TooMuch> for Stop {
    fn from(TooMuch: TooMuch) -> Self {
        Self::TooMuch
    }
}

type Going = Result<(), Stop>;
type HandOn<'e, 'a> = &'e mut dyn FnMut(Found<'a>) -> Going;

/// Where a part of an expression is: its input, and what is bound around it.
#[derive(Clone, Copy)]
struct At<'e, 'a> {
    input: &'e Found<'a>,
    bound: Option<&'e Bound<'e, 'a>>,
    account: &'e Account,
}

/// What the evaluation may still take: steps, and bytes of what is made.
struct Account(Cell<usize>);

impl Account {
    fn spend(&self, amount: usize) -> Result<(), TooMuch> {
        self.0.set(self.0.get().checked_sub(amount).ok_or(TooMuch)?);
        Ok(())
    }

    /// For a copy of a value: of one that lies in the record there is none.
    fn copy(&self, found: &Found<'_>) -> Result<(), TooMuch> {
        self.spend(found.made(self.0.get()).ok_or(TooMuch)?)
    }

    /// For a value on its own.
    fn whole(&self, found: &Found<'_>) -> Result<(), TooMuch> {
        self.spend(found.whole(self.0.get()).ok_or(TooMuch)?)
    }
}

struct Bound<'e, 'a> {
    value: Found<'a>,
    before: Option<&'e Bound<'e, 'a>>,
}

impl Plain {
    /// The first value the expression yields, null when it yields none; `None` when jaq has to say. `around` are the values of the variables
    /// around it.
    pub(in crate::expression) fn first(&self, input: &Value, around: &[Value]) -> Result<Option<Value>, TooMuch> {
        self.first_within(input, around, None)
    }

    fn first_within<'a>(
        &'a self,
        input: &'a Value,
        around: &'a [Value],
        before: Option<&Bound<'_, 'a>>,
    ) -> Result<Option<Value>, TooMuch> {
        if let Some((value, around)) = around.split_first() {
            let bound = Bound { value: Found::There(value), before };
            return self.first_within(input, around, Some(&bound));
        }
        let (mut first, account) = (None, Account(Cell::new(MOST)));
        let going = self.each(At { input: &Found::There(input), bound: before, account: &account }, &mut |found| {
            account.whole(&found)?;
            first = Some(found.into_value());
            Err(Stop::Enough)
        });
        match going {
            Ok(()) => Ok(Some(Value::Null)),
            Err(Stop::Enough) => Ok(first),
            Err(Stop::NotPlain) => Ok(None),
            Err(Stop::TooMuch) => Err(TooMuch),
        }
    }

    fn each<'a>(&'a self, at: At<'_, 'a>, hand_on: HandOn<'_, 'a>) -> Going {
        at.account.spend(STEP)?;
        match self {
            Self::Input => {
                at.account.copy(at.input)?;
                hand_on(at.input.clone())
            }
            Self::Constant(value) => hand_on(Found::There(value)),
            Self::Variable(back) => {
                let value = bound(at, *back)?;
                at.account.copy(value)?;
                hand_on(value.clone())
            }
            Self::Path(head, steps) => head.each(at, &mut |found| walk(steps, found, at, hand_on)),
            Self::Pipe(left, right) => left.each(at, &mut |input| right.each(At { input: &input, ..at }, hand_on)),
            Self::Bind(left, right) => left.each(at, &mut |value| {
                let bound = Bound { value, before: at.bound };
                right.each(At { bound: Some(&bound), ..at }, hand_on)
            }),
            Self::Comma(left, right) => {
                left.each(at, hand_on)?;
                right.each(at, hand_on)
            }
            Self::Otherwise(left, right) => {
                let mut any = false;
                left.each(at, &mut |found| {
                    if !found.holds() {
                        return Ok(());
                    }
                    any = true;
                    hand_on(found)
                })?;
                if any { Ok(()) } else { right.each(at, hand_on) }
            }
            Self::If(branches, otherwise) => {
                for (when, then) in branches {
                    if when.one(at)?.holds() {
                        return then.each(at, hand_on);
                    }
                }
                otherwise.each(at, hand_on)
            }
            Self::Select(condition) => {
                if condition.one(at)?.holds() {
                    hand_on(at.input.clone())?;
                }
                Ok(())
            }
            Self::List(items) => {
                let mut list = Vec::new();
                items.each(at, &mut |found| {
                    at.account.spend(EACH)?;
                    at.account.copy(&found)?;
                    list.push(found);
                    Ok(())
                })?;
                hand_on(Found::List(list))
            }
            _ => hand_on(self.made(at)?),
        }
    }

    /// Of what yields one value by its nature.
    fn made<'a>(&'a self, at: At<'_, 'a>) -> Result<Found<'a>, Stop> {
        Ok(match self {
            Self::And(left, right) => Found::flag(left.one(at)?.holds() && right.one(at)?.holds()),
            Self::Or(left, right) => Found::flag(left.one(at)?.holds() || right.one(at)?.holds()),
            Self::Not => Found::flag(!at.input.holds()),
            Self::Compare(comparison, left, right) => {
                let holds = left.one(at)?.compare(*comparison, &right.one(at)?);
                Found::flag(holds.ok_or(Stop::NotPlain)?)
            }
            Self::Object(entries) => {
                let mut object = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    let value = value.one(at)?;
                    at.account.spend(EACH + key.len())?;
                    at.account.whole(&value)?;
                    object.insert(key.clone(), value.into_value());
                }
                Found::Made(Value::Object(object))
            }
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    let piece = piece.one(at)?;
                    at.account.whole(&piece)?;
                    write(&mut text, &piece)?;
                }
                Found::Made(Value::String(text))
            }
            Self::First => at.input.item(End::First).ok_or(Stop::NotPlain)?,
            Self::Last => at.input.item(End::Last).ok_or(Stop::NotPlain)?,
            Self::SortBy(key) => Found::List(sorted(key, at)?),
            Self::Any(condition) => {
                let going = at.input.try_each(|item| {
                    let holds = condition.one(At { input: &item, ..at })?.holds();
                    if holds { Err(Stop::Enough) } else { Ok(()) }
                });
                match going.ok_or(Stop::NotPlain)? {
                    Ok(()) => Found::flag(false),
                    Err(Stop::Enough) => Found::flag(true),
                    Err(stop) => return Err(stop),
                }
            }
            Self::Length => Found::Made(Value::from(at.input.length().ok_or(Stop::NotPlain)?)),
            Self::Join(between) => {
                at.account.copy(at.input)?;
                let (between, items) = (between.one(at)?, items(at.input)?);
                let texts: Option<Vec<&str>> = items.iter().map(Found::text).collect();
                let (texts, between) = texts.zip(between.text()).ok_or(Stop::NotPlain)?;
                let length = texts.iter().map(|text| text.len() + between.len()).sum();
                at.account.spend(length)?;
                Found::Made(Value::String(texts.join(between)))
            }
            _ => return Err(Stop::NotPlain),
        })
    }

    /// The value of an expression that has exactly one.
    fn one<'a>(&'a self, at: At<'_, 'a>) -> Result<Found<'a>, Stop> {
        let mut only = None;
        self.each(at, &mut |found| only.replace(found).map_or(Ok(()), |_| Err(Stop::NotPlain)))?;
        only.ok_or(Stop::NotPlain)
    }
}

/// Follows a path from what was found.
fn walk<'a>(steps: &'a [Step], found: Found<'a>, at: At<'_, 'a>, hand_on: HandOn<'_, 'a>) -> Going {
    let Some((step, rest)) = steps.split_first() else { return hand_on(found) };
    let missing = || if step.optional { Ok(()) } else { Err(Stop::NotPlain) };
    match &step.part {
        Part::Key(key) => found.at(key).map_or_else(missing, |next| walk(rest, next, at, hand_on)),
        Part::Of(key) => {
            let key = key.one(at)?;
            let next = found.at(key.text().ok_or(Stop::NotPlain)?);
            next.map_or_else(missing, |next| walk(rest, next, at, hand_on))
        }
        Part::Each => found.try_each(|item| walk(rest, item, at, hand_on)).unwrap_or_else(missing),
    }
}

fn bound<'e, 'a>(at: At<'e, 'a>, back: usize) -> Result<&'e Found<'a>, Stop> {
    let bound = std::iter::successors(at.bound, |bound| bound.before).nth(back);
    bound.map(|bound| &bound.value).ok_or(Stop::NotPlain)
}

fn items<'a>(list: &Found<'a>) -> Result<Vec<Found<'a>>, Stop> {
    list.items().ok_or(Stop::NotPlain)
}

fn sorted<'a>(key: &'a Plain, at: At<'_, 'a>) -> Result<Vec<Found<'a>>, Stop> {
    let mut keyed = Vec::new();
    at.account.copy(at.input)?;
    for item in items(at.input)? {
        let key = key.one(At { input: &item, ..at })?;
        // Compared with itself, it tells whether it can be compared at all.
        key.order(&key).ok_or(Stop::NotPlain)?;
        at.account.spend(2 * EACH)?;
        at.account.copy(&key)?;
        keyed.push((key, item));
    }
    keyed.sort_by(|(one, _), (other, _)| one.order(other).unwrap_or(std::cmp::Ordering::Equal));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// Adds a value as it stands within a text.
fn write(text: &mut String, found: &Found<'_>) -> Result<(), Stop> {
    match found.value() {
        Some(Value::String(part)) => text.push_str(part),
        Some(Value::Number(number)) if number.is_i64() => text.push_str(&number.to_string()),
        _ => return Err(Stop::NotPlain),
    }
    Ok(())
}
