//! Paths with a connection's settings in them.

use std::collections::BTreeMap;
use url::form_urlencoded;

/// A template with each `{name}` replaced by the setting of that name; `None` when no setting stands for one.
pub(crate) fn filled(template: &str, settings: &BTreeMap<String, String>) -> Option<String> {
    let mut path = template.to_owned();
    for (name, value) in settings {
        path = path.replace(&format!("{{{name}}}"), &encoded(value));
    }
    (!path.contains('{')).then_some(path)
}

/// An id may hold anything; a path may not.
pub(crate) fn encoded(part: &str) -> String {
    form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>().replace('+', "%20")
}
