//! The code of the tokens that new invoices get. Tokens that exist keep theirs for life.

use soroban_sdk::{BytesN, Env};
use stellarsettle_shared::math::after;
use stellarsettle_shared::upgrade::{PendingCode, DELAY};
use stellarsettle_shared::Error;

use crate::events::{TokenWasmCancelled, TokenWasmSet};
use crate::storage;

/// Names the first code; for the constructor only.
pub fn initialise(env: &Env, hash: BytesN<32>) {
    storage::set_token_code(env, &hash);
    let at = env.ledger().timestamp();
    TokenWasmSet { hash, at }.publish(env);
}

/// Announces code that takes effect by itself after the delay, replacing what is announced and not yet in force.
pub fn announce(env: &Env, hash: BytesN<32>) -> Result<(), Error> {
    let at = after(env.ledger().timestamp(), DELAY)?;
    storage::set_token_code(env, &in_force(env)?);
    let next = PendingCode { hash: hash.clone(), at };
    storage::set_next_token_code(env, &next);
    TokenWasmSet { hash, at }.publish(env);
    Ok(())
}

/// Withdraws announced code, unless it is in force already.
pub fn cancel(env: &Env) -> Result<(), Error> {
    let now = env.ledger().timestamp();
    let next = storage::next_token_code(env)
        .filter(|next| now < next.at)
        .ok_or(Error::NoPendingUpgrade)?;
    storage::remove_next_token_code(env);
    TokenWasmCancelled { hash: next.hash }.publish(env);
    Ok(())
}

/// The code of a token deployed now.
pub fn in_force(env: &Env) -> Result<BytesN<32>, Error> {
    match storage::next_token_code(env) {
        Some(next) if next.at <= env.ledger().timestamp() => Ok(next.hash),
        _ => storage::token_code(env),
    }
}
