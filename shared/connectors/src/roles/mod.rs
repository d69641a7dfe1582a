//! What functions ask of vendors, in neutral words, and the table of connectors that can answer.

mod directory;
mod field_service;
mod history;
mod open;
mod record_setup;

pub use directory::{Address, Customer, Directory, Employee};
pub use field_service::{
    FieldService, Found, Health, JobSearch, LineItem, Marked, NewJob, Reading, ScheduleChange, Template,
};
pub use history::{
    Changes, HistoryRow, HistoryTable, NewWatch, PeopleCell, PeopleCells, PeoplePage, PeopleRow, Rest, RowOutcome,
    SchemaFault,
};
pub use open::{
    NewsError, OpenError, Parts, directory, field_service, has_setup, history_table, job_news, record_setup, records,
};
pub use record_setup::{
    Feature, LeftOut, LeftOutWhy, MappedFields, RecordSetup, RelationId, SetupFault, SetupMode, SetupPart, SetupPlan,
    SetupReport, TargetIds,
};
