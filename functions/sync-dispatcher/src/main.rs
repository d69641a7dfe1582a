use lintel_sync_dispatcher::SyncDispatcher;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<SyncDispatcher>().await
}
