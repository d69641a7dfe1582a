use lintel_job_worker::JobWorker;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<JobWorker>().await
}
