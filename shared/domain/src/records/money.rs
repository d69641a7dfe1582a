//! Amounts of money, in minor units with their currency.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("a currency is three upper-case letters")]
    Currency,
    #[error("no amount of money")]
    Amount,
    #[error("more digits behind the point than the currency has")]
    TooFine,
}

impl Currency {
    pub const USD: Self = Self(*b"USD");

    /// Digits behind the point (ISO 4217).
    pub fn digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::Currency),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Cents, or whatever the currency's smallest unit is.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal number exactly, digit by digit: `1250.5` is 125050 cents. Zeros beyond the currency's digits are no harm,
    /// nor is what a binary fraction adds past the eighth digit.
    pub fn read(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(fraction) {
            return Err(MoneyError::Amount);
        }
        let places = currency.digits() as usize;
        let (kept, rest) = fraction.split_at(fraction.len().min(places));
        if rest.bytes().take(8).any(|digit| digit != b'0') {
            return Err(MoneyError::TooFine);
        }
        let padded = format!("{whole}{kept:0<places$}");
        let minor: i64 = padded.parse().map_err(|_| MoneyError::Amount)?;
        Ok(Self { minor: sign * minor, currency })
    }

    /// The decimal number, without the currency.
    pub fn decimal(self) -> String {
        let places = self.currency.digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_written_back() {
        let yen = Currency::try_from("JPY".to_owned()).expect("a currency");
        for (text, currency, minor, written) in [
            ("1250.5", Currency::USD, 125_050, "1250.50"),
            ("0.07", Currency::USD, 7, "0.07"),
            ("-3", Currency::USD, -300, "-3.00"),
            ("19.990000", Currency::USD, 1_999, "19.99"),
            ("90000", yen, 90_000, "90000"),
        ] {
            let money = Money::read(text, currency).expect(text);
            assert_eq!((money.minor, money.decimal().as_str()), (minor, written), "{text}");
        }
        assert_eq!(Money::read("1.005", Currency::USD), Err(MoneyError::TooFine));
        for text in ["", "1,250", "1e3", "ten", ".5", "--1"] {
            assert_eq!(Money::read(text, Currency::USD), Err(MoneyError::Amount), "{text}");
        }
    }
}
