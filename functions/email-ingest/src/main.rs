use lintel_email_ingest::EmailIngest;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<EmailIngest>().await
}
