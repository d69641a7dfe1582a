use lintel_office_api::OfficeApi;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<OfficeApi>().await
}
