use clap::Parser;
use lintel_local::commands::Lintel;
use mimalloc::MiMalloc;
use std::{panic, process::ExitCode};

/// A delivery and the rows it becomes are allocated on one thread and freed on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    end_quietly_when_nobody_reads_on();
    Lintel::parse().run().await
}

/// `lintel inspect ... | head` closes the pipe early, and `println!` panics at that: the reader has what it wanted.
fn end_quietly_when_nobody_reads_on() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if text.contains("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(info);
    }));
}
