//! buildium.md, over real sockets.

mod access;
mod associations;
mod changes;
mod hooks;
mod limits;
mod lists;
mod move_outs;
mod records;
mod trouble;
mod worlds;
mod writes;
