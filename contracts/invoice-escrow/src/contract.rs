//! The escrow's face: who must sign, and which room does the work.

use soroban_sdk::{contract, contractimpl, contractmeta, Address, BytesN, Env, Symbol, Vec};
use stellarsettle_shared::clients::{DistributorClient, ShareClient};
use stellarsettle_shared::{owner, pause, roles, upgrade, Error};

use crate::types::{Invoice, Member, Params, Terms};
use crate::{admin, dispute, funding, listing, members, payment, refund, storage, token_code, transfer};

contractmeta!(key = "desc", val = "StellarSettle invoice escrow");
contractmeta!(key = "binver", val = env!("CARGO_PKG_VERSION"));

/// The lifecycle of all invoices of a platform.
#[contract]
pub struct InvoiceEscrow;

#[contractimpl]
impl InvoiceEscrow {
    /// Links the escrow to its distributor for life and names owner, token code and parameters.
    ///
    /// # Errors
    /// `InvalidParams`.
    pub fn __constructor(
        env: Env,
        owner: Address,
        distributor: Address,
        token_wasm: BytesN<32>,
        params: Params,
    ) -> Result<(), Error> {
        owner::initialise(&env, &owner);
        storage::set_distributor(&env, &distributor);
        admin::set_params(&env, params)?;
        token_code::initialise(&env, token_wasm);
        Ok(())
    }

    /// Lists an invoice and returns its id. Signed by `seller`.
    ///
    /// # Errors
    /// `Paused`, `NotMember`, `Frozen`, `AssetNotAllowed`, `InvalidTerms`, `InvoiceExists`.
    pub fn create_escrow(env: Env, seller: Address, terms: Terms, attempt: u32) -> Result<BytesN<32>, Error> {
        seller.require_auth();
        listing::create(&env, seller, terms, attempt)
    }

    /// Vouches for a listing and takes its natural key. Signed by `verifier`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotAuthorizedRole`, `PartyOfInvoice`, `InvalidStatus`, `AlreadyApproved`, `AlreadyListed`.
    pub fn approve(env: Env, verifier: Address, id: BytesN<32>) -> Result<(), Error> {
        verifier.require_auth();
        listing::approve(&env, verifier, id)
    }

    /// Ends a listing before it is published. Signed by `verifier`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotAuthorizedRole`, `PartyOfInvoice`, `InvalidStatus`.
    pub fn reject(env: Env, verifier: Address, id: BytesN<32>, reason: BytesN<32>) -> Result<(), Error> {
        verifier.require_auth();
        listing::reject(&env, verifier, id, reason)
    }

    /// Opens an approved invoice for investors. Signed by `seller`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotSeller`, `InvalidStatus`, `NotApproved`, `DeadlinePassed`, `AssetNotAllowed`, `Paused`.
    pub fn publish(env: Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
        seller.require_auth();
        listing::publish(&env, seller, id)
    }

    /// Confirms the debt, once. Signed by `debtor`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotDebtor`, `InvalidStatus`, `AlreadyAcknowledged`.
    pub fn acknowledge(env: Env, debtor: Address, id: BytesN<32>) -> Result<(), Error> {
        debtor.require_auth();
        listing::acknowledge(&env, debtor, id)
    }

    /// Pays a stake and gets a share for each unit. Signed by `investor`, with the asset's transfer.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `DeadlinePassed`, `Disputed`, `Paused`, `AssetNotAllowed`,
    /// `PartyOfInvoice`, `NotMember`, `Frozen`, `InvalidAmount`, `ExceedsTarget`, `BelowTicket`, and the asset's own.
    pub fn fund_escrow(env: Env, investor: Address, id: BytesN<32>, amount: i128) -> Result<(), Error> {
        investor.require_auth();
        funding::fund(&env, investor, id, amount)
    }

    /// Ends the raise with what there is. Signed by `seller`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotSeller`, `InvalidStatus`, `BelowMinimum`, `DuePassed`.
    pub fn close_funding(env: Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
        seller.require_auth();
        funding::close_funding(&env, seller, id)
    }

    /// Ends what ran out of time before release. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `TimeLocked`.
    pub fn expire(env: Env, id: BytesN<32>) -> Result<(), Error> {
        funding::expire(&env, id)
    }

    /// Withdraws an invoice before release. Signed by `seller`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotSeller`, `InvalidStatus`.
    pub fn cancel(env: Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
        seller.require_auth();
        funding::cancel(&env, seller, id)
    }

    /// Pays a holder's principal back to the holder and returns it. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `InvalidRecipient`, `Frozen`, `NothingToClaim`, and the asset's own.
    pub fn refund(env: Env, id: BytesN<32>, holder: Address) -> Result<i128, Error> {
        refund::refund(&env, id, holder.clone(), holder)
    }

    /// Pays a holder's principal back to another account and returns it. Signed by `holder`.
    ///
    /// # Errors
    /// As `refund`.
    pub fn refund_to(env: Env, id: BytesN<32>, holder: Address, to: Address) -> Result<i128, Error> {
        holder.require_auth();
        refund::refund(&env, id, holder, to)
    }

    /// Refunds up to 20 holders and returns the amounts in order, 0 for those skipped. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `BatchTooLarge`.
    pub fn refund_batch(env: Env, id: BytesN<32>, holders: Vec<Address>) -> Result<Vec<i128>, Error> {
        refund::refund_batch(&env, id, holders)
    }

    /// Pays the raised principal to the payee. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `TimeLocked`, `DuePassed`, `Disputed`, `Paused`, `NotAcknowledged`,
    /// `Frozen`, and the asset's own.
    pub fn release(env: Env, id: BytesN<32>) -> Result<(), Error> {
        funding::release(&env, id)
    }

    /// Pays `amount` towards the debt. Signed by `payer`, with the asset's transfer to the distributor.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `InvalidAmount`, `NotPayer`, `ReferenceRule`, `DuplicateReference`, and the
    /// asset's own.
    pub fn record_payment(
        env: Env,
        payer: Address,
        id: BytesN<32>,
        amount: i128,
        reference: Option<BytesN<32>>,
    ) -> Result<(), Error> {
        payer.require_auth();
        payment::record(&env, payer, id, amount, reference)
    }

    /// Marks an invoice that is not paid when grace ends. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `TimeLocked`.
    pub fn mark_default(env: Env, id: BytesN<32>) -> Result<(), Error> {
        payment::mark_default(&env, id)
    }

    /// Gives up after the recovery window. Signed by `arbiter`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotAuthorizedRole`, `PartyOfInvoice`, `InvalidStatus`, `TimeLocked`.
    pub fn write_off(env: Env, arbiter: Address, id: BytesN<32>) -> Result<(), Error> {
        arbiter.require_auth();
        payment::write_off(&env, arbiter, id)
    }

    /// Blocks funding, release and transfers for a time. Signed by `by`: seller, debtor or an arbiter.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `Disputed`, `NotParty`, `AlreadyDisputed`.
    pub fn dispute(env: Env, by: Address, id: BytesN<32>, reason_hash: BytesN<32>) -> Result<(), Error> {
        by.require_auth();
        dispute::open(&env, by, id, reason_hash)
    }

    /// Ends a dispute: 0 resumes, 1 makes the invoice void. Signed by `arbiter`.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `NotAuthorizedRole`, `PartyOfInvoice`, `NotDisputed`, `InvalidOutcome`.
    pub fn resolve_dispute(env: Env, arbiter: Address, id: BytesN<32>, outcome: u32) -> Result<(), Error> {
        arbiter.require_auth();
        dispute::resolve(&env, arbiter, id, outcome)
    }

    /// Allows a transfer of shares. For the invoice's token only.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `InvalidStatus`, `Paused`, `Disputed`, `NotMember`, `Frozen`, `PartyOfInvoice`,
    /// `InvalidRecipient`.
    pub fn on_transfer(
        env: Env,
        id: BytesN<32>,
        from: Address,
        to: Address,
        amount: i128,
        from_shares: i128,
        to_shares: i128,
    ) -> Result<(), Error> {
        transfer::on_transfer(&env, id, from, to, amount, from_shares, to_shares)
    }

    /// Allows the end of shares. For the invoice's token only.
    ///
    /// # Errors
    /// `InvoiceNotFound`, `BurnNotAllowed`, `InvalidAmount`.
    pub fn on_burn(env: Env, id: BytesN<32>, from: Address, amount: i128, from_shares: i128) -> Result<(), Error> {
        transfer::on_burn(&env, id, from, amount, from_shares)
    }

    /// Moves all that a lost wallet has on an invoice. Signed by `compliance` and `arbiter`.
    ///
    /// # Errors
    /// `SameAddress`, `InvoiceNotFound`, `NotAuthorizedRole`, `PartyOfInvoice`, `NotFrozen`, `TimeLocked`,
    /// `InvalidRecipient`, `NotMember`, `Frozen`, `NoPosition`.
    pub fn recover_position(
        env: Env,
        compliance: Address,
        arbiter: Address,
        id: BytesN<32>,
        from: Address,
        to: Address,
    ) -> Result<(), Error> {
        compliance.require_auth();
        if compliance == arbiter {
            return Err(Error::SameAddress);
        }
        arbiter.require_auth();
        transfer::recover(&env, compliance, arbiter, id, from, to)
    }

    /// Whether an account's money is held.
    pub fn held(env: Env, holder: Address) -> bool {
        storage::member(&env, &holder).frozen
    }

    /// Who is paid what the seller of an invoice earns, and whether that money is held.
    ///
    /// # Errors
    /// `InvoiceNotFound`.
    pub fn payee(env: Env, id: BytesN<32>) -> Result<(Address, bool), Error> {
        let payee = storage::invoice(&env, &id)?.payee;
        let held = storage::member(&env, &payee).frozen;
        Ok((payee, held))
    }

    /// Whether an account holds a role.
    pub fn has_role(env: Env, role: Symbol, addr: Address) -> bool {
        storage::has_role(&env, role, &addr)
    }

    /// Admits an account until a time, freezes or thaws it. Signed by `compliance`.
    ///
    /// # Errors
    /// `NotAuthorizedRole`, `InvalidRecipient`.
    pub fn set_member(env: Env, compliance: Address, addr: Address, until: u64, frozen: bool) -> Result<(), Error> {
        compliance.require_auth();
        members::require_role(&env, roles::compliance(&env), &compliance)?;
        members::set_member(&env, addr, until, frozen)
    }

    /// Puts an asset on the list or takes it off. Signed by the owner.
    ///
    /// # Errors
    /// `NotStellarAsset`.
    pub fn set_asset(env: Env, asset: Address, allowed: bool) -> Result<(), Error> {
        owner::require(&env)?;
        admin::set_asset(&env, asset, allowed)
    }

    /// Sets the parameters of new invoices. Signed by the owner.
    ///
    /// # Errors
    /// `InvalidParams`.
    pub fn set_params(env: Env, params: Params) -> Result<(), Error> {
        owner::require(&env)?;
        admin::set_params(&env, params)
    }

    /// Gives an account a role. Signed by the owner.
    ///
    /// # Errors
    /// `InvalidRole`.
    pub fn grant_role(env: Env, role: Symbol, addr: Address) -> Result<(), Error> {
        owner::require(&env)?;
        members::grant_role(&env, role, addr)
    }

    /// Takes a role from an account. Signed by the owner.
    ///
    /// # Errors
    /// `InvalidRole`.
    pub fn revoke_role(env: Env, role: Symbol, addr: Address) -> Result<(), Error> {
        owner::require(&env)?;
        members::revoke_role(&env, role, addr)
    }

    /// Stops listings, publications, stakes, releases and share transfers. Signed by `by`: the owner or a guardian.
    ///
    /// # Errors
    /// `NotAuthorizedRole`, `Paused`.
    pub fn pause(env: Env, by: Address) -> Result<(), Error> {
        members::require_guard(&env, &by)?;
        pause::pause(&env, by)
    }

    /// Resumes what was stopped. Signed by the owner.
    ///
    /// # Errors
    /// `NotPaused`.
    pub fn unpause(env: Env) -> Result<(), Error> {
        let owner = owner::require(&env)?;
        pause::unpause(&env, owner)
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

    /// Withdraws announced code. Signed by `by`: the owner or a guardian.
    ///
    /// # Errors
    /// `NotAuthorizedRole`, `NoPendingUpgrade`.
    pub fn cancel_upgrade(env: Env, by: Address) -> Result<(), Error> {
        members::require_guard(&env, &by)?;
        upgrade::cancel(&env)
    }

    /// Announces the code of new tokens, in force by itself after 14 days. Signed by the owner.
    pub fn set_token_wasm(env: Env, hash: BytesN<32>) -> Result<(), Error> {
        owner::require(&env)?;
        token_code::announce(&env, hash)
    }

    /// Withdraws announced token code that is not in force yet. Signed by `by`: the owner or a guardian.
    ///
    /// # Errors
    /// `NotAuthorizedRole`, `NoPendingUpgrade`.
    pub fn cancel_token_wasm(env: Env, by: Address) -> Result<(), Error> {
        members::require_guard(&env, &by)?;
        token_code::cancel(&env)
    }

    /// Sends what exceeds the principal to the treasury and returns it. Signed by the owner.
    ///
    /// # Errors
    /// `NothingToClaim`, and the asset's own.
    pub fn skim(env: Env, asset: Address) -> Result<i128, Error> {
        owner::require(&env)?;
        admin::skim(&env, asset)
    }

    /// Everything about one invoice.
    ///
    /// # Errors
    /// `InvoiceNotFound`.
    pub fn get_invoice(env: Env, id: BytesN<32>) -> Result<Invoice, Error> {
        storage::invoice(&env, &id)
    }

    /// What settles an invoice now.
    ///
    /// # Errors
    /// `InvoiceNotFound`.
    pub fn amount_due(env: Env, id: BytesN<32>) -> Result<i128, Error> {
        payment::amount_due(&env, &id)
    }

    /// An account's membership; until 0 if it never was a member.
    pub fn member(env: Env, addr: Address) -> Member {
        storage::member(&env, &addr)
    }

    /// The parameters of new invoices.
    pub fn params(env: Env) -> Result<Params, Error> {
        storage::params(&env)
    }

    /// Where the token of an invoice lives, also before the invoice exists.
    pub fn token_address(env: Env, id: BytesN<32>) -> Address {
        listing::token_address(&env, &id)
    }

    /// The balance in an asset, and how much of it is investors' principal.
    pub fn solvency(env: Env, asset: Address) -> (i128, i128) {
        admin::solvency(&env, &asset)
    }

    /// Extends the lifetimes of an invoice's entries and of these holders', but payment references. For anyone.
    ///
    /// # Errors
    /// `InvoiceNotFound`.
    pub fn bump(env: Env, id: BytesN<32>, holders: Vec<Address>) -> Result<(), Error> {
        let invoice = storage::invoice(&env, &id)?;
        storage::extend(&env, &id, &invoice, holders.iter())?;
        ShareClient::new(&env, &invoice.token).bump(&holders);
        DistributorClient::new(&env, &storage::distributor(&env)?).bump(&id);
        Ok(())
    }
}
