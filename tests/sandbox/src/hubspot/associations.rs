//! Which record is associated with which, kept from both sides. Associations have no properties and no dates.

use super::{State, objects::Kind, replies::Refusal, routes::Call, singles::id_text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A record of any object type.
pub(super) type Node = (Kind, u64);

/// Two records, with a type as each of them sees it, and the pair's types without a label.
#[derive(Clone, Debug)]
pub(super) struct Link {
    from: Node,
    to: Node,
    types: BTreeSet<u32>,
    inverse: BTreeSet<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Links(HashMap<Node, BTreeMap<Node, BTreeSet<u32>>>);

impl Link {
    /// From a record that had no id yet.
    pub(super) fn within(self, kind: Kind, id: u64) -> Self {
        Self { from: (kind, id), ..self }
    }
}

impl Links {
    /// Adds the types to what is there. Doing it again changes nothing.
    pub(super) fn put(&mut self, link: Link) {
        let Link { from, to, types, inverse } = link;
        self.0.entry(from).or_default().entry(to).or_default().extend(types);
        self.0.entry(to).or_default().entry(from).or_default().extend(inverse);
    }

    /// What a record is associated with among those of an object type.
    pub(super) fn of(&self, from: Node, to: Kind) -> impl Iterator<Item = (u64, &BTreeSet<u32>)> {
        let all = self.0.get(&from).into_iter().flatten();
        all.filter(move |((kind, _), _)| *kind == to).map(|((_, id), types)| (*id, types))
    }

    pub(super) fn remove(&mut self, from: Node, to: Node) {
        for (one, other) in [(from, to), (to, from)] {
            if let Some(all) = self.0.get_mut(&one) {
                all.remove(&other);
            }
        }
    }

    /// Takes one type off a pair.
    pub(super) fn take_off(&mut self, (from, id): (Node, u32), (to, inverse): (Node, u32)) {
        for (one, other, id) in [(from, to, id), (to, from, inverse)] {
            if let Some(types) = self.0.get_mut(&one).and_then(|all| all.get_mut(&other)) {
                types.remove(&id);
            }
        }
    }

    /// A label is deleted for all.
    pub(super) fn forget_type(&mut self, one: (Kind, Kind, u32), other: (Kind, Kind, u32)) {
        for ((from, _), all) in &mut self.0 {
            for ((to, _), types) in all {
                for (of, with, id) in [one, other] {
                    if *from == of && *to == with {
                        types.remove(&id);
                    }
                }
            }
        }
    }

    /// Everything a merged-away record was associated with.
    pub(super) fn move_all(&mut self, loser: Node, winner: Node) {
        for (other, types) in self.0.remove(&loser).unwrap_or_default() {
            let back = self.0.get_mut(&other).and_then(|all| all.remove(&loser)).unwrap_or_default();
            if other != winner {
                self.put(Link { from: winner, to: other, types, inverse: back });
            }
        }
    }
}

impl State {
    /// A link of these types; the type without a label always goes with them.
    pub(super) fn link(&self, from: Node, to: Node, types: &Value) -> Result<Link, Refusal> {
        let plain = self.link_types.plain(from.0, to.0);
        let plain = plain.ok_or_else(|| Refusal::invalid("No association is defined between these object types"))?;
        let mut link = Link { from, to, types: BTreeSet::from([plain.id]), inverse: BTreeSet::from([plain.inverse]) };
        let Some(types) = types.as_array().filter(|types| !types.is_empty()) else {
            return Err(Refusal::invalid("types must not be empty"));
        };
        for one in types {
            let id = one["associationTypeId"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
            let known = self.link_types.get(from.0, to.0, id);
            let known = known.filter(|known| one["associationCategory"] == known.category.name());
            let Some(known) = known else {
                let pair = (&self.object(from.0).id, &self.object(to.0).id);
                let why = format!("invalid association type {one} between {} and {}", pair.0, pair.1);
                return Err(Refusal::invalid(&why));
            };
            link.types.insert(known.id);
            link.inverse.insert(known.inverse);
        }
        Ok(link)
    }

    /// A link without a label.
    pub(super) fn plain_link(&self, from: Node, to: Node) -> Result<Link, Refusal> {
        let plain = self.link_types.plain(from.0, to.0);
        let plain = plain.ok_or_else(|| Refusal::invalid("No association is defined between these object types"))?;
        Ok(Link { from, to, types: BTreeSet::from([plain.id]), inverse: BTreeSet::from([plain.inverse]) })
    }

    /// A record that is there, as a call names it.
    pub(super) fn node(&self, kind: Kind, id: &Value) -> Result<Node, Refusal> {
        let id = id_text(id).and_then(|text| text.parse().ok());
        let id = id.filter(|id| self.object(kind).live(*id).is_some()).ok_or_else(Refusal::no_object)?;
        Ok((kind, id))
    }

    /// The `associations` of a record that is made. Their types name the other record's object type.
    pub(super) fn links_of(&self, kind: Kind, wanted: &Value) -> Result<Vec<Link>, Refusal> {
        let wanted = wanted.as_array().into_iter().flatten();
        wanted.map(|one| self.link_by_types(kind, &one["to"]["id"], &one["types"])).collect()
    }

    fn link_by_types(&self, kind: Kind, to: &Value, types: &Value) -> Result<Link, Refusal> {
        let others = (0..self.objects.len()).map(Kind);
        let mut fitting = others.filter_map(|other| {
            let to = self.node(other, to).ok()?;
            self.link((kind, 0), to, types).ok()
        });
        fitting.next().ok_or_else(|| Refusal::invalid(&format!("invalid association to {to} with {types}")))
    }

    /// The living others, with the types as this side sees them.
    pub(super) fn linked(&self, from: Node, to: Kind) -> impl Iterator<Item = (u64, &BTreeSet<u32>)> {
        self.links.of(from, to).filter(move |(id, _)| self.object(to).live(*id).is_some())
    }

    pub(super) fn types_json(&self, from: Kind, to: Kind, types: &BTreeSet<u32>) -> Vec<Value> {
        types.iter().filter_map(|id| self.link_types.get(from, to, *id)).map(super::labels::LinkType::json).collect()
    }

    /// What `associations=` of a reading asks for.
    pub(super) fn shown_links(&self, kind: Kind, id: u64, call: &Call<'_>) -> Result<Option<Value>, Refusal> {
        let mut shown = Map::new();
        for name in call.listed("associations") {
            let other = self.resolve(name)?;
            let word = format!("{}_to_{}", self.object(kind).name, self.object(other).name);
            let results: Vec<Value> =
                self.linked((kind, id), other).map(|(id, _)| json!({ "id": id.to_string(), "type": word })).collect();
            if !results.is_empty() {
                shown.insert(self.object(other).name.clone(), json!({ "results": results }));
            }
        }
        Ok((!shown.is_empty()).then_some(Value::Object(shown)))
    }
}
