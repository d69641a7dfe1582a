//! Which tokens of a connection are the newest, and which worker asks for the next. The tokens themselves are secrets, and not
//! in the table.

use super::{
    OrgTable, StoreError,
    item::{Change, Item, get_number, number, text},
    keys::Key,
};
use jiff::Timestamp;
use lintel_domain::ids::ConnectionId;

/// One connection's row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenRow {
    /// Counts what was saved; 0 before anything was.
    pub revision: u64,
    /// When the lease that was last taken ends; `None` once it was given back.
    pub leased_until: Option<Timestamp>,
}

impl OrgTable {
    fn token_key(&self, connection: &ConnectionId) -> Key {
        Key { pk: self.partition("CONNECTIONS"), sk: format!("TOKENS#{connection}") }
    }

    pub async fn token_row(&self, connection: &ConnectionId) -> Result<TokenRow, StoreError> {
        let item = self.get("read the row of tokens", self.token_key(connection)).await?;
        Ok(item.as_ref().map(row).unwrap_or_default())
    }

    /// Takes the lease if it is free, has ended or is the holder's own; tells whether it did.
    pub async fn lease_tokens(
        &self,
        connection: &ConnectionId,
        holder: u64,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let free = "attribute_not_exists(holder) OR holder = :mine OR leased_until <= :now";
        let change = Change::default()
            .set("holder", text(holder.to_string()))
            .set("leased_until", number(until.as_millisecond()))
            .only_if(free, &[(":mine", text(holder.to_string())), (":now", number(now.as_millisecond()))]);
        Ok(self.update("lease the tokens", self.token_key(connection), change).await?.is_some())
    }

    /// The row with the lease's end moved, if the lease still is the holder's.
    pub async fn extend_token_lease(
        &self,
        connection: &ConnectionId,
        holder: u64,
        until: Timestamp,
    ) -> Result<Option<TokenRow>, StoreError> {
        let change = Change::default().set("leased_until", number(until.as_millisecond()));
        let change = change.only_if("holder = :mine", &[(":mine", text(holder.to_string()))]);
        let item = self.update("extend the lease of tokens", self.token_key(connection), change).await?;
        Ok(item.as_ref().map(row))
    }

    /// Notes what was saved, for people until when it is good, and gives the lease back. Tells whether the lease still was the
    /// holder's.
    pub async fn note_tokens(
        &self,
        connection: &ConnectionId,
        holder: u64,
        revision: u64,
        good_until: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let good_until = good_until.map_or_else(|| "always".to_owned(), |until| until.to_string());
        let change = Change::default().set("revision", number(revision)).set("good_until", text(good_until));
        let change = given_back(change, holder);
        Ok(self.update("note the tokens", self.token_key(connection), change).await?.is_some())
    }

    /// Gives the lease back, if it still is the holder's.
    pub async fn release_tokens(&self, connection: &ConnectionId, holder: u64) -> Result<(), StoreError> {
        let change = given_back(Change::default(), holder);
        self.update("give the lease of tokens back", self.token_key(connection), change).await.map(drop)
    }
}

fn given_back(change: Change, holder: u64) -> Change {
    let change = change.remove("holder").remove("leased_until");
    change.only_if("holder = :mine", &[(":mine", text(holder.to_string()))])
}

fn row(item: &Item) -> TokenRow {
    TokenRow {
        revision: get_number(item, "revision").unwrap_or_default(),
        leased_until: get_number(item, "leased_until").and_then(|at| Timestamp::from_millisecond(at).ok()),
    }
}
