//! From jaq's reading of an expression to ours. `None` is what jaq has to do.

use super::{Comparison, Part, Plain, Step};
use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Pattern, Term},
    },
    ops::Cmp,
    path,
};
use serde_json::{Map, Value};

/// Deepest nesting.
const DEEPEST: usize = 64;
/// Most parts that are no constants, steps of paths among them. What follows is evaluated within what comes before it, so that each may
/// take its share of the stack.
const LARGEST: usize = 250;

type Read<'s> = Term<&'s str>;

impl Plain {
    /// `around` are the variables around it, the last one bound at the end.
    pub(in crate::expression) fn compile(around: &[&str], code: &str) -> Option<Self> {
        let term = jaq_core::load::parse(code, |parser| parser.term())?;
        Compiler { bound: around.to_vec(), ..Compiler::default() }.plain(&term)
    }

    fn constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Compiler<'s> {
    /// The variables around, the last one bound at the end.
    bound: Vec<&'s str>,
    depth: usize,
    parts: usize,
}

impl<'s> Compiler<'s> {
    fn plain(&mut self, term: &Read<'s>) -> Option<Plain> {
        self.depth += 1;
        let plain = if self.depth > DEEPEST { None } else { self.node(term) };
        self.depth -= 1;
        self.parts += usize::from(plain.as_ref()?.constant().is_none());
        plain.filter(|_| self.parts <= LARGEST)
    }

    fn boxed(&mut self, term: &Read<'s>) -> Option<Box<Plain>> {
        self.plain(term).map(Box::new)
    }

    fn node(&mut self, term: &Read<'s>) -> Option<Plain> {
        Some(match term {
            Term::Id => Plain::Input,
            Term::Num(digits) => Plain::Constant(Value::Number(digits.parse().ok()?)),
            Term::Str(None, parts) => self.text(parts)?,
            Term::Arr(None) => Plain::Constant(Value::Array(Vec::new())),
            Term::Arr(Some(items)) => Plain::List(self.boxed(items)?),
            Term::Obj(entries) => self.object(entries)?,
            Term::BinOp(left, operation, right) => self.operation(left, operation, right)?,
            Term::IfThenElse(branches, otherwise) => {
                let branches = branches.iter().map(|(when, then)| Some((self.plain(when)?, self.plain(then)?)));
                let branches = branches.collect::<Option<_>>()?;
                Plain::If(branches, Box::new(otherwise.as_ref().map_or(Some(Plain::Input), |term| self.plain(term))?))
            }
            Term::Call(name, arguments) => self.call(name, arguments)?,
            Term::Var(name) => Plain::Variable(self.bound.iter().rev().position(|bound| bound == name)?),
            Term::Path(head, path) => Plain::Path(self.boxed(head)?, self.steps(&path.0)?),
            _ => return None,
        })
    }

    fn text(&mut self, parts: &[StrPart<&'s str, Read<'s>>]) -> Option<Plain> {
        let piece = |part: &StrPart<&'s str, Read<'s>>| match part {
            StrPart::Str(text) => Some(Plain::Constant(Value::String((*text).to_owned()))),
            StrPart::Char(character) => Some(Plain::Constant(Value::String(character.to_string()))),
            StrPart::Term(term) => self.plain(term),
        };
        let pieces = parts.iter().map(piece).collect::<Option<Vec<_>>>()?;
        let constant: Option<String> = pieces.iter().map(|piece| piece.constant()?.as_str()).collect();
        Some(constant.map_or(Plain::Text(pieces), |text| Plain::Constant(Value::String(text))))
    }

    fn object(&mut self, entries: &[(Read<'s>, Option<Read<'s>>)]) -> Option<Plain> {
        let entry = |(key, value): &(Read<'s>, Option<Read<'s>>)| {
            let Term::Str(None, parts) = key else { return None };
            let key = self.text(parts)?.constant()?.as_str()?.to_owned();
            let value = match value {
                Some(value) => self.plain(value)?,
                // `{id}` is `{id: .id}`.
                None => {
                    Plain::Path(Box::new(Plain::Input), vec![Step { part: Part::Key(key.clone()), optional: false }])
                }
            };
            Some((key, value))
        };
        let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
        let constant: Option<Map<String, Value>> =
            entries.iter().map(|(key, value)| Some((key.clone(), value.constant()?.clone()))).collect();
        Some(constant.map_or(Plain::Object(entries), |map| Plain::Constant(Value::Object(map))))
    }

    fn operation(&mut self, left: &Read<'s>, operation: &BinaryOp<&'s str>, right: &Read<'s>) -> Option<Plain> {
        let left = self.boxed(left)?;
        if let BinaryOp::Pipe(Some(pattern)) = operation {
            let Pattern::Var(name) = pattern else { return None };
            self.bound.push(name);
            let right = self.boxed(right);
            self.bound.pop();
            return Some(Plain::Bind(left, right?));
        }
        let right = self.boxed(right)?;
        Some(match operation {
            BinaryOp::Pipe(None) => Plain::Pipe(left, right),
            BinaryOp::Comma => Plain::Comma(left, right),
            BinaryOp::Alt => Plain::Otherwise(left, right),
            BinaryOp::And => Plain::And(left, right),
            BinaryOp::Or => Plain::Or(left, right),
            BinaryOp::Cmp(comparison) => Plain::Compare(Comparison::of(*comparison), left, right),
            _ => return None,
        })
    }

    fn call(&mut self, name: &str, arguments: &[Read<'s>]) -> Option<Plain> {
        Some(match (name, arguments) {
            ("null", []) => Plain::Constant(Value::Null),
            ("true", []) => Plain::Constant(Value::Bool(true)),
            ("false", []) => Plain::Constant(Value::Bool(false)),
            ("not", []) => Plain::Not,
            ("first", []) => Plain::First,
            ("last", []) => Plain::Last,
            ("length", []) => Plain::Length,
            ("sort", []) => Plain::SortBy(Box::new(Plain::Input)),
            ("sort_by", [key]) => Plain::SortBy(self.boxed(key)?),
            ("select", [condition]) => Plain::Select(self.boxed(condition)?),
            ("any", [condition]) => Plain::Any(self.boxed(condition)?),
            ("join", [between]) => Plain::Join(self.boxed(between)?),
            // `map(f)` is `[.[] | f]`.
            ("map", [each]) => {
                let items = Plain::Path(Box::new(Plain::Input), vec![Step { part: Part::Each, optional: false }]);
                Plain::List(Box::new(Plain::Pipe(Box::new(items), self.boxed(each)?)))
            }
            _ => return None,
        })
    }

    fn steps(&mut self, parts: &[(path::Part<Read<'s>>, path::Opt)]) -> Option<Vec<Step>> {
        let steps = parts.iter().map(|(part, opt)| self.step(part, *opt)).collect::<Option<Vec<_>>>()?;
        // jaq works all keys out before it takes the first step: a key behind one may fail where we never come to it.
        let late = steps.iter().skip(1).any(|step| matches!(step.part, Part::Of(_)));
        (!late).then_some(steps)
    }

    fn step(&mut self, part: &path::Part<Read<'s>>, opt: path::Opt) -> Option<Step> {
        self.parts += 1;
        let part = match part {
            path::Part::Range(None, None) => Part::Each,
            path::Part::Index(key) => match self.plain(key)? {
                Plain::Constant(Value::String(key)) => Part::Key(key),
                key => Part::Of(key),
            },
            path::Part::Range(..) => return None,
        };
        Some(Step { part, optional: matches!(opt, path::Opt::Optional) })
    }
}

impl Comparison {
    fn of(comparison: Cmp) -> Self {
        match comparison {
            Cmp::Eq => Self::Equal,
            Cmp::Ne => Self::Unequal,
            Cmp::Lt => Self::Less,
            Cmp::Le => Self::LessOrEqual,
            Cmp::Gt => Self::Greater,
            Cmp::Ge => Self::GreaterOrEqual,
        }
    }
}
