//! Types of associations: one without a label for each pair, and the labels (section 8). Their ids differ per portal and
//! per direction.

use super::{
    State,
    objects::Kind,
    replies::{Refusal, Replied, Reply},
    routes::Call,
};
use fastrand::Rng;
use serde_json::{Value, json};

/// Labels of one pair of object types.
pub(super) const MOST_LABELS: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    HubSpotDefined,
    UserDefined,
}

/// One direction of a type.
#[derive(Clone, Debug)]
pub(super) struct LinkType {
    pub(super) from: Kind,
    pub(super) to: Kind,
    pub(super) id: u32,
    /// Of the same type, seen from the other side.
    pub(super) inverse: u32,
    pub(super) category: Category,
    /// `None`: the pair's type without a label.
    pub(super) label: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct LinkTypes(Vec<LinkType>);

impl Category {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::HubSpotDefined => "HUBSPOT_DEFINED",
            Self::UserDefined => "USER_DEFINED",
        }
    }
}

impl LinkType {
    pub(super) fn json(&self) -> Value {
        json!({ "category": self.category.name(), "typeId": self.id, "label": self.label })
    }
}

impl LinkTypes {
    pub(super) fn of(&self, from: Kind, to: Kind) -> impl Iterator<Item = &LinkType> {
        self.0.iter().filter(move |one| one.from == from && one.to == to)
    }

    pub(super) fn get(&self, from: Kind, to: Kind, id: u32) -> Option<&LinkType> {
        self.of(from, to).find(|one| one.id == id)
    }

    /// The pair's type without a label; none where the two cannot be associated.
    pub(super) fn plain(&self, from: Kind, to: Kind) -> Option<&LinkType> {
        self.of(from, to).find(|one| one.label.is_none())
    }

    /// Lets two object types be associated, if they cannot be yet.
    pub(super) fn allow(&mut self, rng: &mut Rng, pair: (Kind, Kind), category: Category) {
        if self.plain(pair.0, pair.1).is_none() {
            self.define(rng, pair, category, (None, None));
        }
    }

    /// A type in both its directions; answers their ids.
    fn define(
        &mut self,
        rng: &mut Rng,
        (from, to): (Kind, Kind),
        category: Category,
        (label, inverse_label): (Option<&str>, Option<&str>),
    ) -> (u32, u32) {
        let id = self.unused(rng, from, to);
        let text = |label: Option<&str>| label.map(str::to_owned);
        if from == to && label == inverse_label {
            self.0.push(LinkType { from, to, id, inverse: id, category, label: text(label) });
            return (id, id);
        }
        // Reserves the first id, so that one object type with itself gets two different ones.
        self.0.push(LinkType { from, to, id, inverse: 0, category, label: text(label) });
        let inverse = self.unused(rng, to, from);
        if let Some(first) = self.0.last_mut() {
            first.inverse = inverse;
        }
        self.0.push(LinkType { from: to, to: from, id: inverse, inverse: id, category, label: text(inverse_label) });
        (id, inverse)
    }

    fn unused(&self, rng: &mut Rng, from: Kind, to: Kind) -> u32 {
        let mut id = rng.u32(1..=500);
        while self.of(from, to).chain(self.of(to, from)).any(|one| one.id == id) {
            id = rng.u32(1..=500);
        }
        id
    }

    pub(super) fn rename(&mut self, from: Kind, to: Kind, id: u32, label: &str) -> Option<u32> {
        let found = self.0.iter_mut().find(|one| one.from == from && one.to == to && one.id == id)?;
        label.clone_into(found.label.as_mut()?);
        Some(found.inverse)
    }

    fn remove(&mut self, from: Kind, to: Kind, id: u32) {
        self.0.retain(|one| {
            let this = one.from == from && one.to == to && one.id == id;
            let other = one.from == to && one.to == from && one.inverse == id;
            !this && !other
        });
    }
}

pub(super) fn list(state: &State, from: Kind, to: Kind) -> Reply {
    let all: Vec<Value> = state.link_types.of(from, to).map(LinkType::json).collect();
    Reply::json(200, json!({ "results": all }))
}

/// Answers both directions when the other one has a label of its own.
pub(super) fn create(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    let (Some(label), Some(_)) = (call.body["label"].as_str(), call.body["name"].as_str()) else {
        return Err(Refusal::unreadable("label and name are needed"));
    };
    let inverse = call.body["inverseLabel"].as_str();
    let (id, other) = define(state, (from, to), label, inverse)?;
    let mut shown: Vec<Value> = state.link_types.get(from, to, id).map(LinkType::json).into_iter().collect();
    if inverse.is_some() {
        shown.extend(state.link_types.get(to, from, other).map(LinkType::json));
    }
    Ok(Reply::json(200, json!({ "results": shown })))
}

pub(super) fn define(
    state: &mut State,
    (from, to): (Kind, Kind),
    label: &str,
    inverse: Option<&str>,
) -> Result<(u32, u32), Refusal> {
    if !state.settings.has_labels() {
        return Err(Refusal::forbidden("This portal does not have access to association labels"));
    }
    if state.link_types.plain(from, to).is_none() {
        return Err(Refusal::invalid("No association is defined between these object types"));
    }
    let labels = || state.link_types.of(from, to).filter_map(|one| one.label.as_deref());
    if labels().any(|known| known == label) {
        return Err(Refusal::invalid(&format!("The label {label} exists already")));
    }
    if labels().count() >= MOST_LABELS {
        return Err(Refusal::invalid("The limit of labels between these object types is reached"));
    }
    let State { link_types, rng, .. } = state;
    Ok(link_types.define(rng, (from, to), Category::UserDefined, (Some(label), Some(inverse.unwrap_or(label)))))
}

pub(super) fn update(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    let id = call.body["associationTypeId"].as_u64().and_then(|id| u32::try_from(id).ok());
    let (Some(id), Some(label)) = (id, call.body["label"].as_str()) else {
        return Err(Refusal::unreadable("associationTypeId and label are needed"));
    };
    let inverse = state.link_types.rename(from, to, id, label).ok_or_else(Refusal::no_object)?;
    state.link_types.rename(to, from, inverse, call.body["inverseLabel"].as_str().unwrap_or(label));
    Ok(Reply::nothing())
}

/// The label goes from every pair of records, too.
pub(super) fn delete(state: &mut State, from: Kind, to: Kind, id: &str) -> Replied {
    let id: u32 = id.parse().map_err(|_| Refusal::no_object())?;
    let known = state.link_types.get(from, to, id).filter(|one| one.label.is_some());
    let inverse = known.ok_or_else(Refusal::no_object)?.inverse;
    state.links.forget_type((from, to, id), (to, from, inverse));
    state.link_types.remove(from, to, id);
    Ok(Reply::nothing())
}
