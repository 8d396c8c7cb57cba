//! The faces that the contracts show each other. The call graph has no cycle, because the host forbids re-entry.

use soroban_sdk::{contractclient, Address, BytesN, Env, Symbol, Vec};

use crate::errors::Error;
use crate::types::Split;

/// What token and distributor ask of the escrow.
#[contractclient(name = "EscrowClient")]
pub trait EscrowFace {
    fn on_transfer(
        env: Env,
        id: BytesN<32>,
        from: Address,
        to: Address,
        amount: i128,
        from_shares: i128,
        to_shares: i128,
    ) -> Result<(), Error>;
    fn on_burn(env: Env, id: BytesN<32>, from: Address, amount: i128, from_shares: i128) -> Result<(), Error>;
    fn held(env: Env, holder: Address) -> bool;
    fn payee(env: Env, id: BytesN<32>) -> Result<(Address, bool), Error>;
    fn has_role(env: Env, role: Symbol, addr: Address) -> bool;
}

/// What the escrow asks of the distributor.
#[contractclient(name = "DistributorClient")]
pub trait DistributorFace {
    fn open_pool(env: Env, id: BytesN<32>, token: Address, asset: Address, par_sold: i128) -> Result<(), Error>;
    fn record_payment(env: Env, id: BytesN<32>, split: Split) -> Result<(), Error>;
    fn treasury(env: Env) -> Result<Address, Error>;
    fn bump(env: Env, id: BytesN<32>);
}

/// What escrow and distributor ask of an invoice's token.
#[contractclient(name = "ShareClient")]
pub trait ShareFace {
    fn balance(env: Env, id: Address) -> i128;
    fn accrued(env: Env, holder: Address) -> Result<i128, Error>;
    fn mint(env: Env, to: Address, amount: i128) -> Result<(), Error>;
    fn redeem(env: Env, holder: Address) -> Result<i128, Error>;
    fn recover(env: Env, from: Address, to: Address) -> Result<Option<i128>, Error>;
    fn accrue(env: Env, amount: i128, last: bool) -> Result<i128, Error>;
    fn settle(env: Env, holder: Address) -> Result<i128, Error>;
    fn bump(env: Env, holders: Vec<Address>);
}
