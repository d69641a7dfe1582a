//! `lintel sandbox`: simulated vendors to try flows with, without an account anywhere.

use super::{Common, init};
use anyhow::{Context, bail};
use clap::Args;
use lintel_sandbox::{
    RealClock, Running,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size},
    hubspot::{HubSpot, PortalSettings},
};
use std::{fs, path::Path, sync::Arc};

#[derive(Debug, Args)]
pub(crate) struct SandboxOfFlows {
    /// Tenants of the simulated property manager; properties, units and leases follow from them.
    #[arg(long, default_value_t = 120)]
    tenants: usize,
    /// Which sample world to make.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

impl SandboxOfFlows {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let config = common.new_config();
        let secrets = config.with_extension("secrets.toml");
        for path in [config, &secrets] {
            if path.exists() {
                bail!("{} is already there; it was left as it is", path.display());
            }
        }
        let (clock, world) = (Arc::new(RealClock), BuildiumWorld::sample(self.seed, Size::of_tenants(self.tenants)));
        let source = Running::start(Buildium::new(BuildiumSettings::default(), clock.clone(), world)).await?;
        let target = Running::start(HubSpot::new(PortalSettings::default(), clock, self.seed)).await?;
        write(config, &configuration(&source.url, &target.url))?;
        write(
            &secrets,
            "buildium = \"sandbox-client-id:sandbox-client-secret\"\nhubspot = \"pat-na1-sandbox-0001\"\n",
        )?;
        println!(
            "a simulated Buildium of {} tenants at {}, a simulated HubSpot portal at {}",
            self.tenants, source.url, target.url
        );
        println!("wrote {} and {}; in another terminal:", config.display(), secrets.display());
        println!("  lintel setup hubspot\n  lintel plan tenants\n  lintel sync tenants\n  lintel flows");
        println!("serving until Ctrl-C");
        tokio::signal::ctrl_c().await?;
        Ok(())
    }
}

/// The sample of the flows with the simulators' addresses in it.
fn configuration(source: &str, target: &str) -> String {
    let at = |vendor: &str, url: &str| {
        (format!("vendor = \"{vendor}\"\n"), format!("vendor = \"{vendor}\"\nbase_url = \"{url}\"\n"))
    };
    let mut text = init::BUILDIUM_HUBSPOT.replace("# allow_http = true ", "allow_http = true ");
    for (from, to) in [at("buildium", source), at("hubspot", target)] {
        text = text.replace(&from, &to);
    }
    text
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
