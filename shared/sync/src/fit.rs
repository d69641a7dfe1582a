//! Whether a flow's settings fit what its two ends describe, found without asking anybody; those that do are compiled.

use lintel_connectors::{
    manifest::{FindError, Manifest, Vendors},
    mapping::{Mapping, MappingError, Mappings},
};
use lintel_domain::{
    ids::{ConnectionId, FlowId},
    records::{Entity, FieldKind, Protection},
    settings::Organization,
    sync::{Check, Direction, Flow, Rule, WhenNew},
};
use lintel_formats::expression::Expression;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// A setting of a flow that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The keys below the flow's own, a list's places among them: `policies`, `frist_name`.
    pub path: Vec<String>,
    pub message: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}

/// Everything of the organization's flows that does not fit, by flow.
///
/// # Errors
/// A vendor's own files cannot be used.
pub fn unfit(settings: &Organization) -> Result<Vec<(FlowId, Unfit)>, FindError> {
    let vendors = Vendors::of(settings);
    let mut ends = BTreeMap::new();
    for flow in settings.flows.values() {
        for connection in [&flow.from, &flow.to].into_iter().filter_map(|id| settings.connections.get(id)) {
            if !ends.contains_key(connection.vendor.as_str()) {
                let manifest = vendors.find(&connection.vendor)?;
                let mappings = Arc::new(vendors.mappings(&manifest)?);
                ends.insert(connection.vendor.as_str(), (manifest, mappings));
            }
        }
    }
    // That a connection is not configured is told of elsewhere.
    let end = |id: &ConnectionId| {
        let (manifest, mappings) = ends.get(settings.connections.get(id)?.vendor.as_str())?;
        Some(End { manifest, mappings: Arc::clone(mappings) })
    };
    let mut found = Vec::new();
    for (id, flow) in &settings.flows {
        let (Some(source), Some(target)) = (end(&flow.from), end(&flow.to)) else { continue };
        if let Err(faults) = fit(settings, flow, &source, &target) {
            found.extend(faults.into_iter().map(|unfit| (id.clone(), unfit)));
        }
    }
    Ok(found)
}

/// What one end's vendor describes.
pub(crate) struct End<'a> {
    pub manifest: &'a Manifest,
    pub mappings: Arc<Mappings>,
}

/// A flow's mappings and rules.
#[derive(Debug)]
pub(crate) struct Fitted {
    pub reading: Arc<Mapping>,
    /// The reading one where relations are written: they have no fields of their own.
    pub writing: Arc<Mapping>,
    /// All of the source's, for what its records refer to.
    pub source_mappings: Arc<Mappings>,
    /// By the flow's rules; only those that are expressions.
    pub rules: Arc<Vec<Option<Expression>>>,
}

/// Compiles what a flow says of its two ends.
///
/// # Errors
/// Everything that does not fit.
pub(crate) fn fit(
    settings: &Organization,
    flow: &Flow,
    source: &End<'_>,
    target: &End<'_>,
) -> Result<Fitted, Vec<Unfit>> {
    let mut fit = Fit { settings, flow, found: Vec::new() };
    let reading = fit.mapping(source, "stream", &flow.stream, "from", &flow.fields.from).map(Arc::new);
    let writing = match &flow.ends {
        Some(_) => {
            fit.relation(target, reading.as_deref());
            reading.clone()
        }
        None => fit.mapping(target, "into", &flow.into, "to", &flow.fields.to).map(Arc::new),
    };
    if let Some(reading) = &reading {
        fit.names(reading.entity());
        fit.second_way(source, reading);
        fit.onto(reading);
    }
    if let (Some(reading), Some(writing)) = (&reading, &writing) {
        fit.together(reading, writing);
    }
    let rules = Arc::new(flow.rules.iter().enumerate().map(|(place, rule)| fit.rule(place, rule)).collect());
    match (reading, writing) {
        (Some(reading), Some(writing)) if fit.found.is_empty() => {
            Ok(Fitted { reading, writing, source_mappings: Arc::clone(&source.mappings), rules })
        }
        _ => Err(fit.found),
    }
}

struct Fit<'a> {
    settings: &'a Organization,
    flow: &'a Flow,
    found: Vec<Unfit>,
}

impl Fit<'_> {
    fn add(&mut self, path: &[&str], message: String) {
        self.found.push(Unfit { path: path.iter().map(|&step| step.to_owned()).collect(), message });
    }

    fn mapping(
        &mut self,
        end: &End<'_>,
        key: &str,
        stream: &str,
        side: &str,
        overrides: &BTreeMap<String, String>,
    ) -> Option<Mapping> {
        if end.mappings.get(stream).is_none() {
            let vendor = &end.manifest.vendor;
            let message = if key == "into" && end.manifest.relations.contains_key(stream) {
                format!("`{stream}` of {vendor} relates records: it takes the flows it does so for, as `ends`")
            } else {
                format!("{vendor} maps no stream `{stream}`; there are {}", listed(end.mappings.names()))
            };
            self.add(&[key], message);
            return None;
        }
        match Mapping::compile(end.manifest, stream, &end.mappings, overrides) {
            Ok(mapping) => Some(mapping),
            Err(MappingError::Faulty { place, reason, .. }) => {
                let field = place.strip_prefix("fields.").unwrap_or(&place);
                self.add(&["fields", side, field], reason);
                None
            }
            Err(error @ MappingError::Unknown { .. }) => {
                self.add(&[key], error.to_string());
                None
            }
        }
    }

    fn relation(&mut self, target: &End<'_>, reading: Option<&Mapping>) {
        let (into, vendor) = (&self.flow.into, &target.manifest.vendor);
        let Some(relation) = target.manifest.relations.get(into) else {
            let known = listed(target.manifest.relations.keys().map(String::as_str));
            let message =
                format!("`ends` are those of a relation, and `{into}` of {vendor} is none; there are {known}");
            return self.add(&["ends"], message);
        };
        if let Some(reading) = reading.filter(|reading| reading.entity() != relation.entity) {
            let message =
                format!("follows from a {}, and `{}` holds a {}", relation.entity, self.flow.stream, reading.entity());
            self.add(&["into"], message);
        }
    }

    /// Fields that settings name.
    fn names(&mut self, entity: Entity) {
        let flow = self.flow;
        let unknown = |name: &str| entity.field(name).is_none();
        let message = |name: &str| format!("a {entity} has no field `{name}`");
        for name in flow.policies.keys().filter(|name| unknown(name)) {
            self.add(&["policies", name], message(name));
        }
        for (place, rule) in flow.rules.iter().enumerate().filter(|(_, rule)| unknown(&rule.field)) {
            self.add(&["rules", &place.to_string(), "field"], message(&rule.field));
        }
        for name in &flow.protected {
            match entity.field(name) {
                None => self.add(&["protected"], message(name)),
                Some(field) if !field.may_be_protected() => {
                    self.add(&["protected"], format!("`{name}` of a {entity} is of no kind that can be protected"));
                }
                Some(_) => {}
            }
        }
    }

    fn rule(&mut self, place: usize, rule: &Rule) -> Option<Expression> {
        let Check::Holds(code) = &rule.check else { return None };
        match Expression::compile(code) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.add(&["rules", &place.to_string(), "check"], format!("the expression {error}"));
                None
            }
        }
    }

    fn second_way(&mut self, source: &End<'_>, reading: &Mapping) {
        let flow = self.flow;
        if flow.direction == Direction::OneWay {
            if flow.when_new == WhenNew::Make {
                self.add(&["when_new"], "asks for `direction = \"two-way\"`".to_owned());
            }
            return;
        }
        if flow.ends.is_some() || flow.onto.is_some() {
            self.add(&["direction"], "relations and records written onto another flow's go one way".to_owned());
        } else if source.manifest.streams.get(reading.stream()).is_none_or(|stream| stream.write.is_none()) {
            self.add(&["direction"], format!("`{}` of {} is only read", flow.stream, flow.from));
        }
    }

    fn onto(&mut self, reading: &Mapping) {
        let Some(onto) = &self.flow.onto else { return };
        let refers = reading.fields().any(|(name, kind)| name == onto.by && matches!(kind, FieldKind::Reference(_)));
        if !refers {
            let message = format!("`{}` tells no field `{}` that names another record", self.flow.stream, onto.by);
            self.add(&["onto", "by"], message);
        }
    }

    fn together(&mut self, reading: &Mapping, writing: &Mapping) {
        let (settings, flow) = (self.settings, self.flow);
        if reading.entity() != writing.entity() {
            let (one, other) = (reading.entity(), writing.entity());
            return self.add(&["into"], format!("holds a {other}, and `{}` a {one}", flow.stream));
        }
        let read: BTreeSet<&str> = reading.fields().map(|(name, _)| name).collect();
        let both: BTreeSet<&str> = match &flow.ends {
            Some(_) => read,
            None => writing.written().map(|(name, _)| name).filter(|name| read.contains(name)).collect(),
        };
        let is_secret = |name: &str| settings.protection(flow, reading.entity(), name) == Protection::Secret;
        if both.iter().all(|&name| is_secret(name) && !flow.send_protected.contains(name)) {
            self.add(&["into"], format!("writes no field that `{}` tells and that may be sent", flow.stream));
        }
        for name in flow.send_protected.iter().filter(|name| !is_secret(name) || !both.contains(name.as_str())) {
            self.add(&["send_protected"], format!("`{name}` is no protected field that both ends map"));
        }
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
