//! Footprints that do not depend on whether there is money.
//!
//! A transaction names the ledger entries it will touch when it is simulated, and fails if it touches another one when
//! it is executed. A payout that found nothing to pay therefore touches what a payment would have touched: money that
//! arrives in between can then be paid.

use soroban_sdk::auth::{ContractContext, InvokerContractAuthEntry, SubContractInvocation};
use soroban_sdk::{symbol_short, vec, Address, Env, IntoVal, Val};

use crate::clients::ShareClient;

/// What a payout does to the holder's position.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Payout {
    /// Credit is paid, shares stay.
    Settle,
    /// Principal is paid back, shares end.
    Redeem,
}

/// Writes a persistent entry as it is, or its absence.
pub fn touch<Key: IntoVal<Env, Val>>(env: &Env, key: &Key) {
    let storage = env.storage().persistent();
    match storage.get::<Key, Val>(key) {
        Some(value) => storage.set(key, &value),
        None => storage.remove(key),
    }
}

/// Touches the position and the balances that a payout of this contract would change, and changes nothing.
///
/// The token plays the payout of nothing and then refuses, so that the host takes back all of it, events included;
/// only the footprint stays.
pub fn rehearse(env: &Env, token: &Address, asset: &Address, holder: &Address, to: &Address, payout: Payout) {
    let here = env.current_contract_address();
    let transfer = SubContractInvocation {
        context: ContractContext {
            contract: asset.clone(),
            fn_name: symbol_short!("transfer"),
            args: (here.clone(), to.clone(), 0_i128).into_val(env),
        },
        sub_invocations: vec![env],
    };
    env.authorize_as_current_contract(vec![env, InvokerContractAuthEntry::Contract(transfer)]);
    let redeem = payout == Payout::Redeem;
    let _refused = ShareClient::new(env, token).try_rehearse(asset, &here, holder, to, &redeem);
}
