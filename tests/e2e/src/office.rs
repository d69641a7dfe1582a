//! The office's people: they type into the cells that are theirs, and the table's pings find their way or do not.

use crate::{crash::Mortal, run::Simulation};
use anyhow::ensure;
use jiff::SignedDuration;
use lintel_connectors::surroundings::Clock;
use lintel_domain::ids::StayKey;
use lintel_sandbox::office_table::Ping;
use serde_json::{Map, Value, json};

const INSTRUCTIONS: &str = "Custom Service Line Instructions";

impl Simulation {
    /// Somebody types into the newest row of a stay.
    pub(crate) fn type_something(&mut self) -> anyhow::Result<()> {
        let rows = self.places.office_table.records();
        let Some(row) = self.rng.choice(&rows) else { return Ok(()) };
        let stay = StayKey::new(row["Reservation UID"].as_str().unwrap_or_default());
        let text = match self.rng.u8(0..4) {
            0 => Value::Null,
            _ => json!(format!("typed {}", self.typed.len())),
        };
        let Some(record) = newest_record(self, &stay) else { return Ok(()) };
        self.steps.push(format!("the office types {text} into the row of {stay}"));
        self.places.office_table.person_edits(&record, INSTRUCTIONS, text.clone())?;
        self.typed.insert(stay, text);
        Ok(())
    }

    /// The table pings; some pings are never answered and come again, some come twice.
    pub(crate) async fn ping(&mut self) -> anyhow::Result<()> {
        let pings = self.places.office_table.take_pings(self.places.clock.now());
        self.steps.push(format!("{} pings", pings.len()));
        for ping in pings {
            let mut status = None;
            for _ in 0..self.rng.u8(0..3) {
                let life = self.life();
                let answer = Mortal::new(self.places.invoke("webhook-receiver", delivery(&ping)), life).await;
                status = answer.transpose()?.and_then(|answer| answer["statusCode"].as_u64());
                ensure!(status.is_none_or(|status| status == 204), "a true ping was refused: {status:?}");
            }
            let status = status.and_then(|status| u16::try_from(status).ok());
            self.places.office_table.ping_answered(&ping, status);
        }
        Ok(())
    }
}

/// What the office typed last stands at the stay, and in its row.
pub(crate) async fn typed_words_stand(simulation: &Simulation) -> anyhow::Result<()> {
    let table = simulation.places.table.org(&simulation.places.settings.id);
    for (stay, typed) in &simulation.typed {
        let Some(record) = table.stay(stay).await? else { continue };
        let known = json!(record.stay.office.instructions);
        ensure!(known == *typed, "the office typed {typed} at {stay}, and the stay has {known}");
        let cell = newest(simulation, stay).and_then(|row| row.get(INSTRUCTIONS).cloned()).unwrap_or_default();
        ensure!(cell == *typed, "the office typed {typed} at {stay}, and its row has {cell}");
    }
    Ok(())
}

/// One more edit, told without trouble: it changes the plan, and what follows from it ends.
pub(crate) async fn an_edit_costs_little(simulation: &mut Simulation) -> anyhow::Result<()> {
    let rows = simulation.places.office_table.records();
    let Some(stay) = rows.first().and_then(|row| row["Reservation UID"].as_str()).map(StayKey::new) else {
        return Ok(());
    };
    let Some(record) = newest_record(simulation, &stay) else { return Ok(()) };
    let before = writes(simulation);
    simulation.places.office_table.person_edits(&record, INSTRUCTIONS, json!("one more"))?;
    simulation.places.clock.jump(SignedDuration::from_secs(2)).await;
    for ping in simulation.places.office_table.take_pings(simulation.places.clock.now()) {
        simulation.places.invoke("webhook-receiver", delivery(&ping)).await?;
        simulation.places.office_table.ping_answered(&ping, Some(204));
    }
    simulation.settle().await?;
    let (crews, office) = writes(simulation);
    let (crews, office) = (crews - before.0, office - before.1);
    ensure!(crews <= 2 && office <= 4, "one edit made {crews} writes at the crews' and {office} at the office's table");
    let known = simulation.places.table.org(&simulation.places.settings.id).stay(&stay).await?;
    let known = known.and_then(|record| record.stay.office.instructions);
    ensure!(known.as_deref() == Some("one more"), "an edit that was told is not known: {known:?}");
    Ok(())
}

/// Writes so far: at the crews' system, and at the office's table.
pub(crate) fn writes(simulation: &Simulation) -> (u64, u64) {
    let office = simulation.places.office_table.usage().calls;
    let patches = office.iter().filter(|(call, _)| call.starts_with("PATCH")).map(|(_, count)| count).sum();
    (simulation.places.field_service.usage().writes, patches)
}

fn version(row: &Map<String, Value>) -> u64 {
    row.get("Version").and_then(Value::as_u64).unwrap_or_default()
}

fn newest(simulation: &Simulation, stay: &StayKey) -> Option<Map<String, Value>> {
    let rows = simulation.places.office_table.records();
    rows.into_iter().filter(|row| row.get("Reservation UID") == Some(&json!(stay))).max_by_key(version)
}

fn newest_record(simulation: &Simulation, stay: &StayKey) -> Option<String> {
    let wanted = version(&newest(simulation, stay)?);
    let table = &simulation.places.office_table;
    let same_version = table.records_with("Version", &json!(wanted));
    table.records_with("Reservation UID", &json!(stay)).into_iter().find(|id| same_version.contains(id))
}

/// The event API Gateway makes of a ping.
fn delivery(ping: &Ping) -> Value {
    json!({
        "version": "2.0", "rawPath": "/webhooks/sunrise.office", "rawQueryString": "",
        "headers": { "x-airtable-content-mac": ping.content_mac, "content-type": "application/json" },
        "pathParameters": { "connection": "sunrise.office" },
        "requestContext": { "http": { "method": "POST", "path": "/webhooks/sunrise.office" } },
        "body": String::from_utf8_lossy(&ping.body), "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A watch lives for a week at most, and is refreshed by whoever looks after it.
    #[tokio::test(start_paused = true)]
    async fn an_edit_is_told_of_after_the_week_that_a_watch_lives() {
        let mut simulation = Simulation::open(3).await.unwrap();
        simulation.places.invoke("feed-dispatcher", json!({})).await.unwrap();
        simulation.settle().await.unwrap();
        for _ in 0..16 {
            simulation.places.clock.jump(SignedDuration::from_hours(12)).await;
            simulation.reconcile().await.unwrap();
        }
        assert!(!simulation.places.office_table.records().is_empty(), "there is a row to edit");
        an_edit_costs_little(&mut simulation).await.unwrap();
    }
}
