//! Which property a row belongs to.

use super::{
    Listing, RowFault,
    names::{fingerprint, fold},
};
use lintel_domain::{
    fingerprint::Fingerprint,
    ids::PropertyId,
    settings::{Organization, Property},
};
use std::collections::{BTreeMap, BTreeSet};

/// Finds a listing's properties.
pub(super) type Place = for<'s> fn(&Directory<'s>, &Listing) -> Vec<&'s PropertyId>;

/// The properties one source serves, by everything they may be called.
pub(super) struct Directory<'s> {
    key: &'static str,
    settings: &'s Organization,
    pub(super) served: BTreeMap<&'s PropertyId, &'s Property>,
    names: BTreeMap<String, Vec<&'s PropertyId>>,
    addresses: BTreeMap<String, Vec<&'s PropertyId>>,
    owners: BTreeMap<&'s PropertyId, BTreeSet<String>>,
    owner_prints: BTreeMap<&'s PropertyId, BTreeSet<Fingerprint>>,
}

impl<'s> Directory<'s> {
    pub(super) fn new(settings: &'s Organization, key: &'static str) -> Self {
        let mut out = Self {
            key,
            settings,
            served: BTreeMap::new(),
            names: BTreeMap::new(),
            addresses: BTreeMap::new(),
            owners: BTreeMap::new(),
            owner_prints: BTreeMap::new(),
        };
        for (id, property) in &settings.properties {
            let Some(names) = property.listed_as.get(key) else { continue };
            out.serve(id, property);
            for over in &property.owner_overrides {
                if let Some((id, property)) = settings.properties.get_key_value(&over.to) {
                    out.serve(id, property);
                }
            }
            for name in names {
                add(&mut out.names, fold(name), id);
                if let Some((_, number)) = name.rsplit_once('#') {
                    add(&mut out.names, fold(number), id);
                }
            }
            if let Some(address) = &property.address {
                add(&mut out.addresses, fold(address), id);
                add(&mut out.addresses, street(address), id);
            }
        }
        out
    }

    fn serve(&mut self, id: &'s PropertyId, property: &'s Property) {
        self.served.insert(id, property);
        self.owners.insert(id, property.owners.iter().map(|owner| fold(owner)).collect());
        self.owner_prints.insert(id, property.owners.iter().filter_map(|owner| fingerprint(owner)).collect());
    }

    pub(super) fn is_owner(&self, property: &PropertyId, guest: Option<Fingerprint>) -> bool {
        guest.is_some_and(|guest| self.owner_prints.get(property).is_some_and(|owners| owners.contains(&guest)))
    }

    pub(super) fn place(&self, place: Place, listing: &Listing) -> Result<&'s PropertyId, RowFault> {
        let found = place(self, listing);
        let [property] = found.as_slice() else {
            let (listing, key) = (listing.label().to_owned(), self.key.to_owned());
            return Err(if found.is_empty() {
                RowFault::UnmappedProperty { listing, key }
            } else {
                RowFault::AmbiguousProperty { listing, key }
            });
        };
        self.overridden(property, listing)
    }

    /// A row of a property whose owner contains an override's pattern belongs to another property. Not followed twice.
    fn overridden(&self, property: &'s PropertyId, listing: &Listing) -> Result<&'s PropertyId, RowFault> {
        let overrides = self.served.get(property).map_or(&[][..], |property| property.owner_overrides.as_slice());
        let owner = listing.owner.as_ref().map(|owner| fold(owner.expose())).unwrap_or_default();
        let pattern_holds = |pattern: &str| !pattern.trim().is_empty() && owner.contains(&fold(pattern));
        match overrides.iter().find(|over| pattern_holds(&over.pattern)) {
            None => Ok(property),
            Some(over) => match self.settings.properties.get_key_value(&over.to) {
                Some((to, _)) => Ok(to),
                None => Err(RowFault::OverrideWithoutProperty { property: over.to.as_str().to_owned() }),
            },
        }
    }
}

fn add<'s>(index: &mut BTreeMap<String, Vec<&'s PropertyId>>, key: String, property: &'s PropertyId) {
    let properties = index.entry(key).or_default();
    if !properties.contains(&property) {
        properties.push(property);
    }
}

/// An address without its town: what stands before the first comma.
fn street(address: &str) -> String {
    fold(address.split(',').next().unwrap_or_default())
}

/// By the exact name, whatever its case and spacing.
pub(super) fn by_name<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    look_up(&directory.names, listing.name.as_deref())
}

/// By listing number.
pub(super) fn by_number<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    look_up(&directory.names, listing.number.as_deref())
}

/// By address, and among several homes at one address by owner. The owner alone decides only among properties without
/// a configured address: an owner of two homes would otherwise be given the wrong one.
pub(super) fn by_address<'s>(directory: &Directory<'s>, listing: &Listing) -> Vec<&'s PropertyId> {
    let owner = listing.owner.as_ref().map(|owner| fold(owner.expose())).unwrap_or_default();
    let is_theirs = |id: &PropertyId| directory.owners.get(id).is_some_and(|owners| owners.contains(&owner));
    let whole = look_up(&directory.addresses, listing.address.as_deref());
    let found = if whole.is_empty() {
        look_up(&directory.addresses, listing.address.as_deref().map(street).as_deref())
    } else {
        whole
    };
    match found.len() {
        0 => {
            let homeless = |property: &Property| property.address.is_none() || listing.address.is_none();
            let served = directory.served.iter().filter(|(id, property)| homeless(property) && is_theirs(id));
            served.map(|(id, _)| *id).collect()
        }
        1 => found,
        _ => {
            let narrowed: Vec<_> = found.iter().copied().filter(|id| is_theirs(id)).collect();
            if narrowed.len() == 1 { narrowed } else { found }
        }
    }
}

fn look_up<'s>(index: &BTreeMap<String, Vec<&'s PropertyId>>, name: Option<&str>) -> Vec<&'s PropertyId> {
    name.and_then(|name| index.get(&fold(name))).cloned().unwrap_or_default()
}
