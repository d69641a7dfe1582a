//! Who comes after a stay: same-day turnover, owner arriving (never both), the next guest's date.

use super::{
    Place, join,
    scene::{Role, Scene},
};
use crate::{
    decision::{Decision, Inputs, Phrase},
    line::Arrival,
    stay::Stay,
};
use jiff::{Unit, civil::Date};

pub(super) struct Found {
    pub(super) who: Arrival,
    pub(super) next: Option<Date>,
    pub(super) decisions: Vec<Decision>,
}

pub(super) fn arrival(place: Place<'_>, scene: &Scene<'_>, stay: &Stay) -> Found {
    let mut decisions = Vec::new();
    let neighbours = scene.next(stay);
    let own_next = neighbours.first().map(|next| next.span.check_in());
    let told = told_next(stay, &mut decisions);
    if scene.role(stay) != Role::Guest {
        decisions.push(next_decision(own_next, "next-guest.own-stays"));
        return Found { who: Arrival::Later, next: own_next, decisions };
    }
    let gap = place.settings.rules.owner_arrival_gap_days;
    let near = |day: Date| days(stay.span.check_out(), day).is_some_and(|days| days <= gap);

    let owner_block = neighbours.iter().find(|next| {
        let first = told.is_none_or(|told| next.span.check_in() <= told);
        scene.role(next) == Role::Owner && near(next.span.check_in()) && first
    });
    let by_signal = (stay.signals.owner_next_by_text || stay.signals.owner_next_by_name) && told.is_none_or(near);
    if let Some(block) = owner_block {
        let inputs =
            Inputs::none().with("stay", &block.key).with("check_in", block.span.check_in()).with("gap_days", gap);
        decisions.push(Decision::new("owner-arriving.next-block", "owner arriving: yes", inputs));
    }
    for (said, rule) in [
        (stay.signals.owner_next_by_text, "owner-arriving.text"),
        (stay.signals.owner_next_by_name, "owner-arriving.surname"),
    ] {
        if said {
            let result =
                if by_signal { "owner arriving: yes" } else { "owner arriving: no, the next check-in is too far" };
            decisions.push(Decision::new(rule, result, told_words(stay, told)));
        }
    }
    let owner = owner_block.is_some() || by_signal;
    let same_day = same_day(scene, stay, told, &mut decisions);
    let who = match (owner, same_day) {
        (true, true) => {
            let words = told_words(stay, told);
            decisions.push(Decision::new("same-day.owner-arriving", "same day: no, the owner arrives", words));
            Arrival::Owner
        }
        (true, false) => Arrival::Owner,
        (false, true) => Arrival::SameDay,
        (false, false) => Arrival::Later,
    };
    let next = match (owner_block, told) {
        (Some(block), _) => {
            decisions.push(next_decision(Some(block.span.check_in()), "next-guest.own-stays"));
            Some(block.span.check_in())
        }
        (None, Some(told)) => {
            decisions.push(next_decision(Some(told), "next-guest.supplier"));
            if let Some(own) = own_next.filter(|own| *own != told) {
                let words = Inputs::none().with("supplier", told).with("own", own);
                decisions.push(Decision::new("next-guest.sources-differ", "the supplier's date stands", words));
            }
            Some(told)
        }
        (None, None) => {
            decisions.push(next_decision(own_next, "next-guest.own-stays"));
            own_next
        }
    };
    if let Some(next) = scene.goes_on(stay) {
        let words = Inputs::none().with("stay", next);
        decisions.push(Decision::new("same-day.same-guest", "the next stay looks like the same guest's", words));
    }
    Found { who, next, decisions }
}

/// The supplier's own next check-in, unless it lies before the check-out and so cannot be one.
fn told_next(stay: &Stay, decisions: &mut Vec<Decision>) -> Option<Date> {
    let told = stay.signals.next_check_in?;
    if told >= stay.span.check_out() {
        return Some(told);
    }
    let words = Inputs::none().with("supplier", told).with("check_out", stay.span.check_out());
    decisions.push(Decision::new("next-guest.before-check-out", "the supplier's date is not used", words));
    None
}

/// The supplier's date decides where there is one, since its flag is the same fact told again; a flag against the date is
/// believed when it says yes, as a missed turnover costs more than an early one. Without a date the flag counts if it is
/// yes, and else our own stays answer.
fn same_day(scene: &Scene<'_>, stay: &Stay, told: Option<Date>, decisions: &mut Vec<Decision>) -> bool {
    let day = stay.span.check_out();
    let flag = stay.signals.same_day;
    let guests = scene.guests_on(stay, day);
    let by_date = told.map(|told| told == day);
    // An empty date says nothing of the flag No; any other pair has to agree.
    if flag.is_some_and(|flag| flag != by_date.unwrap_or(false)) {
        decisions.push(Decision::new(
            "same-day.flag-disagrees",
            "the supplier's flag and date differ",
            told_words(stay, told),
        ));
    }
    if by_date == Some(false) && !guests.is_empty() {
        let words = told_words(stay, told).with("stays", join(&guests));
        decisions.push(Decision::new(
            "same-day.neighbour-disagrees",
            "an active stay begins on the check-out day",
            words,
        ));
    }
    let (rule, answer, words) = match (by_date, flag) {
        (Some(true), _) => ("same-day.next-check-in", true, told_words(stay, told)),
        (_, Some(true)) => ("same-day.supplier-flag", true, told_words(stay, told)),
        (Some(false), _) => ("same-day.next-check-in", false, told_words(stay, told)),
        (None, _) => ("same-day.next-stay", !guests.is_empty(), Inputs::none().with("stays", join(&guests))),
    };
    decisions.push(Decision::new(rule, if answer { "same day: yes" } else { "same day: no" }, words));
    answer
}

fn told_words(stay: &Stay, told: Option<Date>) -> Inputs {
    let mut words = Inputs::none().with("check_out", stay.span.check_out());
    if let Some(told) = told {
        words = words.with("next_check_in", told);
    }
    if let Some(flag) = stay.signals.same_day {
        words = words.with("flag", if flag { "yes" } else { "no" });
    }
    words
}

fn next_decision(next: Option<Date>, rule: &'static str) -> Decision {
    let result = next.map_or("next guest: unknown".into(), |next| Phrase::with("next guest: ", next));
    Decision::new(rule, result, Inputs::none())
}

fn days(from: Date, to: Date) -> Option<u32> {
    from.until((Unit::Day, to)).ok().and_then(|length| u32::try_from(length.get_days()).ok())
}
