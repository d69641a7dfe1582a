use lintel_stay_planner::StayPlanner;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<StayPlanner>().await
}
