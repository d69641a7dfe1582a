//! `lintel init`: a commented configuration to start from.

use super::Common;
use anyhow::{Context, bail};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

#[derive(Debug, Args)]
pub(crate) struct Init {}

impl Init {
    pub(crate) fn run(common: &Common) -> anyhow::Result<()> {
        let path = common.new_config();
        let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{} is already there; it was left as it is", path.display())
            }
            Err(error) => return Err(error).with_context(|| format!("write {}", path.display())),
        };
        file.write_all(lintel_formats::settings::SAMPLE.as_bytes())
            .with_context(|| format!("write {}", path.display()))?;
        println!("wrote {}. Fill it in, then run `lintel doctor`.", path.display());
        Ok(())
    }
}
