use lintel_feed_poller::FeedPoller;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<FeedPoller>().await
}
