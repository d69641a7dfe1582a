//! Bytes to records: calendars, supplier reports, e-mail and settings. No I/O, no clock, no vendor outside its module.

pub mod calendar;
pub mod reports;
pub mod settings;
pub mod mail;
