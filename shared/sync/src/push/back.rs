//! What the source takes from the target, in a two-way flow.
//!
//! Nothing is noted before the source is told: a stop in between finds both sides with the same value, which is being in step.

use super::{
    Push,
    send::{TRIES, said_of},
    unique,
    way::{Came, OnItsWay},
};
use crate::{OpenFlow, SyncError};
use lintel_connectors::records::{Outcome, Outgoing, WriteKind};
use lintel_domain::sync::Withheld;

impl Push<'_> {
    /// Writes the target's words to the source. What that one refuses stays as it was, and is tried again when the two are compared.
    pub(super) async fn take_back(&self, brought: &mut [(OnItsWay, Came)]) -> Result<(), SyncError> {
        let stands = |came: &Came| matches!(came, Came::Nothing | Came::Written { .. });
        let mut ways: Vec<&mut OnItsWay> = brought
            .iter_mut()
            .filter(|(way, came)| stands(came) && !way.merged.to_source.is_empty())
            .map(|(way, _)| way)
            .collect();
        let size = self.open.source.batch_size(self.open.reading.stream()).max(1);
        while !ways.is_empty() {
            let rest = ways.split_off(size.min(ways.len()));
            self.take_back_batch(ways).await?;
            ways = rest;
        }
        Ok(())
    }

    /// One batch; and once more what was refused, without the values that were at fault.
    async fn take_back_batch(&self, mut waiting: Vec<&mut OnItsWay>) -> Result<(), SyncError> {
        let (source, stream) = (&self.open.source, self.open.reading.stream());
        for attempt in 1..=TRIES {
            let outgoing: Vec<Outgoing> = waiting.iter().map(|way| way.outgoing_back(self.open)).collect();
            let outcomes = source.write(stream, WriteKind::Update, &outgoing, self.deadline).await?;
            let mut again = Vec::new();
            for (way, outcome) in waiting.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Written { .. } => way.is_taken_back(self.open),
                    Outcome::Refused { code, reason, in_the_way } => {
                        let faults = way.faults_at_source(self.open, &reason, in_the_way.as_ref());
                        let faults = if attempt == TRIES || faults.is_empty() { way.on_the_way_back() } else { faults };
                        way.is_not_taken_back(faults, &format!("{code} {reason}"));
                        if !way.merged.to_source.is_empty() {
                            again.push(way);
                        }
                    }
                    Outcome::LeftOut => {
                        way.is_not_taken_back(way.on_the_way_back(), "left-out the source's answer does not name it");
                    }
                }
            }
            if again.is_empty() {
                break;
            }
            waiting = again;
        }
        Ok(())
    }
}

impl OnItsWay {
    fn outgoing_back(&self, open: &OpenFlow) -> Outgoing {
        Outgoing {
            key: self.record.key.to_string(),
            id: Some(self.record.key.id().to_owned()),
            values: open.reading.write(&open.sent.shown(&self.merged.to_source, &self.their_plain)),
        }
    }

    /// From now on the source is known to have it, as it writes it.
    fn is_taken_back(&mut self, open: &OpenFlow) {
        for (name, value) in std::mem::take(&mut self.merged.to_source) {
            let written = value.as_ref().and_then(|value| {
                open.sent.as_written(&open.reading, name, value, &self.their_plain, open.flow.currency)
            });
            self.merged.base.source.set(name, written.clone());
            self.record.fields.set(name, written);
            self.taken_back.insert(name, value);
        }
    }

    fn on_the_way_back(&self) -> Vec<&'static str> {
        self.merged.to_source.keys().copied().collect()
    }

    /// Of what the source was to take, the values it refused: those only one of its records may have, or those the reason names.
    fn faults_at_source(&self, open: &OpenFlow, reason: &str, in_the_way: Option<&String>) -> Vec<&'static str> {
        let unique = unique::of(&open.source, &open.reading);
        let is_at_fault = |name: &&'static str| match in_the_way {
            Some(_) => unique.contains(name),
            None => said_of(&open.reading, name, reason).is_some(),
        };
        self.on_the_way_back().into_iter().filter(is_at_fault).collect()
    }

    fn is_not_taken_back(&mut self, names: Vec<&'static str>, reason: &str) {
        for name in names {
            self.merged.to_source.remove(name);
            self.keep_base(name);
            self.withheld
                .insert(name, (Withheld::AtSource, format!("the source does not take it ({})", reason.trim())));
        }
    }
}
