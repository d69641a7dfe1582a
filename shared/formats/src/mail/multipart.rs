//! Form data: bracketed paths and binary files, or one `message` part that holds the whole mail.

use super::{Attachment, AttachmentContent, InboundMail, Limits, MailError, mime};
use lintel_domain::private::Private;
use mail_parser::{MessageParser, MimeHeaders};
use memchr::memmem;

struct Part<'a> {
    field: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: &'a [u8],
}

pub(super) fn read(content_type: &str, body: &[u8], limits: &Limits) -> Result<InboundMail, MailError> {
    let parts = parts(content_type, body, limits)?;
    let said = |field: &str| {
        let found = parts.iter().find(|part| part.field.eq_ignore_ascii_case(field))?;
        Some(String::from_utf8_lossy(found.content).trim().to_owned()).filter(|text| !text.is_empty())
    };
    let header = |name: &str| {
        let dashed = name.replace('_', "-");
        [name, &dashed]
            .into_iter()
            .find_map(|name| said(&format!("headers[{name}]")).or_else(|| said(&format!("headers[{name}][0]"))))
    };
    let whole = parts.iter().find(|part| part.field == "message").map(|part| mime::read(part.content)).transpose()?;
    let mut mail = whole.unwrap_or_default();
    mail.message_id = mail.message_id.or_else(|| header("message_id"));
    mail.from = mail.from.or_else(|| header("from").map(Private::new));
    mail.subject = mail.subject.or_else(|| header("subject").map(Private::new));
    mail.envelope_from = said("envelope[from]").map(Private::new).or(mail.envelope_from);
    mail.spf = said("envelope[spf][result]").map(|spf| spf.to_lowercase());
    let listed = parts.iter().filter(|part| part.field.starts_with("envelope[recipients]"));
    let mut recipients: Vec<Private> =
        listed.map(|part| Private::new(String::from_utf8_lossy(part.content).trim().to_owned())).collect();
    if recipients.is_empty() {
        recipients.extend(said("envelope[to]").map(Private::new));
    }
    if !recipients.is_empty() {
        mail.recipients = recipients;
    }
    // The fields of stored files repeat, one group a file; a field that stands already opens the next group.
    let mut stored: Vec<Vec<(&str, String)>> = Vec::new();
    for part in parts.iter().filter(|part| part.field.starts_with("attachments[")) {
        let inner = part.field.rsplit_once("][").map(|(_, name)| name.trim_end_matches(']'));
        match inner {
            Some(name) => {
                let text = String::from_utf8_lossy(part.content).trim().to_owned();
                match stored.last_mut() {
                    Some(group) if group.iter().all(|(known, _)| *known != name) => group.push((name, text)),
                    _ => stored.push(vec![(name, text)]),
                }
            }
            None => mail.attachments.push(Attachment {
                name: part.file_name.clone(),
                content_type: part.content_type.clone(),
                declared_size: None,
                content: AttachmentContent::Bytes(part.content.to_vec()),
            }),
        }
    }
    for group in stored {
        let field = |name: &str| group.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
        let Some(url) = field("url") else { continue };
        mail.attachments.push(Attachment {
            name: field("file_name"),
            content_type: field("content_type"),
            declared_size: field("size").and_then(|size| size.parse().ok()),
            content: AttachmentContent::Url(Private::new(url)),
        });
    }
    Ok(mail)
}

fn parts<'a>(content_type: &str, body: &'a [u8], limits: &Limits) -> Result<Vec<Part<'a>>, MailError> {
    let boundary = boundary(content_type).ok_or(MailError::Form { why: "names no boundary" })?;
    let opening = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(between.as_bytes());
    let start =
        memmem::find(body, opening.as_bytes()).ok_or(MailError::Form { why: "does not begin with its boundary" })?;
    let mut rest = body.get(start + opening.len()..).unwrap_or_default();
    let mut out = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(out);
        }
        if out.len() >= limits.parts {
            return Err(MailError::TooManyParts { limit: limits.parts });
        }
        let end = finder.find(rest).ok_or(MailError::Form { why: "ends before its last boundary" })?;
        let part = rest.get(..end).unwrap_or_default();
        let head_end = memmem::find(part, b"\r\n\r\n").ok_or(MailError::Form { why: "has a part without headers" })?;
        let (head, content) = part.split_at_checked(head_end + 4).unwrap_or_default();
        out.extend(part_of(head, content));
        rest = rest.get(end + between.len()..).unwrap_or_default();
    }
}

/// The mail parser reads a part's headers, encoded names included.
fn part_of<'a>(head: &[u8], content: &'a [u8]) -> Option<Part<'a>> {
    let message = MessageParser::default().parse_headers(head.trim_ascii_start())?;
    let part = message.parts.first()?;
    let field = part.content_disposition()?.attribute("name")?.to_owned();
    let content_type = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    let file_name = part.content_disposition()?.attribute("filename").filter(|name| !name.is_empty());
    Some(Part { field, file_name: file_name.map(str::to_owned), content_type, content })
}

fn boundary(content_type: &str) -> Option<String> {
    let mut fields = content_type.split(';').skip(1).filter_map(|field| field.split_once('='));
    let (_, value) = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= 200).then(|| value.to_owned())
}
