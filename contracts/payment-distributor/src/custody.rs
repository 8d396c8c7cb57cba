//! The platform's own money: fees, surplus that belongs to nobody, and where both go.

use soroban_sdk::{token::TokenClient, Address, Env};
use stellarsettle_shared::events::Skimmed;
use stellarsettle_shared::math::{add, sub};
use stellarsettle_shared::Error;

use crate::events::{FeesCollected, TreasurySet};
use crate::storage;

/// Chooses where fees go; never one of the platform's contracts.
pub fn set_treasury(env: &Env, treasury: Address) -> Result<(), Error> {
    if treasury == env.current_contract_address() || treasury == storage::escrow(env)? {
        return Err(Error::InvalidRecipient);
    }
    storage::set_treasury(env, &treasury);
    TreasurySet { treasury }.publish(env);
    Ok(())
}

/// Sends all fees of an asset to the treasury and returns them.
pub fn collect_fees(env: &Env, asset: Address) -> Result<i128, Error> {
    let mut account = storage::account(env, &asset);
    let amount = account.fees;
    if amount == 0 {
        return Err(Error::NothingToClaim);
    }
    account.pay(amount)?;
    account.fees = 0;
    account.collected = add(account.collected, amount)?;
    storage::set_account(env, &asset, &account);
    let treasury = storage::treasury(env)?;
    TokenClient::new(env, &asset).transfer(&env.current_contract_address(), &treasury, &amount);
    FeesCollected {
        asset,
        amount,
        treasury,
        fees: account.collected,
    }
    .publish(env);
    Ok(amount)
}

/// Sends what exceeds all credits in an asset to the treasury and returns it.
pub fn skim(env: &Env, asset: Address) -> Result<i128, Error> {
    let (balance, liability) = solvency(env, &asset)?;
    let amount = sub(balance, liability)?;
    if amount <= 0 {
        return Err(Error::NothingToClaim);
    }
    let treasury = storage::treasury(env)?;
    TokenClient::new(env, &asset).transfer(&env.current_contract_address(), &treasury, &amount);
    Skimmed {
        asset,
        amount,
        treasury,
    }
    .publish(env);
    Ok(amount)
}

/// What is here in an asset, and what is owed of it.
pub fn solvency(env: &Env, asset: &Address) -> Result<(i128, i128), Error> {
    let balance = TokenClient::new(env, asset).balance(&env.current_contract_address());
    Ok((balance, storage::account(env, asset).liability))
}
