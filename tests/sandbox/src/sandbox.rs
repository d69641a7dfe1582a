//! Every vendor of the sample world, started on loopback.

use crate::{
    clock::RealClock,
    front::{Simulator, serve},
    housecallpro::{HousecallPro, HousecallProSettings},
    office_table::{self, OfficeTable},
    world::{Feeds, World},
};
use std::sync::Arc;
use tokio::{net::TcpListener, task::JoinHandle};

/// Where each vendor answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    pub field_service: String,
    pub office_table: String,
    pub feeds: String,
}

/// The running vendors. They stop when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    pub urls: Urls,
    pub world: Arc<World>,
    pub field_service: Arc<HousecallPro>,
    pub office_table: Arc<OfficeTable>,
    pub feeds: Arc<Feeds>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    pub async fn start(world: World, settings: HousecallProSettings) -> std::io::Result<Self> {
        let world = Arc::new(world);
        let field_service = Arc::new(HousecallPro::new(settings, Arc::new(RealClock), world.seed()));
        world.furnish(&field_service);
        let office_table = Arc::new(OfficeTable::new(Arc::new(RealClock), world.seed()));
        let feeds = Arc::new(Feeds::new(Arc::clone(&world)));
        let mut tasks = Vec::new();
        let urls = Urls {
            field_service: start(Arc::clone(&field_service) as _, &mut tasks).await?,
            office_table: start(Arc::clone(&office_table) as _, &mut tasks).await?,
            feeds: start(Arc::clone(&feeds) as _, &mut tasks).await?,
        };
        Ok(Self { urls, world, field_service, office_table, feeds, tasks })
    }

    /// The sample organization's configuration, pointing at these vendors.
    pub fn lintel_toml(&self) -> String {
        self.world.lintel_toml(&self.urls)
    }

    pub fn field_service_key(&self) -> &str {
        self.field_service.key()
    }

    pub fn office_table_key(&self) -> &'static str {
        office_table::TOKEN
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn start(simulator: Arc<dyn Simulator>, tasks: &mut Vec<JoinHandle<()>>) -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tasks.push(serve(listener, simulator));
    Ok(url)
}
