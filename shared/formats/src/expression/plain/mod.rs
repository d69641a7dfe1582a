//! The part of jq that mappings are made of, evaluated over the record where it lies.
//!
//! jaq takes a record over into values of its own and makes an iterator at every step; of a record of two kilobytes that takes longer
//! than all else that is done with it. Here nothing is taken over: places are looked up, lists are walked through. Only what is plain
//! is done here, and only as long as it is: an operation that is not known, an error, a value of another kind than expected, and jaq
//! is asked for all of it.

mod compile;
mod evaluate;
mod found;

use serde_json::Value;

/// An expression, or a part of one.
#[derive(Debug)]
pub(super) enum Plain {
    Input,
    Constant(Value),
    /// How many variables were bound after it.
    Variable(usize),
    Path(Box<Plain>, Vec<Step>),
    Pipe(Box<Plain>, Box<Plain>),
    /// The value of the first is bound in the second.
    Bind(Box<Plain>, Box<Plain>),
    Comma(Box<Plain>, Box<Plain>),
    /// `//`
    Otherwise(Box<Plain>, Box<Plain>),
    And(Box<Plain>, Box<Plain>),
    Or(Box<Plain>, Box<Plain>),
    Compare(Comparison, Box<Plain>, Box<Plain>),
    If(Vec<(Plain, Plain)>, Box<Plain>),
    List(Box<Plain>),
    Object(Vec<(String, Plain)>),
    Text(Vec<Plain>),
    Not,
    Select(Box<Plain>),
    First,
    Last,
    SortBy(Box<Plain>),
    Any(Box<Plain>),
    Length,
    Join(Box<Plain>),
}

#[derive(Debug)]
pub(super) struct Step {
    part: Part,
    /// With a `?` behind it: nothing where there is no such place.
    optional: bool,
}

#[derive(Debug)]
enum Part {
    Key(String),
    /// A key that is worked out.
    Of(Plain),
    Each,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
