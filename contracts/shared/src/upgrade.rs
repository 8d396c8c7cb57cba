//! New code for a contract, announced on chain long enough for everybody to leave first.

use soroban_sdk::{contractevent, contracttype, BytesN, ContractExecutable, Env};

use crate::errors::Error;
use crate::instance;
use crate::math::{after, DAY};

/// Seconds between the announcement of new code and the first moment at which it can run.
pub const DELAY: u64 = DAY * 14;

#[contracttype]
#[derive(Clone)]
enum UpgradeKey {
    PendingUpgrade,
}

/// Code that waits for its time.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingCode {
    /// Hash of the installed wasm.
    pub hash: BytesN<32>,
    /// Unix seconds from which it may run.
    pub at: u64,
}

/// New code was announced; it can be applied from `at`.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpgradeProposed {
    pub hash: BytesN<32>,
    pub at: u64,
}

/// New code runs from the next call on.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpgradeApplied {
    pub hash: BytesN<32>,
}

/// Announced code was withdrawn.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpgradeCancelled {
    pub hash: BytesN<32>,
}

/// Announces code; a second announcement replaces the first and restarts the delay.
pub fn propose(env: &Env, hash: BytesN<32>) -> Result<(), Error> {
    let at = after(env.ledger().timestamp(), DELAY)?;
    let pending = PendingCode { hash: hash.clone(), at };
    instance::set(env, &UpgradeKey::PendingUpgrade, &pending);
    UpgradeProposed { hash, at }.publish(env);
    Ok(())
}

/// Replaces the code from the next call on; `TimeLocked` before its time.
pub fn apply(env: &Env) -> Result<(), Error> {
    let PendingCode { hash, at } = pending(env)?;
    if env.ledger().timestamp() < at {
        return Err(Error::TimeLocked);
    }
    UpgradeApplied { hash: hash.clone() }.publish(env);
    env.deployer().update_current_contract(ContractExecutable::Wasm(hash));
    // Last, so that the lifetime of the new code is extended and not that of the old.
    instance::remove(env, &UpgradeKey::PendingUpgrade);
    Ok(())
}

/// Withdraws announced code.
pub fn cancel(env: &Env) -> Result<(), Error> {
    let PendingCode { hash, .. } = pending(env)?;
    instance::remove(env, &UpgradeKey::PendingUpgrade);
    UpgradeCancelled { hash }.publish(env);
    Ok(())
}

fn pending(env: &Env) -> Result<PendingCode, Error> {
    instance::find(env, &UpgradeKey::PendingUpgrade).ok_or(Error::NoPendingUpgrade)
}
