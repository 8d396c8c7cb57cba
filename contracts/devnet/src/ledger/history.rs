//! Closed ledgers within the retention window.

use super::events::{events_of, EventRecord};
use crate::{encoding::xdr, transaction::Submission};
use soroban_env_host::xdr::{
    Hash, LedgerCloseMeta, LedgerHeader, LedgerHeaderHistoryEntry, LedgerHeaderHistoryEntryExt, TransactionResultMetaV1,
};
use std::collections::{HashMap, VecDeque};

/// A transaction in a ledger.
pub struct TransactionRecord {
    pub submission: Submission,
    pub result: TransactionResultMetaV1,
}

/// A closed ledger.
pub struct ClosedLedger {
    pub sequence: u32,
    pub hash: [u8; 32],
    /// XDR of the header with its hash.
    pub header_xdr: Vec<u8>,
    /// XDR of the ledger's meta.
    pub meta_xdr: Vec<u8>,
    pub transactions: Vec<TransactionRecord>,
    pub events: Vec<EventRecord>,
    /// Close time by the ledger's clock, Unix milliseconds.
    pub close_ms: u64,
    /// When it really closed, Unix milliseconds.
    pub wall_ms: u64,
}

impl ClosedLedger {
    /// A ledger with all that is asked of it later, encoded once.
    pub fn new(
        header: LedgerHeader,
        hash: [u8; 32],
        meta: &LedgerCloseMeta,
        transactions: Vec<TransactionRecord>,
        close_ms: u64,
        wall_ms: u64,
    ) -> Self {
        let sequence = header.ledger_seq;
        let header_xdr = xdr(&LedgerHeaderHistoryEntry {
            hash: Hash(hash),
            header,
            ext: LedgerHeaderHistoryEntryExt::V0,
        });
        Self {
            sequence,
            hash,
            header_xdr,
            meta_xdr: xdr(meta),
            events: events_of(sequence, &transactions),
            transactions,
            close_ms,
            wall_ms,
        }
    }

    /// Close time in Unix seconds.
    pub const fn close_time(&self) -> u64 {
        self.close_ms / 1_000
    }
}

/// Where a transaction is.
#[derive(Clone, Copy)]
struct Place {
    ledger: u32,
    index: usize,
}

/// Closed ledgers, oldest first, without a gap.
pub struct History {
    ledgers: VecDeque<ClosedLedger>,
    places: HashMap<[u8; 32], Place>,
    retention: u32,
}

impl History {
    /// An empty history that keeps `retention` ledgers.
    pub fn new(retention: u32) -> Self {
        Self {
            ledgers: VecDeque::new(),
            places: HashMap::new(),
            retention: retention.max(1),
        }
    }

    /// How many ledgers are kept.
    pub const fn retention(&self) -> u32 {
        self.retention
    }

    /// Changes how many ledgers are kept; what is older goes at once.
    pub fn set_retention(&mut self, retention: u32) {
        self.retention = retention.max(1);
        self.trim();
    }

    /// Adds the next ledger.
    pub fn push(&mut self, ledger: ClosedLedger) {
        for (index, record) in ledger.transactions.iter().enumerate() {
            let place = Place {
                ledger: ledger.sequence,
                index,
            };
            self.places.insert(record.submission.hash, place);
            self.places.insert(record.submission.inner_hash, place);
        }
        self.ledgers.push_back(ledger);
        self.trim();
    }

    /// The oldest ledger that is kept.
    pub fn oldest(&self) -> Option<&ClosedLedger> {
        self.ledgers.front()
    }

    /// The last closed ledger.
    pub fn latest(&self) -> Option<&ClosedLedger> {
        self.ledgers.back()
    }

    /// A ledger by number.
    pub fn ledger(&self, sequence: u32) -> Option<&ClosedLedger> {
        let first = self.oldest()?.sequence;
        let offset = usize::try_from(sequence.checked_sub(first)?).ok()?;
        self.ledgers.get(offset)
    }

    /// Ledgers from `first` up to and including `last`, as far as they are kept.
    pub fn range(&self, first: u32, last: u32) -> impl Iterator<Item = &ClosedLedger> {
        let oldest = self.oldest().map_or(0, |ledger| ledger.sequence);
        let skip = usize::try_from(first.saturating_sub(oldest)).unwrap_or(usize::MAX);
        self.ledgers
            .iter()
            .skip(skip)
            .take_while(move |ledger| ledger.sequence <= last)
    }

    /// A transaction by outer or inner hash: its ledger, its index from 0, itself.
    pub fn transaction(&self, hash: &[u8; 32]) -> Option<(&ClosedLedger, usize, &TransactionRecord)> {
        let place = self.places.get(hash)?;
        let ledger = self.ledger(place.ledger)?;
        let record = ledger.transactions.get(place.index)?;
        Some((ledger, place.index, record))
    }

    /// Whether the transaction is in the very last ledger.
    pub fn was_just_applied(&self, hash: &[u8; 32]) -> bool {
        let latest = self.latest().map(|ledger| ledger.sequence);
        self.places.get(hash).map(|place| place.ledger) == latest && latest.is_some()
    }

    fn trim(&mut self) {
        while self.ledgers.len() > usize::try_from(self.retention).unwrap_or(usize::MAX) {
            if let Some(gone) = self.ledgers.pop_front() {
                for record in gone.transactions {
                    self.places.remove(&record.submission.hash);
                    self.places.remove(&record.submission.inner_hash);
                }
            }
        }
    }
}
