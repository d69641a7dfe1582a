use lintel_airtable_mirror::AirtableMirror;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<AirtableMirror>().await
}
