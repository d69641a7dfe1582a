//! What is wanted against what was found. Pure.

use super::{
    found::{Found, FoundObject, FoundProperty, FoundType, Offer},
    parts::{choices, collection, field, group, pair, relation},
    types::{Both, both, plain},
    wanted::{Made, Object, Pair, Wanted, WantedLabel, WantedProperty, option_body},
};
use crate::roles::{Feature, LeftOut, MappedFields, SetupFault, SetupMode, SetupPart, SetupPlan};
use serde_json::Value;
use std::collections::BTreeSet;

/// One call that makes something.
#[derive(Debug)]
pub(super) enum Step<'w> {
    /// The custom object with its first properties.
    Schema,
    Group(Object),
    Property(Object, &'w WantedProperty),
    /// All options the property is to have, those that were found among them.
    Options(Object, &'w WantedProperty, Vec<Value>),
    /// That the custom object's records can be associated with another's.
    Pair(Object),
    Label(Pair, &'w WantedLabel),
}

#[derive(Debug)]
pub(super) struct Plan<'w> {
    pub(super) mode: SetupMode,
    pub(super) steps: Vec<Step<'w>>,
    pub(super) missing: Vec<SetupPart>,
    pub(super) there: Vec<SetupPart>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) faults: BTreeSet<SetupFault>,
}

impl Step<'_> {
    /// The object whose scope the call needs.
    pub(super) fn object(&self) -> Object {
        match self {
            Self::Schema | Self::Pair(_) => Object::Units,
            Self::Group(object) | Self::Property(object, _) | Self::Options(object, ..) => *object,
            Self::Label((from, _), _) => *from,
        }
    }

    pub(super) fn part(&self, wanted: &Wanted) -> SetupPart {
        match self {
            Self::Schema => collection(Object::Units),
            Self::Group(object) => group(*object, wanted),
            Self::Property(object, property) => field(*object, &property.name),
            Self::Options(object, property, _) => choices(*object, property),
            Self::Pair(other) => pair(*other, Object::Units),
            Self::Label(pair, label) => relation(*pair, label),
        }
    }
}

impl Plan<'_> {
    pub(super) fn neutral(self) -> SetupPlan {
        let Self { mode, missing, there, left_out, faults, .. } = self;
        SetupPlan { mode, missing, already_there: there, left_out, faults: faults.into_iter().collect() }
    }
}

pub(super) fn plan<'w>(wanted: &'w Wanted, found: &Found, mapped: &MappedFields) -> Plan<'w> {
    let (mode, left_out) = found.gate.mode();
    let plan =
        Plan { mode, steps: Vec::new(), missing: Vec::new(), there: Vec::new(), left_out, faults: BTreeSet::new() };
    let mut planner = Planner { wanted, found, mapped, plan };
    if let (SetupMode::ContactsOnly, Err(fault)) = (mode, &found.gate.listings) {
        planner.fault(fault.clone());
    }
    for object in Object::of(mode) {
        planner.object(*object);
        planner.mapped(*object);
    }
    for (from, to) in Object::pairs(mode) {
        planner.pair(*from, *to);
    }
    for pair in Object::labelled(mode) {
        planner.labels(*pair);
    }
    planner.plan
}

struct Planner<'w, 'f> {
    wanted: &'w Wanted,
    found: &'f Found,
    mapped: &'f MappedFields,
    plan: Plan<'w>,
}

impl<'w> Planner<'w, '_> {
    fn fault(&mut self, fault: SetupFault) {
        self.plan.faults.insert(fault);
    }

    fn there(&mut self, part: SetupPart) {
        self.plan.there.push(part);
    }

    fn missing(&mut self, part: SetupPart) {
        self.plan.missing.push(part);
    }

    fn step(&mut self, step: Step<'w>) {
        self.plan.missing.push(step.part(self.wanted));
        self.plan.steps.push(step);
    }

    fn object(&mut self, object: Object) {
        let found = self.found;
        match (object, &found.unit_type) {
            (Object::Units, Err(fault)) => return self.fault(fault.clone()),
            (Object::Units, Ok(None)) => return self.new_object(object),
            (Object::Units, Ok(Some(_))) => self.there(collection(object)),
            _ => {}
        }
        match found.objects.get(&object) {
            Some(Ok(state)) => self.contents(object, state),
            Some(Err(fault)) => self.fault(fault.clone()),
            None => self.fault(SetupFault::NotThere { part: collection(object) }),
        }
    }

    fn new_object(&mut self, object: Object) {
        self.step(Step::Schema);
        self.step(Step::Group(object));
        for property in self.properties(object) {
            if self.wanted.comes_with_schema(object, property) {
                self.missing(field(object, &property.name));
            } else {
                self.new_property(object, property);
            }
        }
    }

    /// The properties the object is to have.
    fn properties(&self, object: Object) -> Vec<&'w WantedProperty> {
        let mapped = self.mapped.get(object.name());
        let is_mapped = |one: &WantedProperty| mapped.is_some_and(|names| names.contains(&one.name));
        let properties = self.wanted.object(object).properties.iter();
        properties.filter(|one| one.made == Made::Always || is_mapped(one)).collect()
    }

    fn new_property(&mut self, object: Object, property: &'w WantedProperty) {
        self.step(Step::Property(object, property));
        if !property.options.is_empty() {
            self.missing(choices(object, property));
        }
    }

    fn contents(&mut self, object: Object, found: &FoundObject) {
        if found.groups.contains(&self.wanted.group.name) {
            self.there(group(object, self.wanted));
        } else {
            self.step(Step::Group(object));
        }
        for property in self.properties(object) {
            match found.properties.get(&property.name) {
                None => self.new_property(object, property),
                Some(found) => self.property(object, property, found),
            }
        }
        for name in &self.wanted.object(object).native {
            self.written(object, name, found);
        }
    }

    fn property(&mut self, object: Object, wanted: &'w WantedProperty, found: &FoundProperty) {
        let part = field(object, &wanted.name);
        if found.kind != wanted.kind.name() {
            let (found, wanted) = (found.kind.clone(), wanted.kind.name().to_owned());
            return self.fault(SetupFault::WrongType { part, found, wanted });
        }
        if wanted.unique && !found.is_unique() {
            return self.fault(SetupFault::NotUnique { part });
        }
        if !found.is_writable() {
            return self.fault(SetupFault::ReadOnly { part });
        }
        self.there(part);
        if !wanted.options.is_empty() {
            self.choices(object, wanted, found);
        }
    }

    fn choices(&mut self, object: Object, wanted: &'w WantedProperty, found: &FoundProperty) {
        let missing: Vec<&(String, String)> = wanted.options.iter().filter(|(value, _)| !found.offers(value)).collect();
        if missing.is_empty() {
            return self.there(choices(object, wanted));
        }
        if !found.takes_options() {
            let missing = missing.into_iter().map(|(value, _)| value.clone()).collect();
            return self.fault(SetupFault::ChoicesFixed { part: choices(object, wanted), missing });
        }
        let begin = found.options.len();
        let added = missing.into_iter().enumerate().map(|(at, option)| option_body(begin + at, option));
        self.step(Step::Options(object, wanted, found.options.iter().cloned().chain(added).collect()));
    }

    /// A property that is not Lintel's and that is written.
    fn written(&mut self, object: Object, name: &str, found: &FoundObject) {
        let part = field(object, name);
        match found.properties.get(name) {
            None => self.fault(SetupFault::Unknown { part }),
            Some(property) if !property.is_writable() => self.fault(SetupFault::ReadOnly { part }),
            Some(_) => {}
        }
    }

    fn mapped(&mut self, object: Object) {
        let wanted = self.wanted.object(object);
        let own = |name: &String| wanted.properties.iter().any(|one| one.name == *name) || wanted.native.contains(name);
        let mapped = self.mapped;
        let others = mapped.get(object.name()).into_iter().flatten().filter(|name| !own(name));
        let found = self.found.objects.get(&object);
        for name in others {
            match found {
                Some(Ok(found)) => self.written(object, name, found),
                // What could not be read is a fault already.
                Some(Err(_)) => {}
                None => self.fault(SetupFault::Unknown { part: field(object, name) }),
            }
        }
    }

    fn pair(&mut self, from: Object, to: Object) {
        let part = pair(from, to);
        let new = self.found.unit_type.as_ref().is_ok_and(Option::is_none);
        match self.found.types.get(&(from, to)) {
            Some(Ok(types)) if plain(types).is_some() => self.there(part),
            // Only a custom object is given pairs.
            Some(Ok(_)) if to == Object::Units => self.step(Step::Pair(from)),
            Some(Ok(_)) => self.fault(SetupFault::NotThere { part }),
            Some(Err(fault)) => self.fault(fault.clone()),
            // Comes with the object.
            None if new && to == Object::Units => self.missing(part),
            None => {}
        }
    }

    fn labels(&mut self, pair: Pair) {
        let (from, to) = pair;
        let (there, back) = (self.found.types.get(&(from, to)), self.found.types.get(&(to, from)));
        let (there, back): (&[FoundType], &[FoundType]) = match (there, back) {
            (Some(Ok(there)), Some(Ok(back))) => (there, back),
            // An object that is yet to be made has none.
            (None, None) if self.found.unit_type.as_ref().is_ok_and(Option::is_none) => (&[], &[]),
            (there, back) => {
                let unread = [there, back].into_iter().flatten().filter_map(|types| types.as_ref().err());
                return unread.cloned().for_each(|fault| self.fault(fault));
            }
        };
        let mut left_out = None;
        for label in &self.wanted.labels {
            let part = relation(pair, label);
            match (both(there, back, label), self.found.gate.labels) {
                (Both::There(..), _) => self.there(part),
                (Both::OneWay, _) => self.fault(SetupFault::OneWay { part, inverse: label.inverse.clone() }),
                (Both::Missing, Offer::Lacks(why)) => left_out = Some(LeftOut { what: Feature::Relations, why }),
                (Both::Missing, Offer::Has | Offer::Untold) => self.step(Step::Label(pair, label)),
            }
        }
        if let Some(left_out) = left_out.filter(|one| !self.plan.left_out.contains(one)) {
            self.plan.left_out.push(left_out);
        }
    }
}
