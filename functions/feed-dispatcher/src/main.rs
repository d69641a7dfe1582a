use lintel_feed_dispatcher::FeedDispatcher;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<FeedDispatcher>().await
}
