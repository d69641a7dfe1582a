//! Stub until the rules land.
use super::{Input, Outcome, PlanError, PropertyPlan, PropertyState};
use crate::{ids::PropertyId, settings::Organization};
use jiff::Timestamp;

/// What `input` changes at `property`.
pub fn plan(
    property: &PropertyId,
    settings: &Organization,
    _state: &PropertyState,
    _input: &Input,
    _now: Timestamp,
) -> Result<PropertyPlan, PlanError> {
    if !settings.properties.contains_key(property) {
        return Err(PlanError::UnknownProperty(property.clone()));
    }
    Ok(PropertyPlan::nothing(Outcome::Unchanged))
}
