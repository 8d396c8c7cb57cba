//! The switch that stops new business. It never stops an exit: only the functions that ask here are stopped.

use soroban_sdk::{contractevent, contracttype, Address, Env};

use crate::errors::Error;
use crate::instance;

#[contracttype]
#[derive(Clone)]
enum PauseKey {
    Paused,
}

/// New business stopped.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paused {
    #[topic]
    pub by: Address,
}

/// New business resumed.
#[contractevent]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unpaused {
    #[topic]
    pub owner: Address,
}

/// Refuses with `Paused` while the switch is on.
pub fn require_running(env: &Env) -> Result<(), Error> {
    if is_paused(env) {
        return Err(Error::Paused);
    }
    Ok(())
}

/// Turns the switch on; the caller has checked who signs.
pub fn pause(env: &Env, by: Address) -> Result<(), Error> {
    require_running(env)?;
    instance::set(env, &PauseKey::Paused, &true);
    Paused { by }.publish(env);
    Ok(())
}

/// Turns the switch off; the caller has checked who signs.
pub fn unpause(env: &Env, owner: Address) -> Result<(), Error> {
    if !is_paused(env) {
        return Err(Error::NotPaused);
    }
    instance::remove(env, &PauseKey::Paused);
    Unpaused { owner }.publish(env);
    Ok(())
}

fn is_paused(env: &Env) -> bool {
    instance::has(env, &PauseKey::Paused)
}
