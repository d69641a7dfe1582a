//! `lintel setup CONNECTION`: makes a target ready to take records, and says what it lacks.

use super::super::Common;
use super::patience;
use crate::{counted::counted, session::Session};
use anyhow::bail;
use clap::Args;
use lintel_connectors::{
    manifest::Vendors,
    mapping::Mapping,
    roles::{LeftOut, MappedFields, SetupFault},
};
use lintel_domain::{ids::ConnectionId, records::Protection};

#[derive(Debug, Args)]
pub(crate) struct Setup {
    connection: String,
    /// Say what is missing, and make nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Setup {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let session = common.configured().await?;
        let id = ConnectionId::new(&self.connection);
        let setup = session.connections()?.record_setup(&session.settings, &id).await?;
        let mapped = mapped(&session, &id)?;
        if self.dry_run {
            let plan = setup.plan(&mapped, patience()).await?;
            let there = counted(plan.already_there.len(), "part is", "parts are");
            println!("{id} takes records in mode {:?}; {there} there", plan.mode);
            plan.missing.iter().for_each(|part| println!("  to make: {part}"));
            return verdict(&plan.left_out, &plan.faults);
        }
        let report = setup.apply(&mapped, patience()).await?;
        let there = counted(report.already_there.len(), "part was", "parts were");
        println!("{id} takes records in mode {:?}; {there} there", report.mode);
        report.created.iter().for_each(|part| println!("  made: {part}"));
        session.org().save_target_ids(&id, &report.ids).await?;
        verdict(&report.left_out, &report.faults)
    }
}

fn verdict(left_out: &[LeftOut], faults: &[SetupFault]) -> anyhow::Result<()> {
    for one in left_out {
        println!("  without {:?}: {:?}", one.what, one.why);
    }
    for fault in faults {
        println!("  FAULT  {fault}");
    }
    if faults.is_empty() {
        Ok(())
    } else {
        bail!("{} to be mended first", counted(faults.len(), "thing has", "things have"))
    }
}

/// What the flows into the connection write.
pub(super) fn mapped(session: &Session, id: &ConnectionId) -> anyhow::Result<MappedFields> {
    let mut mapped = MappedFields::new();
    for flow in session.settings.flows.values().filter(|flow| flow.to == *id && flow.ends.is_none()) {
        let Some(connection) = session.settings.connections.get(id) else { continue };
        let vendors = Vendors::of(&session.settings);
        let manifest = vendors.find(&connection.vendor)?;
        let mappings = vendors.mappings(&manifest)?;
        let mapping = Mapping::compile(&manifest, &flow.into, &mappings, &flow.fields.to)?;
        // What is not sent needs no place.
        let held_back = mapping.written().map(|(name, _)| name).filter(|name| {
            let protection = session.settings.protection(flow, mapping.entity(), name);
            protection == Protection::Secret && !flow.send_protected.contains(*name)
        });
        let held_back: Vec<&str> = held_back.filter_map(|name| mapping.vendor_field(name)).collect();
        let fields = mapping.vendor_fields().into_iter().filter(|field| !held_back.contains(&field.as_str()));
        mapped.entry(mapping.stream().to_owned()).or_default().extend(fields);
    }
    Ok(mapped)
}
