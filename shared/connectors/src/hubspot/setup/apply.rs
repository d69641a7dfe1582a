//! Making what is missing, one call after the other.

use super::{
    Denied, PortalSetup,
    client::{Heard, Leave, missing_scope},
    found::Found,
    plan::{Plan, Step},
    wanted::{Object, Wanted},
};
use crate::{
    error::Error,
    roles::{SetupFault, SetupPart},
    transport::Deadline,
};
use http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What became of the steps of a set-up so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) denied: Denied,
    tried: BTreeSet<SetupPart>,
    refused: BTreeMap<SetupPart, SetupFault>,
    /// The scopes that are wanting.
    closed_for: BTreeSet<SetupFault>,
    /// Objects whose calls are refused for want of a scope.
    closed: BTreeSet<Object>,
    /// Objects without the group their properties stand in.
    groundless: BTreeSet<Object>,
}

impl Progress {
    /// A step is tried once. Those that wait for something that could not be made are left alone: its fault says enough.
    pub(super) fn would_try(&self, step: &Step<'_>, wanted: &Wanted, unit_type: Option<&str>) -> bool {
        let object = step.object();
        let grounded = match step {
            Step::Schema => !self.denied.units,
            Step::Label((_, to), _) => !self.denied.labels && (*to != Object::Units || unit_type.is_some()),
            _ => !self.groundless.contains(&object) && (object != Object::Units || unit_type.is_some()),
        };
        grounded && !self.closed.contains(&object) && !self.tried.contains(&step.part(wanted))
    }

    /// What is wrong after the last reading. A refusal of something that is there all the same is none.
    pub(super) fn faults(self, plan: &Plan<'_>) -> Vec<SetupFault> {
        let Self { tried, mut refused, closed_for, .. } = self;
        let not_there = |part: &SetupPart| SetupFault::NotThere { part: part.clone() };
        let mut faults = plan.faults.clone();
        faults.extend(closed_for);
        let tried = plan.missing.iter().filter(|part| tried.contains(part));
        faults.extend(tried.map(|part| refused.remove(part).unwrap_or_else(|| not_there(part))));
        if faults.is_empty() {
            faults.extend(plan.missing.iter().map(not_there));
        }
        faults.into_iter().collect()
    }
}

impl PortalSetup {
    pub(super) async fn take(
        &self,
        steps: &[Step<'_>],
        found: &Found,
        progress: &mut Progress,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let mut unit_type = found.unit_type().map(str::to_owned);
        for step in steps {
            if !progress.would_try(step, &self.wanted, unit_type.as_deref()) {
                continue;
            }
            let part = step.part(&self.wanted);
            match self.make(step, unit_type.as_deref(), &format!("make {part}"), deadline).await? {
                Heard::Done(body) => {
                    if let Step::Schema = step {
                        unit_type = body["objectTypeId"].as_str().map(str::to_owned);
                    }
                }
                // Somebody else made it, or an earlier try of ours did; the next reading shows what it is.
                Heard::Taken => progress.note(&part, "409: the name is taken, perhaps by something archived"),
                Heard::MissingScope(named) => {
                    let object = self.wanted.object(step.object());
                    progress.closed.insert(step.object());
                    progress.closed_for.insert(missing_scope(named, object, Leave::Write));
                    continue;
                }
                Heard::Forbidden(reason) => progress.forbid(step, &part, &reason),
                Heard::Refused(reason) => progress.refuse(step, &part, &reason),
                Heard::Absent => progress.refuse(step, &part, "404: the vendor does not know the object"),
            }
            progress.tried.insert(part);
        }
        Ok(())
    }

    async fn make(
        &self,
        step: &Step<'_>,
        unit_type: Option<&str>,
        doing: &str,
        deadline: Deadline,
    ) -> Result<Heard, Error> {
        let group = &self.wanted.group;
        let id = |object: Object| self.wanted.object(object).type_id.as_deref().or(unit_type).unwrap_or_default();
        let post = async |route: &'static str, path: &str, body: Value| {
            self.client.call(doing, Method::POST, route, path, Some(&body), deadline).await
        };
        match step {
            Step::Schema => {
                let route = "/crm-object-schemas/{version}/schemas";
                post(route, route, self.wanted.schema_body()).await
            }
            Step::Group(object) => {
                let route = "/crm/properties/{version}/{type}/groups";
                let body = json!({ "name": group.name, "label": group.label, "displayOrder": -1 });
                post(route, &route.replace("{type}", id(*object)), body).await
            }
            Step::Property(object, property) => {
                let route = "/crm/properties/{version}/{type}";
                post(route, &route.replace("{type}", id(*object)), property.body(Some(&group.name))).await
            }
            Step::Options(object, property, options) => {
                let route = "/crm/properties/{version}/{type}/{name}";
                let path = route.replace("{type}", id(*object)).replace("{name}", &property.name);
                let body = json!({ "options": options });
                self.client.call(doing, Method::PATCH, route, &path, Some(&body), deadline).await
            }
            Step::Pair(other) => {
                let route = "/crm-object-schemas/{version}/schemas/{type}/associations";
                let (from, to) = (id(Object::Units), id(*other));
                let body =
                    json!({ "fromObjectTypeId": from, "toObjectTypeId": to, "name": format!("lintel_unit_{other}") });
                post(route, &route.replace("{type}", from), body).await
            }
            Step::Label((from, to), label) => {
                let route = "/crm/associations/{version}/{from}/{to}/labels";
                let path = route.replace("{from}", id(*from)).replace("{to}", id(*to));
                post(route, &path, label.body()).await
            }
        }
    }
}

impl Progress {
    /// What the portal's plan does not have is left out; the next reading goes by it.
    fn forbid(&mut self, step: &Step<'_>, part: &SetupPart, reason: &str) {
        match step {
            Step::Schema => self.denied.units = true,
            Step::Label(..) => self.denied.labels = true,
            _ => self.refuse(step, part, reason),
        }
    }

    fn refuse(&mut self, step: &Step<'_>, part: &SetupPart, reason: &str) {
        self.note(part, reason);
        if let Step::Group(object) = step {
            self.groundless.insert(*object);
        }
    }

    /// Counts only as long as the part is not there.
    fn note(&mut self, part: &SetupPart, reason: &str) {
        let fault = SetupFault::Refused { part: part.clone(), reason: reason.to_owned() };
        self.refused.insert(part.clone(), fault);
    }
}
