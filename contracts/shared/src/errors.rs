//! Every refusal of the three contracts, in one place.
//!
//! Codes are stable and never re-used, and ranges are disjoint: 100 token, 200 distributor, 300 escrow, 400 shared by
//! several. They start at 100 because a Stellar Asset Contract's own codes lie below 16 and come through nested calls
//! unchanged, as do these: one enumeration lets every caller name what a callee refused. The sentences travel in the
//! wasm's specification to the people who read them.

use soroban_sdk::contracterror;

#[contracterror]
#[derive(Copy, Clone, Debug, Eq, PartialEq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Error {
    /// The account holds fewer shares than that. Move at most its balance.
    InsufficientBalance = 100,
    /// The holder has not allowed the spender that many shares. Ask the holder to approve more.
    InsufficientAllowance = 101,
    /// The allowance would end in the past or beyond the network's longest lifetime. Choose a ledger in between.
    InvalidExpiration = 102,

    /// No repayment pool exists for this invoice. Wait until it is released.
    PoolNotFound = 200,
    /// The payment did not arrive in full. Check the asset and send the payment again.
    NotReceived = 201,
    /// A pool is open for this invoice already. Record payments into it.
    PoolExists = 202,

    /// Seller, debtor and payee cannot invest here, nor seller and debtor act in a role. Use another account.
    PartyOfInvoice = 300,
    /// No invoice has this id. Check the id.
    InvoiceNotFound = 301,
    /// This seller has used this attempt for the same invoice already. Use the next attempt number.
    InvoiceExists = 302,
    /// The terms contradict each other or the platform's limits. Compare them with the platform's parameters.
    InvalidTerms = 303,
    /// The platform's parameters are out of bounds. Keep every pair ordered and within the contract's constants.
    InvalidParams = 304,
    /// The invoice is not in a status that allows this. Look up its status.
    InvalidStatus = 305,
    /// There is no such role. Use verifier, servicer, arbiter, compliance or guardian.
    InvalidRole = 306,
    /// There is no such outcome. Use 0 to resume or 1 to void.
    InvalidOutcome = 307,
    /// The account is not a member now. Ask compliance for membership.
    NotMember = 308,
    /// The account is not frozen. Freeze it first and wait seven days.
    NotFrozen = 309,
    /// A dispute is open on this invoice. Wait until it is resolved or ends by itself.
    Disputed = 310,
    /// No dispute is open on this invoice. There is nothing to resolve.
    NotDisputed = 311,
    /// This party has disputed this invoice once already. Talk to the arbiter.
    AlreadyDisputed = 312,
    /// Only the seller, the debtor or an arbiter may dispute. Ask one of them.
    NotParty = 313,
    /// The invoice is approved already. The seller can publish it.
    AlreadyApproved = 314,
    /// The invoice is not approved yet. Wait for a verifier.
    NotApproved = 315,
    /// The same invoice is listed already. It can be listed again only if that listing ends before release.
    AlreadyListed = 316,
    /// The debtor has acknowledged this invoice already. Nothing is left to do.
    AlreadyAcknowledged = 317,
    /// The debtor has not acknowledged this invoice. Ask the debtor to acknowledge it.
    NotAcknowledged = 318,
    /// Only the seller of this invoice may do this. Sign as the seller.
    NotSeller = 319,
    /// Only the debtor of this invoice may do this. Sign as the debtor.
    NotDebtor = 320,
    /// Only the debtor, the seller or a servicer may pay. Pay through one of them.
    NotPayer = 321,
    /// The asset is not on the platform's list. Use a listed asset.
    AssetNotAllowed = 322,
    /// Only Stellar Asset Contracts can be listed. Give the contract of a Stellar asset.
    NotStellarAsset = 323,
    /// The funding deadline has passed. Let anyone expire an open invoice; cancel one that was never published.
    DeadlinePassed = 324,
    /// The due date leaves no time to release the money. Let the seller cancel, or anyone expire in its time.
    DuePassed = 325,
    /// The stake exceeds what is left to fund. Fund at most the remaining amount.
    ExceedsTarget = 326,
    /// The stake is below the smallest ticket. Fund at least the ticket or all that is left.
    BelowTicket = 327,
    /// Less than the minimum was raised. Wait for more stakes or cancel.
    BelowMinimum = 328,
    /// A servicer must give a payment reference, anybody else must not. Correct the reference.
    ReferenceRule = 329,
    /// This payment reference was used on this invoice before. Check whether the payment is recorded already.
    DuplicateReference = 330,
    /// Shares can be burned only after settlement. Wait until the invoice is settled.
    BurnNotAllowed = 331,
    /// Two different addresses are needed. Give two different ones.
    SameAddress = 332,
    /// The account has no position on this invoice and is not its payee. There is nothing to recover.
    NoPosition = 333,

    /// The signer does not hold the role this needs. Ask the owner to grant it.
    NotAuthorizedRole = 400,
    /// The amount is zero, negative or not allowed here. Use a positive amount.
    InvalidAmount = 401,
    /// This address cannot receive here. Choose an account that is not one of the platform's contracts.
    InvalidRecipient = 402,
    /// The account is frozen and its money is held. Ask compliance to unfreeze or recover it.
    Frozen = 403,
    /// The platform is paused. Wait until the owner unpauses it.
    Paused = 404,
    /// The platform is not paused. There is nothing to unpause.
    NotPaused = 405,
    /// It is too early for this. Wait until the time lock ends.
    TimeLocked = 406,
    /// The batch is too large. Split it into smaller ones.
    BatchTooLarge = 407,
    /// There is nothing to pay out. Wait until money has arrived.
    NothingToClaim = 408,
    /// No ownership transfer is proposed. Ask the owner to propose one.
    NoPendingOwner = 409,
    /// No code change is pending. Propose one first.
    NoPendingUpgrade = 410,
    /// A number left its range. Use smaller amounts or earlier times.
    Overflow = 411,
    /// The contract has not been set up. Deploy it with its constructor arguments.
    NotConfigured = 412,
}
