use lintel_sync_units::SyncUnits;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<SyncUnits>().await
}
