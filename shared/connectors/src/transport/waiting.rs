//! How long a vendor asks us to wait, in all the forms this is said.

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

/// Above this a number is a moment in Unix seconds, below it a count of seconds (housecallpro.md section 7).
const EPOCH_FROM: i64 = 1_000_000_000;

/// The longest wait any of the named headers asks for, `cap` at most; `None` when none says anything.
pub fn retry_after(headers: &HeaderMap, names: &[&str], cap: SignedDuration, now: Timestamp) -> Option<Timestamp> {
    names
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .filter_map(|value| value.to_str().ok())
        .filter_map(|text| moment(text.trim(), now))
        .max()
        .map(|moment| moment.clamp(now, now + cap))
}

fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "seconds; saturates")]
        let number = number.ceil() as i64;
        return if number > EPOCH_FROM {
            Timestamp::from_second(number).ok()
        } else {
            now.checked_add(SignedDuration::from_secs(number.max(0))).ok()
        };
    }
    if let Ok(date) = httpdate::parse_http_date(text) {
        return Timestamp::try_from(date).ok();
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn now() -> Timestamp {
        "2026-07-01T12:00:00Z".parse().expect("a moment")
    }

    fn wait(pairs: &[(&'static str, &str)]) -> Option<i64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        retry_after(&headers, &["ratelimit-reset", "retry-after"], SignedDuration::from_hours(1), now())
            .map(|until| until.duration_since(now()).as_secs())
    }

    #[test]
    fn every_form_of_the_sheet_is_understood() {
        assert_eq!(wait(&[("retry-after", "30")]), Some(30));
        assert_eq!(wait(&[("ratelimit-reset", "1782907245")]), Some(45));
        assert_eq!(wait(&[("retry-after", "Wed, 01 Jul 2026 12:02:00 GMT")]), Some(120));
        assert_eq!(wait(&[("ratelimit-reset", "2026-07-01T12:01:00Z")]), Some(60));
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
    }

    #[test]
    fn the_longest_counts_and_is_capped() {
        assert_eq!(wait(&[("retry-after", "10"), ("ratelimit-reset", "20")]), Some(20));
        assert_eq!(wait(&[("retry-after", "999999")]), Some(3600));
        assert_eq!(wait(&[("retry-after", "Tue, 30 Jun 2026 12:02:00 GMT")]), Some(0));
    }
}
