//! `lintel init`: a commented configuration to start from.

use super::Common;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// What to begin with; bookings that become jobs unless given.
    #[arg(value_enum)]
    sample: Option<Sample>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sample {
    /// Tenants, owners, properties and units from Buildium into HubSpot.
    BuildiumHubspot,
}

pub(super) const BUILDIUM_HUBSPOT: &str = include_str!("flows/buildium-hubspot.toml");

impl Init {
    pub(crate) fn run(&self, common: &Common) -> anyhow::Result<()> {
        let text = match self.sample {
            None => lintel_formats::settings::SAMPLE,
            Some(Sample::BuildiumHubspot) => BUILDIUM_HUBSPOT,
        };
        let path = common.new_config();
        let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{} is already there; it was left as it is", path.display())
            }
            Err(error) => return Err(error).with_context(|| format!("write {}", path.display())),
        };
        file.write_all(text.as_bytes()).with_context(|| format!("write {}", path.display()))?;
        println!("wrote {}. Fill it in, then run `lintel doctor`.", path.display());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::BUILDIUM_HUBSPOT;
    use lintel_connectors::{
        manifest::{find, mappings},
        mapping::Mapping,
    };
    use std::collections::BTreeMap;

    #[test]
    fn the_sample_of_flows_reads_and_its_flows_fit() {
        assert!(fitting(BUILDIUM_HUBSPOT) >= 11);
    }

    #[test]
    fn so_does_what_is_off_in_it() {
        let on = BUILDIUM_HUBSPOT.lines().map(|line| match line.strip_prefix('#') {
            // Behind a blank stands prose.
            Some(off) if !off.starts_with(' ') => off,
            _ => line,
        });
        let on: String = on.flat_map(|line| [line, "\n"]).collect();
        assert_eq!(fitting(&on), fitting(BUILDIUM_HUBSPOT) + 8);
    }

    /// How many flows a configuration has, of which all fit their connectors.
    fn fitting(text: &str) -> usize {
        let settings = lintel_formats::settings::read(text).expect("no fault").organization;
        for flow in settings.flows.values() {
            let entity = |connection, stream: &str| {
                let manifest = find(&settings.connections[connection].vendor).expect("a manifest");
                let mappings = mappings(&manifest).expect("mappings");
                Mapping::compile(&manifest, stream, &mappings, &BTreeMap::default()).expect("a mapping").entity()
            };
            let into = match flow.ends {
                None => entity(&flow.to, &flow.into),
                Some(_) => {
                    find(&settings.connections[&flow.to].vendor).expect("a manifest").relations[&flow.into].entity
                }
            };
            assert_eq!(entity(&flow.from, &flow.stream), into);
        }
        settings.flows.len()
    }
}
