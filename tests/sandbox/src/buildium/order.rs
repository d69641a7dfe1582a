//! `orderby=Date desc,Id asc`. Rows that compare equal come in another order each time, because the vendor warns that
//! they do; so do rows nobody asked an order of (section 3).

use super::{query::Query, refusals::Refusal, table::Row};
use jiff::{Timestamp, civil::Date};
use std::cmp::Ordering;

/// What a row is sorted by.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum Key {
    Nothing,
    Id(u32),
    Amount(f64),
    Text(String),
    Day(Date),
    Time(Timestamp),
}

impl Key {
    pub(super) fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(text.to_lowercase()))
    }

    pub(super) fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Nothing, Self::Day)
    }
}

/// A property rows can be sorted by, in lower case.
pub(super) type SortBy<T> = (&'static str, fn(&Row<T>) -> Key);

/// Rows of a list. The second property of `SORTS` is what they go by when nobody asks; the first is the id.
pub(super) trait Sorted: Sized + 'static {
    const SORTS: &'static [SortBy<Self>];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

/// The rows in the order asked for. They come by id; `draw` is another number for each call.
pub(super) fn sorted<'a, T: Sorted>(
    query: Query<'_>,
    rows: Vec<&'a Row<T>>,
    id: impl Fn(&T) -> u32,
    draw: u64,
) -> Result<Vec<&'a Row<T>>, Refusal> {
    let orders = orders::<T>(query)?;
    if let [(0, Direction::Ascending), ..] = orders.as_slice() {
        return Ok(rows);
    }
    let mut keyed: Vec<(Vec<Key>, u64, &Row<T>)> = rows
        .into_iter()
        .map(|row| {
            let keys = orders.iter().map(|(at, _)| T::SORTS[*at].1(row)).collect();
            (keys, scattered(id(&row.record), draw), row)
        })
        .collect();
    keyed.sort_by(|(left, left_tie, _), (right, right_tie, _)| {
        let by_keys = orders.iter().zip(left.iter().zip(right)).map(|((_, direction), (left, right))| {
            let order = left.partial_cmp(right).unwrap_or(Ordering::Equal);
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        by_keys.fold(Ordering::Equal, Ordering::then).then(left_tie.cmp(right_tie))
    });
    Ok(keyed.into_iter().map(|(_, _, row)| row).collect())
}

/// Places in `SORTS`. Names of properties may be in any case.
fn orders<T: Sorted>(query: Query<'_>) -> Result<Vec<(usize, Direction)>, Refusal> {
    let Some(wanted) = query.one("orderby") else { return Ok(vec![(1, Direction::Ascending)]) };
    let read = |one: &str| {
        let mut words = one.split_whitespace();
        let name = words.next()?.to_ascii_lowercase();
        let direction = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(_) => return None,
        };
        let at = T::SORTS.iter().position(|(known, _)| *known == name)?;
        words.next().is_none().then_some((at, direction))
    };
    let orders: Option<Vec<_>> = wanted.split(',').map(read).collect();
    orders.ok_or_else(|| Refusal::invalid("orderby", "names no property of these records, or no direction"))
}

/// A number that says nothing of either.
fn scattered(id: u32, draw: u64) -> u64 {
    let mixed = (u64::from(id) ^ draw.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 29)
}
