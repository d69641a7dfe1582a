//! `/v1/leases/{id}/moveouts` (section 5).

use super::body;
use crate::{
    answer::{Answer, Ask},
    buildium::{
        State,
        call::{Replied, json},
        records::{Lease, MoveOut},
        refusals::Refusal,
    },
};
use jiff::civil::Date;

pub(in crate::buildium) fn create(state: &mut State, lease: u32, ask: &Ask, today: Date) -> Replied {
    let move_out: MoveOut = body(ask)?;
    let known = state.store.get::<Lease>(lease).ok_or_else(Refusal::not_found)?;
    let tenant = move_out.tenant_id;
    if !known.tenants.iter().any(|one| one.id == tenant) {
        return Err(Refusal::invalid("TenantId", "is not on this lease"));
    }
    if known.move_out_data.iter().any(|one| one.tenant_id == tenant) {
        return Err(Refusal::conflict("The tenant has a move-out already."));
    }
    let move_out = MoveOut { notice_given_date: move_out.notice_given_date.or(Some(today)), ..move_out };
    state.note_move_out(lease, move_out, ask.now);
    state.usage.writes += 1;
    Ok(json(201, &move_out).with_header("location", &format!("/v1/leases/{lease}/moveouts/{tenant}")))
}

/// Nobody is told.
pub(in crate::buildium) fn undo(state: &mut State, lease: u32, tenant: u32, ask: &Ask) -> Replied {
    state.forget_move_out(lease, tenant, ask.now).ok_or_else(Refusal::not_found)?;
    state.usage.writes += 1;
    Ok(Answer::empty(204))
}
