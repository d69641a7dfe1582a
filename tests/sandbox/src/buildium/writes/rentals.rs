//! `/v1/rentals/{id}/inactivationrequest`: how a rental goes, as it can not be deleted (section 3.1).

use crate::{
    answer::{Answer, Ask},
    buildium::{State, call::Replied, refusals::Refusal},
};

pub(in crate::buildium) fn inactivate(state: &mut State, id: u32, ask: &Ask) -> Replied {
    state.inactivate_property(id, ask.now).ok_or_else(Refusal::not_found)?;
    state.usage.writes += 1;
    Ok(Answer::empty(204))
}
