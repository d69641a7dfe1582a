//! Walks through an expression: every value it yields is handed on, one after the other.

use super::{
    Part, Plain, Step,
    found::{End, Found},
};
use serde_json::{Map, Value};

/// Why there is no going on.
enum Stop {
    /// Who was handed a value needs no other.
    Enough,
    /// It is not plain: jaq has to say.
    NotPlain,
}

type Going = Result<(), Stop>;
type HandOn<'e, 'a> = &'e mut dyn FnMut(Found<'a>) -> Going;

/// Where a part of an expression is: its input, and what is bound around it.
#[derive(Clone, Copy)]
struct At<'e, 'a> {
    input: &'e Found<'a>,
    bound: Option<&'e Bound<'e, 'a>>,
}

struct Bound<'e, 'a> {
    value: Found<'a>,
    before: Option<&'e Bound<'e, 'a>>,
}

impl Plain {
    /// The first value the expression yields, null when it yields none; `None` when jaq has to say. `around` are the values of the variables
    /// around it.
    pub(in crate::expression) fn first(&self, input: &Value, around: &[Value]) -> Option<Value> {
        self.first_within(input, around, None)
    }

    fn first_within<'a>(
        &'a self,
        input: &'a Value,
        around: &'a [Value],
        before: Option<&Bound<'_, 'a>>,
    ) -> Option<Value> {
        if let Some((value, around)) = around.split_first() {
            let bound = Bound { value: Found::There(value), before };
            return self.first_within(input, around, Some(&bound));
        }
        let mut first = None;
        let going = self.each(At { input: &Found::There(input), bound: before }, &mut |found| {
            first = Some(found.into_value());
            Err(Stop::Enough)
        });
        match going {
            Ok(()) => Some(Value::Null),
            Err(Stop::Enough) => first,
            Err(Stop::NotPlain) => None,
        }
    }

    fn each<'a>(&'a self, at: At<'_, 'a>, hand_on: HandOn<'_, 'a>) -> Going {
        match self {
            Self::Input => hand_on(at.input.clone()),
            Self::Constant(value) => hand_on(Found::There(value)),
            Self::Variable(back) => hand_on(bound(at, *back)?),
            Self::Path(head, steps) => head.each(at, &mut |found| walk(steps, found, at, hand_on)),
            Self::Pipe(left, right) => {
                left.each(at, &mut |input| right.each(At { input: &input, bound: at.bound }, hand_on))
            }
            Self::Bind(left, right) => left.each(at, &mut |value| {
                let bound = Bound { value, before: at.bound };
                right.each(At { input: at.input, bound: Some(&bound) }, hand_on)
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
                    object.insert(key.clone(), value.one(at)?.into_value());
                }
                Found::Made(Value::Object(object))
            }
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    write(&mut text, &piece.one(at)?)?;
                }
                Found::Made(Value::String(text))
            }
            Self::First => at.input.item(End::First).ok_or(Stop::NotPlain)?,
            Self::Last => at.input.item(End::Last).ok_or(Stop::NotPlain)?,
            Self::SortBy(key) => Found::List(sorted(key, at)?),
            Self::Any(condition) => {
                let going = at.input.try_each(|item| {
                    let holds = condition.one(At { input: &item, bound: at.bound })?.holds();
                    if holds { Err(Stop::Enough) } else { Ok(()) }
                });
                match going.ok_or(Stop::NotPlain)? {
                    Ok(()) => Found::flag(false),
                    Err(Stop::Enough) => Found::flag(true),
                    Err(Stop::NotPlain) => return Err(Stop::NotPlain),
                }
            }
            Self::Length => Found::Made(Value::from(at.input.length().ok_or(Stop::NotPlain)?)),
            Self::Join(between) => {
                let (between, items) = (between.one(at)?, items(at.input)?);
                let texts: Option<Vec<&str>> = items.iter().map(Found::text).collect();
                let joined = texts.zip(between.text()).map(|(texts, between)| texts.join(between));
                Found::Made(Value::String(joined.ok_or(Stop::NotPlain)?))
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

fn bound<'a>(at: At<'_, 'a>, back: usize) -> Result<Found<'a>, Stop> {
    let bound = std::iter::successors(at.bound, |bound| bound.before).nth(back);
    bound.map(|bound| bound.value.clone()).ok_or(Stop::NotPlain)
}

fn items<'a>(list: &Found<'a>) -> Result<Vec<Found<'a>>, Stop> {
    list.items().ok_or(Stop::NotPlain)
}

fn sorted<'a>(key: &'a Plain, at: At<'_, 'a>) -> Result<Vec<Found<'a>>, Stop> {
    let mut keyed = Vec::new();
    for item in items(at.input)? {
        let key = key.one(At { input: &item, bound: at.bound })?;
        // Compared with itself, it tells whether it can be compared at all.
        key.order(&key).ok_or(Stop::NotPlain)?;
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
