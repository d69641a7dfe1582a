//! A value on its way through an expression: one that lies in the record, or one that was made of it.

use super::Comparison;
use crate::expression::bounded::EACH;
use serde_json::{Map, Value};
use std::cmp::Ordering;

#[derive(Clone, Debug)]
pub(super) enum Found<'a> {
    There(&'a Value),
    Made(Value),
    /// A list that was made, of values that need not be.
    List(Vec<Found<'a>>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    First,
    Last,
}

/// Kinds in jq's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    List,
    Object,
}

impl Found<'_> {
    pub(super) fn flag(flag: bool) -> Self {
        Self::Made(Value::Bool(flag))
    }

    pub(super) fn into_value(self) -> Value {
        match self {
            Self::There(value) => value.clone(),
            Self::Made(value) => value,
            Self::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
        }
    }

    /// The bytes of what was made of it; `None` when they are more than `most`.
    pub(super) fn made(&self, most: usize) -> Option<usize> {
        match self {
            Self::There(_) => Some(0),
            Self::Made(value) => weight(value, most),
            Self::List(items) => all(items, most, |item, left| Some(EACH + item.made(left)?)),
        }
    }

    /// The bytes of it as a value on its own; `None` when they are more than `most`.
    pub(super) fn whole(&self, most: usize) -> Option<usize> {
        match self {
            Self::There(value) => weight(value, most),
            Self::Made(value) => weight(value, most),
            Self::List(items) => all(items, most, |item, left| Some(EACH + item.whole(left)?)),
        }
    }

    /// The value, where it is one in one piece.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Self::There(value) => Some(value),
            Self::Made(value) => Some(value),
            Self::List(_) => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.value()?.as_str()
    }

    /// All but null and false.
    pub(super) fn holds(&self) -> bool {
        !matches!(self.value(), Some(Value::Null | Value::Bool(false)))
    }

    /// What stands under a key; `None` when nothing can.
    pub(super) fn at(&self, key: &str) -> Option<Self> {
        match self {
            Self::There(Value::Object(object)) => Some(under(object, key).map_or(Self::Made(Value::Null), Self::There)),
            Self::Made(Value::Object(object)) => Some(Self::Made(under(object, key).cloned().unwrap_or_default())),
            Self::There(Value::Null) | Self::Made(Value::Null) => Some(Self::Made(Value::Null)),
            _ => None,
        }
    }

    /// Hands on what it holds, one after the other; `None` when it is nothing that holds anything.
    pub(super) fn try_each<E>(&self, mut hand_on: impl FnMut(Self) -> Result<(), E>) -> Option<Result<(), E>> {
        Some(match self {
            Self::There(Value::Array(items)) => items.iter().try_for_each(|item| hand_on(Self::There(item))),
            Self::There(Value::Object(object)) => object.values().try_for_each(|value| hand_on(Self::There(value))),
            Self::Made(Value::Array(items)) => items.iter().cloned().try_for_each(|item| hand_on(Self::Made(item))),
            Self::Made(Value::Object(object)) => {
                object.values().cloned().try_for_each(|value| hand_on(Self::Made(value)))
            }
            Self::List(items) => items.iter().cloned().try_for_each(hand_on),
            Self::There(_) | Self::Made(_) => return None,
        })
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items.clone()),
            Self::There(Value::Array(items)) => Some(items.iter().map(Self::There).collect()),
            Self::Made(Value::Array(items)) => Some(items.iter().cloned().map(Self::Made).collect()),
            _ => None,
        }
    }

    /// The first or the last item of a list, null where there is none.
    pub(super) fn item(&self, which: End) -> Option<Self> {
        let of = |length: usize| match which {
            End::First => 0,
            End::Last => length.wrapping_sub(1),
        };
        let item = match self {
            Self::List(items) => items.get(of(items.len())).cloned(),
            Self::There(Value::Array(items)) => items.get(of(items.len())).map(Self::There),
            Self::Made(Value::Array(items)) => items.get(of(items.len())).cloned().map(Self::Made),
            _ => return None,
        };
        Some(item.unwrap_or(Self::Made(Value::Null)))
    }

    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::There(_) | Self::Made(_) => match self.value()? {
                Value::Null => Some(0),
                Value::String(text) => Some(text.chars().count()),
                Value::Array(items) => Some(items.len()),
                Value::Object(object) => Some(object.len()),
                Value::Bool(_) | Value::Number(_) => None,
            },
        }
    }

    /// jq's order. Among lists, among objects and among fractions it is jaq's business.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self.value(), other.value()) {
            (Some(Value::Number(one)), Some(Value::Number(other))) => Some(one.as_i64()?.cmp(&other.as_i64()?)),
            (Some(Value::String(one)), Some(Value::String(other))) => Some(one.cmp(other)),
            _ => match (self.kind(), other.kind()) {
                (Kind::List, Kind::List) | (Kind::Object, Kind::Object) => None,
                (one, other) => Some(one.cmp(&other)),
            },
        }
    }

    fn kind(&self) -> Kind {
        match self.value() {
            None | Some(Value::Array(_)) => Kind::List,
            Some(Value::Null) => Kind::Null,
            Some(Value::Bool(false)) => Kind::False,
            Some(Value::Bool(true)) => Kind::True,
            Some(Value::Number(_)) => Kind::Number,
            Some(Value::String(_)) => Kind::Text,
            Some(Value::Object(_)) => Kind::Object,
        }
    }

    pub(super) fn compare(&self, comparison: Comparison, other: &Self) -> Option<bool> {
        let order = self.order(other)?;
        Some(match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// Most objects have so few keys that to look along them is quicker than to work out where one stands.
fn under<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    const FEW: usize = 32;
    if object.len() > FEW {
        return object.get(key);
    }
    object.iter().find_map(|(name, value)| (name == key).then_some(value))
}

/// The bytes of a value, about as it is written down.
fn weight(value: &Value, most: usize) -> Option<usize> {
    let held = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => all(items, most, weight)?,
        Value::Object(entries) => all(entries, most, |(key, value), left| Some(key.len() + weight(value, left)?))?,
    };
    Some(held + EACH).filter(|bytes| *bytes <= most)
}

fn all<T>(items: impl IntoIterator<Item = T>, most: usize, weigh: impl Fn(T, usize) -> Option<usize>) -> Option<usize> {
    let one = |bytes: usize, item| Some(bytes + weigh(item, most.checked_sub(bytes)?)?).filter(|bytes| *bytes <= most);
    items.into_iter().try_fold(0, one)
}
