//! The forms a mail is posted in (section 2), all drawn from the normalized JSON.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use fastrand::Rng;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// "JSON Normalized".
    Json,
    /// "Multipart Normalized": bracketed names, files as `attachments[]`.
    Multipart,
    /// The deprecated "Multipart": header names in their original case, files as `attachments[0]`.
    OldMultipart,
}

pub(super) struct Body {
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
}

impl Form {
    /// Every form there is.
    pub const ALL: [Self; 3] = [Self::Json, Self::Multipart, Self::OldMultipart];

    pub(super) fn write(self, mail: &Value, rng: &mut Rng) -> Body {
        if self == Self::Json {
            return Body { content_type: "application/json".to_owned(), bytes: Bytes::from(mail.to_string()) };
        }
        let mut parts =
            Parts { boundary: format!("--------------------------{:024x}", rng.u128(..) >> 32), bytes: Vec::new() };
        for (key, value) in mail.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("attachments", Value::Array(files)) => {
                    for (index, file) in files.iter().enumerate() {
                        let name = if self == Self::Multipart {
                            "attachments[]".to_owned()
                        } else {
                            format!("attachments[{index}]")
                        };
                        parts.attachment(&name, file);
                    }
                }
                ("headers", Value::Object(headers)) => {
                    for (name, value) in headers {
                        let name = if self == Self::Multipart { name.clone() } else { original_case(name) };
                        parts.fields(&format!("headers[{name}]"), value);
                    }
                }
                _ => parts.fields(key, value),
            }
        }
        parts.finish()
    }
}

/// A multipart body on the way.
struct Parts {
    boundary: String,
    bytes: Vec<u8>,
}

impl Parts {
    /// A value under its bracket path; what is not there at all is an empty field.
    fn fields(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.fields(&format!("{path}[{key}]"), value);
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.fields(&format!("{path}[{index}]"), value);
                }
            }
            Value::Null => self.part(path, "", b""),
            Value::String(text) => self.part(path, "", text.as_bytes()),
            Value::Bool(_) | Value::Number(_) => self.part(path, "", value.to_string().as_bytes()),
        }
    }

    /// A file in the body, or, kept in a store, its description with an address.
    fn attachment(&mut self, name: &str, file: &Value) {
        let text = |key: &str| file[key].as_str().unwrap_or_default();
        if file["url"].is_string() {
            return self.fields(name, file);
        }
        let more = format!("; filename=\"{}\"\r\nContent-Type: {}", text("file_name"), text("content_type"));
        self.part(name, &more, &STANDARD.decode(text("content")).unwrap_or_default());
    }

    fn part(&mut self, name: &str, more: &str, content: &[u8]) {
        let head = format!("--{}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n", self.boundary);
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn finish(mut self) -> Body {
        self.bytes.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        Body {
            content_type: format!("multipart/form-data; boundary={}", self.boundary),
            bytes: Bytes::from(self.bytes),
        }
    }
}

/// `message_id` as `Message-ID`, `received_spf` as `Received-Spf`.
fn original_case(name: &str) -> String {
    let word = |word: &str| match word {
        "id" => "ID".to_owned(),
        _ => {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        }
    };
    name.split('_').map(word).collect::<Vec<_>>().join("-")
}
