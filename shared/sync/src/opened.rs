//! A flow with its two ends open.

use crate::{SyncError, protected::Sent, relate::OpenRelations, ways::Ways};
use lintel_cloud::{connections::Connections, store::OrgTable};
use lintel_connectors::{
    manifest::{Manifest, Vendors},
    mapping::{Mapping, Mappings},
    records::RecordClient,
    roles,
};
use lintel_domain::{
    ids::FlowId,
    records::{Entity, FieldKind, Protection},
    settings::{Organization, OwnVendor},
    sync::{Check, Direction, Flow},
};
use lintel_formats::expression::Expression;
use std::{collections::BTreeMap, sync::Arc};

/// Both clients, both mappings, and what they have in common.
#[derive(Debug)]
pub struct OpenFlow {
    pub id: FlowId,
    pub flow: Flow,
    pub(crate) source: Arc<RecordClient>,
    pub(crate) target: Arc<RecordClient>,
    pub(crate) reading: Arc<Mapping>,
    pub(crate) writing: Arc<Mapping>,
    /// All of the source's, for what its records refer to.
    pub(crate) source_mappings: Arc<Mappings>,
    /// The fields both ends know, but for protected ones that the flow does not send.
    pub(crate) mapped: Vec<(&'static str, FieldKind)>,
    /// How the target's mapping has them.
    pub(crate) ways: Arc<Ways>,
    /// Those of them that the source takes back: none in a one-way flow.
    pub(crate) taken_back: Vec<&'static str>,
    /// Protected fields both ends know: those that are sent because the flow says so, and those that are not.
    pub(crate) sent: Sent,
    pub(crate) held_back: Vec<&'static str>,
    /// What the source tells that may stand in the open.
    pub(crate) unprotected: Vec<&'static str>,
    /// What must be kept of each field of the flow's records, and from whom.
    pub(crate) protections: BTreeMap<&'static str, Protection>,
    /// Where the flow writes relations instead of records.
    pub(crate) relations: Option<OpenRelations>,
    /// By the flow's rules; only those that are expressions.
    pub(crate) rules: Arc<Vec<Option<Expression>>>,
}

/// Compiled mappings: they cost some milliseconds each, and change with the configuration alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    flow: Option<Flow>,
    /// What the organization says itself of the vendors at both ends.
    own: [Option<OwnVendor>; 2],
    source_mappings: Arc<Mappings>,
    reading: Option<Arc<Mapping>>,
    writing: Option<Arc<Mapping>>,
    rules: Arc<Vec<Option<Expression>>>,
}

impl OpenFlow {
    pub(crate) async fn open(
        connections: &Connections,
        table: &OrgTable,
        settings: &Organization,
        id: &FlowId,
        compiled: &mut Compiled,
    ) -> Result<Self, SyncError> {
        let flow = settings.flows.get(id).ok_or_else(|| SyncError::Unknown(id.clone()))?;
        let source = connections.records(settings, &flow.from).await?;
        let target = connections.records(settings, &flow.to).await?;
        let vendors = Vendors::of(settings);
        let own = [&source, &target].map(|end| vendors.own(&end.manifest().vendor));
        if compiled.flow.as_ref() != Some(flow) || compiled.own.each_ref().map(Option::as_ref) != own {
            *compiled = Compiled::of(id, flow, vendors, source.manifest(), target.manifest())?;
        }
        let misfit = |reason: String| SyncError::Misfit { flow: id.clone(), reason };
        let (Some(reading), Some(writing)) = (compiled.reading.clone(), compiled.writing.clone()) else {
            return Err(misfit("its mappings are not compiled".to_owned()));
        };
        if reading.entity() != writing.entity() {
            return Err(misfit(format!(
                "{} holds a {}, {} a {}",
                flow.stream,
                reading.entity(),
                flow.into,
                writing.entity()
            )));
        }
        let ids = table.target_ids(&flow.to).await?;
        // Without what set-up makes, each and every record would be refused.
        if ids.is_none() && (flow.ends.is_some() || roles::has_setup(&target.manifest().vendor)) {
            return Err(misfit(format!("connection {} was not set up: `lintel setup {0}`", flow.to)));
        }
        let related = flow.ends.as_ref().zip(ids);
        let relations = related.map(|(ends, ids)| OpenRelations { name: flow.into.clone(), ends: ends.clone(), ids });
        let read: Vec<_> = reading.fields().collect();
        let mut mapped: Vec<_> = match relations {
            Some(_) => read,
            None => writing.written().filter(|(name, _)| read.iter().any(|(known, _)| known == name)).collect(),
        };
        let entity = reading.entity();
        let protected = |name: &str| settings.protection(flow, entity, name) == Protection::Secret;
        if let Some(name) =
            flow.protected.iter().find(|name| entity.field(name).is_none_or(|one| !one.may_be_protected()))
        {
            return Err(misfit(format!("protected: a {entity} has no field {name} that could be")));
        }
        let (sent, held_back): (Vec<_>, Vec<_>) = mapped
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| protected(name))
            .partition(|name| flow.send_protected.contains(*name));
        if let Some(name) = flow.send_protected.iter().find(|name| !sent.contains(&name.as_str())) {
            return Err(misfit(format!("send_protected: {name} is no protected field that both ends map")));
        }
        mapped.retain(|(name, _)| !held_back.contains(name));
        if mapped.is_empty() {
            return Err(misfit("its two ends have no field in common that can be written".to_owned()));
        }
        let sealer = if sent.is_empty() { None } else { Some(connections.vault().sealer(&settings.id).await?) };
        let sent = Sent { names: sent, sealer };
        let names: Vec<&'static str> = mapped.iter().map(|(name, _)| *name).collect();
        let ways = Arc::new(Ways::of(&writing, &names));
        let taken_back = match flow.direction {
            Direction::OneWay => Vec::new(),
            Direction::TwoWay => taken_back(flow, source.manifest(), &reading, &mapped).map_err(misfit)?,
        };
        let unprotected = reading.fields().map(|(name, _)| name).filter(|name| !protected(name)).collect();
        let protections = entity.fields().iter().map(|field| field.name);
        let protections = protections.map(|name| (name, settings.protection(flow, entity, name))).collect();
        let rules = Arc::clone(&compiled.rules);
        Ok(Self {
            id: id.clone(),
            flow: flow.clone(),
            source,
            target,
            reading,
            writing,
            source_mappings: Arc::clone(&compiled.source_mappings),
            mapped,
            ways,
            taken_back,
            sent,
            held_back,
            unprotected,
            protections,
            relations,
            rules,
        })
    }

    pub fn entity(&self) -> Entity {
        self.reading.entity()
    }

    /// What must be kept of a field, and from whom.
    pub(crate) fn protection(&self, name: &str) -> Protection {
        self.protections.get(name).copied().unwrap_or(Protection::Secret)
    }

    /// What names a record at the target, for good and beyond the flow.
    pub(crate) fn identity(&self, key: &lintel_domain::records::RecordKey) -> String {
        self.flow.identity(key)
    }

    /// What names a record at the source that was made for one of the target's.
    pub(crate) fn counterpart_identity(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.flow.to, self.writing.name())
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.mapped.iter().map(|(name, _)| *name).collect()
    }
}

/// Of the fields both ends know, those that are written at the source; else what is in the way of a second way.
fn taken_back(
    flow: &Flow,
    source: &Manifest,
    reading: &Mapping,
    mapped: &[(&'static str, FieldKind)],
) -> Result<Vec<&'static str>, String> {
    if flow.ends.is_some() || flow.onto.is_some() {
        return Err("relations and records written onto another flow's go one way".to_owned());
    }
    if source.streams.get(reading.stream()).is_none_or(|stream| stream.write.is_none()) {
        return Err(format!("it is to go two ways, and {} of {} is only read", flow.stream, flow.from));
    }
    let is_mapped = |name: &&'static str| mapped.iter().any(|(known, _)| known == name);
    Ok(reading.written().map(|(name, _)| name).filter(is_mapped).collect())
}

impl Compiled {
    fn of(
        id: &FlowId,
        flow: &Flow,
        vendors: Vendors<'_>,
        source: &Manifest,
        target: &Manifest,
    ) -> Result<Self, SyncError> {
        let compile = |manifest: &Manifest, stream: &str, mappings: &Mappings, overrides: &BTreeMap<String, String>| {
            Ok::<_, SyncError>(Arc::new(Mapping::compile(manifest, stream, mappings, overrides)?))
        };
        let rule = |rule: &lintel_domain::sync::Rule| match &rule.check {
            Check::Holds(code) => Expression::compile(code).map(Some).map_err(|error| SyncError::Misfit {
                flow: id.clone(),
                reason: format!("the rule for {}: the expression {error}", rule.field),
            }),
            Check::Required | Check::Readable => Ok(None),
        };
        let source_mappings = vendors.mappings(source)?;
        let reading = Some(compile(source, &flow.stream, &source_mappings, &flow.fields.from)?);
        // Relations have no fields of their own at the target.
        let writing = match flow.ends {
            Some(_) => reading.clone(),
            None => Some(compile(target, &flow.into, &vendors.mappings(target)?, &flow.fields.to)?),
        };
        Ok(Self {
            flow: Some(flow.clone()),
            own: [source, target].map(|end| vendors.own(&end.vendor).cloned()),
            source_mappings: Arc::new(source_mappings),
            reading,
            writing,
            rules: Arc::new(flow.rules.iter().map(rule).collect::<Result<_, _>>()?),
        })
    }
}
