//! jq expressions (crate `jaq`) as configuration uses them: compiled once, capped in length, and kept to what ends and looks at
//! nothing but its input.

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Num, Val, read};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Longest expression. Characters.
const LONGEST: usize = 4_000;
/// Words that may not end, or look beyond the input.
const FORBIDDEN: [&str; 18] = [
    "def",
    "range",
    "repeat",
    "while",
    "until",
    "recurse",
    "limit",
    "env",
    "input",
    "inputs",
    "now",
    "debug",
    "stderr",
    "input_line_number",
    "import",
    "include",
    "foreach",
    "reduce",
];

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
}

/// A compiled expression.
pub struct Expression {
    code: String,
    filter: jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>,
}

impl Expression {
    pub fn compile(code: &str) -> Result<Self, ExpressionError> {
        checked(code)?;
        Self::build(code)
    }

    fn build(code: &str) -> Result<Self, ExpressionError> {
        let arena = Arena::default();
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let modules =
            Loader::new(definitions).load(&arena, File { code, path: () }).map_err(|_| ExpressionError::Unreadable)?;
        let filter =
            Compiler::default().with_funs(functions).compile(modules).map_err(|_| ExpressionError::Unreadable)?;
        Ok(Self { code: code.to_owned(), filter })
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The first value the expression yields; null when it yields none.
    pub fn evaluate(&self, input: &Value) -> Result<Value, EvaluationError> {
        let input = serde_json::from_value(input.clone()).map_err(|_| EvaluationError::NotJson)?;
        self.run(input)
    }

    /// The same over JSON text.
    pub fn evaluate_text(&self, input: &[u8]) -> Result<Value, EvaluationError> {
        self.run(read::parse_single(input).map_err(|_| EvaluationError::NotJson)?)
    }

    /// Whether the expression yields something that is neither null nor false. One that fails on an input does not hold.
    pub fn holds(&self, input: &[u8]) -> bool {
        !matches!(self.evaluate_text(input), Err(_) | Ok(Value::Null | Value::Bool(false)))
    }

    fn run(&self, input: Val) -> Result<Value, EvaluationError> {
        let context = Ctx::<data::JustLut<Val>>::new(&self.filter.lut, Vars::new([]));
        match self.filter.id.run((context, input)).map(unwrap_valr).next() {
            None => Ok(Value::Null),
            Some(Ok(value)) => json(&value),
            Some(Err(_)) => Err(EvaluationError::Failed(UNEXPECTED)),
        }
    }
}

/// Many expressions over one input, evaluated in one go: the input is taken over once.
pub struct Expressions {
    count: usize,
    all: Option<Expression>,
}

/// Where among many an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Shared(usize),
    Code(usize),
}

impl Expressions {
    /// Tells the first that cannot serve by its place.
    pub fn compile(codes: &[&str]) -> Result<Self, (usize, ExpressionError)> {
        Self::with(&[], codes).map_err(|(place, error)| match place {
            Place::Shared(at) | Place::Code(at) => (at, error),
        })
    }

    /// With values that several need and that are found once: `$name` in them, null where finding one fails.
    pub fn with(shared: &[(&str, &str)], codes: &[&str]) -> Result<Self, (Place, ExpressionError)> {
        for (place, (name, code)) in shared.iter().enumerate() {
            let checked = if is_name(name) { Expression::compile(code) } else { Err(ExpressionError::Unreadable) };
            checked.map_err(|error| (Place::Shared(place), error))?;
        }
        let found = |(name, code): &(&str, &str)| format!("(try [{code}][0] catch null) as ${name} | ");
        let before: String = shared.iter().map(found).collect();
        for (place, code) in codes.iter().enumerate() {
            checked(code)
                .and_then(|()| Expression::build(&format!("{before}{code}")))
                .map_err(|error| (Place::Code(place), error))?;
        }
        // Each in a try of its own: one that fails is told by a bare null in its place.
        let parts: Vec<String> = codes.iter().map(|code| format!("(try [[{code}][0]] catch null)")).collect();
        let all = match codes {
            [] => None,
            _ => Some(
                Expression::build(&format!("{before}[{}]", parts.join(",")))
                    .map_err(|error| (Place::Code(0), error))?,
            ),
        };
        Ok(Self { count: codes.len(), all })
    }

    /// What each yields, in their order.
    pub fn evaluate(&self, input: &Value) -> Vec<Result<Value, EvaluationError>> {
        let Some(all) = &self.all else { return Vec::new() };
        match all.evaluate(input) {
            Ok(Value::Array(values)) => values.into_iter().map(unpack).collect(),
            Ok(_) => vec![Err(EvaluationError::NotJson); self.count],
            Err(error) => vec![Err(error); self.count],
        }
    }
}

fn unpack(value: Value) -> Result<Value, EvaluationError> {
    match value {
        Value::Array(mut one) => Ok(one.pop().unwrap_or_default()),
        _ => Err(EvaluationError::Failed(UNEXPECTED)),
    }
}

impl fmt::Debug for Expressions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expressions").field(&self.all).finish()
    }
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

fn checked(code: &str) -> Result<(), ExpressionError> {
    if code.chars().count() > LONGEST {
        return Err(ExpressionError::TooLong);
    }
    forbidden(code).map_or(Ok(()), |word| Err(ExpressionError::Forbidden { word }))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Text in quotes is no code: it is left out, but for what is interpolated into it.
fn forbidden(code: &str) -> Option<&'static str> {
    let code = without_text(code);
    FORBIDDEN
        .into_iter()
        .find(|word| code.match_indices(word).any(|(at, _)| stands_alone(&code, at, word.len())))
        .or_else(|| code.contains("..").then_some(".."))
}

/// `.now` and `$input` name a field and a variable, `known` is another word.
fn stands_alone(code: &str, at: usize, length: usize) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = code.get(..at).and_then(|before| before.chars().next_back());
    let after = code.get(at + length..).and_then(|after| after.chars().next());
    !before.is_some_and(|c| is_word(c) || matches!(c, '.' | '$')) && !after.is_some_and(is_word)
}

fn without_text(code: &str) -> String {
    let (mut out, mut quoted, mut depths, mut chars) = (String::new(), false, Vec::<u32>::new(), code.chars());
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '\\') => {
                if chars.next() == Some('(') {
                    depths.push(1);
                    quoted = false;
                    out.push(' ');
                }
            }
            (true, '"') => quoted = false,
            (true, _) => {}
            (false, '"') => {
                quoted = true;
                out.push(' ');
            }
            (false, '(' | ')') => {
                out.push(c);
                if let Some(depth) = depths.last_mut() {
                    *depth = if c == '(' { *depth + 1 } else { *depth - 1 };
                    if *depth == 0 {
                        depths.pop();
                        quoted = true;
                    }
                }
            }
            (false, _) => out.push(c),
        }
    }
    out
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
        let shared = [("best", "[.a[]?] | max"), ("odd", ".a + 1"), ("none", "empty")];
        let many = Expressions::with(&shared, &["$best", "$best + 1", "[$odd, $none]"]).expect("expressions");
        let results = many.evaluate(&json!({ "a": [2, 7, 3] }));
        assert_eq!(results, [Ok(json!(7)), Ok(json!(8)), Ok(json!([null, null]))]);
        for (shared, codes, wanted) in [
            ([("best", "now")], ["$best"], (Place::Shared(0), ExpressionError::Forbidden { word: "now" })),
            ([("be st", ".")], ["."], (Place::Shared(0), ExpressionError::Unreadable)),
            ([("best", ".")], ["$other"], (Place::Code(0), ExpressionError::Unreadable)),
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
