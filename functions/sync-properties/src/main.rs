use lintel_sync_properties::SyncProperties;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<SyncProperties>().await
}
