//! A flow with its two ends open.

use crate::{
    SyncError, Unfit,
    fit::{End, Fitted, fit},
    protected::Sent,
    relate::OpenRelations,
    ways::Ways,
};
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
    sync::{Direction, Flow},
};
use lintel_formats::expression::Expression;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

/// A flow's mappings and rules, and what they were compiled from: that costs some milliseconds, and changes with the configuration alone.
#[derive(Debug)]
pub(crate) struct Compiled {
    flow: Flow,
    /// What the organization says itself of the vendors at both ends.
    own: [Option<OwnVendor>; 2],
    /// What it protects in every flow.
    protected: BTreeSet<String>,
    fitted: Fitted,
}

impl OpenFlow {
    pub(crate) async fn open(
        connections: &Connections,
        table: &OrgTable,
        settings: &Organization,
        id: &FlowId,
        kept: &mut Option<Arc<Compiled>>,
    ) -> Result<Self, SyncError> {
        let flow = settings.flows.get(id).ok_or_else(|| SyncError::Unknown(id.clone()))?;
        let source = connections.records(settings, &flow.from).await?;
        let target = connections.records(settings, &flow.to).await?;
        let compiled = match kept.take().filter(|kept| kept.is_of(settings, flow, [&source, &target])) {
            Some(compiled) => compiled,
            None => Arc::new(Compiled::of(settings, id, flow, [source.manifest(), target.manifest()])?),
        };
        let Fitted { reading, writing, source_mappings, rules } = &kept.insert(compiled).fitted;
        let ids = table.target_ids(&flow.to).await?;
        // Without what set-up makes, each and every record would be refused.
        if ids.is_none() && (flow.ends.is_some() || roles::has_setup(&target.manifest().vendor)) {
            let reason = format!("connection {} was not set up: `lintel setup {0}`", flow.to);
            return Err(SyncError::Misfit { flow: id.clone(), reason });
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
        let (sent, held_back): (Vec<_>, Vec<_>) = mapped
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| protected(name))
            .partition(|name| flow.send_protected.contains(*name));
        mapped.retain(|(name, _)| !held_back.contains(name));
        let sealer = if sent.is_empty() { None } else { Some(connections.vault().sealer(&settings.id).await?) };
        let sent = Sent { names: sent, sealer };
        let names: Vec<&'static str> = mapped.iter().map(|(name, _)| *name).collect();
        let ways = Arc::new(Ways::of(writing, &names));
        let taken_back = match flow.direction {
            Direction::OneWay => Vec::new(),
            Direction::TwoWay => reading.written().map(|(name, _)| name).filter(|name| names.contains(name)).collect(),
        };
        let unprotected = reading.fields().map(|(name, _)| name).filter(|name| !protected(name)).collect();
        let protections = entity.fields().iter().map(|field| field.name);
        let protections = protections.map(|name| (name, settings.protection(flow, entity, name))).collect();
        Ok(Self {
            id: id.clone(),
            flow: flow.clone(),
            source,
            target,
            reading: Arc::clone(reading),
            writing: Arc::clone(writing),
            source_mappings: Arc::clone(source_mappings),
            mapped,
            ways,
            taken_back,
            sent,
            held_back,
            unprotected,
            protections,
            relations,
            rules: Arc::clone(rules),
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

impl Compiled {
    fn of(
        settings: &Organization,
        id: &FlowId,
        flow: &Flow,
        [source, target]: [&Manifest; 2],
    ) -> Result<Self, SyncError> {
        let vendors = Vendors::of(settings);
        let end = |manifest| Ok::<_, SyncError>(End { manifest, mappings: Arc::new(vendors.mappings(manifest)?) });
        let fitted = fit(settings, flow, &end(source)?, &end(target)?).map_err(|faults| SyncError::Misfit {
            flow: id.clone(),
            reason: faults.iter().map(Unfit::to_string).collect::<Vec<_>>().join("; "),
        })?;
        let own = [source, target].map(|end| vendors.own(&end.vendor).cloned());
        Ok(Self { flow: flow.clone(), own, protected: settings.protected.clone(), fitted })
    }

    fn is_of(&self, settings: &Organization, flow: &Flow, ends: [&RecordClient; 2]) -> bool {
        let vendors = Vendors::of(settings);
        let own = ends.map(|end| vendors.own(&end.manifest().vendor));
        self.flow == *flow && self.own.each_ref().map(Option::as_ref) == own && self.protected == settings.protected
    }
}
