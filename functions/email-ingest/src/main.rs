use lintel_email_ingest::EmailIngest;
use mimalloc::MiMalloc;

/// A report becomes hundreds of thousands of small values, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<EmailIngest>().await
}
