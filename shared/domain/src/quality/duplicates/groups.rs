//! From pairs to groups.

use super::DuplicateKind;
use std::collections::{BTreeMap, BTreeSet};

/// Two records that belong together, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tie {
    pub(super) pair: (usize, usize),
    pub(super) kind: DuplicateKind,
    pub(super) score: u8,
    pub(super) fields: Vec<&'static str>,
    /// What a household has in common, hashed: each thing makes a group of its own. Zero for other kinds.
    pub(super) through: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) members: BTreeSet<usize>,
    /// Of the weakest tie without which the group would fall apart.
    pub(super) kind: DuplicateKind,
    pub(super) score: u8,
    /// The pair of the strongest tie.
    pub(super) strongest: Option<(usize, usize)>,
    pub(super) fields: BTreeSet<&'static str>,
}

/// Puts together what is tied, directly or through others. Each kind of finding is grouped for itself, so that a household does
/// not tie duplicates together; and each household by what it shares, so that roommates of roommates do not make a town.
pub(super) fn groups(ties: Vec<Tie>) -> Vec<Group> {
    let is_household = |tie: &&Tie| tie.kind == DuplicateKind::Household;
    let people_apart: Apart = ties.iter().filter(is_household).map(|tie| tie.pair).collect();
    let none = Apart::new();
    let mut sorted: BTreeMap<Option<(DuplicateKind, u64)>, Vec<Tie>> = BTreeMap::new();
    for tie in ties {
        let apart = (!tie.kind.is_surplus()).then_some((tie.kind, tie.through));
        sorted.entry(apart).or_default().push(tie);
    }
    sorted
        .into_iter()
        .flat_map(|(told, ties)| together(ties, if told.is_none() { &people_apart } else { &none }))
        .collect()
}

/// Pairs that are known to be two.
type Apart = BTreeSet<(usize, usize)>;

/// Strongest ties first, so that the last one that puts two groups together is the weakest that is needed.
///
/// Two who are told apart never come into one group: somebody without a name whose address a couple shares is one of the two.
fn together(mut ties: Vec<Tie>, apart: &Apart) -> Vec<Group> {
    ties.sort_by(|one, other| (other.score, one.kind, one.pair).cmp(&(one.score, other.kind, other.pair)));
    ties.dedup_by(|one, other| one.pair == other.pair);
    let mut strangers: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (one, other) in apart {
        strangers.entry(*one).or_default().insert(*other);
        strangers.entry(*other).or_default().insert(*one);
    }
    let mut roots = Roots::default();
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for tie in &ties {
        let (one, other) = (roots.of(tie.pair.0), roots.of(tie.pair.1));
        if one == other {
            continue;
        }
        let group = groups.remove(&one).unwrap_or_else(|| Group::alone(one, tie));
        let joining = groups.remove(&other).unwrap_or_else(|| Group::alone(other, tie));
        if group.is_apart_from(&joining, &strangers) {
            groups.extend([(one, group), (other, joining)]);
        } else {
            roots.join(other, one);
            groups.insert(one, Group { kind: tie.kind, score: tie.score, ..group.with(joining) });
        }
    }
    groups.retain(|_, group| group.members.len() > 1);
    for tie in ties {
        let root = roots.of(tie.pair.0);
        if roots.of(tie.pair.1) == root
            && let Some(group) = groups.get_mut(&root)
        {
            group.strongest.get_or_insert(tie.pair);
            group.fields.extend(tie.fields);
        }
    }
    groups.into_values().collect()
}

impl Group {
    fn alone(member: usize, tie: &Tie) -> Self {
        Self {
            members: BTreeSet::from([member]),
            kind: tie.kind,
            score: tie.score,
            strongest: None,
            fields: BTreeSet::new(),
        }
    }

    fn with(mut self, mut other: Self) -> Self {
        if self.members.len() < other.members.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.members.extend(other.members);
        self
    }

    fn is_apart_from(&self, other: &Self, strangers: &BTreeMap<usize, BTreeSet<usize>>) -> bool {
        let (few, many) = if self.members.len() < other.members.len() { (self, other) } else { (other, self) };
        few.members
            .iter()
            .filter_map(|member| strangers.get(member))
            .any(|strangers| strangers.iter().any(|stranger| many.members.contains(stranger)))
    }
}

/// Who stands for whom (disjoint sets with path halving).
#[derive(Debug, Default)]
struct Roots(BTreeMap<usize, usize>);

impl Roots {
    fn of(&mut self, member: usize) -> usize {
        let mut at = member;
        while let Some(above) = self.0.get(&at).copied() {
            if let Some(beyond) = self.0.get(&above).copied() {
                self.0.insert(at, beyond);
            }
            at = above;
        }
        at
    }

    fn join(&mut self, root: usize, under: usize) {
        self.0.insert(root, under);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(one: usize, other: usize, kind: DuplicateKind, score: u8, field: &'static str) -> Tie {
        Tie { pair: (one, other), kind, score, fields: vec![field], through: 0 }
    }

    #[test]
    fn a_group_is_as_sure_as_its_weakest_tie() {
        let ties = vec![
            tie(1, 2, DuplicateKind::Similar, 80, "last_name"),
            tie(0, 1, DuplicateKind::SameEmail, 97, "email"),
            tie(0, 2, DuplicateKind::Similar, 77, "city"),
            tie(5, 6, DuplicateKind::SamePhone, 92, "mobile_phone"),
            tie(2, 5, DuplicateKind::Household, 60, "email"),
        ];
        let told: Vec<_> = groups(ties)
            .into_iter()
            .map(|group| (group.members.into_iter().collect::<Vec<_>>(), group.kind, group.score, group.strongest))
            .collect();
        assert_eq!(
            told,
            [
                (vec![0, 1, 2], DuplicateKind::Similar, 80, Some((0, 1))),
                (vec![5, 6], DuplicateKind::SamePhone, 92, Some((5, 6))),
                (vec![2, 5], DuplicateKind::Household, 60, Some((2, 5))),
            ]
        );
    }

    #[test]
    fn who_is_told_apart_is_not_put_together_by_a_third() {
        let ties = vec![
            tie(0, 1, DuplicateKind::Household, 93, "email"),
            tie(0, 2, DuplicateKind::SameEmail, 90, "email"),
            tie(1, 2, DuplicateKind::SameEmail, 90, "other_email"),
        ];
        let groups = groups(ties);
        let duplicates: Vec<_> = groups.iter().filter(|group| group.kind.is_surplus()).collect();
        assert_eq!(duplicates.len(), 1);
        assert_eq!(duplicates[0].members, BTreeSet::from([0, 2]));
        assert_eq!(duplicates[0].fields, BTreeSet::from(["email"]));
    }

    #[test]
    fn every_tie_within_a_group_tells_its_fields() {
        let ties = vec![
            tie(0, 1, DuplicateKind::SameEmail, 97, "email"),
            tie(1, 2, DuplicateKind::SameEmail, 97, "other_email"),
            tie(0, 2, DuplicateKind::Similar, 77, "city"),
        ];
        let fields: Vec<_> = groups(ties).remove(0).fields.into_iter().collect();
        assert_eq!(fields, ["city", "email", "other_email"]);
    }
}
