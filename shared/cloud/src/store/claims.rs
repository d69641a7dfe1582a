//! Values of which the target lets only one record have one, and the records of a flow they went to. Hashed by whoever asks: they
//! are personal.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, Row, get_text, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::{ids::FlowId, records::RecordKey};
use std::collections::BTreeMap;

/// What the service takes in one transaction.
const AT_ONCE: usize = 100;

/// Who has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    pub record: RecordKey,
    /// Since when.
    pub at: Timestamp,
}

impl OrgTable {
    /// Who has these values, as far as somebody has.
    pub async fn claims(&self, flow: &FlowId, values: &[String]) -> Result<BTreeMap<String, Claimant>, StoreError> {
        let keys = values.iter().map(|value| self.claim_key(flow, value)).collect();
        let items = self.get_many("read claims", keys).await?;
        let claim = |item: &Item| {
            let value = get_text(item, "SK")?.strip_prefix("CLAIM#")?.to_owned();
            let at = get_text(item, "at").and_then(|at| at.parse().ok()).unwrap_or(Timestamp::MIN);
            Some((value, Claimant { record: RecordKey::from_text(get_text(item, "record")?), at }))
        };
        Ok(items.iter().filter_map(claim).collect())
    }

    /// Claims values for the records that want them, and answers who has each then: of two that want one at the same time, one.
    pub async fn claim_values(
        &self,
        flow: &FlowId,
        wanted: &BTreeMap<String, RecordKey>,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Claimant>, StoreError> {
        let doing = "claim values";
        let values: Vec<String> = wanted.keys().cloned().collect();
        let mut holders = self.claims(flow, &values).await?;
        let free: Vec<(&String, &RecordKey)> =
            wanted.iter().filter(|(value, _)| !holders.contains_key(*value)).collect();
        for chunk in free.chunks(AT_ONCE) {
            let puts = chunk
                .iter()
                .map(|(value, record)| self.transact_put_new(doing, self.claim_row(flow, value, record, now)));
            match self.transact(doing, puts.collect::<Result<_, _>>()?).await {
                Ok(()) => holders.extend(
                    chunk
                        .iter()
                        .map(|(value, record)| ((*value).clone(), Claimant { record: (*record).clone(), at: now })),
                ),
                // Somebody came in between with one of them.
                Err(error) if error.is_conflict() => holders.extend(self.claim_each(flow, chunk, now).await?),
                Err(error) => return Err(error),
            }
        }
        Ok(holders)
    }

    async fn claim_each(
        &self,
        flow: &FlowId,
        wanted: &[(&String, &RecordKey)],
        now: Timestamp,
    ) -> Result<BTreeMap<String, Claimant>, StoreError> {
        for (value, record) in wanted {
            self.put_new("claim a value", self.claim_row(flow, value, record, now)).await?;
        }
        let values: Vec<String> = wanted.iter().map(|(value, _)| (*value).clone()).collect();
        self.claims(flow, &values).await
    }

    /// Gives a value to another record than the one that has it, if that one still does; tells whether it did.
    pub async fn hand_claim_over(
        &self,
        flow: &FlowId,
        value: &str,
        from: &RecordKey,
        to: &RecordKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::default()
            .set("record", text(to.as_str()))
            .set("at", text(now.to_string()))
            .only_if("#record = :from", &[(":from", text(from.as_str()))]);
        Ok(self.update("hand a claim over", self.claim_key(flow, value), change).await?.is_some())
    }

    /// Lets go of a value, if the record has it.
    pub async fn release_claim(&self, flow: &FlowId, value: &str, record: &RecordKey) -> Result<(), StoreError> {
        let its_own = [(":record", text(record.as_str()))];
        self.delete_if("let go of a claim", self.claim_key(flow, value), "#record = :record", &its_own).await
    }

    fn claim_row(&self, flow: &FlowId, value: &str, record: &RecordKey, at: Timestamp) -> Row {
        Row::new(self.claim_key(flow, value)).with("record", text(record.as_str())).with("at", text(at.to_string()))
    }

    fn claim_key(&self, flow: &FlowId, value: &str) -> Key {
        Key { pk: self.partition(&format!("CLAIMS#{flow}")), sk: format!("CLAIM#{value}") }
    }
}
