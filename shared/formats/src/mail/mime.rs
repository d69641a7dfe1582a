//! Raw MIME: the raw form of the hook, and what a mail service stores as an object.

use super::{Attachment, AttachmentContent, InboundMail, MailError};
use lintel_domain::private::Private;
use mail_parser::{Address, MessageParser, MimeHeaders, PartType};

pub(super) fn read(body: &[u8]) -> Result<InboundMail, MailError> {
    let message = MessageParser::default().parse(body).ok_or(MailError::Mime)?;
    if message.from().is_none() && message.message_id().is_none() && message.subject().is_none() {
        return Err(MailError::Mime);
    }
    let first = |list: Option<&Address<'_>>| {
        list.and_then(|list| list.first()).and_then(|found| found.address()).map(Private::new)
    };
    let recipients = message.to().map(|list| list.iter().filter_map(|to| to.address()).map(Private::new).collect());
    // A table may stand inline as well as attached, so every leaf that is not a body in HTML is looked at.
    let files = message.parts.iter().filter_map(|part| {
        let named = part.attachment_name().is_some() || part.content_disposition().is_some();
        let bytes = match &part.body {
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
            PartType::Text(text) if named || part.is_content_type("text", "csv") => text.as_bytes().to_vec(),
            PartType::Html(text) if named => text.as_bytes().to_vec(),
            _ => return None,
        };
        let content_type = part.content_type().map(|kind| match kind.subtype() {
            Some(subtype) => format!("{}/{subtype}", kind.ctype()),
            None => kind.ctype().to_owned(),
        });
        Some(Attachment {
            name: part.attachment_name().filter(|name| !name.is_empty()).map(str::to_owned),
            content_type,
            declared_size: None,
            content: AttachmentContent::Bytes(bytes),
        })
    });
    Ok(InboundMail {
        message_id: message.message_id().map(|id| format!("<{id}>")),
        from: first(message.from()),
        envelope_from: message.return_address().map(Private::new),
        recipients: recipients.unwrap_or_default(),
        subject: message.subject().map(Private::new),
        spf: None,
        attachments: files.collect(),
    })
}
