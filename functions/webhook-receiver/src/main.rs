use lintel_webhook_receiver::WebhookReceiver;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<WebhookReceiver>().await
}
