//! The vendors an organization describes itself, from their folders into its settings.

use crate::counted::counted;
use anyhow::{Context, anyhow};
use lintel_connectors::{
    manifest::{LONGEST_TEXT, Manifest, ManifestFault, read_own},
    mapping::Mappings,
};
use lintel_domain::settings::OwnVendor;
use lintel_formats::settings::{Configuration, VendorFolder};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
};

/// Reads and checks what the configuration at `config` names. Every fault is told, with its file, line and key.
pub(crate) fn bring(config: &Path, configuration: &mut Configuration) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for (vendor, named) in &configuration.vendors {
        match own(config, vendor, named) {
            Ok(own) => drop(configuration.organization.vendors.insert(vendor.clone(), own)),
            Err(found) => faults.extend(found),
        }
    }
    told(&faults)
}

fn own(config: &Path, vendor: &str, named: &VendorFolder) -> Result<OwnVendor, Vec<String>> {
    let folder = config.parent().unwrap_or(Path::new("")).join(&named.folder);
    let unreadable =
        |error: anyhow::Error| vec![format!("{}: {}", config.display(), named.fault(vendor, format!("{error:#}")))];
    let own = texts(&folder).map_err(unreadable)?;
    let shown = folder.display().to_string();
    read_own(vendor, &shown, &own).map_err(|faults| faults.iter().map(ManifestFault::to_string).collect::<Vec<_>>())?;
    Ok(own)
}

/// A folder's two files.
pub(crate) fn texts(folder: &Path) -> anyhow::Result<OwnVendor> {
    let manifest = folder.join("connector.toml");
    let manifest = text(&manifest)?.ok_or_else(|| anyhow!("there is no {}", manifest.display()))?;
    Ok(OwnVendor { manifest, mapping: text(&folder.join("mapping.toml"))?.unwrap_or_default() })
}

/// A folder read as the house's own connectors are.
pub(crate) fn read(folder: &Path) -> anyhow::Result<(Manifest, Mappings)> {
    let own = texts(folder)?;
    let lines = |faults: Vec<ManifestFault>| told(&faults).err().unwrap_or_else(|| anyhow!("no fault is told"));
    let path = |name: &str| folder.join(name).display().to_string();
    let manifest = lintel_connectors::manifest::read(&path("connector.toml"), &own.manifest).map_err(lines)?;
    let mappings = Mappings::read(&path("mapping.toml"), &own.mapping, &manifest).map_err(lines)?;
    Ok((manifest, mappings))
}

/// `None` where there is no such file.
fn text(path: &Path) -> anyhow::Result<Option<String>> {
    let reading = || format!("read {}", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(reading),
    };
    let mut text = String::new();
    // One byte more than may be, so that what is too long is seen to be so and not cut.
    file.take(LONGEST_TEXT as u64 + 1).read_to_string(&mut text).with_context(reading)?;
    Ok(Some(text))
}

fn told<T: ToString>(faults: &[T]) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = faults.iter().map(|fault| format!("  {}", fault.to_string())).collect();
    Err(anyhow!("{}:\n{}", counted(faults.len(), "fault", "faults"), lines.join("\n")))
}
