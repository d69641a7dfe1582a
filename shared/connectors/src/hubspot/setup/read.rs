//! Reading a portal's state.

use super::{
    Denied, PortalSetup,
    client::{Heard, readable},
    found::{Activation, Found, FoundGroup, FoundObject, FoundProperty, FoundSchema, FoundType, Gate, Offer, Readable},
    wanted::{Object, PEOPLE_AND_LISTINGS},
};
use crate::{
    error::Error,
    roles::{LeftOutWhy, SetupMode},
    transport::Deadline,
};
use serde_json::Value;
use std::collections::BTreeMap;

impl PortalSetup {
    pub(super) async fn find(&self, denied: Denied, deadline: Deadline) -> Result<Found, Error> {
        let mut found = Found {
            gate: Gate {
                most: self.most,
                listings: Ok(Activation::Inactive),
                units: Offer::Lacks(LeftOutWhy::Chosen),
                labels: Offer::Untold,
            },
            unit_type: Ok(None),
            objects: BTreeMap::new(),
            types: BTreeMap::new(),
        };
        if self.most >= SetupMode::ListingsOnly {
            found.gate.listings = self.activation(deadline).await?;
        }
        if self.most == SetupMode::Full && found.gate.listings == Ok(Activation::Active) {
            (found.gate.units, found.unit_type) = self.units(denied, deadline).await?;
        }
        let (mode, _) = found.gate.mode();
        if mode >= SetupMode::ListingsOnly {
            found.gate.labels = self.labels_offered(denied, deadline).await?;
        }
        for object in Object::of(mode) {
            if let Some(type_id) = self.type_id(*object, &found) {
                found.objects.insert(*object, self.object(*object, type_id, deadline).await?);
            }
        }
        for (from, to) in Object::pairs(mode) {
            for (from, to) in [(*from, *to), (*to, *from)] {
                if let (Some(from_id), Some(to_id)) = (self.type_id(from, &found), self.type_id(to, &found)) {
                    let types = self.types((from, &from_id), (to, &to_id), deadline).await?;
                    found.types.insert((from, to), types);
                }
            }
        }
        Ok(found)
    }

    fn type_id(&self, object: Object, found: &Found) -> Option<String> {
        match object {
            Object::Units => found.unit_type().map(str::to_owned),
            _ => self.wanted.object(object).type_id.clone(),
        }
    }

    async fn activation(&self, deadline: Deadline) -> Result<Readable<Activation>, Error> {
        let doing = "read whether listings are activated";
        let route = "/crm/object-library/{version}/enablement/{type}";
        let listings = self.wanted.object(Object::Listings);
        let path = route.replace("{type}", listings.type_id.as_deref().unwrap_or_default());
        let heard = match self.client.get(doing, route, &path, deadline).await? {
            // The vendor's library of this portal does not have the type.
            Heard::Absent => return Ok(Ok(Activation::Inactive)),
            heard => heard,
        };
        match readable("listings", heard, listings) {
            Ok(body) => match body["enablement"].as_bool() {
                Some(true) => Ok(Ok(Activation::Active)),
                Some(false) => Ok(Ok(Activation::Inactive)),
                None => Err(self.client.unexpected(doing, "enablement")),
            },
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Whether units can have an object of their own, and its type id where they have.
    async fn units(&self, denied: Denied, deadline: Deadline) -> Result<(Offer, Readable<Option<String>>), Error> {
        let offered =
            if denied.units { Offer::Lacks(LeftOutWhy::NotInPlan) } else { self.custom_offered(deadline).await? };
        if offered == Offer::Lacks(LeftOutWhy::NotInPlan) {
            return Ok((offered, Ok(None)));
        }
        let found = self.schema(deadline).await?;
        // One of those that use the limit up may be ours.
        let offered = if matches!(found, Ok(Some(_))) { Offer::Has } else { offered };
        Ok((offered, found))
    }

    async fn custom_offered(&self, deadline: Deadline) -> Result<Offer, Error> {
        let doing = "read the limit of custom objects";
        let route = "/crm/limits/{version}/custom-object-types";
        Ok(match self.client.get(doing, route, route, deadline).await? {
            Heard::Done(body) => offered(body["limit"].as_u64(), body["usage"].as_u64()),
            Heard::Forbidden(_) => Offer::Lacks(LeftOutWhy::NotInPlan),
            _ => Offer::Untold,
        })
    }

    async fn schema(&self, deadline: Deadline) -> Result<Readable<Option<String>>, Error> {
        let doing = "read the custom objects";
        let route = "/crm-object-schemas/{version}/schemas";
        let heard = self.client.get(doing, route, route, deadline).await?;
        let body = match readable("custom objects", heard, self.wanted.object(Object::Units)) {
            Ok(body) => body,
            Err(fault) => return Ok(Err(fault)),
        };
        let schemas: Vec<FoundSchema> = self.client.listed(doing, &body)?;
        let ours = schemas.into_iter().find(|schema| schema.name == self.wanted.custom.name);
        Ok(Ok(ours.map(|schema| schema.type_id)))
    }

    async fn labels_offered(&self, denied: Denied, deadline: Deadline) -> Result<Offer, Error> {
        if denied.labels {
            return Ok(Offer::Lacks(LeftOutWhy::NotInPlan));
        }
        let doing = "read the limit of association labels";
        let route = "/crm/limits/{version}/associations/labels";
        let id = |object| self.wanted.object(object).type_id.as_deref().unwrap_or_default();
        // Of the pair every portal has; a plan with labels has them for all.
        let (from, to) = PEOPLE_AND_LISTINGS;
        let path = format!("{route}?fromObjectTypeId={}&toObjectTypeId={}", id(from), id(to));
        Ok(match self.client.get(doing, route, &path, deadline).await? {
            Heard::Done(body) => {
                let pairs = body["results"].as_array().into_iter().flatten();
                let of = |one: &&Value, key: &str, object| one[key]["objectTypeId"] == id(object);
                let mut pair = pairs.filter(|one| of(one, "fromObjectType", from) && of(one, "toObjectType", to));
                // A limit that is used up is met when the next label is refused: one of those that are there may be ours.
                pair.next().map_or(Offer::Untold, |pair| offered(pair["limit"].as_u64(), None))
            }
            Heard::Forbidden(_) => Offer::Lacks(LeftOutWhy::NotInPlan),
            _ => Offer::Untold,
        })
    }

    async fn object(
        &self,
        object: Object,
        type_id: String,
        deadline: Deadline,
    ) -> Result<Readable<FoundObject>, Error> {
        let wanted = self.wanted.object(object);
        let doing = format!("read the properties of {object}");
        let route = "/crm/properties/{version}/{type}";
        let heard = self.client.get(&doing, route, &route.replace("{type}", &type_id), deadline).await?;
        let properties = match readable(&format!("properties of {object}"), heard, wanted) {
            Ok(body) => self.client.listed::<FoundProperty>(&doing, &body)?,
            Err(fault) => return Ok(Err(fault)),
        };
        let doing = format!("read the property groups of {object}");
        let route = "/crm/properties/{version}/{type}/groups";
        let heard = self.client.get(&doing, route, &route.replace("{type}", &type_id), deadline).await?;
        let groups = match readable(&format!("property groups of {object}"), heard, wanted) {
            Ok(body) => self.client.listed::<FoundGroup>(&doing, &body)?,
            Err(fault) => return Ok(Err(fault)),
        };
        Ok(Ok(FoundObject {
            type_id,
            groups: groups.into_iter().map(|group| group.name).collect(),
            properties: properties.into_iter().map(|property| (property.name.clone(), property)).collect(),
        }))
    }

    async fn types(
        &self,
        (from, from_id): (Object, &str),
        (to, to_id): (Object, &str),
        deadline: Deadline,
    ) -> Result<Readable<Vec<FoundType>>, Error> {
        let doing = format!("read the association labels from {from} to {to}");
        let route = "/crm/associations/{version}/{from}/{to}/labels";
        let path = route.replace("{from}", from_id).replace("{to}", to_id);
        let heard = self.client.get(&doing, route, &path, deadline).await?;
        let what = format!("association labels from {from} to {to}");
        match readable(&what, heard, self.wanted.object(from)) {
            Ok(body) => Ok(Ok(self.client.listed(&doing, &body)?)),
            Err(fault) => Ok(Err(fault)),
        }
    }
}

/// What a limit says; a limit of nothing is a plan without.
fn offered(limit: Option<u64>, usage: Option<u64>) -> Offer {
    match (limit, usage) {
        (None, _) => Offer::Untold,
        (Some(0), _) => Offer::Lacks(LeftOutWhy::NotInPlan),
        (Some(limit), Some(usage)) if usage >= limit => Offer::Lacks(LeftOutWhy::LimitReached),
        (Some(_), _) => Offer::Has,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_whether_there_is_any_left() {
        assert_eq!(offered(Some(10), Some(9)), Offer::Has);
        assert_eq!(offered(Some(10), None), Offer::Has);
        assert_eq!(offered(Some(10), Some(10)), Offer::Lacks(LeftOutWhy::LimitReached));
        assert_eq!(offered(Some(0), Some(0)), Offer::Lacks(LeftOutWhy::NotInPlan));
        assert_eq!(offered(None, None), Offer::Untold);
    }
}
