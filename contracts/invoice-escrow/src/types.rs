//! The nouns of the platform. Times are Unix seconds, durations seconds, rates basis points, amounts units of the
//! invoice's asset.

use soroban_sdk::{contracttype, Address, BytesN};
use stellarsettle_shared::math::{add, after, basis_points, next, sub};
use stellarsettle_shared::Error;

use crate::lifecycle::{self, Step};

/// Where an invoice stands. The numbers are stored and published: never re-used, never renumbered.
#[contracttype]
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Status {
    /// Listed, waiting for a verifier and the seller.
    Created = 0,
    /// Investors can fund it.
    Open = 1,
    /// The raise is closed; the money waits for release.
    Funded = 2,
    /// The seller has the money; the debtor owes.
    Active = 3,
    /// Face and late charge are paid.
    Settled = 4,
    /// The grace period ended with money outstanding.
    Defaulted = 5,
    /// Recovery ended with money outstanding.
    WrittenOff = 6,
    /// Investors get their principal back.
    Refunding = 7,
    /// All principal was returned.
    Refunded = 8,
    /// Ended before anybody invested.
    Cancelled = 9,
}

/// What the seller offers, fixed when the invoice is listed.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Who owes the face, if the debtor has a wallet.
    pub debtor: Option<Address>,
    /// The Stellar Asset Contract in which everything is counted.
    pub asset: Address,
    /// Keyed hash of what identifies the invoice in the real world.
    pub natural: BytesN<32>,
    /// Salted hash of the document.
    pub doc_hash: BytesN<32>,
    /// What the debtor owes.
    pub face: i128,
    /// Principal asked from investors.
    pub target: i128,
    /// What investors get in all if the target is reached.
    pub par: i128,
    /// The least principal with which the invoice is funded.
    pub min_raise: i128,
    /// Platform fee on the face.
    pub fee_bps: u32,
    /// Late charge for each day.
    pub late_bps: u32,
    /// Bound of the late charge in all.
    pub late_cap_bps: u32,
    /// When the face is due.
    pub due_at: u64,
    /// When funding ends.
    pub deadline: u64,
    /// From due date to default.
    pub grace: u64,
    /// From the close of funding to release.
    pub release_delay: u64,
    /// Whether the debtor must confirm the debt before release.
    pub needs_ack: bool,
}

/// What the platform allows; each pair is (low, high). Copied into an invoice where it matters later.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Params {
    pub fee_bps: (u32, u32),
    pub late_bps: (u32, u32),
    pub late_cap_bps: (u32, u32),
    pub grace: (u64, u64),
    pub release_delay: (u64, u64),
    /// From listing to due date.
    pub tenor: (u64, u64),
    /// From default to write-off.
    pub recovery: u64,
    /// How long a dispute blocks at most.
    pub dispute_limit: u64,
    /// The smallest stake.
    pub ticket: i128,
}

/// One account's membership.
#[contracttype]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Member {
    /// The first second at which the account is no member any more.
    pub until: u64,
    /// Whether its money is held.
    pub frozen: bool,
    /// When it was frozen; 0 while it is not.
    pub frozen_at: u64,
}

/// Everything about one invoice.
#[contracttype]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invoice {
    pub seller: Address,
    pub terms: Terms,
    pub attempt: u32,
    pub token: Address,
    /// The platform's parameters when the invoice was listed.
    pub recovery: u64,
    pub dispute_limit: u64,
    pub ticket: i128,

    pub status: Status,
    pub approved: bool,
    pub acknowledged: bool,
    /// Who is paid what the seller earns; first the seller.
    pub payee: Address,

    /// Principal that investors paid.
    pub raised: i128,
    /// Principal returned.
    pub refunded: i128,
    /// What investors get of the face in all, known when funding closes.
    pub par_sold: i128,
    /// When the money can be released, known when funding closes.
    pub release_at: u64,

    /// Face paid.
    pub paid: i128,
    /// Investors' part of the face paid.
    pub investors: i128,
    /// Late charge so far times 10^4, unrounded.
    pub late_num: i128,
    /// Days of lateness that are charged already.
    pub late_days: u64,
    /// Late charge paid.
    pub late_paid: i128,

    /// The first second at which no dispute is open any more; 0 if none was or it was ended.
    pub disputed_until: u64,
    pub seller_disputed: bool,
    pub debtor_disputed: bool,

    /// Number of the invoice's latest event.
    pub seq: u32,
}

impl Invoice {
    /// Takes a step of the lifecycle, or refuses with `InvalidStatus`.
    pub fn step(&mut self, step: Step) -> Result<(), Error> {
        self.status = lifecycle::after(self.status, step)?;
        if lifecycle::ends_dispute(self.status) {
            self.disputed_until = 0;
        }
        Ok(())
    }

    /// Counts one more event and returns its number.
    pub fn next_seq(&mut self) -> Result<u32, Error> {
        self.seq = next(self.seq)?;
        Ok(self.seq)
    }

    /// Refuses unless the invoice has this status.
    pub fn require_status(&self, status: Status) -> Result<(), Error> {
        self.require_any(&[status])
    }

    /// Refuses unless the invoice has one of these statuses.
    pub fn require_any(&self, statuses: &[Status]) -> Result<(), Error> {
        if statuses.contains(&self.status) {
            Ok(())
        } else {
            Err(Error::InvalidStatus)
        }
    }

    /// Refuses everybody but the seller.
    pub fn require_seller(&self, account: &Address) -> Result<(), Error> {
        if *account == self.seller {
            Ok(())
        } else {
            Err(Error::NotSeller)
        }
    }

    /// Whether a dispute is open at `now`.
    pub fn disputed(&self, now: u64) -> bool {
        now < self.disputed_until
    }

    /// Refuses while a dispute is open.
    pub fn require_undisputed(&self, now: u64) -> Result<(), Error> {
        if self.disputed(now) {
            Err(Error::Disputed)
        } else {
            Ok(())
        }
    }

    /// Whether the account is seller or debtor, who cannot act on their own invoice in a role.
    pub fn is_party(&self, account: &Address) -> bool {
        *account == self.seller || self.is_debtor(account)
    }

    /// Whether the account is the debtor.
    pub fn is_debtor(&self, account: &Address) -> bool {
        self.terms.debtor.as_ref() == Some(account)
    }

    /// Refuses investors who are on the other side of the invoice.
    pub fn require_outsider(&self, account: &Address) -> Result<(), Error> {
        if self.is_party(account) || *account == self.payee {
            Err(Error::PartyOfInvoice)
        } else {
            Ok(())
        }
    }

    /// Face not paid yet.
    pub fn outstanding(&self) -> Result<i128, Error> {
        sub(self.terms.face, self.paid)
    }

    /// What investors still lack of their part of the face.
    pub fn shortfall(&self) -> Result<i128, Error> {
        sub(self.par_sold, self.investors)
    }

    /// Principal in custody while the invoice is Refunding.
    pub fn remaining(&self) -> Result<i128, Error> {
        sub(self.raised, self.refunded)
    }

    /// Platform fee on a face paid up to `paid`.
    pub fn fee_at(&self, paid: i128) -> Result<i128, Error> {
        basis_points(paid, self.terms.fee_bps)
    }

    /// Counts one more stake.
    pub fn raise(&mut self, amount: i128) -> Result<(), Error> {
        self.raised = add(self.raised, amount)?;
        Ok(())
    }

    /// The first second at which the invoice can be marked as defaulted.
    pub fn default_at(&self) -> Result<u64, Error> {
        after(self.terms.due_at, self.terms.grace)
    }

    /// The first second at which the invoice can be written off.
    pub fn write_off_at(&self) -> Result<u64, Error> {
        after(self.default_at()?, self.recovery)
    }
}
