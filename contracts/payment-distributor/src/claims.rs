//! How money goes out: holders and payees take their credits, or anyone pushes them to where they belong.

use soroban_sdk::{token::TokenClient, Address, BytesN, Env, Vec};
use stellarsettle_shared::clients::{EscrowClient, ShareClient};
use stellarsettle_shared::math::{add, div, SCALE};
use stellarsettle_shared::Error;

use crate::events::{Payout, ResidualClaimed};
use crate::storage::{self, Pool};

/// Holders that one `distribute` pays at most: more events would not fit into one transaction.
pub const BATCH: u32 = 25;

/// Pays a holder's whole credit to `to` and returns it; 0 if there is nothing to pay.
pub fn claim(env: &Env, id: BytesN<32>, holder: Address, to: Address) -> Result<i128, Error> {
    let mut pool = storage::pool(env, &id)?;
    require_receiver(env, &pool, &to)?;
    if held(env, &holder)? {
        return Err(Error::Frozen);
    }
    let amount = credit(env, &pool, &holder)?;
    if amount == 0 {
        return Ok(0);
    }
    TokenClient::new(env, &pool.asset).transfer(&env.current_contract_address(), &to, &amount);
    book(env, &id, &mut pool, holder, to)
}

/// Pays every holder of the batch who can be paid; returns what each got, 0 for those skipped.
///
/// A credit counts as paid only after the asset has moved it, so a holder who cannot receive keeps it.
pub fn distribute(env: &Env, id: BytesN<32>, holders: Vec<Address>) -> Result<Vec<i128>, Error> {
    let mut pool = storage::pool(env, &id)?;
    if holders.len() > BATCH {
        return Err(Error::BatchTooLarge);
    }
    let here = env.current_contract_address();
    let asset = pool.asset.clone();
    let asset = TokenClient::new(env, &asset);
    let mut amounts = Vec::new(env);
    for holder in holders.iter() {
        let amount = credit(env, &pool, &holder)?;
        let payable = amount > 0 && !held(env, &holder)? && require_receiver(env, &pool, &holder).is_ok();
        let paid = payable && matches!(asset.try_transfer(&here, &holder, &amount), Ok(Ok(())));
        amounts.push_back(if paid {
            book(env, &id, &mut pool, holder.clone(), holder)?
        } else {
            0
        });
    }
    Ok(amounts)
}

/// What a holder would be paid now.
pub fn credit(env: &Env, pool: &Pool, holder: &Address) -> Result<i128, Error> {
    div(ShareClient::new(env, &pool.token).accrued(holder), SCALE)
}

/// Pays the seller's residual to `to`, or to the payee if None, and returns it.
pub fn claim_residual(env: &Env, id: BytesN<32>, to: Option<Address>) -> Result<i128, Error> {
    let mut pool = storage::pool(env, &id)?;
    let (payee, held) = EscrowClient::new(env, &storage::escrow(env)?).payee(&id);
    if to.is_some() {
        payee.require_auth();
    }
    let receiver = to.unwrap_or(payee.clone());
    require_receiver(env, &pool, &receiver)?;
    if held {
        return Err(Error::Frozen);
    }
    let amount = pool.residual()?;
    if amount == 0 {
        return Err(Error::NothingToClaim);
    }
    pool.seller_claimed = pool.seller;
    let seq = pool.next_seq()?;
    storage::set_pool(env, &id, &pool);
    pay(env, &pool.asset, amount)?;
    TokenClient::new(env, &pool.asset).transfer(&env.current_contract_address(), &receiver, &amount);
    ResidualClaimed {
        id,
        amount,
        to: other_than(&payee, receiver),
        payee,
        seq,
    }
    .publish(env);
    Ok(amount)
}

/// Counts a payout that the asset has moved.
fn book(env: &Env, id: &BytesN<32>, pool: &mut Pool, holder: Address, to: Address) -> Result<i128, Error> {
    let amount = ShareClient::new(env, &pool.token).settle(&holder);
    pool.claimed = add(pool.claimed, amount)?;
    let seq = pool.next_seq()?;
    storage::set_pool(env, id, pool);
    pay(env, &pool.asset, amount)?;
    Payout {
        id: id.clone(),
        amount,
        claimed: pool.claimed,
        to: other_than(&holder, to),
        holder,
        seq,
    }
    .publish(env);
    Ok(amount)
}

fn pay(env: &Env, asset: &Address, amount: i128) -> Result<(), Error> {
    let mut account = storage::account(env, asset);
    account.pay(amount)?;
    storage::set_account(env, asset, &account);
    Ok(())
}

/// Money never goes to the platform's own contracts, where nobody could claim it.
fn require_receiver(env: &Env, pool: &Pool, to: &Address) -> Result<(), Error> {
    if *to == pool.token || *to == env.current_contract_address() || *to == storage::escrow(env)? {
        return Err(Error::InvalidRecipient);
    }
    Ok(())
}

fn held(env: &Env, holder: &Address) -> Result<bool, Error> {
    Ok(EscrowClient::new(env, &storage::escrow(env)?).held(holder))
}

/// Events name a receiver only if it is not the entitled one.
fn other_than(entitled: &Address, to: Address) -> Option<Address> {
    Some(to).filter(|to| to != entitled)
}
