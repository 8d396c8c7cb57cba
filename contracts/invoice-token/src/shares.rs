//! How shares come, move and end. The escrow is asked before any holder moves or burns one.

use soroban_sdk::{Address, Env, MuxedAddress};
use stellarsettle_shared::clients::EscrowClient;
use stellarsettle_shared::math::{add, sub};
use stellarsettle_shared::{types::Position, Error};

use crate::events::{self, Burn, Mint};
use crate::{credit, storage};

/// Moves `amount` shares; a transfer of nothing or to oneself passes the same policy and changes no position.
pub fn transfer(env: &Env, from: Address, to: MuxedAddress, amount: i128) -> Result<(), Error> {
    let receiver = to.address();
    let mut giving = holding(env, &from, amount)?;
    let (from_shares, to_shares) = if amount == 0 || from == receiver {
        (giving.shares, storage::position(env, &receiver).shares)
    } else {
        giving.shares = sub(giving.shares, amount)?;
        let mut taking = credit::counted(env, &receiver)?;
        taking.shares = add(taking.shares, amount)?;
        storage::set_position(env, &from, &giving);
        storage::set_position(env, &receiver, &taking);
        (giving.shares, taking.shares)
    };
    let config = storage::config(env)?;
    EscrowClient::new(env, &config.escrow).on_transfer(
        &config.invoice,
        &from,
        &receiver,
        &amount,
        &from_shares,
        &to_shares,
    );
    events::transfer(env, from, to, amount);
    Ok(())
}

/// Ends `amount` of the holder's shares; credit that is not claimed yet stays theirs.
pub fn burn(env: &Env, from: Address, amount: i128) -> Result<(), Error> {
    let mut position = holding(env, &from, amount)?;
    position.shares = sub(position.shares, amount)?;
    let config = storage::config(env)?;
    EscrowClient::new(env, &config.escrow).on_burn(&config.invoice, &from, &amount, &position.shares);
    storage::set_position(env, &from, &position);
    change_supply(env, |supply| sub(supply, amount))?;
    Burn { from, amount }.publish(env);
    Ok(())
}

/// Makes `amount` shares for an investor who paid as much.
pub fn mint(env: &Env, to: Address, amount: i128) -> Result<(), Error> {
    let mut position = credit::counted(env, &to)?;
    position.shares = add(position.shares, amount)?;
    storage::set_position(env, &to, &position);
    change_supply(env, |supply| add(supply, amount))?;
    Mint { to, amount }.publish(env);
    Ok(())
}

/// Ends all shares of a holder whose principal is paid back and returns their number.
///
/// Principal is paid back only while nothing was repaid, so the position holds no credit and goes.
pub fn redeem(env: &Env, holder: Address) -> Result<i128, Error> {
    let amount = storage::position(env, &holder).shares;
    storage::remove_position(env, &holder);
    change_supply(env, |supply| sub(supply, amount))?;
    Burn { from: holder, amount }.publish(env);
    Ok(amount)
}

/// Adds all that `from` has to what `to` has; returns the shares moved, or None if there was neither share nor credit.
pub fn recover(env: &Env, from: Address, to: MuxedAddress) -> Result<Option<i128>, Error> {
    let lost = credit::counted(env, &from)?;
    if lost.shares == 0 && lost.accrued == 0 {
        return Ok(None);
    }
    let receiver = to.address();
    let mut position = credit::counted(env, &receiver)?;
    position.shares = add(position.shares, lost.shares)?;
    position.accrued = add(position.accrued, lost.accrued)?;
    storage::set_position(env, &receiver, &position);
    storage::remove_position(env, &from);
    events::transfer(env, from, to, lost.shares);
    Ok(Some(lost.shares))
}

/// The position of a holder who has at least `amount` shares, with all credit counted in.
fn holding(env: &Env, holder: &Address, amount: i128) -> Result<Position, Error> {
    if amount < 0 {
        return Err(Error::InvalidAmount);
    }
    let position = credit::counted(env, holder)?;
    if position.shares < amount {
        return Err(Error::InsufficientBalance);
    }
    Ok(position)
}

fn change_supply(env: &Env, change: impl FnOnce(i128) -> Result<i128, Error>) -> Result<(), Error> {
    let mut totals = storage::totals(env);
    totals.supply = change(totals.supply)?;
    storage::set_totals(env, &totals);
    Ok(())
}
