//! Phone numbers in the one form all systems understand (E.164).
//!
//! Numbers without a country's code are read by the North American plan, where the vendors of this house live. A crate with
//! every country's plan was left out: it costs more per number than all the rest of a record's mapping.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `+15550142`-like: a plus sign, the country's code and the number, 15 digits at most (ITU-T E.164).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no phone number")]
pub struct PhoneError;

const LONGEST: usize = 15;
const SHORTEST: usize = 8;

impl Phone {
    /// Reads a number as people write it: with brackets, dots, spaces, an extension (which E.164 cannot hold, and is dropped).
    pub fn read(text: &str) -> Result<Self, PhoneError> {
        let lower = text.trim().to_lowercase();
        let end = ["ext", "x", "#", ";"].iter().filter_map(|mark| lower.find(mark)).min().unwrap_or(lower.len());
        let (number, _) = lower.split_at(end);
        if number
            .chars()
            .any(|c| !c.is_ascii_digit() && !matches!(c, '+' | '(' | ')' | '-' | '.' | ' ' | '/' | '\u{a0}'))
        {
            return Err(PhoneError);
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        if number.trim_start().starts_with('+') || digits.starts_with("00") {
            return Self::international(digits.trim_start_matches("00"));
        }
        match digits.len() {
            10 => Self::north_american(&digits),
            11 => Self::north_american(digits.strip_prefix('1').ok_or(PhoneError)?),
            _ => Err(PhoneError),
        }
    }

    /// Area codes and exchanges begin with 2 to 9.
    fn north_american(digits: &str) -> Result<Self, PhoneError> {
        let begins = |at: usize| digits.as_bytes().get(at).is_some_and(|digit| (b'2'..=b'9').contains(digit));
        if begins(0) && begins(3) { Ok(Self(format!("+1{digits}"))) } else { Err(PhoneError) }
    }

    fn international(digits: &str) -> Result<Self, PhoneError> {
        match digits.strip_prefix('1') {
            Some(rest) if rest.len() == 10 => Self::north_american(rest),
            None if (SHORTEST..=LONGEST).contains(&digits.len()) => Ok(Self(format!("+{digits}"))),
            _ => Err(PhoneError),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's number: shows no more than that there is one.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<phone>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in [
            "(212) 555-0142",
            "212.555.0142",
            "+1 212-555-0142",
            "1 212 555 0142",
            "212-555-0142 ext. 7",
            "2125550142x7",
        ] {
            assert_eq!(Phone::read(text).expect(text).as_str(), "+12125550142");
        }
        assert_eq!(Phone::read("+44 20 7946 0018").expect("a number").as_str(), "+442079460018");
        assert_eq!(Phone::read("0044 20 7946 0018").expect("a number").as_str(), "+442079460018");
    }

    #[test]
    fn what_nobody_can_call_is_none() {
        for text in ["", "555-0142", "112-555-0142", "212-155-0142", "call Ann", "+1 212", "123456789012345678"] {
            assert_eq!(Phone::read(text), Err(PhoneError), "{text}");
        }
    }
}
