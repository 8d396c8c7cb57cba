//! How money comes in: the escrow opens a pool and tells what each payment is for.

use soroban_sdk::{token::TokenClient, Address, BytesN, Env};
use stellarsettle_shared::clients::ShareClient;
use stellarsettle_shared::math::{add, sub};
use stellarsettle_shared::{types::Split, Error};

use crate::events::{DistributionRecorded, PoolOpened};
use crate::storage::{self, Account, Pool};

/// Opens the pool of a released invoice.
pub fn open(env: &Env, id: BytesN<32>, token: Address, asset: Address, par_sold: i128) -> Result<(), Error> {
    if storage::pool_exists(env, &id) {
        return Err(Error::PoolExists);
    }
    let mut pool = Pool {
        token: token.clone(),
        asset: asset.clone(),
        par_sold,
        late: 0,
        fee: 0,
        investors: 0,
        seller: 0,
        claimed: 0,
        seller_claimed: 0,
        seq: 0,
    };
    let seq = pool.next_seq()?;
    storage::set_pool(env, &id, &pool);
    PoolOpened {
        id,
        token,
        asset,
        par_sold,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Credits a payment that the escrow has moved here already.
///
/// The token is told of every payment, also of one that brings investors nothing, and the fees of the asset are
/// written each time: a transaction simulated before another payment landed still touches the same entries.
pub fn record_payment(env: &Env, id: BytesN<32>, split: Split) -> Result<(), Error> {
    let mut pool = storage::pool(env, &id)?;
    let credit = add(split.late, split.investors)?;
    let amount = add(add(credit, split.fee)?, split.seller)?;
    let mut account = storage::account(env, &pool.asset);
    account.receive(amount, split.fee)?;
    require_received(env, &pool.asset, &account)?;

    pool.late = add(pool.late, split.late)?;
    pool.fee = add(pool.fee, split.fee)?;
    pool.investors = add(pool.investors, credit)?;
    pool.seller = add(pool.seller, split.seller)?;
    let seq = pool.next_seq()?;
    let last = sub(pool.investors, pool.late)? == pool.par_sold;
    let index = ShareClient::new(env, &pool.token).accrue(&credit, &last);
    storage::set_account(env, &pool.asset, &account);
    storage::set_pool(env, &id, &pool);
    DistributionRecorded {
        id,
        late: split.late,
        fee: split.fee,
        investors: split.investors,
        seller: split.seller,
        index,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Refuses to owe more than is here, whatever the asset said about the transfer.
fn require_received(env: &Env, asset: &Address, account: &Account) -> Result<(), Error> {
    let balance = TokenClient::new(env, asset).balance(&env.current_contract_address());
    if balance < account.liability {
        return Err(Error::NotReceived);
    }
    Ok(())
}
