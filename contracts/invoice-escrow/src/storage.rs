//! What the escrow remembers: configuration in the instance, everything that grows in entries of its own.

use soroban_sdk::{contracttype, Address, BytesN, Env, Symbol};
use stellarsettle_shared::math::{add, sub};
use stellarsettle_shared::upgrade::PendingCode;
use stellarsettle_shared::{instance, ttl, Error};

use crate::types::{Invoice, Member, Params};

#[contracttype]
#[derive(Clone)]
enum EscrowKey {
    Distributor,
    Params,
    /// Hash of the wasm of new tokens.
    TokenCode,
    /// The wasm that follows it.
    NextTokenCode,
    Role(Symbol, Address),
    Asset(Address),
    Member(Address),
    Invoice(BytesN<32>),
    /// The invoice that holds a natural key.
    Listing(BytesN<32>),
    /// A payment reference that was used on an invoice.
    Receipt(BytesN<32>, BytesN<32>),
    /// Principal in custody in an asset.
    Principal(Address),
}

pub fn set_distributor(env: &Env, distributor: &Address) {
    instance::set(env, &EscrowKey::Distributor, distributor);
}

pub fn distributor(env: &Env) -> Result<Address, Error> {
    instance::get(env, &EscrowKey::Distributor)
}

pub fn set_params(env: &Env, params: &Params) {
    instance::set(env, &EscrowKey::Params, params);
}

pub fn params(env: &Env) -> Result<Params, Error> {
    instance::get(env, &EscrowKey::Params)
}

pub fn set_token_code(env: &Env, hash: &BytesN<32>) {
    instance::set(env, &EscrowKey::TokenCode, hash);
}

pub fn token_code(env: &Env) -> Result<BytesN<32>, Error> {
    instance::get(env, &EscrowKey::TokenCode)
}

pub fn set_next_token_code(env: &Env, next: &PendingCode) {
    instance::set(env, &EscrowKey::NextTokenCode, next);
}

pub fn next_token_code(env: &Env) -> Option<PendingCode> {
    instance::find(env, &EscrowKey::NextTokenCode)
}

pub fn remove_next_token_code(env: &Env) {
    instance::remove(env, &EscrowKey::NextTokenCode);
}

pub fn set_role(env: &Env, role: Symbol, account: Address, granted: bool) {
    set_flag(env, EscrowKey::Role(role, account), granted);
}

pub fn has_role(env: &Env, role: Symbol, account: &Address) -> bool {
    instance::has(env, &EscrowKey::Role(role, account.clone()))
}

pub fn set_asset(env: &Env, asset: Address, allowed: bool) {
    set_flag(env, EscrowKey::Asset(asset), allowed);
}

pub fn asset_allowed(env: &Env, asset: &Address) -> bool {
    instance::has(env, &EscrowKey::Asset(asset.clone()))
}

fn set_flag(env: &Env, key: EscrowKey, on: bool) {
    if on {
        instance::set(env, &key, &());
    } else {
        instance::remove(env, &key);
    }
}

/// An account that was never admitted is a member until 0 and not frozen.
pub fn member(env: &Env, account: &Address) -> Member {
    env.storage()
        .persistent()
        .get(&EscrowKey::Member(account.clone()))
        .unwrap_or_default()
}

pub fn set_member(env: &Env, account: &Address, member: &Member) {
    let key = EscrowKey::Member(account.clone());
    env.storage().persistent().set(&key, member);
    ttl::extend_longest(env, &key);
}

pub fn invoice_exists(env: &Env, id: &BytesN<32>) -> bool {
    env.storage().persistent().has(&EscrowKey::Invoice(id.clone()))
}

pub fn invoice(env: &Env, id: &BytesN<32>) -> Result<Invoice, Error> {
    env.storage()
        .persistent()
        .get(&EscrowKey::Invoice(id.clone()))
        .ok_or(Error::InvoiceNotFound)
}

pub fn set_invoice(env: &Env, id: &BytesN<32>, invoice: &Invoice) -> Result<(), Error> {
    let key = EscrowKey::Invoice(id.clone());
    env.storage().persistent().set(&key, invoice);
    ttl::extend_until(env, &key, invoice.write_off_at()?);
    ttl::extend_contract(env);
    Ok(())
}

/// Takes a natural key for an invoice, or refuses if another one holds it.
pub fn take_listing(env: &Env, id: &BytesN<32>, invoice: &Invoice) -> Result<(), Error> {
    let holder = listing(env, &invoice.terms.natural);
    if holder.is_some_and(|holder| holder != *id) {
        return Err(Error::AlreadyListed);
    }
    keep_listing(env, id, invoice);
    Ok(())
}

/// Writes the natural key's holder again, so that this path has the footprint of one that gives it back.
pub fn keep_listing(env: &Env, id: &BytesN<32>, invoice: &Invoice) {
    set_listing(env, &invoice.terms.natural, id);
}

/// Gives a natural key back if this invoice holds it; writes the entry in any case.
pub fn give_listing_back(env: &Env, id: &BytesN<32>, invoice: &Invoice) {
    let natural = &invoice.terms.natural;
    match listing(env, natural) {
        Some(holder) if holder != *id => set_listing(env, natural, &holder),
        _ => env.storage().persistent().remove(&EscrowKey::Listing(natural.clone())),
    }
}

fn listing(env: &Env, natural: &BytesN<32>) -> Option<BytesN<32>> {
    env.storage().persistent().get(&EscrowKey::Listing(natural.clone()))
}

fn set_listing(env: &Env, natural: &BytesN<32>, id: &BytesN<32>) {
    let key = EscrowKey::Listing(natural.clone());
    env.storage().persistent().set(&key, id);
    ttl::extend_longest(env, &key);
}

/// Remembers a payment reference, or refuses one that was used on this invoice before.
pub fn use_reference(env: &Env, id: &BytesN<32>, reference: &BytesN<32>) -> Result<(), Error> {
    let key = EscrowKey::Receipt(id.clone(), reference.clone());
    if env.storage().persistent().has(&key) {
        return Err(Error::DuplicateReference);
    }
    env.storage().persistent().set(&key, &());
    ttl::extend_longest(env, &key);
    Ok(())
}

/// Principal in custody in an asset.
pub fn principal(env: &Env, asset: &Address) -> i128 {
    env.storage()
        .persistent()
        .get(&EscrowKey::Principal(asset.clone()))
        .unwrap_or(0)
}

/// Counts principal that arrived.
pub fn add_principal(env: &Env, asset: &Address, amount: i128) -> Result<(), Error> {
    set_principal(env, asset, add(principal(env, asset), amount)?);
    Ok(())
}

/// Counts principal that left.
pub fn sub_principal(env: &Env, asset: &Address, amount: i128) -> Result<(), Error> {
    set_principal(env, asset, sub(principal(env, asset), amount)?);
    Ok(())
}

fn set_principal(env: &Env, asset: &Address, amount: i128) {
    let key = EscrowKey::Principal(asset.clone());
    env.storage().persistent().set(&key, &amount);
    ttl::extend_longest(env, &key);
}

/// Extends the lifetimes of an invoice, its natural key, its asset's account and of these members.
pub fn extend(
    env: &Env,
    id: &BytesN<32>,
    invoice: &Invoice,
    holders: impl Iterator<Item = Address>,
) -> Result<(), Error> {
    ttl::extend_contract(env);
    ttl::extend_until(env, &EscrowKey::Invoice(id.clone()), invoice.write_off_at()?);
    extend_existing(env, EscrowKey::Listing(invoice.terms.natural.clone()));
    extend_existing(env, EscrowKey::Principal(invoice.terms.asset.clone()));
    for holder in holders {
        extend_existing(env, EscrowKey::Member(holder));
    }
    Ok(())
}

fn extend_existing(env: &Env, key: EscrowKey) {
    if env.storage().persistent().has(&key) {
        ttl::extend_longest(env, &key);
    }
}
