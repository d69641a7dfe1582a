#![doc = include_str!("../README.md")]

pub mod calendar;
pub mod expression;
pub mod mail;
pub mod quality_report;
pub mod reactions;
pub mod reports;
pub mod settings;
