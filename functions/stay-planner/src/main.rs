use lintel_stay_planner::StayPlanner;
use mimalloc::MiMalloc;

/// A property's stays are judged in many small values, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lintel_cloud::run::<StayPlanner>().await
}
