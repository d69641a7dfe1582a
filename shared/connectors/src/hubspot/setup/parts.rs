//! What the steps of a set-up make, in the neutral words of a report.

use super::wanted::{Object, Pair, Wanted, WantedLabel, WantedProperty};
use crate::roles::SetupPart;

pub(super) fn collection(object: Object) -> SetupPart {
    SetupPart::Collection { collection: object.name().to_owned() }
}

pub(super) fn group(object: Object, wanted: &Wanted) -> SetupPart {
    SetupPart::Group { collection: object.name().to_owned(), name: wanted.group.name.clone() }
}

pub(super) fn field(object: Object, name: &str) -> SetupPart {
    SetupPart::Field { collection: object.name().to_owned(), field: name.to_owned() }
}

pub(super) fn choices(object: Object, property: &WantedProperty) -> SetupPart {
    SetupPart::Choices { collection: object.name().to_owned(), field: property.name.clone() }
}

pub(super) fn pair(from: Object, to: Object) -> SetupPart {
    SetupPart::Pair { from: from.name().to_owned(), to: to.name().to_owned() }
}

pub(super) fn relation((from, to): Pair, label: &WantedLabel) -> SetupPart {
    SetupPart::Relation { from: from.name().to_owned(), to: to.name().to_owned(), relation: label.relation.clone() }
}
