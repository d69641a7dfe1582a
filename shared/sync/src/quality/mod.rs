//! How good a flow's records are: reads both ends, writes nothing at either.

mod related;
mod reports;
mod sides;
mod survey;

pub use reports::Reports;

use crate::{Engine, OpenFlow, SyncError, pull};
use jiff::{Timestamp, tz::TimeZone};
use lintel_cloud::store::OrgTable;
use lintel_connectors::{records::PageToken, transport::Deadline};
use lintel_domain::{
    ids::FlowId,
    quality::{AgreementCheck, End, QualityReport, Sample, Walk},
    settings::Organization,
};
use survey::Survey;

impl Engine {
    /// Reads the flow's source whole, what its records refer to, and the target's side of all of them or of a sample, and says what
    /// there is to say about them.
    ///
    /// Writes nothing at either end and nothing in the table. Nothing is locked: what changes while it is read may be told as a difference.
    ///
    /// # Errors
    /// When a page of the source or a batch of the target cannot be read. Relations are not read at the target, which the report
    /// says. A stream that records merely refer to, and that the
    /// connection may not read, is named in the report.
    pub async fn compare(
        &self,
        settings: &Organization,
        flow: &FlowId,
        walk: Walk,
        deadline: Deadline,
    ) -> Result<QualityReport, SyncError> {
        let open = self.open(settings, flow).await?;
        let table = self.table.org(&settings.id);
        let now = self.clock.now();
        // Of the properties' days this is the one that is nearest to all: dates at the edge may be a day off.
        let mut survey = Survey::new(&open, TimeZone::UTC.to_datetime(now).date());
        let compared = if open.relations.is_some() { Vec::new() } else { open.names() };
        let mut agreement = AgreementCheck::new(&compared);
        match walk {
            Walk::Everything => everything(&open, &table, &mut survey, &mut agreement, deadline).await?,
            Walk::Sample { count, seed } => {
                let sample = Sample::new(count, seed);
                sampled(&open, &table, sample, &mut survey, &mut agreement, deadline).await?;
            }
        }
        related::read(&open, &mut survey, deadline).await?;
        if open.relations.is_some() {
            survey.not_read.insert(format!("{} at {}", open.flow.into, open.flow.to));
        }
        Ok(report(&open, now, walk, survey, agreement))
    }
}

/// Page by page, so that no more than a page of the target is held.
async fn everything(
    open: &OpenFlow,
    table: &OrgTable,
    survey: &mut Survey,
    agreement: &mut AgreementCheck,
    deadline: Deadline,
) -> Result<(), SyncError> {
    let mut token = Some(PageToken::First);
    while let Some(from) = token {
        let page = pull::page(open, from, None, deadline).await?;
        token = page.next;
        let records = survey.take(open, &page.items);
        sides::compare(open, table, records, agreement, deadline).await?;
    }
    sides::without_source(open, table, survey, agreement).await
}

async fn sampled(
    open: &OpenFlow,
    table: &OrgTable,
    mut sample: Sample<pull::Pulled>,
    survey: &mut Survey,
    agreement: &mut AgreementCheck,
    deadline: Deadline,
) -> Result<(), SyncError> {
    let mut token = Some(PageToken::First);
    while let Some(from) = token {
        let page = pull::page(open, from, None, deadline).await?;
        token = page.next;
        for record in survey.take(open, &page.items) {
            let key = record.key.clone();
            sample.show(key.as_str(), record);
        }
    }
    sides::compare(open, table, sample.into_kept(), agreement, deadline).await
}

fn report(open: &OpenFlow, at: Timestamp, walk: Walk, survey: Survey, agreement: AgreementCheck) -> QualityReport {
    let agreement = agreement.report();
    let (completeness, validity, duplicates, consistency, not_read) = survey.found();
    let score = QualityReport::score_of(&agreement, &completeness, &duplicates, &consistency, &validity);
    let end = |connection: &lintel_domain::ids::ConnectionId, stream: &str| End {
        connection: connection.clone(),
        stream: stream.to_owned(),
    };
    QualityReport {
        flow: open.id.clone(),
        from: end(&open.flow.from, &open.flow.stream),
        into: end(&open.flow.to, &open.flow.into),
        entity: open.entity(),
        at,
        walk,
        run: None,
        counts: None,
        score,
        agreement,
        completeness,
        duplicates,
        consistency,
        validity,
        not_read,
    }
}
