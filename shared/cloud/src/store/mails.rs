//! Inbound mails: stored whole before anything is parsed, then worked off.

use super::{
    OrgTable, StoreError, WorkKind,
    item::{Change, Item, Row, get_text, seconds, text},
    keys::Key,
};
use jiff::{SignedDuration, Timestamp};

/// How long a mail's row is kept. Its raw text follows the bucket's own lifecycle.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);
/// How long an attachment or a message is recognised as one already read.
const CLAIM_KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    Pending,
    Done,
    /// Read, and nothing in it was for us.
    Ignored,
    /// Set aside: a person decides. Replaying makes it pending again.
    Quarantined,
}

impl MailState {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Pending, "pending"),
        (Self::Done, "done"),
        (Self::Ignored, "ignored"),
        (Self::Quarantined, "quarantined"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("pending", |(_, name)| name)
    }

    fn read(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == name).map_or(Self::Pending, |(state, _)| *state)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub id: String,
    /// Where the raw mail lies.
    pub object: String,
    pub content_type: Option<String>,
    pub received_at: Timestamp,
    pub state: MailState,
    /// What became of it, in words without guest data.
    pub outcome: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    First,
    /// The same mail was accepted before.
    Again,
}

impl OrgTable {
    fn mail_key(&self, id: &str) -> Key {
        Key { pk: self.partition("MAILS"), sk: format!("MAIL#{id}") }
    }

    /// Writes a mail down as work. Its raw text must be stored already.
    pub async fn accept_mail(&self, mail: &MailRow) -> Result<Accepted, StoreError> {
        let mut row = Row::new(self.mail_key(&mail.id))
            .with("id", text(&mail.id))
            .with("object", text(&mail.object))
            .with("received_at", text(mail.received_at.to_string()))
            .with("progress", text(MailState::Pending.as_str()))
            .with("outcome", text("waiting to be read"))
            .with("expires_at", seconds(mail.received_at + KEPT))
            .work(self.work_partition(WorkKind::Mail), mail.received_at);
        if let Some(content_type) = &mail.content_type {
            row = row.with("content_type", text(content_type));
        }
        Ok(if self.put_new("write down a mail", row).await? { Accepted::First } else { Accepted::Again })
    }

    pub async fn mail(&self, id: &str) -> Result<Option<MailRow>, StoreError> {
        Ok(self.get("read a mail's row", self.mail_key(id)).await?.as_ref().and_then(mail_row))
    }

    pub async fn mails(&self) -> Result<Vec<MailRow>, StoreError> {
        let items = self.query_prefix("list mails", self.partition("MAILS"), "MAIL#").await?;
        Ok(items.iter().filter_map(mail_row).collect())
    }

    pub async fn finish_mail(&self, id: &str, state: MailState, outcome: &str) -> Result<(), StoreError> {
        let change = Change::default().set("progress", text(state.as_str())).set("outcome", text(outcome)).no_work();
        self.update("finish a mail", self.mail_key(id), change).await.map(drop)
    }

    /// Makes a mail work again, for a replay after its cause was mended. Tells whether there is such a mail.
    pub async fn reopen_mail(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let change = Change::default()
            .set("progress", text(MailState::Pending.as_str()))
            .work(self.work_partition(WorkKind::Mail), now)
            .only_if("attribute_exists(PK)", &[]);
        Ok(self.update("reopen a mail", self.mail_key(id), change).await?.is_some())
    }

    /// Notes that a mail brings an attachment; answers the mail that brought the same one on the same day before it.
    /// Another day's identical report is a read of its own: it says the same of another window.
    pub async fn claim_attachment(&self, hash: &str, mail: &MailRow) -> Result<Option<String>, StoreError> {
        let day = mail.received_at.strftime("%F").to_string();
        self.claim("note an attachment", Key { pk: self.partition(&format!("ATTACHMENT#{hash}")), sk: day }, mail).await
    }

    /// Notes that a mail is the one with this message id; answers the mail that was it before.
    pub async fn claim_message(&self, hash: &str, mail: &MailRow) -> Result<Option<String>, StoreError> {
        let key = Key { pk: self.partition(&format!("MESSAGE#{hash}")), sk: "MESSAGE".to_owned() };
        self.claim("note a message id", key, mail).await
    }

    /// The first mail to claim a key keeps it, also when it is read again.
    async fn claim(&self, doing: &str, key: Key, mail: &MailRow) -> Result<Option<String>, StoreError> {
        let row = Row::new(key.clone())
            .with("mail", text(&mail.id))
            .with("expires_at", seconds(mail.received_at + CLAIM_KEPT));
        if self.put_new(doing, row).await? {
            return Ok(None);
        }
        let earlier = self.get(doing, key).await?;
        Ok(earlier.as_ref().and_then(|item| get_text(item, "mail")).filter(|id| *id != mail.id).map(str::to_owned))
    }
}

fn mail_row(item: &Item) -> Option<MailRow> {
    Some(MailRow {
        id: get_text(item, "id")?.to_owned(),
        object: get_text(item, "object")?.to_owned(),
        content_type: get_text(item, "content_type").map(str::to_owned),
        received_at: get_text(item, "received_at")?.parse().ok()?,
        state: MailState::read(get_text(item, "progress").unwrap_or_default()),
        outcome: get_text(item, "outcome").unwrap_or_default().to_owned(),
    })
}
