//! Where a value stands in a JSON document.

use serde::Deserialize;
use serde_json::Value;

/// A JSON pointer (RFC 6901), by its tokens; without any for the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer(Vec<String>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be empty or begin with `/`")]
pub struct PointerError;

impl TryFrom<String> for Pointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(PointerError);
        }
        Ok(Self(text.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

/// The longest text taken for a name or an id, in bytes.
const LONGEST: usize = 512;

impl Pointer {
    /// What stands there; null counts as nothing.
    pub(crate) fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        let found = self.0.iter().try_fold(document, |value, token| match value {
            Value::Object(members) => members.get(token),
            Value::Array(items) => items.get(index(token)?),
            _ => None,
        });
        found.filter(|value| !value.is_null())
    }

    pub(crate) fn find_mut<'v>(&self, document: &'v mut Value) -> Option<&'v mut Value> {
        self.0.iter().try_fold(document, |value, token| match value {
            Value::Object(members) => members.get_mut(token),
            Value::Array(items) => items.get_mut(index(token)?),
            _ => None,
        })
    }

    pub(crate) fn text(&self, document: &Value) -> Option<String> {
        self.find(document).and_then(text)
    }
}

/// A place in a list: no sign, no leading zero.
fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || token.starts_with(|first: char| matches!(first, '1'..='9'));
    if plain { token.parse().ok() } else { None }
}

/// A name or an id, however it is written. Vendors send numeric ids as numbers and as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if (1..=LONGEST).contains(&text.len()) { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_finds_what_the_standard_says() {
        // The examples of RFC 6901, section 5, and lists.
        let document = json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, "nothing": null, "list": [[10, 20]], "~1": 9,
        });
        for (pointer, wanted) in [
            ("/foo", Some(json!(["bar", "baz"]))),
            ("/foo/0", Some(json!("bar"))),
            ("/", Some(json!(0))),
            ("/a~1b", Some(json!(1))),
            ("/c%d", Some(json!(2))),
            ("/m~0n", Some(json!(8))),
            ("/~01", Some(json!(9))),
            ("/list/0/1", Some(json!(20))),
            ("", Some(document.clone())),
            ("/foo/00", None),
            ("/foo/+1", None),
            ("/foo/2", None),
            ("/foo/-", None),
            ("/foo/bar", None),
            ("/nothing", None),
            ("/foo/0/b", None),
        ] {
            let found = Pointer::try_from(pointer.to_owned()).unwrap();
            assert_eq!(found.find(&document).cloned(), wanted, "{pointer}");
        }
        assert_eq!(Pointer::try_from("foo".to_owned()), Err(PointerError));
    }
}
