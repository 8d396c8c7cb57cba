//! What the escrow tells. Every event of an invoice carries its `seq`, counted from 1, so that a hole is visible;
//! share movements carry the resulting shares instead. "Resulting" is always after the call.

use soroban_sdk::{contractevent, Address, BytesN, Symbol};

use crate::types::Status;

/// An invoice was listed with these terms; `token` will hold its shares.
#[contractevent]
pub struct InvoiceCreated {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub seller: Address,
    pub debtor: Option<Address>,
    pub asset: Address,
    pub natural: BytesN<32>,
    pub doc_hash: BytesN<32>,
    pub face: i128,
    pub target: i128,
    pub par: i128,
    pub min_raise: i128,
    pub fee_bps: u32,
    pub late_bps: u32,
    pub late_cap_bps: u32,
    pub due_at: u64,
    pub deadline: u64,
    pub grace: u64,
    pub release_delay: u64,
    pub needs_ack: bool,
    pub attempt: u32,
    pub token: Address,
    pub recovery: u64,
    pub dispute_limit: u64,
    pub ticket: i128,
    pub seq: u32,
}

/// A verifier vouches for the listing; its natural key is taken.
#[contractevent]
pub struct InvoiceApproved {
    #[topic]
    pub id: BytesN<32>,
    pub verifier: Address,
    pub seq: u32,
}

/// A verifier ended the listing; it is Cancelled.
#[contractevent]
pub struct InvoiceRejected {
    #[topic]
    pub id: BytesN<32>,
    pub verifier: Address,
    pub reason: BytesN<32>,
    pub seq: u32,
}

/// The invoice is Open for investors.
#[contractevent]
pub struct InvoicePublished {
    #[topic]
    pub id: BytesN<32>,
    pub seq: u32,
}

/// The debtor confirmed the debt.
#[contractevent]
pub struct InvoiceAcknowledged {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub debtor: Address,
    pub seq: u32,
}

/// An investor paid `amount`; `shares` and `raised` are the resulting totals.
#[contractevent]
pub struct EscrowFunded {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub investor: Address,
    pub amount: i128,
    pub shares: i128,
    pub raised: i128,
    pub seq: u32,
}

/// The invoice is Funded.
#[contractevent]
pub struct FundingClosed {
    #[topic]
    pub id: BytesN<32>,
    pub raised: i128,
    pub par_sold: i128,
    pub release_at: u64,
    pub seq: u32,
}

/// The payee was paid; the invoice is Active.
#[contractevent]
pub struct FundsReleased {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub payee: Address,
    pub amount: i128,
    pub seq: u32,
}

/// A payment and its parts; `paid` and `outstanding` are resulting totals of the face.
#[contractevent]
pub struct PaymentRecorded {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub payer: Address,
    pub amount: i128,
    pub late: i128,
    pub fee: i128,
    pub investors: i128,
    pub seller: i128,
    pub paid: i128,
    pub outstanding: i128,
    pub reference: Option<BytesN<32>>,
    pub seq: u32,
}

/// Face and late charge are paid; the invoice is Settled.
#[contractevent]
pub struct PaymentSettled {
    #[topic]
    pub id: BytesN<32>,
    pub paid: i128,
    pub late: i128,
    pub seq: u32,
}

/// The grace period ended with money outstanding; the invoice is Defaulted.
#[contractevent]
pub struct InvoiceDefaulted {
    #[topic]
    pub id: BytesN<32>,
    pub outstanding: i128,
    pub seq: u32,
}

/// Recovery ended; the invoice is WrittenOff, and investors lack `shortfall`.
#[contractevent]
pub struct InvoiceWrittenOff {
    #[topic]
    pub id: BytesN<32>,
    pub shortfall: i128,
    pub seq: u32,
}

/// Time ran out before release; `status` is the resulting one.
#[contractevent]
pub struct FundingExpired {
    #[topic]
    pub id: BytesN<32>,
    pub raised: i128,
    pub status: Status,
    pub seq: u32,
}

/// The seller withdrew the invoice; `status` is the resulting one.
#[contractevent]
pub struct InvoiceCancelled {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub by: Address,
    pub raised: i128,
    pub status: Status,
    pub seq: u32,
}

/// An investor's principal went back; with nothing `remaining` the invoice is Refunded.
#[contractevent]
pub struct StakeRefunded {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub investor: Address,
    pub amount: i128,
    pub remaining: i128,
    pub to: Option<Address>,
    pub seq: u32,
}

/// A dispute blocks funding, release and transfers until `until`.
#[contractevent]
pub struct DisputeOpened {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub by: Address,
    pub reason_hash: BytesN<32>,
    pub until: u64,
    pub seq: u32,
}

/// An arbiter ended a dispute; `status` is the resulting one.
#[contractevent]
pub struct DisputeResolved {
    #[topic]
    pub id: BytesN<32>,
    pub outcome: u32,
    pub status: Status,
    pub seq: u32,
}

/// Shares moved: a mirror of the token's event, so that two contracts tell the whole story.
#[contractevent]
pub struct ShareTransferred {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub from: Address,
    #[topic]
    pub to: Address,
    pub amount: i128,
    pub from_shares: i128,
    pub to_shares: i128,
}

/// Shares were thrown away after settlement.
#[contractevent]
pub struct ShareBurned {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub from: Address,
    pub amount: i128,
    pub from_shares: i128,
}

/// All shares and credit of a lost wallet moved.
#[contractevent]
pub struct PositionRecovered {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub from: Address,
    #[topic]
    pub to: Address,
    pub shares: i128,
    pub seq: u32,
}

/// What the seller earns is paid to another account from now on.
#[contractevent]
pub struct PayeeChanged {
    #[topic]
    pub id: BytesN<32>,
    #[topic]
    pub from: Address,
    #[topic]
    pub to: Address,
    pub seq: u32,
}

/// New invoices are bound by these parameters; pairs are [low, high].
#[contractevent]
pub struct ParamsSet {
    pub fee_bps: (u32, u32),
    pub late_bps: (u32, u32),
    pub late_cap_bps: (u32, u32),
    pub grace: (u64, u64),
    pub release_delay: (u64, u64),
    pub tenor: (u64, u64),
    pub recovery: u64,
    pub dispute_limit: u64,
    pub ticket: i128,
}

/// Tokens of new invoices run this code from `at` on.
#[contractevent]
pub struct TokenWasmSet {
    pub hash: BytesN<32>,
    pub at: u64,
}

/// Announced token code was withdrawn.
#[contractevent]
pub struct TokenWasmCancelled {
    pub hash: BytesN<32>,
}

/// A membership changed.
#[contractevent]
pub struct MemberSet {
    #[topic]
    pub addr: Address,
    pub until: u64,
    pub frozen: bool,
}

/// An asset went on the list or off it.
#[contractevent]
pub struct AssetSet {
    #[topic]
    pub asset: Address,
    pub allowed: bool,
}

/// An account holds a role.
#[contractevent]
pub struct RoleGranted {
    #[topic]
    pub role: Symbol,
    #[topic]
    pub addr: Address,
}

/// An account holds a role no longer.
#[contractevent]
pub struct RoleRevoked {
    #[topic]
    pub role: Symbol,
    #[topic]
    pub addr: Address,
}
