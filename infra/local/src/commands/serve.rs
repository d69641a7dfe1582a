//! `lintel serve`: the host with the configured organization, until Ctrl-C.

use super::Common;
use crate::session::{self, Opening, Session};
use clap::Args;
use std::net::SocketAddr;

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port of the routes on the loopback interface; the configuration's unless given.
    #[arg(long)]
    port: Option<u16>,
}

impl Serve {
    pub(crate) async fn run(&self, common: &Common) -> anyhow::Result<()> {
        let configuration = session::configuration(&common.config)?;
        let session = common.session(configuration.organization).await?;
        session.publish().await?;
        let port = self.port.unwrap_or(configuration.local.port);
        let serving = session.serve(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        println!("serving {} on http://{}", session.settings.name, serving.address);
        // What stood still while nobody served is taken up at once.
        session.host.fire("sweeper").await;
        tokio::select! {
            () = serving.forever() => {}
            _ = tokio::signal::ctrl_c() => println!("stopped"),
        }
        session::forget_host(&common.data);
        Ok(())
    }
}

impl Common {
    /// A session on this data folder with the secrets beside the configuration.
    pub(crate) async fn session(&self, settings: lintel_domain::settings::Organization) -> anyhow::Result<Session> {
        let secrets = session::secrets(&self.config)?;
        let opening = Opening { data: self.data.clone(), aws: self.aws, secrets, variables: self.variables() };
        Session::open(settings, opening).await
    }

    /// The session of commands that only need what is configured.
    pub(crate) async fn configured(&self) -> anyhow::Result<Session> {
        self.session(session::configuration(&self.config)?.organization).await
    }
}
