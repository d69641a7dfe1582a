//! The vendor's own properties (sections 4 and 6). For listings nobody published them: these are the ones five public
//! integrations agree on.

use super::{
    properties::{Access, Check, Choice, Property, System, Type, Uniqueness},
    settings::{PortalSettings, SecondaryEmails},
};

const CONTACT_GROUP: &str = "contactinformation";
const LISTING_GROUP: &str = "listing_information";

/// Stages in their order; writes only move forward.
pub(super) const STAGES: [&str; 8] = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

const LISTING_TYPES: [&str; 7] =
    ["house", "townhouse", "multi_family", "condos_co_ops", "lots_land", "apartments", "manufactured"];

pub(super) fn contact(settings: &PortalSettings) -> Vec<Property> {
    let of = |name: &str, kind| Property::native(name, kind, CONTACT_GROUP);
    let text = |name: &str| of(name, Type::String);
    let additional = Property {
        field_type: "checkbox".to_owned(),
        check: Check::Emails,
        access: match settings.secondary_emails {
            SecondaryEmails::Writable => Access::Writable,
            SecondaryEmails::ReadOnly => Access::ReadOnly,
        },
        ..of("hs_additional_emails", Type::Enumeration)
    };
    let mut all = vec![
        Property { check: Check::Email, uniqueness: Uniqueness::Unique, ..text("email") },
        additional,
        of("phone", Type::PhoneNumber),
        of("mobilephone", Type::PhoneNumber),
        Property { choices: choices(&STAGES), ..of("lifecyclestage", Type::Enumeration) },
        Property { choices: choices(&["NEW", "OPEN", "CONNECTED"]), ..of("hs_lead_status", Type::Enumeration) },
        Property { access: Access::ReadOnly, ..of("notes_last_contacted", Type::DateTime) },
        Property { access: Access::ReadOnly, ..of("notes_last_updated", Type::DateTime) },
        Property {
            access: Access::ReadOnly,
            choices: choices(&["true", "false"]),
            ..of("hs_marketable_status", Type::Enumeration)
        },
    ];
    let texts = [
        "firstname",
        "lastname",
        "address",
        "city",
        "state",
        "zip",
        "country",
        "company",
        "jobtitle",
        "website",
        "date_of_birth",
        "hubspot_owner_id",
        "hs_pipeline",
    ];
    all.extend(texts.map(text));
    all.extend(system(CONTACT_GROUP, ["createdate", "lastmodifieddate"]));
    all
}

pub(super) fn listing() -> Vec<Property> {
    let of = |name: &str, kind| Property::native(name, kind, LISTING_GROUP);
    let texts = [
        "hs_name",
        "hs_address_1",
        "hs_address_2",
        "hs_city",
        "hs_state_province",
        "hs_neighborhood",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hubspot_owner_id",
    ];
    let numbers =
        ["hs_price", "hs_bedrooms", "hs_bathrooms", "hs_square_footage", "hs_lot_size", "hs_year_built", "amount"];
    let mut all = vec![
        Property { choices: choices(&LISTING_TYPES), ..of("hs_listing_type", Type::Enumeration) },
        Property { check: Check::Digits, ..of("hs_zip", Type::String) },
    ];
    all.extend(texts.map(|name| of(name, Type::String)));
    all.extend(numbers.map(|name| of(name, Type::Number)));
    all.extend(system(LISTING_GROUP, ["hs_createdate", "hs_lastmodifieddate"]));
    all
}

pub(super) fn note() -> Vec<Property> {
    let group = "note";
    let mut all = vec![
        Property::native("hs_note_body", Type::String, group),
        Property::native("hs_timestamp", Type::DateTime, group),
        Property::native("hubspot_owner_id", Type::String, group),
    ];
    all.extend(system(group, ["hs_createdate", "hs_lastmodifieddate"]));
    all
}

/// What every custom object has before it is given properties of its own.
pub(super) fn custom(group: &str) -> Vec<Property> {
    let mut all = vec![Property::native("hubspot_owner_id", Type::String, group)];
    all.extend(system(group, ["hs_createdate", "hs_lastmodifieddate"]));
    all
}

fn system(group: &str, [created, modified]: [&str; 2]) -> [Property; 6] {
    let of = |name: &str, kind, what| Property { access: Access::System(what), ..Property::native(name, kind, group) };
    [
        of("hs_object_id", Type::Number, System::Id),
        of(created, Type::DateTime, System::Created),
        of(modified, Type::DateTime, System::Modified),
        of("hs_object_source", Type::String, System::Source),
        of("hs_object_source_label", Type::String, System::Source),
        of("hs_object_source_id", Type::String, System::SourceId),
    ]
}

fn choices(values: &[&str]) -> Vec<Choice> {
    values.iter().map(|value| Choice { value: (*value).to_owned(), label: label(value) }).collect()
}

/// Labels differ from values, so that a client that mixes them up is found out.
fn label(value: &str) -> String {
    let words = value.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
