//! What follows from an event, as data: a source, event names, a condition, an action.
//!
//! Conditions are jq expressions over the event's content (crate `jaq`). They are compiled once, capped in length, and
//! kept to what ends and looks at nothing but its input.

use jaq_core::{
    Compiler, Ctx, Vars, data,
    load::{Arena, File, Loader},
    unwrap_valr,
};
use jaq_json::{Val, read};
use lintel_domain::settings::{Reaction, ReactionKind};
use std::{collections::BTreeMap, fmt};

/// Longest condition. Characters.
const LONGEST: usize = 500;
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

/// What follows for everybody, unless an organization says otherwise.
const STANDING: &str = include_str!("reactions.toml");

/// A condition that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReactionError {
    #[error("reaction {reaction}: the condition is longer than {LONGEST} characters")]
    TooLong { reaction: String },
    #[error("reaction {reaction}: the condition uses `{word}`, which may not end or looks beyond the event")]
    Forbidden { reaction: String, word: &'static str },
    #[error("reaction {reaction}: the condition is no jq expression")]
    Unreadable { reaction: String },
    #[error("the standing reactions: {0}")]
    Standing(String),
}

/// Reactions in the order they are asked: the organization's own by name, then the standing ones.
#[derive(Debug)]
pub struct Reactions(Vec<Compiled>);

struct Compiled {
    name: String,
    reaction: Reaction,
    when: Option<jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>>,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("name", &self.name).field("reaction", &self.reaction).finish_non_exhaustive()
    }
}

/// What is to be done, and the reaction that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<'r> {
    pub name: &'r str,
    pub action: ReactionKind,
}

impl Reactions {
    pub fn compile(own: &BTreeMap<String, Reaction>) -> Result<Self, ReactionError> {
        let standing: BTreeMap<String, Reaction> =
            toml::from_str(STANDING).map_err(|error| ReactionError::Standing(error.to_string()))?;
        let all = own.clone().into_iter().chain(standing);
        all.map(|(name, reaction)| compile(name, reaction)).collect::<Result<_, _>>().map(Self)
    }

    /// The first reaction that fits. `content` is the event's JSON.
    pub fn choose(&self, source: &str, event: &str, content: &[u8]) -> Option<Chosen<'_>> {
        let fits = |one: &&Compiled| {
            one.reaction.source == source
                && one.reaction.events.iter().any(|pattern| matches(pattern, event))
                && one.holds(content)
        };
        let one = self.0.iter().find(fits)?;
        Some(Chosen { name: &one.name, action: one.reaction.action })
    }
}

impl Compiled {
    /// A condition that fails on a content does not hold for it.
    fn holds(&self, content: &[u8]) -> bool {
        let Some(filter) = &self.when else { return true };
        let Ok(input) = read::parse_single(content) else { return false };
        let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
        let first = filter.id.run((context, input)).map(unwrap_valr).next();
        matches!(first, Some(Ok(value)) if !matches!(value, Val::Null | Val::Bool(false)))
    }
}

fn compile(name: String, reaction: Reaction) -> Result<Compiled, ReactionError> {
    let Some(code) = &reaction.when else { return Ok(Compiled { name, reaction, when: None }) };
    if code.chars().count() > LONGEST {
        return Err(ReactionError::TooLong { reaction: name });
    }
    let words = || code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let forbidden = FORBIDDEN.into_iter().find(|word| words().any(|used| used == *word));
    if let Some(word) = forbidden.or_else(|| code.contains("..").then_some("..")) {
        return Err(ReactionError::Forbidden { reaction: name, word });
    }
    let unreadable = || ReactionError::Unreadable { reaction: name.clone() };
    let arena = Arena::default();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let modules =
        Loader::new(definitions).load(&arena, File { code: code.as_str(), path: () }).map_err(|_| unreadable())?;
    let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|_| unreadable())?;
    Ok(Compiled { when: Some(filter), name, reaction })
}

/// `job.*` is every name that begins with `job.`.
fn matches(pattern: &str, event: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == event, |start| event.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(when: &str, action: ReactionKind) -> Reaction {
        let (source, events) = ("housecallpro".to_owned(), vec!["job.*".to_owned()]);
        Reaction { source, events, when: Some(when.to_owned()), action }
    }

    fn chosen(own: &[(&str, Reaction)], event: &str, content: &str) -> Option<(String, ReactionKind)> {
        let own = own.iter().map(|(name, reaction)| ((*name).to_owned(), reaction.clone())).collect();
        let reactions = Reactions::compile(&own).expect("reactions");
        let chosen = reactions.choose("housecallpro", event, content.as_bytes())?;
        Some((chosen.name.to_owned(), chosen.action))
    }

    #[test]
    fn jobs_are_followed_and_what_nobody_waits_for_is_not() {
        let followed = Some(("follow-job".to_owned(), ReactionKind::FollowJob));
        assert_eq!(chosen(&[], "job.started", "{}"), followed);
        assert_eq!(chosen(&[], "pro.updated", "{}"), None);
    }

    #[test]
    fn an_organizations_own_reaction_comes_first_where_its_condition_holds() {
        let own = [("tests", reaction(r#".job.customer.id == "cus_test""#, ReactionKind::Ignore))];
        let ours = r#"{"job":{"customer":{"id":"cus_test"}}}"#;
        assert_eq!(chosen(&own, "job.started", ours), Some(("tests".to_owned(), ReactionKind::Ignore)));
        let other = r#"{"job":{"customer":{"id":"cus_1"}}}"#;
        assert_eq!(chosen(&own, "job.started", other).map(|(_, action)| action), Some(ReactionKind::FollowJob));
        assert_eq!(chosen(&own, "job.started", "[]").map(|(_, action)| action), Some(ReactionKind::FollowJob));
    }

    #[test]
    fn what_may_not_end_is_refused() {
        for (when, wanted) in [
            ("repeat(1)", "repeat"),
            ("def f: f; f", "def"),
            ("..", ".."),
            ("env.HOME", "env"),
            (".job |", "no jq"),
            (&"1".repeat(501), "longer"),
        ] {
            let own = BTreeMap::from([("bad".to_owned(), reaction(when, ReactionKind::Ignore))]);
            let error = Reactions::compile(&own).expect_err(when).to_string();
            assert!(error.contains(wanted) && error.contains("bad"), "{error}");
        }
    }
}
