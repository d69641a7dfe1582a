//! HubSpot beyond its manifest: what a portal needs before records are written to it. Facts and their sources: the README
//! beside this file.

mod setup;

pub(crate) use setup::PortalSetup;
