use lintel_sync_leases::SyncLeases;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<SyncLeases>().await
}
