//! Where a command finds its configuration and data.

use super::Common;
use crate::session::{self, Opening, Session};
use lintel_formats::settings::Configuration;
use std::{collections::BTreeMap, path::PathBuf};

/// The folder of the main job's sample, below the data folder.
const SAMPLE: &str = "demo";

impl Common {
    /// The configuration to work with and the data folder that goes with it. Where nothing is configured yet, that is
    /// the sample the main job has left.
    pub(crate) fn places(&self) -> (PathBuf, PathBuf) {
        let sample = self.sample();
        let config = sample.join("lintel.toml");
        if !self.config.exists() && config.exists() {
            (config, sample)
        } else {
            (self.config.clone(), self.data.clone())
        }
    }

    /// The data folder of the main job's sample.
    pub(crate) fn sample(&self) -> PathBuf {
        self.data.join(SAMPLE)
    }

    /// Where `lintel init` writes.
    pub(crate) fn new_config(&self) -> &PathBuf {
        &self.config
    }

    /// A session with what is configured.
    pub(crate) async fn configured(&self) -> anyhow::Result<Session> {
        let (config, _) = self.places();
        self.session(session::configuration(&config)?).await
    }

    /// A session with a configuration, its secrets and its data folder.
    pub(crate) async fn session(&self, configuration: Configuration) -> anyhow::Result<Session> {
        let (config, data) = self.places();
        let mut variables = BTreeMap::new();
        if configuration.local.allow_http {
            variables.insert("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned());
        }
        let opening = Opening { data, aws: self.aws, secrets: session::secrets(&config)?, variables };
        // Boxed: opening builds every function, and their futures together are large.
        Box::pin(Session::open(configuration.organization, opening)).await
    }
}
