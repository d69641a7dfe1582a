//! Who comes after a stay: same-day turnover, owner arriving (never both), the next guest's date.

use super::{
    reason::{Reason, Reasons, Told},
    scene::{Role, Seen},
};
use crate::{line::Arrival, stay::Stay};
use jiff::civil::Date;

const OWN_STAYS: &str = "next-guest.own-stays";

pub(super) struct Found {
    pub(super) who: Arrival,
    pub(super) next: Option<Date>,
}

pub(super) fn arrival(seen: Seen<'_, '_>, reasons: &mut Reasons) -> Found {
    let stay = seen.stay;
    let neighbours = seen.next();
    let own = neighbours.first();
    let own_next = own.map(|next| next.span.check_in());
    let told = told_next(stay, reasons);
    if seen.role != Role::Guest {
        reasons.add(|| Reason::NextGuest { rule: OWN_STAYS, date: own_next, stay: own.map(|next| next.key.clone()) });
        return Found { who: Arrival::Later, next: own_next };
    }
    let gap_days = seen.scene.place.settings.rules.owner_arrival_gap_days;
    let near = |day: Date| days(stay.span.check_out(), day).is_some_and(|days| days <= gap_days);

    let owner_block = neighbours.iter().find(|next| {
        let first = told.is_none_or(|told| next.span.check_in() <= told);
        seen.scene.role(next) == Role::Owner && near(next.span.check_in()) && first
    });
    let by_signal = (stay.signals.owner_next_by_text || stay.signals.owner_next_by_name) && told.is_none_or(near);
    if let Some(block) = owner_block {
        reasons.add(|| Reason::OwnerBlock { stay: block.key.clone(), check_in: block.span.check_in(), gap_days });
    }
    for (said, rule) in [
        (stay.signals.owner_next_by_text, "owner-arriving.text"),
        (stay.signals.owner_next_by_name, "owner-arriving.surname"),
    ] {
        if said {
            reasons.add(|| Reason::OwnerTold { rule, counts: by_signal, told: Told::of(stay, told) });
        }
    }
    let owner = owner_block.is_some() || by_signal;
    let same_day = same_day(seen, told, reasons);
    let who = match (owner, same_day) {
        (true, true) => {
            reasons.add(|| Reason::OwnerBeforeSameDay { told: Told::of(stay, told) });
            Arrival::Owner
        }
        (true, false) => Arrival::Owner,
        (false, true) => Arrival::SameDay,
        (false, false) => Arrival::Later,
    };
    let (rule, stay) = match (owner_block, told) {
        (None, Some(_)) => ("next-guest.supplier", None),
        (block, _) => (OWN_STAYS, block.or(own)),
    };
    let next = stay.map_or(told, |stay| Some(stay.span.check_in()));
    reasons.add(|| Reason::NextGuest { rule, date: next, stay: stay.map(|stay| stay.key.clone()) });
    if let (None, Some(supplier), Some(own)) = (owner_block, told, own_next)
        && own != supplier
    {
        reasons.add(|| Reason::NextDiffers { supplier, own });
    }
    if let Some(next) = seen.goes_on() {
        reasons.add(|| Reason::SameGuest { stay: next.clone() });
    }
    Found { who, next }
}

/// The supplier's own next check-in, unless it lies before the check-out and so cannot be one.
fn told_next(stay: &Stay, reasons: &mut Reasons) -> Option<Date> {
    let told = stay.signals.next_check_in?;
    if told >= stay.span.check_out() {
        return Some(told);
    }
    reasons.add(|| Reason::NextBeforeCheckOut { supplier: told, check_out: stay.span.check_out() });
    None
}

/// The supplier's date decides where there is one, since its flag is the same fact told again; a flag against the date is
/// believed when it says yes, as a missed turnover costs more than an early one. Without a date the flag counts if it is
/// yes, and else our own stays answer.
fn same_day(seen: Seen<'_, '_>, next: Option<Date>, reasons: &mut Reasons) -> bool {
    let flag = seen.stay.signals.same_day;
    let told = Told::of(seen.stay, next);
    let arrives = seen.guests_on_check_out().next().is_some();
    let stays = || seen.guests_on_check_out().cloned().collect();
    let by_date = next.map(|next| next == seen.stay.span.check_out());
    // An empty date says nothing of the flag No; any other pair has to agree.
    if flag.is_some_and(|flag| flag != by_date.unwrap_or(false)) {
        reasons.add(|| Reason::FlagDiffers { told });
    }
    if by_date == Some(false) && arrives {
        reasons.add(|| Reason::NeighbourDiffers { told, stays: stays() });
    }
    let (answer, rule) = match (by_date, flag) {
        (Some(true), _) => (true, Some("same-day.next-check-in")),
        (_, Some(true)) => (true, Some("same-day.supplier-flag")),
        (Some(false), _) => (false, Some("same-day.next-check-in")),
        (None, _) => (arrives, None),
    };
    match rule {
        Some(rule) => reasons.add(|| Reason::SameDay { rule, answer, told }),
        None => reasons.add(|| Reason::SameDayStays { stays: stays() }),
    }
    answer
}

fn days(from: Date, to: Date) -> Option<u32> {
    u32::try_from(from.duration_until(to).as_hours() / 24).ok()
}
