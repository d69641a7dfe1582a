//! `lintel serve`: the host with the configured organization, until Ctrl-C.

use super::Common;
use crate::session;
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
        let (config, data) = common.places();
        let configuration = session::configuration(&config)?;
        let port = self.port.unwrap_or(configuration.local.port);
        let session = common.session(configuration).await?;
        session.publish().await?;
        let serving = session.serve(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        println!("serving {} on http://{}", session.settings.name, serving.address);
        // What stood still while nobody served is taken up at once.
        session.host.fire("sweeper").await;
        tokio::select! {
            () = serving.forever() => {}
            _ = tokio::signal::ctrl_c() => println!("stopped"),
        }
        session::forget_host(&data);
        Ok(())
    }
}
