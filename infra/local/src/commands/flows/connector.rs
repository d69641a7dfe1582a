//! `lintel connector check DIR` and `lintel connector try DIR STREAM`: a vendor's manifest and mappings, before they are used.

use super::super::Common;
use super::patience;
use crate::{counted::counted, vendors};
use anyhow::bail;
use clap::{Args, Subcommand};
use lintel_connectors::{
    manifest::Manifest,
    mapping::Mapping,
    records::{PageAsk, PageToken},
};
use lintel_domain::{
    ids::ConnectionId,
    mask::{Personal, mask},
    records::{Currency, Protection},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Connector {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read a folder's connector.toml and mapping.toml; every fault is named with its line and key.
    Check { folder: PathBuf },
    /// Pull a stream's first page over a configured connection and show its records as they are mapped, personal data masked.
    Try {
        folder: PathBuf,
        /// As mapping.toml names it.
        stream: String,
        /// The connection to pull over; the only one of the vendor unless given.
        #[arg(long)]
        connection: Option<String>,
        /// Records shown.
        #[arg(long, default_value_t = 3)]
        records: usize,
    },
}

impl Connector {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        match &self.command {
            What::Check { folder } => check(folder),
            What::Try { folder, stream, connection, records } => {
                let (manifest, mappings) = vendors::read(folder)?;
                let mapping = Mapping::compile(&manifest, stream, &mappings, &BTreeMap::new())?;
                pull(common, manifest, &mapping, connection.as_deref(), *records).await
            }
        }
    }
}

fn check(folder: &Path) -> anyhow::Result<()> {
    let (manifest, mappings) = vendors::read(folder)?;
    println!(
        "{}: {}, webhook: {}",
        manifest.title,
        counted(manifest.streams.len(), "stream", "streams"),
        if manifest.webhook.is_some() { "yes" } else { "no" }
    );
    for name in mappings.names() {
        let mapping = Mapping::compile(&manifest, name, &mappings, &BTreeMap::new())?;
        let written = mapping.written().count();
        println!("  {name}: {} of {} fields, {written} written", mapping.entity(), mapping.fields().count());
    }
    Ok(())
}

async fn pull(
    common: &Common,
    manifest: Manifest,
    mapping: &Mapping,
    connection: Option<&str>,
    shown: usize,
) -> anyhow::Result<()> {
    let session = common.configured().await?;
    let of_vendor = session.settings.connections.iter().filter(|(_, one)| one.vendor == manifest.vendor);
    let mut ids = of_vendor.map(|(id, _)| id.clone());
    let id = match (connection, ids.next(), ids.next()) {
        (Some(name), ..) => ConnectionId::new(name),
        (None, Some(only), None) => only,
        (None, None, _) => bail!("no connection of {} is configured", manifest.vendor),
        (None, Some(_), Some(_)) => {
            bail!("several connections of {} are configured: name one with --connection", manifest.vendor)
        }
    };
    let client = session.connections()?.records_with(&session.settings, &id, manifest).await?;
    let fields = mapping.vendor_fields();
    let ask = PageAsk { stream: mapping.stream(), token: PageToken::First, changed_since: None, fields: &fields };
    let page = client.page(&ask, patience()).await?;
    let total = page.total.map(|total| format!(" of {total}")).unwrap_or_default();
    println!("{}{total} on the first page", counted(page.items.len(), "record", "records"));
    let without_id = page.items.iter().filter(|item| !item.has_id()).count();
    if without_id > 0 {
        println!("{without_id} of them without an id at `key`: a flow sets them aside");
    }
    for mapped in page.items.iter().filter_map(|item| mapping.read(item, Currency::USD)).take(shown) {
        println!("{}", mapped.record.key);
        for (name, value) in mapped.record.fields.iter() {
            let protection = mapping.entity().field(name).map(|field| field.protection);
            println!("  {name:<16} {}", visible(protection, value));
        }
        mapped.faults.iter().for_each(|fault| println!("  left out: {fault}"));
    }
    Ok(())
}

/// That there is a value of a person's, and nothing of it.
fn visible(protection: Option<Protection>, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if protection == Some(Protection::None) { text } else { mask(Personal::Other, &text).to_string() }
}
