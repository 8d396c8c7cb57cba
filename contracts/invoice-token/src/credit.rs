//! Who is owed what of the money that came in, without a loop over holders.
//!
//! `index` is the credit of one share since the beginning; a holder's credit grows by `shares * (index - their index)`
//! and is counted whenever their shares change. Everything is scaled by 10^18. With a face of at most 10^16 units no
//! value reaches 2^115.

use soroban_sdk::{Address, Env};
use stellarsettle_shared::math::{add, div, mul, rem, sub, SCALE};
use stellarsettle_shared::{types::Position, Error};

use crate::storage;

/// Credits `amount` units to all shares and returns the new index.
///
/// The remainder of the division is carried to the next accrual. The last one rounds the index up instead: it
/// over-credits less than supply / 10^18 units in all, and a sole holder gets every unit.
pub fn accrue(env: &Env, amount: i128, last: bool) -> Result<i128, Error> {
    let mut totals = storage::totals(env);
    let credit = add(mul(amount, SCALE)?, totals.carry)?;
    let each = div(credit, totals.supply)?;
    let remainder = rem(credit, totals.supply)?;
    if last && remainder > 0 {
        totals.index = add(totals.index, add(each, 1)?)?;
        totals.carry = 0;
    } else {
        totals.index = add(totals.index, each)?;
        totals.carry = remainder;
    }
    storage::set_totals(env, &totals);
    Ok(totals.index)
}

/// The holder's position with all credit up to now counted in; stores nothing.
pub fn counted(env: &Env, holder: &Address) -> Result<Position, Error> {
    let index = storage::totals(env).index;
    let position = storage::position(env, holder);
    let growth = mul(position.shares, sub(index, position.index)?)?;
    Ok(Position {
        shares: position.shares,
        index,
        accrued: add(position.accrued, growth)?,
    })
}

/// Marks whole units of the holder's credit as paid and returns how many; the fraction stays theirs.
pub fn settle(env: &Env, holder: &Address) -> Result<i128, Error> {
    let mut position = counted(env, holder)?;
    let units = div(position.accrued, SCALE)?;
    if units > 0 {
        position.accrued = rem(position.accrued, SCALE)?;
        storage::set_position(env, holder, &position);
    }
    Ok(units)
}
