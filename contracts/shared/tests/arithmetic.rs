//! The edges of the arithmetic that all money passes through.

use stellarsettle_shared::math::{add, after, basis_points, div, mul, mul_div, next, rem, sub};
use stellarsettle_shared::Error;

#[test]
fn overflow_is_an_error_in_every_direction() {
    assert_eq!(add(i128::MAX, 1), Err(Error::Overflow));
    assert_eq!(sub(i128::MIN, 1), Err(Error::Overflow));
    assert_eq!(mul(i128::MAX, 2), Err(Error::Overflow));
    assert_eq!(mul_div(i128::MAX, 2, 2), Err(Error::Overflow));
    assert_eq!(after(u64::MAX, 1), Err(Error::Overflow));
    assert_eq!(next(u32::MAX), Err(Error::Overflow));
}

#[test]
fn division_by_nothing_is_an_error() {
    assert_eq!(div(1, 0), Err(Error::Overflow));
    assert_eq!(rem(1, 0), Err(Error::Overflow));
    assert_eq!(mul_div(1, 1, 0), Err(Error::Overflow));
}

#[test]
fn parts_are_rounded_down() {
    assert_eq!(mul_div(10, 2, 3), Ok(6));
    assert_eq!(basis_points(9_999, 1), Ok(0));
    assert_eq!(basis_points(10_000, 1), Ok(1));
    assert_eq!(basis_points(10_000_000_000_000_000, 10_000), Ok(10_000_000_000_000_000));
}
