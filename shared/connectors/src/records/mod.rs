//! Records of any vendor: one client that reads and writes what a manifest describes.
//!
//! Planning a request and reading an answer are pure; only [`RecordClient`] talks to anybody.

mod answers;
mod batch;
mod call;
mod client;
mod items;
mod list;
mod paging;
mod relations;
mod through;

pub(crate) use answers::{Answers, is_about_content};
pub use batch::{Outcome, Outgoing};
pub use call::{Near, Relating, Said, WriteKind};
pub use client::RecordClient;
pub use items::{Bounds, Item};
pub use list::{Page, PageAsk};
pub use paging::PageToken;
pub use relations::{Edge, EdgeWrite};
