//! What Housecall Pro's webhooks say of jobs.

use super::wire;
use jiff::Timestamp;
use lintel_domain::{ids::EmployeeId, job_news::JobNews};
use serde::Deserialize;
use serde_json::Value;

/// An appointment as events carry it: people as objects, where the REST form has ids.
#[derive(Debug, Deserialize)]
struct Appointment {
    id: String,
    job_id: String,
    start_time: Option<Timestamp>,
    #[serde(default)]
    dispatched_employees: Vec<Person>,
}

#[derive(Debug, Deserialize)]
struct Person {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

/// `None` when the event is not about a job.
pub(crate) fn job_news(
    name: &str,
    content: &Value,
) -> Result<Option<JobNews>, serde_path_to_error::Error<serde_json::Error>> {
    if name.starts_with("job.appointment.") {
        return appointment(name, content).map(Some);
    }
    if !name.starts_with("job.") {
        return Ok(None);
    }
    let record = content.get("job").unwrap_or(&Value::Null);
    if name == "job.deleted" {
        let job: Named = serde_path_to_error::deserialize(record)?;
        return Ok(Some(JobNews::Deleted { job: job.id.as_str().into() }));
    }
    let job: wire::Job = serde_path_to_error::deserialize(record)?;
    Ok(Some(JobNews::Job { seen: job.seen() }))
}

fn appointment(name: &str, content: &Value) -> Result<JobNews, serde_path_to_error::Error<serde_json::Error>> {
    let record = content.get("appointment").unwrap_or(&Value::Null);
    let one: Appointment = serde_path_to_error::deserialize(record)?;
    let (job, appointment) = (one.job_id.as_str().into(), one.id.as_str().into());
    if name == "job.appointment.appointment_discarded" {
        return Ok(JobNews::Discarded { job, appointment });
    }
    let crew = one.dispatched_employees.into_iter().map(|person| EmployeeId::new(person.id)).collect();
    Ok(JobNews::Appointment { job, appointment, starts: one.start_time, crew })
}
