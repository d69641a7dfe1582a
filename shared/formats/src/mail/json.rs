//! The JSON forms: normalized, and the deprecated one whose header names keep their case.

use super::{Attachment, AttachmentContent, InboundMail, MailError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lintel_domain::private::Private;
use serde_json::Value;

pub(super) fn read(body: &[u8]) -> Result<InboundMail, MailError> {
    let root: Value =
        serde_json::from_slice(body).map_err(|error| MailError::Json { line: error.line(), column: error.column() })?;
    let header = |name: &str| {
        let headers = root.get("headers")?.as_object()?;
        let same = |key: &str| key.replace('-', "_").eq_ignore_ascii_case(name);
        text(headers.iter().find(|(key, _)| same(key))?.1)
    };
    let envelope = root.get("envelope");
    let enveloped = |name: &str| text(envelope?.get(name)?);
    let list = envelope.and_then(|envelope| envelope.get("recipients")?.as_array());
    let recipients = match list {
        Some(list) => list.iter().filter_map(text).map(Private::new).collect(),
        None => enveloped("to").map(Private::new).into_iter().collect(),
    };
    let spf = envelope.and_then(|envelope| text(envelope.get("spf")?.get("result")?));
    let files = root.get("attachments");
    let files: Vec<&Value> = match files {
        Some(Value::Array(files)) => files.iter().collect(),
        Some(Value::Object(files)) => files.values().collect(),
        _ => Vec::new(),
    };
    let attachments =
        files.into_iter().enumerate().map(|(index, file)| attachment(index, file)).collect::<Result<_, _>>()?;
    Ok(InboundMail {
        message_id: header("message_id"),
        from: header("from").map(Private::new),
        envelope_from: enveloped("from").map(Private::new),
        recipients,
        subject: header("subject").map(Private::new),
        spf: spf.map(|spf| spf.to_lowercase()),
        attachments,
    })
}

fn attachment(index: usize, file: &Value) -> Result<Attachment, MailError> {
    let said = |name: &str| file.get(name).and_then(text);
    let content = if let Some(url) = said("url") {
        AttachmentContent::Url(Private::new(url))
    } else {
        let mut encoded = said("content").unwrap_or_default();
        encoded.retain(|letter| !letter.is_ascii_whitespace());
        AttachmentContent::Bytes(STANDARD.decode(encoded).map_err(|_| MailError::Base64 { index })?)
    };
    let declared_size = file.get("size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
    Ok(Attachment { name: said("file_name"), content_type: said("content_type"), declared_size, content })
}

/// A header is text, or a list of text when it repeats.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(list) => list.iter().find_map(text),
        _ => None,
    }
}
