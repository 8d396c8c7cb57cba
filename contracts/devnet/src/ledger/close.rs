//! Closing a ledger: apply what waits, then write the header and the meta.

use super::{
    eviction,
    history::ClosedLedger,
    state::{State, Store},
    state_size, transaction_set,
    upgrades::Upgrade,
    Happening, Ledger,
};
use crate::{
    clock::{wall_ms, HeaderTime},
    encoding::{sha256, xdr, xdr_hash},
    network::{Identity, BASE_FEE, BASE_RESERVE, MAX_TX_SET_SIZE, PROTOCOL_VERSION, TOTAL_COINS},
    transaction::{
        apply::{self, Context},
        validate::{validate, Moment},
        Submission,
    },
};
use ed25519_dalek::Signer;
use soroban_env_host::xdr::{
    GeneralizedTransactionSet, Hash, LedgerCloseMeta, LedgerCloseMetaExt, LedgerCloseMetaV2, LedgerCloseValueSignature,
    LedgerHeader, LedgerHeaderExt, LedgerHeaderHistoryEntry, LedgerHeaderHistoryEntryExt, LedgerKey, NodeId, PublicKey,
    Signature, StellarValue, StellarValueExt, StellarValueSignedMsValue, TimePoint, TimePointMs,
    TransactionResultMetaV1, TransactionResultSet, Uint256, UpgradeEntryMeta, UpgradeType, VecM,
};
use soroban_env_host::{budget::AsBudget, LedgerInfo};

/// The envelope type core signs ledger values under.
const ENVELOPE_TYPE_SCP_VALUE: u32 = 4;

/// The last closed ledger, as the next one builds on it.
#[derive(Clone)]
pub struct Tip {
    sequence: u32,
    hash: [u8; 32],
    close_ms: u64,
    fee_pool: i64,
    /// A hash over all changes so far, in the place of the bucket list's.
    state_hash: [u8; 32],
    skip_list: [Hash; 4],
    pub(super) max_tx_set_size: u32,
}

/// Distances in ledgers between the entries of a header's skip list.
const SKIPS: [u32; 4] = [50, 5_000, 50_000, 500_000];

/// What consensus decides about a ledger on a real network; by default everything
/// that waits enters it.
#[derive(Default)]
pub struct Decision {
    /// Hashes of the transactions that enter, in the order they apply.
    pub transactions: Option<Vec<[u8; 32]>>,
    pub upgrades: Vec<Upgrade>,
}

impl Tip {
    /// The tip before history starts.
    pub fn genesis(sequence: u32) -> Self {
        Self {
            sequence,
            hash: [0; 32],
            close_ms: 0,
            fee_pool: 0,
            state_hash: [0; 32],
            skip_list: Default::default(),
            max_tx_set_size: MAX_TX_SET_SIZE,
        }
    }

    /// The tip after a ledger that closed at `close_ms`.
    pub fn after(header: &LedgerHeader, hash: [u8; 32], close_ms: u64) -> Self {
        Self {
            sequence: header.ledger_seq,
            hash,
            close_ms,
            fee_pool: header.fee_pool,
            state_hash: header.bucket_list_hash.0,
            skip_list: header.skip_list.clone(),
            max_tx_set_size: header.max_tx_set_size,
        }
    }

    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    pub const fn close_ms(&self) -> u64 {
        self.close_ms
    }
}

impl Ledger {
    /// Closes a ledger with everything that waits.
    pub fn close(&mut self) {
        self.close_as(Decision::default());
    }

    /// Closes a ledger as it was decided; what does not enter goes on waiting.
    pub fn close_as(&mut self, decision: Decision) {
        let close_ms = self.clock.next_close_ms(self.tip.close_ms);
        let info = self.info_at(close_ms);
        let sequence = info.sequence_number;
        let sample = state_size::sample(self, sequence);
        let mut submissions = self.take_queue(&info, decision.transactions.as_deref());
        let set = transaction_set::of(&submissions, self.tip.hash);
        if decision.transactions.is_none() {
            transaction_set::shuffle(&mut submissions, &xdr_hash(&set));
        }
        self.cache_modules(&submissions);

        let context = Context {
            network_id: self.identity.id,
            config: &self.config,
            modules: &self.modules,
            cost_model: self.compilation.as_budget(),
            info,
            previous_hash: self.tip.hash,
            impersonated: &self.impersonated,
        };
        self.state.begin(sequence);
        let results = apply_all(&mut self.state, &submissions, &context);

        let upgrades = match self.founding.take() {
            Some(founding) => vec![founding],
            None => self.apply_upgrades(decision.upgrades),
        };
        eviction::advance(&mut self.state, &self.config);
        if let Some(size) = sample {
            state_size::record(self, size);
        }

        let header = self.header(close_ms, &set, &results, &upgrades);
        let hash = xdr_hash(&header);
        self.tip = Tip::after(&header, hash.0, close_ms);
        let meta = close_meta(header, hash, set, results, upgrades, state_size::average(&self.state));
        if let Some(closed) = ClosedLedger::new(&meta, self.identity.id, wall_ms()) {
            let closed = self.history.push(closed);
            self.happenings.push(Happening::Closed(closed));
            self.forget_old_checkpoints();
        }
    }

    /// Takes what waits and may still enter; time may have passed since it came.
    fn take_queue(&mut self, info: &LedgerInfo, chosen: Option<&[[u8; 32]]>) -> Vec<Submission> {
        let mut waiting = std::mem::take(&mut self.queue);
        if let Some(chosen) = chosen {
            let place = |pending: &super::Pending| chosen.iter().position(|hash| *hash == pending.submission.hash);
            let (mut entering, staying) = waiting.into_iter().partition::<Vec<_>, _>(|one| place(one).is_some());
            entering.sort_by_key(place);
            self.queue = staying;
            waiting = entering;
        }
        let rules = self.rules(info);
        waiting.retain(|pending| {
            let verdict = validate(&pending.submission, &self.state, &rules, Moment::Arrival);
            verdict.is_ok()
        });
        waiting.into_iter().map(|pending| pending.submission).collect()
    }

    /// Compiles every contract the transactions name, once for all of its life.
    fn cache_modules(&self, submissions: &[Submission]) {
        for data in submissions.iter().filter_map(Submission::soroban_data) {
            let footprint = &data.resources.footprint;
            for key in footprint.read_only.iter().chain(footprint.read_write.iter()) {
                if matches!(key, LedgerKey::ContractCode(_)) {
                    if let Some(stored) = Store::get(&self.state, key) {
                        self.compilation.cache(&self.modules, &stored.entry.data);
                    }
                }
            }
        }
    }

    fn header(
        &self,
        close_ms: u64,
        set: &GeneralizedTransactionSet,
        results: &[TransactionResultMetaV1],
        upgrades: &[UpgradeEntryMeta],
    ) -> LedgerHeader {
        let sequence = self.tip.sequence.saturating_add(1);
        let fees: i64 = results
            .iter()
            .map(|result| result.result.result.fee_charged)
            .fold(0, i64::saturating_add);
        let pairs: Vec<_> = results.iter().map(|result| result.result.clone()).collect();
        let result_set = TransactionResultSet {
            results: pairs.try_into().unwrap_or_default(),
        };
        let state_hash = Hash(state_hash(&self.tip, results, upgrades));
        LedgerHeader {
            ledger_version: PROTOCOL_VERSION,
            previous_ledger_hash: Hash(self.tip.hash),
            scp_value: self.value(xdr_hash(set), close_ms, upgrades),
            tx_set_result_hash: xdr_hash(&result_set),
            skip_list: skip_list(&self.tip.skip_list, sequence, &state_hash),
            bucket_list_hash: state_hash,
            ledger_seq: sequence,
            total_coins: TOTAL_COINS,
            fee_pool: self.tip.fee_pool.saturating_add(fees),
            inflation_seq: 0,
            id_pool: 0,
            base_fee: BASE_FEE,
            base_reserve: BASE_RESERVE,
            max_tx_set_size: self.tip.max_tx_set_size,
            ext: LedgerHeaderExt::V0,
        }
    }

    /// The value consensus would have agreed on, signed by the only validator.
    fn value(&self, tx_set_hash: Hash, close_ms: u64, upgrades: &[UpgradeEntryMeta]) -> StellarValue {
        let close_time = close_ms / 1_000;
        let ext = match self.clock.header() {
            HeaderTime::Ms => StellarValueExt::SignedMs(StellarValueSignedMsValue {
                close_time_ms: TimePointMs(close_ms),
                lc_value_signature: sign_value(&self.identity, &tx_set_hash, close_ms),
            }),
            HeaderTime::Seconds => StellarValueExt::Signed(sign_value(&self.identity, &tx_set_hash, close_time)),
        };
        StellarValue {
            tx_set_hash,
            close_time: TimePoint(close_time),
            upgrades: header_votes(upgrades),
            ext,
        }
    }
}

/// The hash over all changes up to the ledger after the tip, in the place of the bucket list's.
pub fn state_hash(tip: &Tip, results: &[TransactionResultMetaV1], upgrades: &[UpgradeEntryMeta]) -> [u8; 32] {
    let mut changes: Vec<u8> = results.iter().flat_map(xdr).collect();
    changes.extend(upgrades.iter().flat_map(xdr));
    sha256(&[&tip.state_hash[..], &sha256(&changes)[..]].concat())
}

fn header_votes(upgrades: &[UpgradeEntryMeta]) -> VecM<UpgradeType, 6> {
    let bytes = upgrades.iter().filter_map(|done| xdr(&done.upgrade).try_into().ok());
    bytes
        .map(UpgradeType)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap_or_default()
}

/// The hashes a header points back to: each place moves when its distance has passed.
fn skip_list(before: &[Hash; 4], sequence: u32, state_hash: &Hash) -> [Hash; 4] {
    let mut places = before.clone();
    let mut moved = Vec::new();
    let mut rest = Some(sequence);
    for (place, distance) in SKIPS.into_iter().enumerate() {
        match rest.filter(|rest| *rest > 0 && rest.is_multiple_of(distance)) {
            Some(due) => {
                moved.push(place);
                rest = due.checked_sub(distance);
            }
            None => break,
        }
    }
    for place in moved.into_iter().rev() {
        let newer = place
            .checked_sub(1)
            .and_then(|newer| before.get(newer))
            .unwrap_or(state_hash);
        if let Some(slot) = places.get_mut(place) {
            *slot = newer.clone();
        }
    }
    places
}

fn sign_value(identity: &Identity, tx_set_hash: &Hash, time: u64) -> LedgerCloseValueSignature {
    let key = identity.validator_key();
    let message = [
        &identity.id[..],
        &ENVELOPE_TYPE_SCP_VALUE.to_be_bytes()[..],
        &tx_set_hash.0[..],
        &time.to_be_bytes()[..],
    ]
    .concat();
    let signature = key.sign(&message).to_bytes().to_vec();
    LedgerCloseValueSignature {
        node_id: NodeId(PublicKey::PublicKeyTypeEd25519(Uint256(key.verifying_key().to_bytes()))),
        signature: Signature(signature.try_into().unwrap_or_default()),
    }
}

/// Takes all fees, then applies, then refunds: the order of Protocol 23 and later.
fn apply_all(state: &mut State, submissions: &[Submission], context: &Context<'_>) -> Vec<TransactionResultMetaV1> {
    let fees: Vec<_> = submissions
        .iter()
        .map(|submission| apply::charge_fee(state, submission))
        .collect();
    let applied: Vec<_> = submissions
        .iter()
        .zip(fees)
        .map(|(submission, fee)| apply::apply(state, submission, fee, context))
        .collect();
    submissions
        .iter()
        .zip(applied)
        .map(|(submission, applied)| apply::finish(state, submission, applied, context.network_id))
        .collect()
}

fn close_meta(
    header: LedgerHeader,
    hash: Hash,
    set: GeneralizedTransactionSet,
    results: Vec<TransactionResultMetaV1>,
    upgrades: Vec<UpgradeEntryMeta>,
    state_size: u64,
) -> LedgerCloseMeta {
    LedgerCloseMeta::V2(LedgerCloseMetaV2 {
        ext: LedgerCloseMetaExt::V0,
        ledger_header: LedgerHeaderHistoryEntry {
            hash,
            header,
            ext: LedgerHeaderHistoryEntryExt::V0,
        },
        tx_set: set,
        tx_processing: results.try_into().unwrap_or_default(),
        upgrades_processing: upgrades.try_into().unwrap_or_default(),
        scp_info: Default::default(),
        total_byte_size_of_live_soroban_state: state_size,
        evicted_keys: Default::default(),
    })
}
