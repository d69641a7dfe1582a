//! One number for a run, and what it is made of.
//!
//! Every part is a share of good things among all: `good / all`. Its own score is that share in hundredths, rounded down. The total
//! is the parts' shares weighted and rounded down:
//!
//! ```text
//! total = floor( sum( weight × floor(10 000 × good / all) ) / ( 100 × sum( weight ) ) )
//! ```
//!
//! over the parts that have anything to judge; the others, and their weights, are left out. So 100 means that nothing at all was
//! found, and one fault among a million records is a 99.
//!
//! | part | weight | good | all |
//! | --- | --- | --- | --- |
//! | agreement | 35 | values both sides have alike | values either side has, in compared records |
//! | coverage | 15 | records both sides have | records that should be at the target: neither set aside nor removed there by somebody |
//! | completeness | 15 | records that have all they need | records |
//! | uniqueness | 15 | records that are not one too many | records that can be compared with each other |
//! | consistency | 10 | records no rule finds fault with | records, those of related streams among them |
//! | validity | 10 | records whose every value reads as its kind | records |

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScorePart {
    Agreement,
    Coverage,
    Completeness,
    Uniqueness,
    Consistency,
    Validity,
}

impl ScorePart {
    pub const ALL: [Self; 6] =
        [Self::Agreement, Self::Coverage, Self::Completeness, Self::Uniqueness, Self::Consistency, Self::Validity];

    pub fn weight(self) -> u8 {
        match self {
            Self::Agreement => 35,
            Self::Coverage | Self::Completeness | Self::Uniqueness => 15,
            Self::Consistency | Self::Validity => 10,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::Coverage => "coverage",
            Self::Completeness => "completeness",
            Self::Uniqueness => "uniqueness",
            Self::Consistency => "consistency",
            Self::Validity => "validity",
        }
    }
}

/// Good things among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub part: ScorePart,
    pub good: u64,
    pub all: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100; `None` when there was nothing to judge.
    pub total: Option<u8>,
    /// Those that had something to judge.
    pub parts: Vec<PartScore>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartScore {
    pub part: ScorePart,
    pub weight: u8,
    pub good: u64,
    pub all: u64,
    /// 0 to 100.
    pub score: u8,
}

impl Score {
    pub fn of(judged: impl IntoIterator<Item = Judged>) -> Self {
        let parts: Vec<PartScore> = judged.into_iter().filter(|one| one.all > 0).map(PartScore::of).collect();
        let weights: u64 = parts.iter().map(|part| u64::from(part.weight)).sum();
        let sum: u64 = parts.iter().map(|part| u64::from(part.weight) * share(part.good, part.all)).sum();
        let total = sum.checked_div(100 * weights).and_then(|total| u8::try_from(total).ok());
        Self { total, parts }
    }
}

impl PartScore {
    fn of(Judged { part, good, all }: Judged) -> Self {
        let score = u8::try_from(share(good, all) / 100).unwrap_or(100);
        Self { part, weight: part.weight(), good, all, score }
    }
}

/// Ten-thousandths, rounded down.
fn share(good: u64, all: u64) -> u64 {
    let share = u128::from(good.min(all)) * 10_000 / u128::from(all.max(1));
    u64::try_from(share).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(part: ScorePart, good: u64, all: u64) -> Judged {
        Judged { part, good, all }
    }

    #[test]
    fn parts_count_by_their_weight_and_empty_ones_not_at_all() {
        assert_eq!(ScorePart::ALL.iter().map(|part| u32::from(part.weight())).sum::<u32>(), 100);
        let score = Score::of([
            judged(ScorePart::Agreement, 90, 100),
            judged(ScorePart::Coverage, 1, 2),
            judged(ScorePart::Uniqueness, 0, 0),
        ]);
        // (35 × 90 + 15 × 50) / 50
        assert_eq!(score.total, Some(78));
        assert_eq!(score.parts.iter().map(|part| part.score).collect::<Vec<_>>(), [90, 50]);
        assert_eq!(Score::of([]).total, None);
    }

    fn any_judged() -> impl Strategy<Value = Vec<Judged>> {
        let part = |part: ScorePart| {
            (0..u64::MAX, 0..u64::MAX).prop_map(move |(one, other)| judged(part, one.min(other), one.max(other)))
        };
        ScorePart::ALL.map(part).to_vec()
    }

    proptest! {
        #[test]
        fn a_hundred_means_that_nothing_was_found(all in any_judged()) {
            let score = Score::of(all.clone());
            let total = score.total.unwrap_or_default();
            prop_assert!(total <= 100);
            let is_perfect = all.iter().all(|one| one.good == one.all);
            prop_assert_eq!(total == 100, is_perfect && score.total.is_some());
            let perfect = Score::of(all.iter().map(|one| Judged { good: one.all, ..*one }));
            prop_assert!(perfect.total.is_none_or(|total| total == 100));
        }

        #[test]
        fn one_fault_more_never_raises_it(all in any_judged(), at in 0..6_usize) {
            let before = Score::of(all.clone()).total;
            let mut worse = all;
            worse[at].good = worse[at].good.saturating_sub(1);
            prop_assert!(Score::of(worse).total <= before);
        }
    }
}
