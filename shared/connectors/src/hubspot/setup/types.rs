//! Association types: found by their labels, told by their ids, which differ per portal and per direction.

use super::{
    found::{Found, FoundType},
    wanted::{Object, Wanted, WantedLabel},
};
use crate::roles::{RelationId, TargetIds};

/// A label in its two directions.
pub(super) enum Both<'f> {
    There(&'f FoundType, &'f FoundType),
    OneWay,
    Missing,
}

/// A label that people made may have one text for both directions.
pub(super) fn both<'f>(there: &'f [FoundType], back: &'f [FoundType], label: &WantedLabel) -> Both<'f> {
    let Some(forward) = labelled(there, &label.label) else { return Both::Missing };
    match labelled(back, &label.inverse).or_else(|| labelled(back, &label.label)) {
        Some(inverse) => Both::There(forward, inverse),
        None => Both::OneWay,
    }
}

/// The type with a label. People write the same words in other cases, and the vendor keeps them apart or does not.
fn labelled<'f>(types: &'f [FoundType], label: &str) -> Option<&'f FoundType> {
    let is = |exact: bool| {
        types.iter().find(move |one| {
            one.label
                .as_deref()
                .is_some_and(|text| if exact { text == label } else { text.to_lowercase() == label.to_lowercase() })
        })
    };
    is(true).or_else(|| is(false))
}

/// The pair's type that says nothing more.
pub(super) fn plain(types: &[FoundType]) -> Option<&FoundType> {
    types.iter().find(|one| one.label.is_none())
}

/// What the portal calls what is there.
pub(super) fn ids(wanted: &Wanted, found: &Found) -> TargetIds {
    let (mode, _) = found.gate.mode();
    let mut ids = TargetIds::default();
    for object in Object::of(mode) {
        if let Some(Ok(state)) = found.objects.get(object) {
            ids.collections.insert(object.name().to_owned(), state.type_id.clone());
        }
    }
    for (from, to) in Object::pairs(mode) {
        let (Some(Ok(there)), Some(Ok(back))) = (found.types.get(&(*from, *to)), found.types.get(&(*to, *from))) else {
            continue;
        };
        ids.relations.extend(plain(there).map(|one| relation_id((*from, *to), None, one)));
        ids.relations.extend(plain(back).map(|one| relation_id((*to, *from), None, one)));
        for label in wanted.labels.iter().filter(|_| Object::labelled(mode).contains(&(*from, *to))) {
            if let Both::There(forward, inverse) = both(there, back, label) {
                ids.relations.push(relation_id((*from, *to), Some(label), forward));
                ids.relations.push(relation_id((*to, *from), Some(label), inverse));
            }
        }
    }
    ids
}

fn relation_id((from, to): (Object, Object), label: Option<&WantedLabel>, found: &FoundType) -> RelationId {
    RelationId {
        from: from.name().to_owned(),
        to: to.name().to_owned(),
        relation: label.map(|label| label.relation.clone()),
        category: found.category.clone(),
        id: found.id,
    }
}
