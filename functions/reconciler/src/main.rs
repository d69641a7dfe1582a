use lintel_reconciler::Reconciler;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<Reconciler>().await
}
