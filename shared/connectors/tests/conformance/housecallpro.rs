//! Housecall Pro as the suite sees it: things are jobs, found again by their marker.

use crate::{
    parts::parts,
    subject::{Credentials, Subject, WRONG, connection, front},
    time::Time,
};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, civil::date};
use lintel_connectors::{
    Error,
    roles::{self, FieldService, JobSearch, NewJob, Template},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::private::Private;
use lintel_sandbox::{
    World,
    faults::FaultScript,
    housecallpro::{HousecallPro, HousecallProSettings},
};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Crews {
    vendor: Arc<HousecallPro>,
    service: Arc<dyn FieldService>,
    customer: String,
    address: String,
    now: Timestamp,
}

impl Crews {
    pub(crate) async fn open(time: &Arc<Time>, credentials: Credentials) -> Self {
        let vendor = Arc::new(HousecallPro::new(HousecallProSettings::default(), Arc::clone(&time.0) as _, 1));
        let world = World::sample(1, date(2026, 7, 1), 2);
        world.furnish(&vendor);
        let secret = match credentials {
            Credentials::Right => vendor.key().to_owned(),
            Credentials::Wrong => WRONG.to_owned(),
        };
        let connection = connection("housecallpro", front(Arc::clone(&vendor) as _, time).await, &[]);
        let service = roles::field_service(&"crews".into(), &connection, &Private::new(secret), parts(time)).unwrap();
        let home = &world.homes()[0];
        Self { vendor, service, customer: home.customer(), address: home.address_id(), now: Clock::now(time.as_ref()) }
    }

    fn marker(number: usize) -> String {
        format!("birch.{number:04}")
    }

    fn starts(&self, number: usize) -> Timestamp {
        self.now + SignedDuration::from_hours(24 + i64::try_from(number).unwrap())
    }
}

#[async_trait]
impl Subject for Crews {
    fn name(&self) -> &'static str {
        "housecallpro"
    }

    fn load_faults(&self, script: FaultScript) {
        self.vendor.load_faults(script);
    }

    fn over_limit(&self) -> u64 {
        self.vendor.usage().over_limit
    }

    async fn read(&self, deadline: Deadline) -> Result<(), Error> {
        self.service.check(deadline).await.map(drop)
    }

    async fn make(&self, number: usize, deadline: Deadline) -> Result<(), Error> {
        let (starts, marker) = (self.starts(number), Self::marker(number));
        let day = SignedDuration::from_hours(24);
        let search = JobSearch {
            customer: self.customer.as_str().into(),
            marker: marker.clone(),
            from: starts - day,
            to: starts + day,
        };
        if self.service.find(&search, deadline).await?.iter().any(roles::Found::carries_marker) {
            return Ok(());
        }
        let new = NewJob {
            customer: self.customer.as_str().into(),
            address: self.address.as_str().into(),
            starts,
            minutes: 60,
            arrival_window_minutes: 0,
            line: "Turnover".to_owned(),
            template: Arc::new(Template::default()),
            marker,
            assignees: Vec::new(),
        };
        self.service.create(&new, deadline).await.map(drop)
    }

    fn made(&self, number: usize) -> usize {
        let marker = Self::marker(number);
        let jobs = self.vendor.jobs();
        jobs.iter().filter(|job| job.notes.iter().any(|note| note.contains(&marker))).count()
    }

    async fn walk(&self, deadline: Deadline) -> Result<Vec<usize>, Error> {
        let jobs = self.service.list(self.now, self.now + SignedDuration::from_hours(24 * 90), deadline).await?;
        let number = |starts: Timestamp| usize::try_from(starts.duration_since(self.now).as_hours() - 24).unwrap();
        Ok(jobs.iter().filter_map(|job| job.seen.starts).map(number).collect())
    }
}
