//! What the owner decides: parameters, the list of assets, and money that belongs to nobody.

use soroban_sdk::{token::TokenClient, Address, Env, Executable};
use stellarsettle_shared::clients::DistributorClient;
use stellarsettle_shared::events::Skimmed;
use stellarsettle_shared::math::sub;
use stellarsettle_shared::Error;

use crate::events::{AssetSet, ParamsSet};
use crate::types::Params;
use crate::{storage, terms};

/// Sets the parameters of new invoices.
pub fn set_params(env: &Env, params: Params) -> Result<(), Error> {
    terms::require_valid_params(&params)?;
    storage::set_params(env, &params);
    ParamsSet {
        fee_bps: params.fee_bps,
        late_bps: params.late_bps,
        late_cap_bps: params.late_cap_bps,
        grace: params.grace,
        release_delay: params.release_delay,
        tenor: params.tenor,
        recovery: params.recovery,
        dispute_limit: params.dispute_limit,
        ticket: params.ticket,
    }
    .publish(env);
    Ok(())
}

/// Puts an asset on the list or takes it off; only Stellar Asset Contracts can be put on it.
///
/// Other tokens may charge fees, lie about balances or call back.
pub fn set_asset(env: &Env, asset: Address, allowed: bool) -> Result<(), Error> {
    if allowed && asset.executable() != Some(Executable::StellarAsset) {
        return Err(Error::NotStellarAsset);
    }
    storage::set_asset(env, asset.clone(), allowed);
    AssetSet { asset, allowed }.publish(env);
    Ok(())
}

/// Refuses assets that are not on the list.
pub fn require_asset(env: &Env, asset: &Address) -> Result<(), Error> {
    if storage::asset_allowed(env, asset) {
        Ok(())
    } else {
        Err(Error::AssetNotAllowed)
    }
}

/// Sends what exceeds the principal in an asset to the treasury and returns it.
pub fn skim(env: &Env, asset: Address) -> Result<i128, Error> {
    let (balance, principal) = solvency(env, &asset);
    let amount = sub(balance, principal)?;
    if amount <= 0 {
        return Err(Error::NothingToClaim);
    }
    let treasury = DistributorClient::new(env, &storage::distributor(env)?).treasury();
    TokenClient::new(env, &asset).transfer(&env.current_contract_address(), &treasury, &amount);
    Skimmed {
        asset,
        amount,
        treasury,
    }
    .publish(env);
    Ok(amount)
}

/// What is here in an asset, and how much of it is investors' principal.
pub fn solvency(env: &Env, asset: &Address) -> (i128, i128) {
    let balance = TokenClient::new(env, asset).balance(&env.current_contract_address());
    (balance, storage::principal(env, asset))
}
