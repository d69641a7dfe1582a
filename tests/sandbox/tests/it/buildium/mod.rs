//! buildium.md, over real sockets.

mod access;
mod changes;
mod limits;
mod lists;
