//! Who lives with whom, and where one after the other.

use fastrand::Rng;

/// Tenants who share a lease.
#[derive(Clone, Copy, Debug)]
pub(super) struct Household {
    pub(super) size: usize,
    pub(super) term: Term,
}

/// How a household's lease lies in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// So many other leases are over since.
    Past(i32),
    Active,
    /// Somebody has given notice, or one roommate has left.
    Leaving,
    Future,
    /// The owner lives there.
    Owner,
}

/// Households by unit. Who finds no room there now lived there before.
pub(super) fn plan(rng: &mut Rng, units: usize, tenants: usize) -> Vec<Vec<Household>> {
    let mut left = tenants;
    let mut plans: Vec<Vec<Household>> = Vec::with_capacity(units);
    for unit in 0..units {
        let households = terms(unit).iter().filter_map(|term| household(rng, *term, &mut left));
        plans.push(households.collect());
    }
    let mut before = 1;
    while left > 0 && units > 0 {
        for households in &mut plans {
            households.extend(household(rng, Term::Past(before), &mut left));
        }
        before += 1;
    }
    plans
}

/// Nobody, once no tenant is left.
fn household(rng: &mut Rng, term: Term, left: &mut usize) -> Option<Household> {
    let size = size(rng, term).min(*left);
    *left -= size;
    (size > 0).then_some(Household { size, term })
}

fn terms(unit: usize) -> &'static [Term] {
    match unit % 20 {
        3 | 11 => &[Term::Past(0)],
        5 | 15 => &[Term::Active, Term::Future],
        7 => &[Term::Owner],
        2 | 12 => &[Term::Past(0), Term::Leaving],
        4 | 8 | 16 => &[Term::Past(0), Term::Active],
        9 => &[],
        _ => &[Term::Active],
    }
}

fn size(rng: &mut Rng, term: Term) -> usize {
    match (term, rng.u8(0..10)) {
        (Term::Leaving, _) => 2,
        (Term::Owner, _) | (_, 0..5) => 1,
        (_, 5..8) => 2,
        _ => 3,
    }
}
