//! Inbound mail in every form it is delivered in: JSON, form data and raw MIME (cloudmailin.md section 2).

mod json;
mod mime;
mod multipart;

use jiff::civil::Date;
use lintel_domain::private::Private;
use sha2::{Digest, Sha256};

/// Caps on what is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes: usize,
    pub parts: usize,
    pub attachments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 40 * 1024 * 1024, parts: 512, attachments: 64 }
    }
}

/// A mail, as far as reports need it.
#[derive(Clone, Debug, Default)]
pub struct InboundMail {
    pub message_id: Option<String>,
    /// The human sender, from the header.
    pub from: Option<Private>,
    /// The SMTP sender: often a bounce or a forwarding address.
    pub envelope_from: Option<Private>,
    pub recipients: Vec<Private>,
    pub subject: Option<Private>,
    /// The receiving server's verdict, lower case: `pass`, `fail`.
    pub spf: Option<String>,
    pub attachments: Vec<Attachment>,
}

/// A file in a mail.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub name: Option<String>,
    pub content_type: Option<String>,
    pub declared_size: Option<u64>,
    pub content: AttachmentContent,
}

#[derive(Clone, Debug)]
pub enum AttachmentContent {
    Bytes(Vec<u8>),
    /// In an attachment store. The address may carry a signature.
    Url(Private),
}

/// Why a body is no mail. The text never repeats the mail.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error("the body is empty")]
    Empty,
    #[error("the body has {bytes} bytes, more than the {limit} allowed")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the body has more than {limit} parts")]
    TooManyParts { limit: usize },
    #[error("the JSON cannot be read at line {line}, column {column}")]
    Json { line: usize, column: usize },
    #[error("the form data {why}")]
    Form { why: &'static str },
    #[error("attachment {index} is not base64")]
    Base64 { index: usize },
    #[error("the body is not a MIME message")]
    Mime,
}

/// Why a mail that was read, or one of its attachments, tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unused {
    #[error("the sender is not among [mail] senders")]
    UnknownSender,
    #[error("an attachment lies in an attachment store; have the mail posted with its attachments")]
    AttachmentElsewhere,
    #[error("no report among the attachments")]
    NoReport,
}

impl Unused {
    /// What an operator finds it under.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownSender => "unknown-sender",
            Self::AttachmentElsewhere => "attachment-elsewhere",
            Self::NoReport => "mail-without-report",
        }
    }
}

/// Reads a mail by its body's own look, with the content type as a help.
pub fn read(content_type: Option<&str>, body: &[u8], limits: &Limits) -> Result<InboundMail, MailError> {
    if body.len() > limits.bytes {
        return Err(MailError::TooLarge { bytes: body.len(), limit: limits.bytes });
    }
    let start = body.trim_ascii_start();
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();
    let mail = match start.first() {
        None => return Err(MailError::Empty),
        Some(b'{') => json::read(start)?,
        Some(_) if kind.starts_with("multipart/form-data") => {
            multipart::read(content_type.unwrap_or_default(), body, limits)?
        }
        Some(_) if kind.starts_with("application/json") => json::read(start)?,
        Some(_) => mime::read(body)?,
    };
    if mail.attachments.len() > limits.attachments {
        return Err(MailError::TooManyParts { limit: limits.attachments });
    }
    Ok(mail)
}

impl InboundMail {
    /// Whether header or envelope sender is one of these addresses, or at one of these domains or below it. An empty
    /// list matches nobody.
    pub fn matches_senders(&self, allowed: &[String]) -> bool {
        let senders = [&self.from, &self.envelope_from].into_iter().flatten().filter_map(|from| address(from.expose()));
        senders.into_iter().any(|sender| {
            let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
            allowed.iter().map(|rule| rule.trim().to_lowercase()).any(|rule| match rule.trim_start_matches('@') {
                "" => false,
                whole if whole.contains('@') => sender == whole,
                zone => domain == zone || domain.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.')),
            })
        })
    }

    /// Names one attachment of this mail: the same when the mail is delivered again.
    pub fn evidence(&self, attachment: &Attachment) -> String {
        let mut hash = Sha256::new();
        hash.update(self.message_id.as_deref().unwrap_or_default().trim_matches(['<', '>', ' ']).as_bytes());
        hash.update([0]);
        hash.update(attachment.sha256().unwrap_or_default().as_bytes());
        hex::encode(hash.finalize().get(..12).unwrap_or_default())
    }
}

/// The day a report's file name says it is of: `Checkouts-Report-2026-07-01-1234.csv`.
pub fn dated(name: &str) -> Option<Date> {
    name.char_indices().find_map(|(at, _)| name.get(at..at + 10)?.parse().ok())
}

/// `Reports <reports@example.com>` -> `reports@example.com`, lower case.
fn address(sender: &str) -> Option<String> {
    let inner = sender.rsplit_once('<').map_or(sender, |(_, rest)| rest.split('>').next().unwrap_or_default());
    let inner = inner.trim().to_lowercase();
    inner.contains('@').then_some(inner)
}

impl Attachment {
    /// `None` when the content lies in an attachment store.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            AttachmentContent::Bytes(bytes) => Some(bytes),
            AttachmentContent::Url(_) => None,
        }
    }

    /// The day its name says it is of.
    pub fn dated(&self) -> Option<Date> {
        dated(self.name.as_deref()?)
    }

    /// Hexadecimal; `None` when the content lies elsewhere.
    pub fn sha256(&self) -> Option<String> {
        self.bytes().map(|bytes| hex::encode(Sha256::digest(bytes)))
    }

    /// Whether a declared size disagrees with what came.
    pub fn size_differs(&self) -> bool {
        self.declared_size.zip(self.bytes()).is_some_and(|(said, bytes)| u64::try_from(bytes.len()) != Ok(said))
    }

    /// Whether the content may be a report, whatever its name and type say: a known header, or separated text that a
    /// name or type calls a table.
    pub fn may_be_report(&self) -> bool {
        use crate::reports::{ReportError, recognise};
        let Some(bytes) = self.bytes() else { return false };
        let ends = |ending: &str| self.name.as_deref().is_some_and(|name| name.to_lowercase().ends_with(ending));
        let typed = self.content_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/csv"));
        match recognise(bytes) {
            Ok(_) | Err(ReportError::TooLarge { .. }) => true,
            Err(_) => typed || ends(".csv") || ends(".tsv"),
        }
    }
}
