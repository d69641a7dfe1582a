//! The part of jq that is written in jq, and what of it an expression needs: compiling all of it for each expression would take most of
//! the time.

use super::bounded::defined;
use jaq_core::{
    load::{
        lex::StrPart,
        parse::{BinaryOp, Def, Pattern, Term},
    },
    path::{Part, Path},
};
use std::{collections::BTreeSet, iter, sync::LazyLock};

/// A definition that keeps count, and what it calls.
struct Standard {
    definition: Def<&'static str>,
    calls: BTreeSet<&'static str>,
}

/// All of it. A definition calls itself and those before it.
static STANDARD: LazyLock<Vec<Standard>> = LazyLock::new(|| {
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).map(defined);
    let standard = |definition: Def<&'static str>| Standard { calls: called_in(&definition.body), definition };
    all.map(standard).collect()
});

/// What an expression is compiled with.
pub(super) struct Needed<'s> {
    /// In their order.
    pub(super) definitions: Vec<Def<&'s str>>,
    /// Names of those and of native filters.
    pub(super) names: BTreeSet<&'s str>,
}

impl<'s> Needed<'s> {
    pub(super) fn by(body: &Term<&'s str>) -> Self {
        let mut names = called_in(body);
        let mut definitions = Vec::new();
        for Standard { definition, calls } in STANDARD.iter().rev() {
            if names.contains(definition.name) {
                names.extend(calls);
                definitions.push(definition.clone());
            }
        }
        definitions.reverse();
        Self { definitions, names }
    }
}

fn called_in<'s>(body: &Term<&'s str>) -> BTreeSet<&'s str> {
    let mut names = BTreeSet::new();
    gather(body, &mut names);
    names
}

fn gather_all<'t, 's: 't>(terms: impl IntoIterator<Item = &'t Term<&'s str>>, names: &mut BTreeSet<&'s str>) {
    for term in terms {
        gather(term, names);
    }
}

fn gather<'s>(term: &Term<&'s str>, names: &mut BTreeSet<&'s str>) {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) | Term::Arr(None) => {}
        Term::Str(format, parts) => {
            names.extend(format);
            for part in parts {
                if let StrPart::Term(term) = part {
                    gather(term, names);
                }
            }
        }
        Term::Arr(Some(term)) | Term::Neg(term) | Term::Label(_, term) => gather(term, names),
        Term::Obj(entries) => {
            for (key, value) in entries {
                gather_all(iter::once(key).chain(value), names);
            }
        }
        Term::BinOp(left, operation, right) => {
            gather_all([&**left, &**right], names);
            if let BinaryOp::Pipe(Some(pattern)) = operation {
                gather_in(pattern, names);
            }
        }
        Term::Fold(_, over, pattern, arguments) => {
            gather_all(iter::once(&**over).chain(arguments), names);
            gather_in(pattern, names);
        }
        Term::TryCatch(term, or) => gather_all(iter::once(&**term).chain(or.as_deref()), names),
        Term::IfThenElse(branches, otherwise) => {
            gather_all(branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()), names);
        }
        Term::Def(definitions, term) => {
            gather_all(definitions.iter().map(|definition| &definition.body).chain([&**term]), names);
        }
        Term::Call(name, arguments) => {
            names.insert(name);
            gather_all(arguments, names);
        }
        Term::Path(head, Path(steps)) => {
            gather(head, names);
            for (step, _) in steps {
                match step {
                    Part::Index(index) => gather(index, names),
                    Part::Range(from, to) => gather_all(from.iter().chain(to), names),
                }
            }
        }
    }
}

fn gather_in<'s>(pattern: &Pattern<&'s str>, names: &mut BTreeSet<&'s str>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(patterns) => {
            for pattern in patterns {
                gather_in(pattern, names);
            }
        }
        Pattern::Obj(entries) => {
            for (key, pattern) in entries {
                gather(key, names);
                gather_in(pattern, names);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::bounded::Filter;

    #[test]
    fn every_definition_is_given_what_it_needs() {
        for Standard { definition, .. } in STANDARD.iter() {
            let arguments = vec!["."; definition.args.len()].join("; ");
            let code = if arguments.is_empty() {
                definition.name.to_owned()
            } else {
                format!("{}({arguments})", definition.name)
            };
            assert!(Filter::compile(&[], &code).is_some(), "{code}");
        }
    }

    #[test]
    fn an_expression_is_compiled_with_little_else() {
        let body = jaq_core::load::parse(".a | map(.b) | \"\\(length)\"", |parser| parser.term()).expect("jq");
        let names: Vec<&str> = Needed::by(&body).definitions.iter().map(|one| one.name).collect();
        assert_eq!(names, ["map"]);
    }
}
