//! The distributor's face: who must sign, and which room does the work.

use soroban_sdk::{contract, contractimpl, contractmeta, Address, BytesN, Env, Vec};
use stellarsettle_shared::clients::EscrowClient;
use stellarsettle_shared::{owner, roles, types::Split, upgrade, Error};

use crate::storage::{self, Pool};
use crate::{claims, custody, pools};

contractmeta!(key = "desc", val = "StellarSettle payment distributor");
contractmeta!(key = "binver", val = env!("CARGO_PKG_VERSION"));

/// Custody of repayments, for all invoices of a platform.
#[contract]
pub struct PaymentDistributor;

#[contractimpl]
impl PaymentDistributor {
    /// Links the distributor to its escrow for life and names owner and treasury.
    ///
    /// # Errors
    /// `InvalidRecipient`.
    pub fn __constructor(env: Env, owner: Address, escrow: Address, treasury: Address) -> Result<(), Error> {
        owner::initialise(&env, &owner);
        storage::set_escrow(&env, &escrow);
        custody::set_treasury(&env, treasury)
    }

    /// Opens the pool of a released invoice. For the escrow only.
    ///
    /// # Errors
    /// `PoolExists`.
    pub fn open_pool(env: Env, id: BytesN<32>, token: Address, asset: Address, par_sold: i128) -> Result<(), Error> {
        storage::escrow(&env)?.require_auth();
        pools::open(&env, id, token, asset, par_sold)
    }

    /// Credits a payment that has arrived. For the escrow only.
    ///
    /// # Errors
    /// `PoolNotFound`, `NotReceived`.
    pub fn record_payment(env: Env, id: BytesN<32>, split: Split) -> Result<(), Error> {
        storage::escrow(&env)?.require_auth();
        pools::record_payment(&env, id, split)
    }

    /// Pays a holder's credit to the holder and returns it. For anyone.
    ///
    /// # Errors
    /// `PoolNotFound`, `Frozen`, `InvalidRecipient`, and the asset's own.
    pub fn claim(env: Env, id: BytesN<32>, holder: Address) -> Result<i128, Error> {
        claims::claim(&env, id, holder.clone(), holder)
    }

    /// Pays a holder's credit to another account and returns it. Signed by `holder`.
    ///
    /// # Errors
    /// As `claim`.
    pub fn claim_to(env: Env, id: BytesN<32>, holder: Address, to: Address) -> Result<i128, Error> {
        holder.require_auth();
        claims::claim(&env, id, holder, to)
    }

    /// Pays up to 25 holders and returns the amounts in order, 0 for those skipped. For anyone.
    ///
    /// # Errors
    /// `PoolNotFound`, `BatchTooLarge`.
    pub fn distribute(env: Env, id: BytesN<32>, holders: Vec<Address>) -> Result<Vec<i128>, Error> {
        claims::distribute(&env, id, holders)
    }

    /// Pays the seller's residual to the payee and returns it. For anyone.
    ///
    /// # Errors
    /// `PoolNotFound`, `NothingToClaim`, `Frozen`, and the asset's own.
    pub fn claim_residual(env: Env, id: BytesN<32>) -> Result<i128, Error> {
        claims::claim_residual(&env, id, None)
    }

    /// Pays the seller's residual to another account and returns it. Signed by the payee.
    ///
    /// # Errors
    /// As `claim_residual`, and `InvalidRecipient`.
    pub fn claim_residual_to(env: Env, id: BytesN<32>, to: Address) -> Result<i128, Error> {
        claims::claim_residual(&env, id, Some(to))
    }

    /// Sends the fees of an asset to the treasury and returns them. For anyone.
    ///
    /// # Errors
    /// `NothingToClaim`, and the asset's own.
    pub fn collect_fees(env: Env, asset: Address) -> Result<i128, Error> {
        custody::collect_fees(&env, asset)
    }

    /// Sends what exceeds all credits to the treasury and returns it. Signed by the owner.
    ///
    /// # Errors
    /// `NothingToClaim`, and the asset's own.
    pub fn skim(env: Env, asset: Address) -> Result<i128, Error> {
        owner::require(&env)?;
        custody::skim(&env, asset)
    }

    /// Chooses where fees go. Signed by the owner.
    ///
    /// # Errors
    /// `InvalidRecipient`.
    pub fn set_treasury(env: Env, treasury: Address) -> Result<(), Error> {
        owner::require(&env)?;
        custody::set_treasury(&env, treasury)
    }

    /// Offers ownership; offering it to oneself withdraws. Signed by the owner.
    pub fn propose_owner(env: Env, to: Address) -> Result<(), Error> {
        owner::propose(&env, to)
    }

    /// Takes ownership. Signed by the account it was offered to.
    ///
    /// # Errors
    /// `NoPendingOwner`.
    pub fn accept_owner(env: Env) -> Result<(), Error> {
        owner::accept(&env)
    }

    /// Announces new code, which can be applied after 14 days. Signed by the owner.
    pub fn propose_upgrade(env: Env, hash: BytesN<32>) -> Result<(), Error> {
        owner::require(&env)?;
        upgrade::propose(&env, hash)
    }

    /// Applies announced code. Signed by the owner.
    ///
    /// # Errors
    /// `NoPendingUpgrade`, `TimeLocked`.
    pub fn apply_upgrade(env: Env) -> Result<(), Error> {
        owner::require(&env)?;
        upgrade::apply(&env)
    }

    /// Withdraws announced code. Signed by the owner or a guardian of the escrow.
    ///
    /// # Errors
    /// `NotAuthorizedRole`, `NoPendingUpgrade`.
    pub fn cancel_upgrade(env: Env, by: Address) -> Result<(), Error> {
        by.require_auth();
        let escrow = storage::escrow(&env)?;
        let guards = EscrowClient::new(&env, &escrow).has_role(&roles::GUARDIAN, &by);
        if !guards && by != owner::owner(&env)? {
            return Err(Error::NotAuthorizedRole);
        }
        upgrade::cancel(&env)
    }

    /// What a claim of this holder would pay now; a frozen holder's credit is shown.
    ///
    /// # Errors
    /// `PoolNotFound`.
    pub fn calculate_distribution(env: Env, id: BytesN<32>, holder: Address) -> Result<i128, Error> {
        claims::credit(&env, &storage::pool(&env, &id)?, &holder)
    }

    /// The totals of one invoice's repayments.
    ///
    /// # Errors
    /// `PoolNotFound`.
    pub fn get_payment(env: Env, id: BytesN<32>) -> Result<Pool, Error> {
        storage::pool(&env, &id)
    }

    /// Where fees go.
    pub fn treasury(env: Env) -> Result<Address, Error> {
        storage::treasury(&env)
    }

    /// The balance in an asset, and what is owed of it.
    pub fn solvency(env: Env, asset: Address) -> Result<(i128, i128), Error> {
        custody::solvency(&env, &asset)
    }

    /// Extends the lifetimes of the distributor, and of an open pool and its asset's account. For anyone.
    pub fn bump(env: Env, id: BytesN<32>) {
        storage::extend_pool(&env, &id);
    }
}
