use clap::Parser;
use lintel_local::commands::Lintel;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Lintel::parse().run().await
}
