//! Refusals in their two forms: an object with a type, and a bare word (section 4).

use crate::answer::Answer;
use serde_json::json;

pub(super) fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "error": { "type": kind, "message": message } }))
}

/// The form of 404 and of some refused tokens.
pub(super) fn bare(status: u16, word: &str) -> Answer {
    Answer::json(status, json!({ "error": word }))
}

pub(super) fn not_found() -> Answer {
    bare(404, "NOT_FOUND")
}

pub(super) fn no_such_model() -> Answer {
    error(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", "Invalid permissions, or the model was not found")
}

pub(super) fn invalid(message: &str) -> Answer {
    error(422, "INVALID_REQUEST_UNKNOWN", message)
}

pub(super) fn missing(field: &str) -> Answer {
    error(422, "INVALID_REQUEST_MISSING_FIELDS", &format!("Could not find field \"{field}\" in the request body"))
}

pub(super) fn unknown_field(name: &str) -> Answer {
    error(422, "UNKNOWN_FIELD_NAME", &format!("Unknown field name: \"{name}\""))
}

pub(super) fn bad_value(column: &str) -> Answer {
    error(422, "INVALID_VALUE_FOR_COLUMN", &format!("Field \"{column}\" cannot accept the provided value"))
}

pub(super) fn no_choice(name: &str) -> Answer {
    error(
        422,
        "INVALID_MULTIPLE_CHOICE_OPTIONS",
        &format!("Insufficient permissions to create new select option \"{name}\""),
    )
}

pub(super) fn no_row(id: &str) -> Answer {
    error(422, "ROW_DOES_NOT_EXIST", &format!("Record ID {id} does not exist in this table"))
}
