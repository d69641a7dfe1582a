//! hubspot.md, over real sockets.

mod access;
mod associations;
mod batches;
mod definitions;
mod hooks;
mod limits;
mod records;
mod search;
mod trouble;
