//! jq expressions (crate `jaq`) as configuration uses them: compiled once, capped in length and in what they take, and
//! kept to what ends and looks at nothing but its input.

#[cfg(test)]
mod agreement;
mod bounded;
#[cfg(test)]
mod bounds;
mod forbidden;
mod plain;
mod standard;

use bounded::{Filter, TooMuch, is_shallow};
use forbidden::forbidden;
use jaq_json::{Num, Val, read};
use plain::Plain;
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use std::fmt;

/// Longest expression. Characters.
const LONGEST: usize = 4_000;
const UNEXPECTED: &str = "the input is not of the kind the expression expects";

/// A text that cannot serve as an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    #[error("uses `{word}`, which may not end or looks beyond its input")]
    Forbidden { word: &'static str },
    #[error("is no jq expression")]
    Unreadable,
}

/// An expression that found no value in its input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The message names types and places; it is cut short, as jq repeats the value at fault in it.
    #[error("fails: {0}")]
    Failed(&'static str),
    #[error("yields what is no JSON")]
    NotJson,
    #[error("takes more memory than an expression may")]
    TooMuch,
}

impl From<TooMuch> for EvaluationError {
    fn from(TooMuch: TooMuch) -> Self {
        Self::TooMuch
    }
}

/// A compiled expression.
pub struct Expression {
    code: String,
    /// Asked first, where the expression is of the plain kind.
    plain: Option<Plain>,
    filter: Filter,
}

impl Expression {
    pub fn compile(code: &str) -> Result<Self, ExpressionError> {
        Self::within(&[], code)
    }

    /// With variables around it, `$` before each name.
    fn within(around: &[&str], code: &str) -> Result<Self, ExpressionError> {
        if code.chars().count() > LONGEST {
            return Err(ExpressionError::TooLong);
        }
        if let Some(word) = forbidden(code) {
            return Err(ExpressionError::Forbidden { word });
        }
        let filter = Filter::compile(around, code).ok_or(ExpressionError::Unreadable)?;
        Ok(Self { code: code.to_owned(), plain: Plain::compile(around, code), filter })
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The first value the expression yields; null when it yields none.
    pub fn evaluate(&self, input: &Value) -> Result<Value, EvaluationError> {
        match self.first(input, &[])? {
            Some(value) => Ok(value),
            None => self.run(taken_over(input)?, Vec::new()),
        }
    }

    /// Without jaq, where that is possible.
    fn first(&self, input: &Value, around: &[Value]) -> Result<Option<Value>, TooMuch> {
        self.plain.as_ref().map_or(Ok(None), |plain| plain.first(input, around))
    }

    /// The same over JSON text.
    pub fn evaluate_text(&self, input: &[u8]) -> Result<Value, EvaluationError> {
        if !is_shallow(input) {
            return Err(EvaluationError::TooMuch);
        }
        self.run(read::parse_single(input).map_err(|_| EvaluationError::NotJson)?, Vec::new())
    }

    /// Whether the expression yields something that is neither null nor false. One that fails on an input does not hold.
    pub fn holds(&self, input: &[u8]) -> bool {
        !matches!(self.evaluate_text(input), Err(_) | Ok(Value::Null | Value::Bool(false)))
    }

    fn run(&self, input: Val, around: Vec<Val>) -> Result<Value, EvaluationError> {
        match self.filter.first(input, around)? {
            None => Ok(Value::Null),
            Some(Ok(value)) => json(&value),
            Some(Err(_)) => Err(EvaluationError::Failed(UNEXPECTED)),
        }
    }
}

/// Many expressions over one input: jaq takes it over once for all, if at all.
#[derive(Debug)]
pub struct Expressions {
    shared: Vec<Expression>,
    each: Vec<Expression>,
}

/// Where among many an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Shared(usize),
    Each(usize),
}

impl Expressions {
    /// Tells the first that cannot serve by its place.
    pub fn compile(codes: &[&str]) -> Result<Self, (usize, ExpressionError)> {
        Self::with(&[], codes).map_err(|(place, error)| match place {
            Place::Shared(at) | Place::Each(at) => (at, error),
        })
    }

    /// With values that several need and that are found once: `$name` in them, null where finding one fails. These do not see each other.
    pub fn with(shared: &[(&str, &str)], codes: &[&str]) -> Result<Self, (Place, ExpressionError)> {
        let named = |(at, (name, code)): (usize, &(&str, &str))| {
            let compiled = if is_name(name) { Expression::compile(code) } else { Err(ExpressionError::Unreadable) };
            compiled.map_err(|error| (Place::Shared(at), error))
        };
        let found = shared.iter().enumerate().map(named).collect::<Result<_, _>>()?;
        let names: Vec<String> = shared.iter().map(|(name, _)| format!("${name}")).collect();
        let around: Vec<&str> = names.iter().map(String::as_str).collect();
        let each =
            |(at, code): (usize, &&str)| Expression::within(&around, code).map_err(|error| (Place::Each(at), error));
        let each = codes.iter().enumerate().map(each).collect::<Result<_, _>>()?;
        Ok(Self { shared: found, each })
    }

    /// What each yields, in their order.
    pub fn evaluate(&self, input: &Value) -> Vec<Result<Value, EvaluationError>> {
        let mut taken = Taken { input, all: None };
        let shared: Vec<Value> = self.shared.iter().map(|one| taken.evaluate(one, &[]).unwrap_or_default()).collect();
        self.each.iter().map(|one| taken.evaluate(one, &shared)).collect()
    }
}

/// An input that jaq takes over when it is first asked.
struct Taken<'v> {
    input: &'v Value,
    all: Option<Result<Val, EvaluationError>>,
}

impl Taken<'_> {
    fn evaluate(&mut self, expression: &Expression, around: &[Value]) -> Result<Value, EvaluationError> {
        if let Some(value) = expression.first(self.input, around)? {
            return Ok(value);
        }
        let input = self.all.get_or_insert_with(|| taken_over(self.input)).clone()?;
        expression.run(input, around.iter().map(taken_over).collect::<Result<_, _>>()?)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A value as jaq has it.
fn taken_over(value: &Value) -> Result<Val, EvaluationError> {
    Val::deserialize(value).map_err(|_| EvaluationError::NotJson)
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.code).finish()
    }
}

/// jq's values are more than JSON's: byte strings, keys that are no text, numbers that are none.
fn json(value: &Val) -> Result<Value, EvaluationError> {
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(flag) => Value::Bool(*flag),
        Val::Num(number) => Value::Number(json_number(number).ok_or(EvaluationError::NotJson)?),
        Val::TStr(text) => Value::String(String::from_utf8_lossy(text).into_owned()),
        Val::BStr(_) => return Err(EvaluationError::NotJson),
        Val::Arr(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Val::Obj(entries) => {
            let mut object = Map::with_capacity(entries.len());
            for (key, value) in entries.iter() {
                let Val::TStr(key) = key else { return Err(EvaluationError::NotJson) };
                object.insert(String::from_utf8_lossy(key).into_owned(), json(value)?);
            }
            Value::Object(object)
        }
    })
}

fn json_number(number: &Num) -> Option<Number> {
    match number {
        Num::Int(whole) => Some(Number::from(*whole)),
        Num::Float(float) => Number::from_f64(*float),
        Num::BigInt(_) | Num::Dec(_) => number.to_string().parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn yields(code: &str, input: &Value) -> Value {
        Expression::compile(code).expect(code).evaluate(input).expect(code)
    }

    #[test]
    fn an_expression_yields_its_first_value() {
        assert_eq!(
            yields(".a.b", &json!({ "a": { "b": [1, 2.5, "x", null, true] } })),
            json!([1, 2.5, "x", null, true])
        );
        assert_eq!(yields(".[] | select(. > 1)", &json!([1, 2, 3])), json!(2));
        assert_eq!(yields("empty", &json!(1)), Value::Null);
        assert_eq!(yields(r#""\(.id)/now""#, &json!({ "id": 7 })), json!("7/now"));
    }

    #[test]
    fn what_may_not_end_is_refused_and_text_is_not_taken_for_it() {
        for code in ["repeat(1)", "def f: f; f", "..", "env.HOME", r#""\(now)""#, "[range(9)]", "(now)"] {
            assert!(matches!(Expression::compile(code), Err(ExpressionError::Forbidden { .. })), "{code}");
        }
        for code in [r#""until now..""#, ".input", ".a.now"] {
            assert!(Expression::compile(code).is_ok(), "{code}");
        }
        assert_eq!(Expression::compile(".a |").err(), Some(ExpressionError::Unreadable));
        assert_eq!(Expression::compile(&"1".repeat(4_001)).err(), Some(ExpressionError::TooLong));
    }

    #[test]
    fn of_many_each_has_its_own_result() {
        let many = Expressions::compile(&[".a", ".a + 1", "empty", "\"x\" | ltrimstr(\"x\")"]).expect("expressions");
        let results = many.evaluate(&json!({ "a": [2] }));
        assert_eq!(results[0], Ok(json!([2])));
        assert!(results[1].is_err());
        assert_eq!(results[2..], [Ok(Value::Null), Ok(json!(""))]);
        assert_eq!(Expressions::compile(&[".", "]["]).err(), Some((1, ExpressionError::Unreadable)));
    }

    #[test]
    fn what_several_need_is_found_once_and_missed_where_it_fails() {
        let shared = [("best", "[.a[]?] | sort | last"), ("odd", ".a + 1"), ("none", "empty")];
        // With jaq and without it.
        let codes = ["$best", "$best + 1", "[$odd, $none, $best]", "[$odd, $none, $best] | add", ".a as $best | $best"];
        let many = Expressions::with(&shared, &codes).expect("expressions");
        let results = many.evaluate(&json!({ "a": [2, 7, 3] }));
        let wanted = [json!(7), json!(8), json!([null, null, 7]), json!(7), json!([2, 7, 3])];
        assert_eq!(results, wanted.map(Ok));
        for (shared, codes, wanted) in [
            ([("best", "now")], ["$best"], (Place::Shared(0), ExpressionError::Forbidden { word: "now" })),
            ([("be st", ".")], ["."], (Place::Shared(0), ExpressionError::Unreadable)),
            ([("best", ".")], ["$other"], (Place::Each(0), ExpressionError::Unreadable)),
        ] {
            assert_eq!(Expressions::with(&shared, &codes).err(), Some(wanted));
        }
    }

    #[test]
    fn a_failing_expression_does_not_repeat_its_input() {
        let error =
            Expression::compile(".a + 1").expect("code").evaluate(&json!("4111-secret")).expect_err("no object");
        assert!(!error.to_string().contains("secret"));
    }
}
