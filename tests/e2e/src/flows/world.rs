//! What a seed is about: whose records are kept in step, what people do with them, and what they are promised.

use super::drive::Drive;
use fastrand::Rng;
use jiff::Timestamp;
use lintel_domain::sync::{Link, RunKind};

pub(crate) trait World {
    /// Kinds of runs that somebody asks for on the way, as often as they stand here.
    const ASKED: &'static [RunKind];
    /// Those that bring everything into step in the end, one round after the other; and between two rounds time passes.
    const ROUNDS: &'static [&'static [RunKind]];
    /// Those that do nothing in quiet.
    const QUIET: &'static [RunKind];

    /// One deed of somebody at the source, told in words.
    fn at_the_source(&mut self, rng: &mut Rng, links: &[Link]) -> String;

    /// The same at the target.
    fn at_the_target(&mut self, rng: &mut Rng, links: &[Link]) -> String;

    /// A deed that is to happen between two pages of a run to come.
    fn between_pages(&mut self, rng: &mut Rng, links: &[Link]) -> String;

    /// What else happened since it was last asked: between two pages, or by the engine's hand.
    fn happened_besides(&mut self) -> Vec<String>;

    /// What was to happen between two pages happens now.
    fn let_plans_happen(&mut self, now: Timestamp) -> anyhow::Result<()>;

    /// A deed that one of the vendors sends an event about; and the source's record that the events' router has looked at then.
    fn with_an_event(&mut self, rng: &mut Rng, links: &[Link]) -> (String, Option<String>);

    /// Writes down which words of people both sides say by now.
    fn note_agreement(&mut self, links: &[Link]);

    /// What holds after every step, whatever just went wrong.
    async fn on_the_way(&self, drive: &Drive) -> anyhow::Result<()>;

    /// What holds when everything has come to rest, before it is shown that further runs do nothing.
    async fn at_rest(&self, drive: &Drive) -> anyhow::Result<()>;
}
