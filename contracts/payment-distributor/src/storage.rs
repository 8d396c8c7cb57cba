//! What the distributor remembers: its links in the instance, a pool for each invoice, an account for each asset.

use soroban_sdk::{contracttype, Address, BytesN, Env};
use stellarsettle_shared::math::{add, next, sub};
use stellarsettle_shared::{instance, ttl, Error};

/// Totals of one invoice's repayments, in units of the asset.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pool {
    pub token: Address,
    pub asset: Address,
    /// What investors get of the face in all.
    pub par_sold: i128,
    /// Late charges paid.
    pub late: i128,
    /// Platform fees paid.
    pub fee: i128,
    /// Credited to investors, late charges included.
    pub investors: i128,
    /// Credited to the seller.
    pub seller: i128,
    /// Taken by investors.
    pub claimed: i128,
    /// Taken by the seller's payee.
    pub seller_claimed: i128,
    /// Number of the pool's latest event.
    pub seq: u32,
}

impl Pool {
    /// Counts one more event and returns its number.
    pub fn next_seq(&mut self) -> Result<u32, Error> {
        self.seq = next(self.seq)?;
        Ok(self.seq)
    }

    /// What the payee can still take.
    pub fn residual(&self) -> Result<i128, Error> {
        sub(self.seller, self.seller_claimed)
    }
}

/// What the distributor owes in one asset, and the platform's part of it.
#[contracttype]
#[derive(Clone, Default)]
pub struct Account {
    /// All credits not taken yet: investors', sellers' and fees.
    pub liability: i128,
    /// Fees not collected yet.
    pub fees: i128,
    /// Fees collected so far.
    pub collected: i128,
}

impl Account {
    /// Counts money that left.
    pub fn pay(&mut self, amount: i128) -> Result<(), Error> {
        self.liability = sub(self.liability, amount)?;
        Ok(())
    }

    /// Counts money that arrived, `fee` of it for the platform.
    pub fn receive(&mut self, amount: i128, fee: i128) -> Result<(), Error> {
        self.liability = add(self.liability, amount)?;
        self.fees = add(self.fees, fee)?;
        Ok(())
    }
}

#[contracttype]
#[derive(Clone)]
enum DistributorKey {
    Escrow,
    Treasury,
    Pool(BytesN<32>),
    Account(Address),
}

pub fn set_escrow(env: &Env, escrow: &Address) {
    instance::set(env, &DistributorKey::Escrow, escrow);
}

pub fn escrow(env: &Env) -> Result<Address, Error> {
    instance::get(env, &DistributorKey::Escrow)
}

pub fn set_treasury(env: &Env, treasury: &Address) {
    instance::set(env, &DistributorKey::Treasury, treasury);
}

pub fn treasury(env: &Env) -> Result<Address, Error> {
    instance::get(env, &DistributorKey::Treasury)
}

pub fn pool_exists(env: &Env, id: &BytesN<32>) -> bool {
    env.storage().persistent().has(&DistributorKey::Pool(id.clone()))
}

pub fn pool(env: &Env, id: &BytesN<32>) -> Result<Pool, Error> {
    env.storage()
        .persistent()
        .get(&DistributorKey::Pool(id.clone()))
        .ok_or(Error::PoolNotFound)
}

pub fn set_pool(env: &Env, id: &BytesN<32>, pool: &Pool) {
    let key = DistributorKey::Pool(id.clone());
    env.storage().persistent().set(&key, pool);
    ttl::extend_longest(env, &key);
    ttl::extend_contract(env);
}

/// Extends the lifetimes of a pool that is open and of its asset's account, if anything was paid in that asset yet.
pub fn extend_pool(env: &Env, id: &BytesN<32>) {
    ttl::extend_contract(env);
    let Ok(pool) = pool(env, id) else { return };
    ttl::extend_longest(env, &DistributorKey::Pool(id.clone()));
    let account = DistributorKey::Account(pool.asset);
    if env.storage().persistent().has(&account) {
        ttl::extend_longest(env, &account);
    }
}

pub fn account(env: &Env, asset: &Address) -> Account {
    env.storage()
        .persistent()
        .get(&DistributorKey::Account(asset.clone()))
        .unwrap_or_default()
}

pub fn set_account(env: &Env, asset: &Address, account: &Account) {
    let key = DistributorKey::Account(asset.clone());
    env.storage().persistent().set(&key, account);
    ttl::extend_longest(env, &key);
}
