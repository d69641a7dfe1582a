//! A quality report for people: a page to keep and hand on, or a few lines in a terminal.
//!
//! Both are drawn from one outline, so that they say the same. The page needs nothing beside itself: no script, no picture, no font.

mod html;
mod outline;
mod text;

pub use html::html;
pub use text::summary;
