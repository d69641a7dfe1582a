#![doc = include_str!("../README.md")]

pub mod calendar;
pub mod mail;
pub mod reports;
pub mod settings;
