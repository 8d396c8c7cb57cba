//! What terms and parameters are acceptable.

use soroban_sdk::{Address, Env};
use stellarsettle_shared::math::{after, basis_points, sub, DAY};
use stellarsettle_shared::Error;

use crate::storage;
use crate::types::{Params, Terms};

/// The largest face: with it every number of the money model stays under 2^115.
const MAX_FACE: i128 = 10_000_000_000_000_000;

const MAX_FEE_BPS: u32 = 1_000;
const MAX_LATE_BPS: u32 = 100;
const MAX_LATE_CAP_BPS: u32 = 10_000;
const MAX_GRACE: u64 = DAY * 180;
const MAX_RELEASE_DELAY: u64 = DAY * 30;
const MAX_TENOR: u64 = DAY * 730;
const MAX_RECOVERY: u64 = DAY * 730;
const MIN_DISPUTE_LIMIT: u64 = DAY;
const MAX_DISPUTE_LIMIT: u64 = DAY * 90;

/// Refuses parameters beyond the contract's constants with `InvalidParams`.
pub fn require_valid_params(params: &Params) -> Result<(), Error> {
    let bounded = ordered(params.fee_bps, MAX_FEE_BPS)
        && ordered(params.late_bps, MAX_LATE_BPS)
        && ordered(params.late_cap_bps, MAX_LATE_CAP_BPS)
        && ordered(params.grace, MAX_GRACE)
        && ordered(params.release_delay, MAX_RELEASE_DELAY)
        && ordered(params.tenor, MAX_TENOR)
        && params.recovery <= MAX_RECOVERY
        && (MIN_DISPUTE_LIMIT..=MAX_DISPUTE_LIMIT).contains(&params.dispute_limit)
        && params.dispute_limit < params.tenor.0
        && params.ticket >= 1;
    if bounded {
        Ok(())
    } else {
        Err(Error::InvalidParams)
    }
}

/// Refuses terms that contradict themselves or the platform's parameters with `InvalidTerms`.
pub fn require_valid(env: &Env, seller: &Address, terms: &Terms, params: &Params) -> Result<(), Error> {
    let valid = amounts(terms) && times(env.ledger().timestamp(), terms, params) && rates(terms, params);
    if valid && parties(env, seller, terms)? {
        Ok(())
    } else {
        Err(Error::InvalidTerms)
    }
}

fn amounts(terms: &Terms) -> bool {
    let rising = 0 < terms.min_raise && terms.min_raise <= terms.target && terms.target <= terms.par;
    let net = basis_points(terms.face, terms.fee_bps).and_then(|fee| sub(terms.face, fee));
    rising && terms.face <= MAX_FACE && net.is_ok_and(|net| terms.par <= net)
}

fn times(now: u64, terms: &Terms, params: &Params) -> bool {
    let last_close = after(terms.deadline, terms.release_delay);
    let tenor = terms.due_at.checked_sub(now);
    now < terms.deadline
        && last_close.is_ok_and(|release| release < terms.due_at)
        && tenor.is_some_and(|tenor| within(tenor, params.tenor))
        && within(terms.grace, params.grace)
        && within(terms.release_delay, params.release_delay)
}

fn rates(terms: &Terms, params: &Params) -> bool {
    within(terms.fee_bps, params.fee_bps)
        && within(terms.late_bps, params.late_bps)
        && within(terms.late_cap_bps, params.late_cap_bps)
}

fn parties(env: &Env, seller: &Address, terms: &Terms) -> Result<bool, Error> {
    let platform = [env.current_contract_address(), storage::distributor(env)?];
    Ok(!platform.contains(seller)
        && match &terms.debtor {
            Some(debtor) => debtor != seller && !platform.contains(debtor),
            None => !terms.needs_ack,
        })
}

fn ordered<Value: PartialOrd>((low, high): (Value, Value), limit: Value) -> bool {
    low <= high && high <= limit
}

fn within<Value: PartialOrd>(value: Value, (low, high): (Value, Value)) -> bool {
    low <= value && value <= high
}
