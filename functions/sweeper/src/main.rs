use lintel_sweeper::Sweeper;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<Sweeper>().await
}
