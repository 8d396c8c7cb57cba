//! Closed ledgers within the retention window.
//!
//! A ledger is kept once, as the XDR of its meta. Transactions and events are
//! places in it, decoded when somebody asks for them.

use super::events::{EventNumbers, EventRecord};
use crate::encoding::{from_own_xdr, xdr};
use memchr::memmem;
use soroban_env_host::xdr::{
    ContractEventV0, FeeBumpTransactionInnerTx, GeneralizedTransactionSet, LedgerCloseMeta, LedgerHeader,
    StellarValueExt, TransactionEnvelope, TransactionExt, TransactionPhase, TransactionResultMetaV1, TxSetComponent,
    WriteXdr,
};
use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    rc::Rc,
};

/// A transaction in a ledger.
pub struct TransactionRecord {
    /// Hash of the whole: for a fee bump the outer one.
    pub hash: [u8; 32],
    /// Hash of the inner transaction; the same as `hash` without a fee bump.
    pub inner_hash: [u8; 32],
    pub is_soroban: bool,
    envelope: Range<usize>,
    result: Range<usize>,
}

impl TransactionRecord {
    /// Whether somebody else's envelope is around it.
    pub fn is_fee_bump(&self) -> bool {
        self.hash != self.inner_hash
    }
}

/// A closed ledger.
pub struct ClosedLedger {
    pub sequence: u32,
    pub hash: [u8; 32],
    /// XDR of the ledger's meta.
    pub meta_xdr: Vec<u8>,
    /// In the order they were applied.
    pub transactions: Vec<TransactionRecord>,
    pub events: Vec<EventRecord>,
    /// Close time by the ledger's clock, Unix milliseconds.
    pub close_ms: u64,
    /// When it really closed, Unix milliseconds.
    pub wall_ms: u64,
    header: Range<usize>,
}

impl ClosedLedger {
    /// A ledger from its meta, which really closed at `wall_ms`; `None` for a meta of
    /// another version than those the ledger writes.
    pub fn new(meta: &LedgerCloseMeta, network_id: [u8; 32], wall_ms: u64) -> Option<Self> {
        let meta_xdr = xdr(meta);
        let LedgerCloseMeta::V2(meta) = meta else {
            return None;
        };
        let mut places = Places::new(&meta_xdr);
        let header = places.next(&meta.ledger_header);
        let mut envelopes: HashMap<[u8; 32], (&TransactionEnvelope, Range<usize>)> = HashMap::new();
        for envelope in envelopes_of(&meta.tx_set) {
            envelopes.insert(envelope.hash(network_id).ok()?, (envelope, places.next(envelope)));
        }
        let mut transactions = Vec::with_capacity(meta.tx_processing.len());
        let mut events = Vec::new();
        let sequence = meta.ledger_header.header.ledger_seq;
        let mut numbers = EventNumbers::of(sequence);
        for (index, result) in meta.tx_processing.iter().enumerate() {
            let hash = result.result.transaction_hash.0;
            let (envelope, envelope_place) = envelopes.remove(&hash)?;
            transactions.push(TransactionRecord {
                hash,
                inner_hash: inner_hash(envelope, network_id)?,
                is_soroban: is_soroban(envelope),
                envelope: envelope_place,
                result: places.next(result),
            });
            numbers.add_events(index, result, &mut places, &mut events);
        }
        events.sort_by_key(|event: &EventRecord| event.id);
        Some(Self {
            sequence,
            hash: meta.ledger_header.hash.0,
            transactions,
            events,
            close_ms: close_ms(&meta.ledger_header.header),
            wall_ms,
            header,
            meta_xdr,
        })
    }

    /// Close time in Unix seconds.
    pub const fn close_time(&self) -> u64 {
        self.close_ms / 1_000
    }

    /// XDR of the header with its hash.
    pub fn header_xdr(&self) -> &[u8] {
        self.part(&self.header)
    }

    /// XDR of the header without its hash.
    pub fn bare_header_xdr(&self) -> &[u8] {
        let entry = self.header_xdr();
        // The hash stands before the header, an empty extension after it.
        entry.get(32..entry.len().saturating_sub(4)).unwrap_or_default()
    }

    /// XDR of a transaction's envelope.
    pub fn envelope_xdr(&self, record: &TransactionRecord) -> &[u8] {
        self.part(&record.envelope)
    }

    /// What became of a transaction.
    pub fn result(&self, record: &TransactionRecord) -> Option<TransactionResultMetaV1> {
        from_own_xdr(self.part(&record.result))
    }

    /// Topics and value of an event.
    pub fn event_body(&self, event: &EventRecord) -> Option<ContractEventV0> {
        from_own_xdr(self.part(&event.body))
    }

    fn part(&self, place: &Range<usize>) -> &[u8] {
        self.meta_xdr.get(place.clone()).unwrap_or_default()
    }
}

/// Finds where parts of a value stand in its XDR. They are asked for in the order
/// they stand there; a part inside the one before comes after it.
pub struct Places<'a> {
    whole: &'a [u8],
    position: usize,
}

impl<'a> Places<'a> {
    const fn new(whole: &'a [u8]) -> Self {
        Self { whole, position: 0 }
    }

    /// Where the next such part stands. Equal bytes are as good as the part itself.
    pub fn next<T: WriteXdr>(&mut self, part: &T) -> Range<usize> {
        let bytes = xdr(part);
        let rest = self.whole.get(self.position..).unwrap_or_default();
        if let Some(distance) = memmem::find(rest, &bytes) {
            self.position += distance;
        }
        self.position..self.position + bytes.len()
    }
}

/// The envelopes of a transaction set in the order they stand in it.
fn envelopes_of(set: &GeneralizedTransactionSet) -> Vec<&TransactionEnvelope> {
    let GeneralizedTransactionSet::V1(set) = set;
    let mut found = Vec::new();
    for phase in set.phases.iter() {
        match phase {
            TransactionPhase::V0(components) => {
                for TxSetComponent::TxsetCompTxsMaybeDiscountedFee(component) in components.iter() {
                    found.extend(component.txs.iter());
                }
            }
            TransactionPhase::V1(parallel) => {
                for cluster in parallel.execution_stages.iter().flat_map(|stage| stage.0.iter()) {
                    found.extend(cluster.0.iter());
                }
            }
        }
    }
    found
}

fn inner_hash(envelope: &TransactionEnvelope, network_id: [u8; 32]) -> Option<[u8; 32]> {
    match envelope {
        TransactionEnvelope::TxFeeBump(outer) => {
            let FeeBumpTransactionInnerTx::Tx(inner) = &outer.tx.inner_tx;
            TransactionEnvelope::Tx(inner.clone()).hash(network_id).ok()
        }
        plain => plain.hash(network_id).ok(),
    }
}

/// Only Soroban transactions declare resources.
fn is_soroban(envelope: &TransactionEnvelope) -> bool {
    let extension = match envelope {
        TransactionEnvelope::Tx(plain) => &plain.tx.ext,
        TransactionEnvelope::TxFeeBump(outer) => {
            let FeeBumpTransactionInnerTx::Tx(inner) = &outer.tx.inner_tx;
            &inner.tx.ext
        }
        TransactionEnvelope::TxV0(_) => return false,
    };
    matches!(extension, TransactionExt::V1(_))
}

/// The close time a header tells, in Unix milliseconds.
fn close_ms(header: &LedgerHeader) -> u64 {
    match &header.scp_value.ext {
        StellarValueExt::SignedMs(value) => value.close_time_ms.0,
        _ => header.scp_value.close_time.0.saturating_mul(1_000),
    }
}

/// Where a transaction is.
#[derive(Clone, Copy)]
struct Place {
    ledger: u32,
    index: usize,
}

/// Which of the kept ledgers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// So many of the newest are hidden.
    pub behind: u32,
    /// Of the rest, so many of the newest are shown.
    pub kept: u32,
}

impl Default for View {
    /// All of them.
    fn default() -> Self {
        Self {
            behind: 0,
            kept: u32::MAX,
        }
    }
}

/// Closed ledgers, oldest first, without a gap.
pub struct History {
    ledgers: VecDeque<Rc<ClosedLedger>>,
    places: HashMap<[u8; 32], Place>,
    retention: u32,
    view: View,
}

impl History {
    /// An empty history that keeps `retention` ledgers.
    pub fn new(retention: u32) -> Self {
        Self {
            ledgers: VecDeque::new(),
            places: HashMap::new(),
            retention: retention.max(1),
            view: View::default(),
        }
    }

    /// Shows only some of the ledgers from now on; at least one.
    pub fn look(&mut self, view: View) {
        self.view = view;
    }

    /// Places of the ledgers that are shown.
    fn shown(&self) -> Range<usize> {
        let count = |ledgers: u32| usize::try_from(ledgers).unwrap_or(usize::MAX);
        let end = self.ledgers.len().saturating_sub(count(self.view.behind));
        let end = end.max(self.ledgers.len().min(1));
        end.saturating_sub(count(self.view.kept).max(1))..end
    }

    /// How many ledgers are kept.
    pub const fn retention(&self) -> u32 {
        self.retention
    }

    /// Adds the next ledger, and gives it back to be kept elsewhere too.
    pub fn push(&mut self, ledger: ClosedLedger) -> Rc<ClosedLedger> {
        for (index, record) in ledger.transactions.iter().enumerate() {
            let place = Place {
                ledger: ledger.sequence,
                index,
            };
            self.places.insert(record.hash, place);
            self.places.insert(record.inner_hash, place);
        }
        let ledger = Rc::new(ledger);
        self.ledgers.push_back(ledger.clone());
        self.trim();
        ledger
    }

    /// Takes away the ledgers after this one.
    pub fn go_back(&mut self, sequence: u32) {
        while self.ledgers.back().is_some_and(|ledger| ledger.sequence > sequence) {
            if let Some(gone) = self.ledgers.pop_back() {
                self.forget_places(&gone);
            }
        }
    }

    fn forget_places(&mut self, ledger: &ClosedLedger) {
        for record in &ledger.transactions {
            self.places.remove(&record.hash);
            self.places.remove(&record.inner_hash);
        }
    }

    /// The oldest ledger that is shown.
    pub fn oldest(&self) -> Option<&ClosedLedger> {
        self.ledgers.get(self.shown().start).map(Rc::as_ref)
    }

    /// The last closed ledger that is shown.
    pub fn latest(&self) -> Option<&ClosedLedger> {
        self.ledgers.get(self.shown().end.checked_sub(1)?).map(Rc::as_ref)
    }

    /// A ledger by number.
    pub fn ledger(&self, sequence: u32) -> Option<&ClosedLedger> {
        let first = self.ledgers.front()?.sequence;
        let place = usize::try_from(sequence.checked_sub(first)?).ok()?;
        let shown = self.shown().contains(&place);
        self.ledgers.get(place).filter(|_| shown).map(Rc::as_ref)
    }

    /// Ledgers from `first` up to and including `last`, as far as they are shown.
    pub fn range(&self, first: u32, last: u32) -> impl Iterator<Item = &ClosedLedger> {
        let shown = self.shown();
        let oldest = self.ledgers.front().map_or(0, |ledger| ledger.sequence);
        let start = usize::try_from(first.saturating_sub(oldest)).unwrap_or(usize::MAX);
        let start = start.clamp(shown.start, shown.end);
        self.ledgers
            .range(start..shown.end)
            .map(Rc::as_ref)
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
                self.forget_places(&gone);
            }
        }
    }
}
