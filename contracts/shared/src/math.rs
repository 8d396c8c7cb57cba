//! Checked arithmetic: every overflow is an error with a name, never a wrap and never a trap without a reason.

use crate::errors::Error;

/// Basis points in a whole.
pub const BASIS_POINTS: i128 = 10_000;

/// Parts of one unit of an asset in which credit is counted.
pub const SCALE: i128 = 1_000_000_000_000_000_000;

/// Seconds in a day.
pub const DAY: u64 = 86_400;

/// The sum of two amounts, or `Overflow`.
pub fn add(left: i128, right: i128) -> Result<i128, Error> {
    left.checked_add(right).ok_or(Error::Overflow)
}

/// The difference of two amounts, or `Overflow`.
pub fn sub(left: i128, right: i128) -> Result<i128, Error> {
    left.checked_sub(right).ok_or(Error::Overflow)
}

/// The product of two amounts, or `Overflow`.
pub fn mul(left: i128, right: i128) -> Result<i128, Error> {
    left.checked_mul(right).ok_or(Error::Overflow)
}

/// `floor(left / right)` for `left >= 0, right > 0`; `Overflow` if `right` is zero.
pub fn div(left: i128, right: i128) -> Result<i128, Error> {
    left.checked_div(right).ok_or(Error::Overflow)
}

/// `left mod right` for `left >= 0, right > 0`; `Overflow` if `right` is zero.
pub fn rem(left: i128, right: i128) -> Result<i128, Error> {
    left.checked_rem(right).ok_or(Error::Overflow)
}

/// `floor(value * numerator / denominator)` for values that are not negative.
pub fn mul_div(value: i128, numerator: i128, denominator: i128) -> Result<i128, Error> {
    div(mul(value, numerator)?, denominator)
}

/// `floor(value * rate / 10^4)`, the share of `value` at a rate in basis points.
pub fn basis_points(value: i128, rate: u32) -> Result<i128, Error> {
    mul_div(value, i128::from(rate), BASIS_POINTS)
}

/// A moment `seconds` after `time`, both in Unix seconds, or `Overflow`.
pub fn after(time: u64, seconds: u64) -> Result<u64, Error> {
    time.checked_add(seconds).ok_or(Error::Overflow)
}

/// The successor of a sequence number, or `Overflow`.
pub fn next(sequence: u32) -> Result<u32, Error> {
    sequence.checked_add(1).ok_or(Error::Overflow)
}
