//! Dates as suppliers write them: four forms, any of them in any column, mixed within a row.

use super::cells::Cell;
use jiff::civil::{Date, Time};

/// Reads `2030-03-01`, `2030-03-01 16:00:00` (or with a `T`), `03-01-2030` and `3/1/2030`, each with an optional time.
///
/// Two-digit years are refused: they do not say which part is the year.
pub(crate) fn read(cell: Cell<'_>) -> Option<(Date, Option<Time>)> {
    commonest(cell.raw()).or_else(|| any_form(cell.bytes().trim_ascii()))
}

fn any_form(cell: &[u8]) -> Option<(Date, Option<Time>)> {
    let end = cell.iter().position(|byte| matches!(byte, b' ' | b'T' | b't')).unwrap_or(cell.len());
    let (day, rest) = cell.split_at_checked(end)?;
    let date = date(day)?;
    let clock = rest.get(1..).unwrap_or_default().trim_ascii();
    if clock.is_empty() { Some((date, None)) } else { Some((date, Some(time(clock)?))) }
}

/// `2030-03-01 16:00:00`, and nothing else: nearly every cell is written so, and a report has hundreds of thousands.
fn commonest(cell: &[u8]) -> Option<(Date, Option<Time>)> {
    let cell: &[u8; 19] = cell.try_into().ok()?;
    let (first, rest) = cell.split_first_chunk()?;
    let [century, _, year, _, _, month, ..] = numbers(*first, *b"0000-00-")?;
    let [day, ..] = numbers(*rest.first_chunk()?, *b"00 00:00")?;
    let [hour, _, _, minute, _, _, second, _] = numbers(*rest.last_chunk()?, *b"00:00:00")?;
    let date = Date::new(i16::from(century) * 100 + i16::from(year), month, day).ok()?;
    let time = Time::new(hour, minute, second, 0).ok()?;
    Some((date, Some(time)))
}

/// At every byte the number that it and the next one are, tens and ones; what stands where `form` has no two zeros means
/// nothing. `None` unless the text has digits where `form` has zeros, and else what `form` has. The eight bytes are looked at
/// as one number.
fn numbers(text: [u8; 8], form: [u8; 8]) -> Option<[i8; 8]> {
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    // Takes every digit above nine, and every other byte but zero, to its highest bit.
    let too_much = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x80 - 10 } else { 0x80 - 1 }));
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(form);
    if (digits | ((digits & !HIGHEST) + too_much)) & HIGHEST != 0 {
        return None;
    }
    Some((digits * 10 + (digits >> 8)).to_le_bytes().map(u8::cast_signed))
}

fn date(text: &[u8]) -> Option<Date> {
    let mark = text.iter().position(|byte| matches!(byte, b'-' | b'/'))?;
    let separator = *text.get(mark)?;
    let mut parts = text.split(|byte| *byte == separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = if first.len() == 4 { (first, second, third) } else { (third, first, second) };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(i16::try_from(number(year)?).ok()?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?)
        .ok()
}

/// `16:00`, `16:00:00`, `16:00:00.000`, `4:00 pm`. What follows as a zone is refused: these are times at the property.
fn time(text: &[u8]) -> Option<Time> {
    let clock_end = text.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.')).unwrap_or(text.len());
    let (clock, half) = text.split_at_checked(clock_end)?;
    let clock = clock.split(|byte| *byte == b'.').next()?;
    let mut parts = clock.split(|byte| *byte == b':');
    let hour = i8::try_from(number(parts.next()?)?).ok()?;
    let minute = i8::try_from(number(parts.next()?)?).ok()?;
    let second = parts.next().map_or(Some(0), number).and_then(|second| i8::try_from(second).ok())?;
    let half = half.trim_ascii();
    let hour = if half.is_empty() {
        hour
    } else if half.eq_ignore_ascii_case(b"am") && (1..=12).contains(&hour) {
        hour % 12
    } else if half.eq_ignore_ascii_case(b"pm") && (1..=12).contains(&hour) {
        hour % 12 + 12
    } else {
        return None;
    };
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

fn number(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0_u16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use crate::reports::cells::Cell;
    use jiff::civil::{Date, Time, date, time};

    fn read(text: &[u8]) -> Option<(Date, Option<Time>)> {
        super::read(Cell::plain(text))
    }

    #[test]
    fn every_form_names_the_same_day() {
        for text in ["2030-03-01", "2030-03-01 16:00:00", "2030-03-01T16:00:00", "03-01-2030", "3/1/2030", "03/01/2030"]
        {
            assert_eq!(read(text.as_bytes()).map(|read| read.0), Some(date(2030, 3, 1)), "{text}");
        }
    }

    #[test]
    fn a_time_is_kept_as_written() {
        assert_eq!(read(b"2030-03-01 16:05:00"), Some((date(2030, 3, 1), Some(time(16, 5, 0, 0)))));
        assert_eq!(read(b"3/1/2030 12:30 AM"), Some((date(2030, 3, 1), Some(time(0, 30, 0, 0)))));
        assert_eq!(read(b"3/1/2030 4:00 pm"), Some((date(2030, 3, 1), Some(time(16, 0, 0, 0)))));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "soon", "2030-13-01", "2030-02-30", "13-45-2030", "3/1/30", "2030-03", "2030-03-01 25:00", "1-2-3-4"]
        {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    /// The quick way for the commonest form never answers otherwise than the one for all forms.
    #[test]
    fn the_quick_way_agrees_with_the_thorough_one() {
        let form = *b"2030-03-01 16:05:09";
        assert!(super::commonest(&form).is_some());
        for (place, byte) in (0..form.len()).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte))) {
            let mut cell = form;
            cell[place] = byte;
            if let Some(quick) = super::commonest(&cell) {
                assert_eq!(Some(quick), super::any_form(&cell), "{byte} at {place}");
            } else {
                assert!(!byte.is_ascii_digit() || super::any_form(&cell).is_none(), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn a_leap_day_exists_in_leap_years_only() {
        assert_eq!(read(b"02-29-2028").map(|read| read.0), Some(date(2028, 2, 29)));
        assert_eq!(read(b"02-29-2030"), None);
    }
}
