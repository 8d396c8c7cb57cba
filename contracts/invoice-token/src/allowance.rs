//! What a holder lets others move. Temporary entries: they vanish safely when they expire.

use soroban_sdk::{contracttype, Address, Env};
use stellarsettle_shared::math::sub;
use stellarsettle_shared::Error;

use crate::events::Approve;

#[contracttype]
#[derive(Clone)]
enum AllowanceKey {
    Allowance(Address, Address),
}

#[contracttype]
#[derive(Clone)]
struct Allowance {
    amount: i128,
    live_until_ledger: u32,
}

/// Lets `spender` move `amount` of `from`'s shares until `live_until_ledger`; an amount of 0 withdraws.
pub fn approve(env: &Env, from: Address, spender: Address, amount: i128, live_until_ledger: u32) -> Result<(), Error> {
    if amount < 0 {
        return Err(Error::InvalidAmount);
    }
    let ledger = env.ledger();
    let lifetime = ledger.sequence()..=ledger.max_live_until_ledger();
    if amount > 0 && !lifetime.contains(&live_until_ledger) {
        return Err(Error::InvalidExpiration);
    }
    store(env, &from, &spender, amount, live_until_ledger);
    Approve {
        from,
        spender,
        amount,
        live_until_ledger,
    }
    .publish(env);
    Ok(())
}

/// How much `spender` may still move of `from`'s shares.
pub fn allowance(env: &Env, from: Address, spender: Address) -> i128 {
    live(env, &from, &spender).map_or(0, |allowance| allowance.amount)
}

/// Takes `amount` from the allowance, or refuses with `InsufficientAllowance`.
pub fn spend(env: &Env, from: &Address, spender: &Address, amount: i128) -> Result<(), Error> {
    if amount < 0 {
        return Err(Error::InvalidAmount);
    }
    if amount == 0 {
        return Ok(());
    }
    let allowance = live(env, from, spender).ok_or(Error::InsufficientAllowance)?;
    if allowance.amount < amount {
        return Err(Error::InsufficientAllowance);
    }
    let rest = sub(allowance.amount, amount)?;
    store(env, from, spender, rest, allowance.live_until_ledger);
    Ok(())
}

/// The entry may outlive the allowance (the network keeps temporary entries for a minimum), so its own end counts.
fn live(env: &Env, from: &Address, spender: &Address) -> Option<Allowance> {
    let key = AllowanceKey::Allowance(from.clone(), spender.clone());
    let allowance: Option<Allowance> = env.storage().temporary().get(&key);
    allowance.filter(|allowance| env.ledger().sequence() <= allowance.live_until_ledger)
}

fn store(env: &Env, from: &Address, spender: &Address, amount: i128, live_until_ledger: u32) {
    let key = AllowanceKey::Allowance(from.clone(), spender.clone());
    let storage = env.storage().temporary();
    if amount == 0 {
        storage.remove(&key);
        return;
    }
    let allowance = Allowance {
        amount,
        live_until_ledger,
    };
    storage.set(&key, &allowance);
    let ledgers = live_until_ledger.saturating_sub(env.ledger().sequence());
    storage.extend_ttl(&key, ledgers, ledgers);
}
