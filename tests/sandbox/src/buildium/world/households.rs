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
    Past,
    Active,
    /// Somebody has given notice, or one roommate has left.
    Leaving,
    Future,
    /// The owner lives there.
    Owner,
}

/// Households by unit: so many tenants in at least so many units.
pub(super) fn plan(rng: &mut Rng, properties: usize, tenants: usize) -> Vec<Vec<Household>> {
    let mut left = tenants;
    let mut units = Vec::with_capacity(properties.max(tenants / 2));
    while left > 0 {
        let terms: &[Term] = match units.len() % 20 {
            3 | 11 => &[Term::Past],
            5 | 15 => &[Term::Active, Term::Future],
            7 => &[Term::Owner],
            2 | 12 => &[Term::Past, Term::Leaving],
            4 | 8 | 16 => &[Term::Past, Term::Active],
            9 => &[],
            _ => &[Term::Active],
        };
        let mut households = Vec::with_capacity(terms.len());
        for term in terms {
            let size = size(rng, *term).min(left);
            left -= size;
            if size > 0 {
                households.push(Household { size, term: *term });
            }
        }
        units.push(households);
    }
    while units.len() < properties {
        units.push(Vec::new());
    }
    units
}

fn size(rng: &mut Rng, term: Term) -> usize {
    match (term, rng.u8(0..10)) {
        (Term::Leaving, _) => 2,
        (Term::Owner, _) | (_, 0..5) => 1,
        (_, 5..8) => 2,
        _ => 3,
    }
}
