use lintel_event_router::EventRouter;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<EventRouter>().await
}
