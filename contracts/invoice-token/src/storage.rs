//! What the token remembers: its links for life and its totals in the instance, one entry for each holder.

use soroban_sdk::{contracttype, Address, BytesN, Env, String};
use stellarsettle_shared::{instance, ttl, types::Position, Error};

/// Links and names, fixed when the token is deployed.
#[contracttype]
#[derive(Clone)]
pub struct Config {
    pub escrow: Address,
    pub distributor: Address,
    pub invoice: BytesN<32>,
    pub decimals: u32,
    pub name: String,
    pub symbol: String,
}

/// What all holders have together.
#[contracttype]
#[derive(Clone, Default)]
pub struct Totals {
    /// Shares in existence.
    pub supply: i128,
    /// Credit for each share since the beginning, scaled by 10^18.
    pub index: i128,
    /// Scaled credit that did not divide by the supply and waits for the next accrual.
    pub carry: i128,
}

#[contracttype]
#[derive(Clone)]
enum TokenKey {
    Config,
    Totals,
    Position(Address),
}

pub fn set_config(env: &Env, config: &Config) {
    instance::set(env, &TokenKey::Config, config);
}

pub fn config(env: &Env) -> Result<Config, Error> {
    instance::get(env, &TokenKey::Config)
}

pub fn totals(env: &Env) -> Totals {
    instance::find(env, &TokenKey::Totals).unwrap_or_default()
}

pub fn set_totals(env: &Env, totals: &Totals) {
    instance::set(env, &TokenKey::Totals, totals);
}

/// The holder's position as stored; an address that never held has an empty one.
pub fn position(env: &Env, holder: &Address) -> Position {
    let key = TokenKey::Position(holder.clone());
    env.storage().persistent().get(&key).unwrap_or(Position {
        shares: 0,
        index: 0,
        accrued: 0,
    })
}

pub fn set_position(env: &Env, holder: &Address, position: &Position) {
    let key = TokenKey::Position(holder.clone());
    env.storage().persistent().set(&key, position);
    ttl::extend_longest(env, &key);
}

pub fn remove_position(env: &Env, holder: &Address) {
    env.storage().persistent().remove(&TokenKey::Position(holder.clone()));
}

/// Extends the lifetime of a position that exists.
pub fn extend_position(env: &Env, holder: &Address) {
    let key = TokenKey::Position(holder.clone());
    if env.storage().persistent().has(&key) {
        ttl::extend_longest(env, &key);
    }
}
