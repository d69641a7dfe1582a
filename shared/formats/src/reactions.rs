//! What follows from an event, as data: a source, event names, a condition, an action.
//!
//! Conditions are [expressions](crate::expression) over the event's content.

use crate::expression::{Expression, ExpressionError};
use lintel_domain::settings::{Reaction, ReactionKind};
use std::collections::BTreeMap;

/// What follows for everybody, unless an organization says otherwise.
const STANDING: &str = include_str!("reactions.toml");

/// A condition that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReactionError {
    #[error("reaction {reaction}: the condition {error}")]
    Condition { reaction: String, error: ExpressionError },
    #[error("the standing reactions: {0}")]
    Standing(String),
}

/// Reactions in the order they are asked: the organization's own by name, then the standing ones.
#[derive(Debug)]
pub struct Reactions(Vec<Compiled>);

#[derive(Debug)]
struct Compiled {
    name: String,
    reaction: Reaction,
    when: Option<Expression>,
}

/// What is to be done, and the reaction that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<'r> {
    pub name: &'r str,
    pub action: ReactionKind,
}

impl Reactions {
    /// An organization's reactions, and those of its own that are left out because their condition cannot be used.
    pub fn compile(own: &BTreeMap<String, Reaction>) -> Result<(Self, Vec<ReactionError>), ReactionError> {
        let standing: BTreeMap<String, Reaction> =
            toml::from_str(STANDING).map_err(|error| ReactionError::Standing(error.to_string()))?;
        let standing = standing.into_iter().map(|(name, reaction)| compile(name, reaction));
        let standing = standing.collect::<Result<Vec<_>, _>>()?;
        let (mut usable, mut faults) = (Vec::new(), Vec::new());
        for (name, reaction) in own.clone() {
            match compile(name, reaction) {
                Ok(compiled) => usable.push(compiled),
                Err(fault) => faults.push(fault),
            }
        }
        usable.extend(standing);
        Ok((Self(usable), faults))
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
    fn holds(&self, content: &[u8]) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(content))
    }
}

fn compile(name: String, reaction: Reaction) -> Result<Compiled, ReactionError> {
    let when = reaction.when.as_deref().map(Expression::compile).transpose();
    match when {
        Ok(when) => Ok(Compiled { name, reaction, when }),
        Err(error) => Err(ReactionError::Condition { reaction: name, error }),
    }
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
        let (reactions, faults) = Reactions::compile(&own).expect("reactions");
        assert_eq!(faults, []);
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
    fn what_may_not_end_is_left_out_and_told() {
        for (when, wanted) in [
            ("repeat(1)", "repeat"),
            ("def f: f; f", "def"),
            ("..", ".."),
            ("env.HOME", "env"),
            (".job |", "no jq"),
            (&"1".repeat(4_001), "longer"),
        ] {
            let own = BTreeMap::from([
                ("bad".to_owned(), reaction(when, ReactionKind::Ignore)),
                ("good".to_owned(), reaction(".good", ReactionKind::Notice)),
            ]);
            let (reactions, faults) = Reactions::compile(&own).expect("reactions");
            let [error] = faults.as_slice() else { panic!("{faults:?}") };
            let error = error.to_string();
            assert!(error.contains(wanted) && error.contains("bad"), "{error}");
            let chosen = |content: &[u8]| reactions.choose("housecallpro", "job.started", content).map(|one| one.name);
            assert_eq!((chosen(b"{\"good\":true}"), chosen(b"{}")), (Some("good"), Some("follow-job")));
        }
    }
}
