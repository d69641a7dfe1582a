use lintel_sync_people::SyncPeople;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<SyncPeople>().await
}
