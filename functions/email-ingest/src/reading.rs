//! Reads a stored mail: is it for us, which reports does it hold, and which snapshots follow.

use crate::desk::Desk;
use lintel_cloud::{
    batch::RecordError,
    inputs::NewInput,
    messages::MailMessage,
    store::{AttentionRow, MailRow, MailState, OrgTable, QuarantineRow},
};
use lintel_domain::{ids::QuarantineId, private::Private, settings::Organization};
use lintel_formats::{
    mail::{self, Attachment, InboundMail, Unused},
    reports::{self, Assigned, Delivery, RejectedRow},
};
use sha2::{Digest, Sha256};

/// The largest raw mail that is read.
const LARGEST_MAIL: usize = 40 * 1024 * 1024;

/// What became of a mail.
struct Outcome {
    state: MailState,
    text: String,
}

pub(crate) async fn read(desk: &Desk, message: MailMessage) -> Result<(), RecordError> {
    let MailMessage::V1 { org, mail: id } = message;
    let table = desk.table.org(&org);
    let settings = desk.settings.load(&org).await?;
    let Some(row) = table.mail(&id).await? else {
        return Err(RecordError::discard(format!("there is no mail {id}")));
    };
    if row.state != MailState::Pending {
        return Ok(());
    }
    let raw = desk.objects.get(&row.object, LARGEST_MAIL).await?;
    let outcome = match mail::read(row.content_type.as_deref(), &raw, &mail::Limits::default()) {
        Ok(mail) => read_mail(desk, &table, &settings, &row, &mail).await?,
        Err(error) => {
            set_aside(desk, &table, &row, "unreadable-mail", &error.to_string()).await?;
            Outcome { state: MailState::Quarantined, text: format!("could not be read: {error}") }
        }
    };
    tracing::info!(%org, mail = %row.id, outcome = %outcome.text, "a mail was read");
    table.finish_mail(&row.id, outcome.state, &outcome.text).await?;
    Ok(())
}

async fn read_mail(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    row: &MailRow,
    mail: &InboundMail,
) -> Result<Outcome, RecordError> {
    if !mail.matches_senders(&settings.mail.senders) {
        let reason = Unused::UnknownSender;
        set_aside(desk, table, row, reason.code(), &reason.to_string()).await?;
        return Ok(Outcome { state: MailState::Quarantined, text: reason.to_string() });
    }
    table.release(&quarantine_id(row, Unused::UnknownSender.code())).await?;
    if let Some(message) = &mail.message_id
        && let Some(earlier) = table.claim_message(&digest(message.as_bytes()), row).await?
    {
        return Ok(Outcome { state: MailState::Done, text: format!("the same message came as mail {earlier}") });
    }
    let mut told = Vec::new();
    let mut troubled = false;
    for attachment in &mail.attachments {
        match read_attachment(desk, table, settings, row, mail, attachment).await? {
            Attached::Report(text) => told.push(text),
            Attached::Trouble(text) => {
                troubled = true;
                told.push(text);
            }
            Attached::NotAReport => {}
        }
    }
    if told.is_empty() {
        let reason = Unused::NoReport;
        notice(desk, table, row, reason).await?;
        return Ok(Outcome { state: MailState::Ignored, text: reason.to_string() });
    }
    let state = if troubled { MailState::Quarantined } else { MailState::Done };
    Ok(Outcome { state, text: told.join("; ") })
}

/// What one attachment turned out to be.
enum Attached {
    Report(String),
    Trouble(String),
    NotAReport,
}

async fn read_attachment(
    desk: &Desk,
    table: &OrgTable,
    settings: &Organization,
    row: &MailRow,
    mail: &InboundMail,
    attachment: &Attachment,
) -> Result<Attached, RecordError> {
    let Some(bytes) = attachment.bytes() else {
        let reason = Unused::AttachmentElsewhere;
        set_aside(desk, table, row, reason.code(), &reason.to_string()).await?;
        return Ok(Attached::Trouble(reason.to_string()));
    };
    if !attachment.may_be_report() {
        return Ok(Attached::NotAReport);
    }
    let report = match reports::read(bytes) {
        Ok(report) => report,
        Err(error) => {
            set_aside(desk, table, row, "unknown-report", &error.to_string()).await?;
            return Ok(Attached::Trouble(error.to_string()));
        }
    };
    let source = report.kind.source().to_owned();
    if let Some(earlier) = table.claim_attachment(&digest(bytes), row).await? {
        return Ok(Attached::Report(format!("{source}: the same report came with mail {earlier}")));
    }
    let rows = report.rows().len();
    let delivery =
        Delivery { received: row.received_at, dated: attachment.dated(), evidence: &mail.evidence(attachment) };
    let assigned = reports::assign(report, settings, delivery);
    let (properties, set_aside) = (assigned.snapshots.len(), assigned.rejected.len());
    hand_over(desk, table, row, &source, assigned).await?;
    Ok(Attached::Report(format!("{source}: {rows} rows, {properties} properties, {set_aside} set aside")))
}

/// Stores and announces every property's part; keeps what could not be used where an operator finds it.
async fn hand_over(
    desk: &Desk,
    table: &OrgTable,
    row: &MailRow,
    source: &str,
    assigned: Assigned,
) -> Result<(), RecordError> {
    for rejected in &assigned.rejected {
        table.quarantine(&quarantined_row(desk, row, source, rejected)).await?;
    }
    let inputs = assigned.snapshots.into_iter().map(NewInput::snapshot).collect();
    desk.inputs.hand_over(table.id(), inputs, desk.clock.now()).await?;
    Ok(())
}

fn quarantined_row(desk: &Desk, row: &MailRow, source: &str, rejected: &RejectedRow) -> QuarantineRow {
    QuarantineRow {
        id: QuarantineId::new(format!("{}-{source}-{}", row.id, rejected.line)),
        origin: format!("mail:{}", row.id),
        code: rejected.reason.code().to_owned(),
        reason: format!("{source} line {}: {}", rejected.line, rejected.reason),
        content: rejected.content.clone(),
        at: desk.clock.now(),
    }
}

fn quarantine_id(row: &MailRow, code: &str) -> QuarantineId {
    QuarantineId::new(format!("{}-{code}", row.id))
}

async fn set_aside(desk: &Desk, table: &OrgTable, row: &MailRow, code: &str, reason: &str) -> Result<(), RecordError> {
    let entry = QuarantineRow {
        id: quarantine_id(row, code),
        origin: format!("mail:{}", row.id),
        code: code.to_owned(),
        reason: reason.to_owned(),
        content: Private::new(format!("object {}", row.object)),
        at: desk.clock.now(),
    };
    table.quarantine(&entry).await?;
    Ok(())
}

async fn notice(desk: &Desk, table: &OrgTable, row: &MailRow, reason: Unused) -> Result<(), RecordError> {
    let (code, text) = (reason.code().to_owned(), reason.to_string());
    let entry = AttentionRow { code, subject: row.id.clone(), text, at: desk.clock.now() };
    table.notice(&entry).await?;
    Ok(())
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
