//! Lifetimes of ledger entries, extended whenever an entry is written.
//!
//! An extension reads and writes nothing but the lifetime of a key that the call touches anyway, so it never changes a
//! footprint. Nothing here decides about rights: what was archived is restored, not absent.

use soroban_sdk::{Env, IntoVal, Val};

/// Seconds a ledger is assumed to take. Ledgers close every five to six seconds; the lower figure extends for longer.
const LEDGER_SECONDS: u64 = 5;

/// Ledgers of about a day: an entry whose lifetime is short of its goal by less is left alone, which saves rent.
const SLACK: u32 = 17_280;

/// Ledgers of about a month: no entry is left with less after a write.
const FLOOR: u32 = 518_400;

/// Extends the contract's instance to the network's maximum, and keeps its code alive for a month.
///
/// Code is most of what a contract rents: no single call shall pay for half a year of it. Whoever wants to rent it for
/// longer does so with the network's own operation.
pub fn extend_contract(env: &Env) {
    let (here, deployer) = (env.current_contract_address(), env.deployer());
    let longest = env.storage().max_ttl();
    deployer.extend_ttl_for_contract_instance(here.clone(), longest.saturating_sub(SLACK), longest);
    let month = FLOOR.min(longest);
    deployer.extend_ttl_for_code(here, month.saturating_sub(SLACK), month);
}

/// Extends a persistent entry that knows no end to the network's maximum.
pub fn extend_longest<Key: IntoVal<Env, Val>>(env: &Env, key: &Key) {
    extend_by(env, key, env.storage().max_ttl());
}

/// Extends a persistent entry until `end` (Unix seconds), at least by a month and at most by the network's maximum.
pub fn extend_until<Key: IntoVal<Env, Val>>(env: &Env, key: &Key, end: u64) {
    let seconds = end.saturating_sub(env.ledger().timestamp());
    let ledgers = u32::try_from(seconds.div_ceil(LEDGER_SECONDS)).unwrap_or(u32::MAX);
    extend_by(env, key, ledgers.max(FLOOR).min(env.storage().max_ttl()));
}

fn extend_by<Key: IntoVal<Env, Val>>(env: &Env, key: &Key, goal: u32) {
    env.storage()
        .persistent()
        .extend_ttl(key, goal.saturating_sub(SLACK), goal);
}
