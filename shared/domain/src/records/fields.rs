//! The table of all fields.

use super::{Entity, FieldKind};

/// One field of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub protection: Protection,
    /// What it means, for people; part of the published schema.
    pub about: &'static str,
}

impl Field {
    /// Whether an organization may name it as protected: text in some form, of which a hash can stand for the value. What says how
    /// records belong together, or is told by one of a few words, cannot be kept to itself.
    pub fn may_be_protected(&self) -> bool {
        matches!(self.kind, Text | Email | Phone | Date | Moment)
    }
}

/// What must be kept from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Facts about places and contracts.
    None,
    /// Data about a person: masked wherever people read along.
    Personal,
    /// Stored encrypted or as a hash, and never sent on unless a flow says so.
    Secret,
}

const fn plain(name: &'static str, kind: FieldKind, about: &'static str) -> Field {
    Field { name, kind, protection: Protection::None, about }
}

const fn personal(name: &'static str, kind: FieldKind, about: &'static str) -> Field {
    Field { name, kind, protection: Protection::Personal, about }
}

const fn secret(name: &'static str, kind: FieldKind, about: &'static str) -> Field {
    Field { name, kind, protection: Protection::Secret, about }
}

use FieldKind::{Choice, Date, Email, Flag, Integer, Moment, Money, Number, Parties, Phone, Reference, Text, Texts};

const TERMS: FieldKind = Choice(&["active", "future", "past"]);

pub(super) const PERSON: &[Field] = &[
    plain(
        "kind",
        Choice(&["tenant", "resident", "lead", "owner", "emergency-contact", "cosigner"]),
        "what the person is here",
    ),
    personal("first_name", Text, "given name"),
    personal("last_name", Text, "family name; the whole name where a source does not split it"),
    personal("company", Text, "name of the company, where the person stands for one"),
    personal("email", Email, "main address"),
    personal("other_email", Email, "second address"),
    personal("mobile_phone", Phone, "mobile"),
    personal("home_phone", Phone, "at home"),
    personal("work_phone", Phone, "at work"),
    personal("date_of_birth", Date, "date of birth"),
    personal("address_line1", Text, "street and number"),
    personal("address_line2", Text, "second line"),
    personal("city", Text, "city"),
    personal("state", Text, "state or region"),
    personal("postal_code", Text, "postal code"),
    personal("country", Text, "country"),
    secret("tax_id", Text, "number of the tax office"),
    personal("comment", Text, "what the office noted"),
    plain("status", TERMS, "whether the person's contracts run, are to come, or are over"),
    plain("moved_in", Date, "first day of the contract that runs, else of the next, else of the last"),
    plain("moved_out", Date, "day the person left that contract or is to leave it"),
    plain("unit", Reference(Entity::Unit), "where the person lives or is to live"),
    plain("property", Reference(Entity::Property), "the property of that unit"),
    plain("properties", FieldKind::References(Entity::Property), "what an owner owns"),
    plain("associations", FieldKind::References(Entity::Association), "where an owner is a member"),
    plain("person", Reference(Entity::Person), "the person itself, where a source tells of it apart from its record"),
    plain("contact_of", Reference(Entity::Person), "whose emergency contact this is"),
    personal("relationship", Text, "how an emergency contact is related"),
    plain("active", Flag, "whether the source still works with the person"),
    plain("created_at", Moment, "when the source's record was made"),
];

pub(super) const PROPERTY: &[Field] = &[
    plain("name", Text, "what the office calls it"),
    plain(
        "kind",
        Choice(&[
            "condo",
            "multi-family",
            "single-family",
            "industrial",
            "office",
            "retail",
            "shopping-center",
            "storage",
            "parking",
            "other",
        ]),
        "kind of property",
    ),
    plain("address_line1", Text, "street and number"),
    plain("address_line2", Text, "second line"),
    plain("city", Text, "city"),
    plain("state", Text, "state or region"),
    plain("postal_code", Text, "postal code"),
    plain("country", Text, "country"),
    plain("year_built", Integer, "year"),
    plain("units", Integer, "number of units"),
    plain("description", Text, "in words"),
    plain("amenities", Texts, "what it offers"),
    plain("active", Flag, "whether it is managed at present"),
    plain(
        "property",
        Reference(Entity::Property),
        "the property itself, where a source tells of it apart from its record",
    ),
];

pub(super) const BUILDING: &[Field] = &[
    plain("name", Text, "what the office calls it"),
    plain("property", Reference(Entity::Property), "the property it belongs to"),
    plain("address_line1", Text, "street and number"),
    plain("city", Text, "city"),
    plain("state", Text, "state or region"),
    plain("postal_code", Text, "postal code"),
    plain("country", Text, "country"),
    plain("year_built", Integer, "year"),
];

pub(super) const UNIT: &[Field] = &[
    plain("property", Reference(Entity::Property), "the property it belongs to"),
    plain("association", Reference(Entity::Association), "the association it belongs to"),
    plain("building", Text, "name of the building"),
    plain("number", Text, "number or name of the unit"),
    plain("description", Text, "in words"),
    plain("market_rent", Money, "what it would rent for, a month"),
    plain("bedrooms", Number, "number of bedrooms; a studio has none"),
    plain("bathrooms", Number, "number of bathrooms, in halves"),
    plain("size", Integer, "square feet"),
    plain("address_line1", Text, "street and number"),
    plain("address_line2", Text, "second line"),
    plain("city", Text, "city"),
    plain("state", Text, "state or region"),
    plain("postal_code", Text, "postal code"),
    plain("country", Text, "country"),
    plain("amenities", Texts, "what it offers"),
    plain("unit", Reference(Entity::Unit), "the unit itself, where a source tells of it apart from its record"),
];

pub(super) const LEASE: &[Field] = &[
    plain("property", Reference(Entity::Property), "where"),
    plain("unit", Reference(Entity::Unit), "where"),
    plain("unit_number", Text, "number or name of the unit"),
    plain("from", Date, "first day"),
    plain("to", Date, "last day; none for one without end"),
    plain("status", TERMS, "whether it runs"),
    plain("kind", Choice(&["fixed", "fixed-with-rollover", "at-will", "owner-occupied", "other"]), "kind of contract"),
    plain("rent", Money, "a month"),
    plain("deposit", Money, "security deposit"),
    plain("evicting", Flag, "whether an eviction is pending"),
    plain("parties", Parties, "who rents, with each one's own dates"),
    plain("cosigners", FieldKind::References(Entity::Person), "who stands in for them"),
    plain("created_at", Moment, "when the source's record was made"),
];

pub(super) const LISTING: &[Field] = &[
    plain("property", Reference(Entity::Property), "what is offered"),
    plain("unit", Reference(Entity::Unit), "what is offered"),
    plain("rent", Money, "asked, a month"),
    plain("deposit", Money, "asked"),
    plain("listed_on", Date, "since when"),
    plain("available_on", Date, "from when it can be had"),
    plain("terms", Text, "of the lease"),
    plain("description", Text, "in words"),
    plain("amenities", Texts, "what it offers"),
    plain("active", Flag, "whether it is on offer at present"),
];

pub(super) const ASSOCIATION: &[Field] = &[
    plain("name", Text, "what the office calls it"),
    plain("address_line1", Text, "street and number"),
    plain("address_line2", Text, "second line"),
    plain("city", Text, "city"),
    plain("state", Text, "state or region"),
    plain("postal_code", Text, "postal code"),
    plain("country", Text, "country"),
    plain("year_built", Integer, "year"),
    plain("description", Text, "in words"),
    plain("active", Flag, "whether it is managed at present"),
];
