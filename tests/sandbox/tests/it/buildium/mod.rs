//! buildium.md, over real sockets.

mod access;
mod changes;
mod hooks;
mod limits;
mod lists;
mod move_outs;
mod records;
mod trouble;
mod worlds;
mod writes;
