//! The code of the tokens that new invoices get. Tokens that exist keep theirs for life.

use soroban_sdk::{BytesN, Env};
use stellarsettle_shared::math::after;
use stellarsettle_shared::upgrade::{PendingCode, DELAY};
use stellarsettle_shared::Error;

use crate::events::{TokenWasmCancelled, TokenWasmSet};
use crate::storage::{self, TokenCode};

/// Names the first code; for the constructor only.
pub fn initialise(env: &Env, hash: BytesN<32>) {
    storage::set_token_code(
        env,
        &TokenCode {
            hash: hash.clone(),
            pending: None,
        },
    );
    TokenWasmSet {
        hash,
        at: env.ledger().timestamp(),
    }
    .publish(env);
}

/// Announces code that takes effect by itself after the delay, replacing what is announced and not yet in force.
pub fn announce(env: &Env, hash: BytesN<32>) -> Result<(), Error> {
    let at = after(env.ledger().timestamp(), DELAY)?;
    let code = TokenCode {
        hash: in_force(env)?,
        pending: Some(PendingCode { hash: hash.clone(), at }),
    };
    storage::set_token_code(env, &code);
    TokenWasmSet { hash, at }.publish(env);
    Ok(())
}

/// Withdraws announced code, unless it is in force already.
pub fn cancel(env: &Env) -> Result<(), Error> {
    let code = storage::token_code(env)?;
    let now = env.ledger().timestamp();
    let pending = code
        .pending
        .filter(|pending| now < pending.at)
        .ok_or(Error::NoPendingUpgrade)?;
    storage::set_token_code(
        env,
        &TokenCode {
            hash: code.hash,
            pending: None,
        },
    );
    TokenWasmCancelled { hash: pending.hash }.publish(env);
    Ok(())
}

/// The code of a token deployed now.
pub fn in_force(env: &Env) -> Result<BytesN<32>, Error> {
    let code = storage::token_code(env)?;
    let now = env.ledger().timestamp();
    Ok(match code.pending {
        Some(pending) if pending.at <= now => pending.hash,
        _ => code.hash,
    })
}
