//! What the source takes from the target, in a two-way flow.
//!
//! Nothing is noted before the source is told: a stop in between finds both sides with the same value, which is being in step.

use super::{
    Push,
    way::{Came, OnItsWay},
};
use crate::{OpenFlow, SyncError};
use lintel_connectors::records::{Outcome, Outgoing, WriteKind};
use lintel_domain::sync::Withheld;

impl Push<'_> {
    /// Writes the target's words to the source. What that one refuses stays as it was, and is tried again when the two are compared.
    pub(super) async fn take_back(&self, brought: &mut [(OnItsWay, Came)]) -> Result<(), SyncError> {
        let (source, stream) = (&self.open.source, self.open.reading.stream());
        let stands = |came: &Came| matches!(came, Came::Nothing | Came::Written { .. });
        let mut ways: Vec<&mut OnItsWay> = brought
            .iter_mut()
            .filter(|(way, came)| stands(came) && !way.merged.to_source.is_empty())
            .map(|(way, _)| way)
            .collect();
        for batch in ways.chunks_mut(source.batch_size(stream).max(1)) {
            let outgoing: Vec<Outgoing> = batch.iter().map(|way| way.outgoing_back(self.open)).collect();
            let outcomes = source.write(stream, WriteKind::Update, &outgoing, self.deadline).await?;
            for (way, outcome) in batch.iter_mut().zip(outcomes) {
                match outcome {
                    Outcome::Written { .. } => way.is_taken_back(self.open),
                    Outcome::Refused { code, reason, .. } => way.is_not_taken_back(&format!("{code} {reason}")),
                    Outcome::LeftOut => way.is_not_taken_back("left-out the source's answer does not name it"),
                }
            }
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

    fn is_not_taken_back(&mut self, reason: &str) {
        for name in std::mem::take(&mut self.merged.to_source).into_keys() {
            let was = self.was.as_ref().map(|link| (link.base.source.get(name), link.base.target.get(name)));
            let (source, target) = was.unwrap_or_default();
            self.merged.base.source.set(name, source.cloned());
            self.merged.base.target.set(name, target.cloned());
            self.withheld
                .insert(name, (Withheld::AtSource, format!("the source does not take it ({})", reason.trim())));
        }
    }
}
