//! jq that cannot take memory without bound, whatever it is written to do.
//!
//! jaq has no limit of its own, and its operators cannot be replaced. So an expression, and with it all of jq that is written in jq, is
//! rewritten before it is compiled: what makes values larger, or more of them, passes through filters of ours that keep count of one
//! evaluation. Every filter but these takes at most a fixed multiple of what it is given.

use super::standard::Needed;
use jaq_core::{
    Compiler, Ctx, Cv, DataT, Error, Exn, Lut, Native, Vars,
    box_iter::box_once,
    data::HasLut,
    load::{
        Arena, File, Loader,
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    native::{Fun, v},
    ops::Math,
    path::{Part, Path},
    unwrap_valr,
};
use jaq_json::{Num, Val};
use std::{cell::Cell, rc::Rc};

/// What all values that one evaluation makes may take, in bytes as they are written down; a value that is used twice counts twice.
pub(super) const MOST: usize = 32 * 1024 * 1024;
/// Bytes of a value beside what it holds.
pub(super) const EACH: usize = 16;
/// The price of one more value on the way, kept or not: a hundred thousand of them end within a second.
const FURTHER: usize = 256;
/// Bits of the largest whole number: two of that size are still multiplied in no time.
const LARGEST: u64 = 64 * 1024;
/// Lists within lists that are read: jaq reads one by calling itself.
const DEEPEST: usize = 128;
/// What one byte of text may come to when it is taken apart.
const SPREAD: usize = 64;
/// The same where a regular expression does it: a match is an object of four fields, and there may be one before each character. So
/// 32 kilobytes can be searched in one evaluation.
const SPREAD_BY_MATCHES: usize = 1024;

/// Names of ours begin with it, so that no other may.
pub(super) const OURS: &str = "bounded_";
const MAIN: &str = "bounded_main";
const CHARGE: &str = "bounded_charge";
const FACTOR: &str = "bounded_factor";
const APART: &str = "bounded_apart";
const MATCHES: &str = "bounded_matches";
const STEP: &str = "bounded_step";
const SHALLOW: &str = "bounded_shallow";
const OPERAND: &str = "$bounded_operand";

/// Native filters that make a value of about the size of their input.
const MAKING: [&str; 29] = [
    "tojson",
    "tobytes",
    "implode",
    "indices",
    "keys_unsorted",
    "key_values",
    "path",
    "path_value",
    "ascii_downcase",
    "ascii_upcase",
    "reverse",
    "sort",
    "sort_by",
    "group_by",
    "min_by_or_empty",
    "max_by_or_empty",
    "escape_sh",
    "escape_html",
    "unescape_html",
    "encode_uri",
    "decode_uri",
    "encode_base64",
    "decode_base64",
    "strftime",
    "strflocaltime",
    "strptime",
    "gmtime",
    "localtime",
    "todateiso8601",
];
/// Native filters that search text by regular expressions.
const SEARCHING: [&str; 3] = ["matches", "split_matches", "split_"];
/// Native filters that keep what their argument yields for each item.
const KEEPING: [&str; 4] = ["sort_by", "group_by", "min_by_or_empty", "max_by_or_empty"];

/// An evaluation took more than it may.
#[derive(Debug)]
pub(super) struct TooMuch;

/// What a compiled expression runs on.
enum Bounded {}

impl DataT for Bounded {
    type V<'a> = Val;
    type Data<'a> = Account<'a>;
}

/// What one evaluation may still take.
#[derive(Clone)]
struct Account<'a> {
    lut: &'a Lut<Bounded>,
    left: Rc<Cell<usize>>,
}

impl<'a> HasLut<'a, Bounded> for Account<'a> {
    fn lut(&self) -> &'a Lut<Bounded> {
        self.lut
    }
}

impl Account<'_> {
    fn spend(&self, amount: usize) -> Result<(), TooMuch> {
        let left = self.left.get().checked_sub(amount);
        self.left.set(left.unwrap_or_default());
        left.map(drop).ok_or(TooMuch)
    }

    fn charge(&self, value: &Val) -> Result<(), TooMuch> {
        self.spend(weight(value, self.left.get()).unwrap_or(usize::MAX))
    }
}

/// A compiled expression.
pub(super) struct Filter(jaq_core::Filter<Bounded>);

impl Filter {
    /// `around` are the variables around it, `$` before each name. `None` when it is no jq.
    pub(super) fn compile<'c>(around: &[&'c str], code: &'c str) -> Option<Self> {
        let body = jaq_core::load::parse(code, |parser| parser.term())?;
        let main = Def { name: MAIN, args: around.to_vec(), body: bound(body) };
        let main_code = if around.is_empty() { MAIN.to_owned() } else { format!("{MAIN}({})", around.join("; ")) };
        let Needed { definitions, names } = Needed::by(&main.body);
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(ours());
        let functions = functions.filter(|(name, ..)| names.contains(name));
        let arena = Arena::default();
        let modules = Loader::new(definitions.into_iter().chain([main]))
            .load(&arena, File { code: &main_code, path: () })
            .ok()?;
        let compiler = Compiler::default().with_funs(functions).with_global_vars(around.iter().copied());
        compiler.compile(modules).ok().map(Self)
    }

    /// The first value it yields, if any.
    pub(super) fn first(&self, input: Val, around: Vec<Val>) -> Result<Option<Result<Val, Error<Val>>>, TooMuch> {
        let account = Account { lut: &self.0.lut, left: Rc::new(Cell::new(MOST)) };
        let context = Ctx::<Bounded>::new(account.clone(), Vars::new(around));
        let first = self.0.id.run((context, input)).map(unwrap_valr).next();
        if let Some(Ok(value)) = &first {
            account.charge(value)?;
        }
        // It counts even where the expression caught the error.
        if account.left.get() == 0 { Err(TooMuch) } else { Ok(first) }
    }
}

/// The filters that keep count. All of them hand on what they are given.
fn ours() -> [Fun<Bounded>; 6] {
    let step = Native::new(|cv| passed(cv, |account, _| account.spend(FURTHER)))
        .with_paths(|cv| {
            let paid = cv.0.data().spend(FURTHER);
            box_once(paid.map(|()| cv.1).map_err(|TooMuch| Exn::from(too_much())))
        })
        .with_update(|cv, update| match cv.0.data().spend(FURTHER) {
            Ok(()) => update(cv.1),
            Err(TooMuch) => box_once(Err(Exn::from(too_much()))),
        });
    [
        (CHARGE, v(0), Native::new(|cv| passed(cv, Account::charge))),
        (
            FACTOR,
            v(0),
            Native::new(|cv| match &cv.1 {
                Val::TStr(_) | Val::BStr(_) => box_once(Err(Exn::from(Error::str("text is not multiplied")))),
                _ => passed(cv, |account, value| account.spend(weight(value, MOST).map_or(usize::MAX, |_| 1))),
            }),
        ),
        (APART, v(0), Native::new(|cv| taken_apart(cv, SPREAD))),
        (MATCHES, v(0), Native::new(|cv| taken_apart(cv, SPREAD_BY_MATCHES))),
        (
            SHALLOW,
            v(0),
            Native::new(|cv| {
                passed(cv, |account, value| match value {
                    Val::TStr(text) | Val::BStr(text) if !is_shallow(text) => Err(TooMuch),
                    Val::TStr(text) | Val::BStr(text) => account.spend(text.len().saturating_mul(SPREAD)),
                    _ => Ok(()),
                })
            }),
        ),
        (STEP, v(0), step),
    ]
}

fn taken_apart(cv: Cv<'_, Bounded>, spread: usize) -> jaq_core::ValXs<'_, Val> {
    passed(cv, |account, value| match value {
        Val::TStr(text) | Val::BStr(text) => account.spend(text.len().saturating_mul(spread)),
        _ => Ok(()),
    })
}

fn passed<'a>(
    cv: Cv<'a, Bounded>,
    pay: impl FnOnce(&Account<'a>, &Val) -> Result<(), TooMuch>,
) -> jaq_core::ValXs<'a, Val> {
    let paid = pay(cv.0.data(), &cv.1);
    box_once(paid.map(|()| cv.1).map_err(|TooMuch| Exn::from(too_much())))
}

fn too_much() -> Error<Val> {
    Error::str("takes more memory than an expression may")
}

/// The bytes of a value, about as it is written down; `None` when they are more than `most`, or one of its numbers is too large.
fn weight(value: &Val, most: usize) -> Option<usize> {
    let mut left = most.checked_sub(EACH)?;
    match value {
        Val::Num(Num::BigInt(number)) if number.bits() > LARGEST => return None,
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_) | Num::BigInt(_)) => {}
        Val::Num(Num::Dec(digits)) => left = left.checked_sub(digits.len())?,
        Val::TStr(text) | Val::BStr(text) => left = left.checked_sub(text.len())?,
        Val::Arr(items) => {
            for item in items.iter() {
                left -= weight(item, left)?;
            }
        }
        Val::Obj(entries) => {
            for (key, value) in entries.iter() {
                left -= weight(key, left)?;
                left -= weight(value, left)?;
            }
        }
    }
    Some(most - left)
}

/// Whether JSON can be read without coming to the end of the stack.
pub(super) fn is_shallow(text: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return false;
        }
    }
    true
}

type Code<'s> = Term<&'s str>;

/// A definition that keeps count.
pub(super) fn defined(Def { name, args, body }: Def<&str>) -> Def<&str> {
    Def { name, args, body: bound(body) }
}

/// An expression that keeps count.
fn bound(term: Code<'_>) -> Code<'_> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => term,
        Term::Str(format, parts) => {
            let part = |part| match part {
                StrPart::Term(term) => StrPart::Term(then(bound(term), CHARGE)),
                text => text,
            };
            Term::Str(format, parts.into_iter().map(part).collect())
        }
        Term::Arr(Some(items)) => Term::Arr(Some(Box::new(then(bound(*items), CHARGE)))),
        Term::Obj(entries) if entries.is_empty() => Term::Obj(entries),
        Term::Obj(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (bound(key), value.map(bound))).collect();
            then(Term::Obj(entries), CHARGE)
        }
        Term::Neg(term) => Term::Neg(Box::new(bound(*term))),
        Term::BinOp(left, operation, right) => operated(*left, operation, *right),
        Term::Label(name, term) => Term::Label(name, Box::new(bound(*term))),
        Term::Fold(name, over, pattern, arguments) => {
            Term::Fold(name, Box::new(bound(*over)), pattern, arguments.into_iter().map(bound).collect())
        }
        Term::TryCatch(term, or) => Term::TryCatch(Box::new(bound(*term)), or.map(|or| Box::new(bound(*or)))),
        Term::IfThenElse(branches, otherwise) => {
            let branches = branches.into_iter().map(|(when, then)| (bound(when), bound(then))).collect();
            Term::IfThenElse(branches, otherwise.map(|term| Box::new(bound(*term))))
        }
        Term::Def(definitions, term) => {
            Term::Def(definitions.into_iter().map(defined).collect(), Box::new(bound(*term)))
        }
        Term::Call(name, arguments) => called(name, arguments.into_iter().map(bound).collect()),
        Term::Path(head, Path(steps)) => {
            let part = |part| match part {
                Part::Index(index) => Part::Index(bound(index)),
                Part::Range(from, to) => Part::Range(from.map(bound), to.map(bound)),
            };
            let is_each = |(step, _): &(Part<_>, _)| matches!(step, Part::Range(None, None));
            let is_many = steps.iter().any(is_each);
            let steps = steps.into_iter().map(|(step, optional)| (part(step), optional)).collect();
            let path = Term::Path(Box::new(bound(*head)), Path(steps));
            if is_many { then(path, STEP) } else { path }
        }
    }
}

fn operated<'s>(left: Code<'s>, operation: BinaryOp<&'s str>, right: Code<'s>) -> Code<'s> {
    match operation {
        // `left += right` is `right as $x | left |= . + $x`.
        BinaryOp::UpdateMath(math) => {
            let changed = operated(Term::Id, BinaryOp::Math(math), Term::Var(OPERAND));
            let update = Term::BinOp(Box::new(bound(left)), BinaryOp::Update, Box::new(changed));
            Term::BinOp(Box::new(bound(right)), BinaryOp::Pipe(Some(Pattern::Var(OPERAND))), Box::new(update))
        }
        BinaryOp::Math(math) => {
            let (left, right) = (bound(left), bound(right));
            let (left, right) = match math {
                // The left is added to where it lies, or copied: what comes of it is at most what both were.
                Math::Add => (left, then(right, CHARGE)),
                Math::Mul => (then(left, FACTOR), then(then(right, FACTOR), CHARGE)),
                Math::Div => (then(left, APART), right),
                Math::Sub | Math::Rem => (left, right),
            };
            Term::BinOp(Box::new(left), BinaryOp::Math(math), Box::new(right))
        }
        BinaryOp::Comma => then(Term::BinOp(Box::new(bound(left)), BinaryOp::Comma, Box::new(bound(right))), STEP),
        operation => Term::BinOp(Box::new(bound(left)), operation, Box::new(bound(right))),
    }
}

fn called<'s>(name: &'s str, arguments: Vec<Code<'s>>) -> Code<'s> {
    if SEARCHING.contains(&name) {
        return then(after(MATCHES, Term::Call(name, arguments)), CHARGE);
    }
    if name == "fromjson" {
        return then(after(SHALLOW, Term::Call(name, arguments)), CHARGE);
    }
    if name == "explode" {
        return then(after(APART, Term::Call(name, arguments)), CHARGE);
    }
    if !MAKING.contains(&name) {
        return Term::Call(name, arguments);
    }
    let kept = |argument| if KEEPING.contains(&name) { then(argument, CHARGE) } else { argument };
    let call = Term::Call(name, arguments.into_iter().map(kept).collect());
    then(after(CHARGE, call), CHARGE)
}

fn then<'s>(term: Code<'s>, ours: &'s str) -> Code<'s> {
    Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(Term::Call(ours, Vec::new())))
}

fn after<'s>(ours: &'s str, term: Code<'s>) -> Code<'s> {
    Term::BinOp(Box::new(Term::Call(ours, Vec::new())), BinaryOp::Pipe(None), Box::new(term))
}
