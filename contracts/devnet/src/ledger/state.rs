//! Ledger entries: all that there are now, and as they were at a moment.

use super::changes::Changes;
use crate::encoding::{sha256, xdr};
use rpds::RedBlackTreeMapSync;
use soroban_env_host::{
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::{
        ConfigSettingEntry, ConfigSettingId, ContractDataDurability, Hash, LedgerEntry, LedgerEntryData,
        LedgerEntryExt, LedgerKey, LedgerKeyConfigSetting, LedgerKeyContractCode,
    },
    HostError,
};
use std::{rc::Rc, sync::Arc};

/// An entry and, for contract data and code, the last ledger it is live in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub entry: Arc<LedgerEntry>,
    pub live_until: Option<u32>,
    /// The ledger that last changed `live_until`; 0 without one.
    pub life_modified: u32,
}

impl StoredEntry {
    /// An entry that does not expire.
    pub fn lasting(data: LedgerEntryData) -> Self {
        Self {
            entry: Arc::new(LedgerEntry {
                last_modified_ledger_seq: 0,
                data,
                ext: LedgerEntryExt::V0,
            }),
            live_until: None,
            life_modified: 0,
        }
    }

    /// The same, written in ledger `sequence`.
    pub fn written(data: LedgerEntryData, sequence: u32) -> Self {
        let mut stored = Self::lasting(data);
        stored.entry = modified_at(&stored.entry, sequence);
        stored
    }

    /// Whether the entry's time is over in ledger `sequence`.
    pub fn is_expired(&self, sequence: u32) -> bool {
        self.live_until.is_some_and(|last| last < sequence)
    }
}

/// Something entries can be read from and written to.
pub trait Store {
    /// The entry under a key, expired ones included.
    fn get(&self, key: &LedgerKey) -> Option<StoredEntry>;
    /// Writes or (with `None`) removes the entry under a key.
    fn put(&mut self, key: LedgerKey, entry: Option<StoredEntry>);
    /// Takes over what a frame above left: the entry as it is, and whether it was `written`
    /// or only lives longer.
    fn absorb(&mut self, key: LedgerKey, entry: Option<StoredEntry>, written: bool);
    /// The ledger being closed; written entries carry it as last modified.
    fn sequence(&self) -> u32;
}

/// Entries by their keys. A copy shares what neither of the two changes.
type Entries = RedBlackTreeMapSync<Arc<LedgerKey>, StoredEntry>;

/// All entries of the ledger.
#[derive(Clone, Default)]
pub struct State {
    entries: Entries,
    sequence: u32,
    /// XDR bytes of all contract data entries.
    contract_data_bytes: u64,
    pub changes: Changes,
}

impl State {
    /// Sets the ledger that writes belong to from now on.
    pub fn begin(&mut self, sequence: u32) {
        self.sequence = sequence;
    }

    /// Undoes all changes since a position; writes belong to ledger `sequence` again.
    pub fn go_back(&mut self, position: u64, sequence: u32) {
        for (key, before) in self.changes.undo(position) {
            self.put(key, before);
        }
        // Undoing is a change itself; nobody goes back to before it.
        self.changes.undo(position);
        self.begin(sequence);
    }

    /// The entries as they are now, whatever is written later.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.entries.clone())
    }

    /// All entries in the order of their keys.
    pub fn entries(&self) -> impl Iterator<Item = &StoredEntry> {
        self.entries.values()
    }

    /// The settings among the entries.
    pub fn config_settings(&self) -> Vec<ConfigSettingEntry> {
        let first = LedgerKey::ConfigSetting(LedgerKeyConfigSetting {
            config_setting_id: ConfigSettingId::ContractMaxSizeBytes,
        });
        self.entries
            .range(first..)
            .map_while(|(_, stored)| match &stored.entry.data {
                LedgerEntryData::ConfigSetting(setting) => Some(setting.clone()),
                _ => None,
            })
            .collect()
    }

    /// All contract code.
    pub fn contract_codes(&self) -> impl Iterator<Item = &StoredEntry> {
        let first = LedgerKey::ContractCode(LedgerKeyContractCode { hash: Hash([0; 32]) });
        self.entries
            .range(first..)
            .map(|(_, stored)| stored)
            .take_while(|stored| matches!(stored.entry.data, LedgerEntryData::ContractCode(_)))
    }

    /// XDR bytes of all contract data entries.
    pub const fn contract_data_bytes(&self) -> u64 {
        self.contract_data_bytes
    }

    /// All accounts there are.
    #[cfg(test)]
    pub fn accounts(&self) -> impl Iterator<Item = &soroban_env_host::xdr::AccountEntry> {
        self.entries.values().filter_map(|stored| match &stored.entry.data {
            LedgerEntryData::Account(account) => Some(account),
            _ => None,
        })
    }
}

impl Store for State {
    fn get(&self, key: &LedgerKey) -> Option<StoredEntry> {
        self.entries.get(key).cloned()
    }

    fn put(&mut self, key: LedgerKey, entry: Option<StoredEntry>) {
        self.contract_data_bytes += entry.as_ref().map_or(0, contract_data_size);
        let before = self.entries.get(&key).cloned();
        let gone = before.as_ref().map_or(0, contract_data_size);
        self.contract_data_bytes = self.contract_data_bytes.saturating_sub(gone);
        self.changes.note(&key, before);
        match entry {
            Some(entry) => self.entries.insert_mut(Arc::new(key), entry),
            None => drop(self.entries.remove_mut(&key)),
        }
    }

    fn absorb(&mut self, key: LedgerKey, entry: Option<StoredEntry>, _written: bool) {
        self.put(key, entry);
    }

    fn sequence(&self) -> u32 {
        self.sequence
    }
}

/// Entries as they were at a moment. Any thread may read them.
#[derive(Clone)]
pub struct Snapshot(Entries);

impl Snapshot {
    /// The entry under a key, expired ones included.
    pub fn get(&self, key: &LedgerKey) -> Option<&StoredEntry> {
        self.0.get(key)
    }
}

impl SnapshotSource for Snapshot {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        Ok(self
            .get(key.as_ref())
            .map(|stored| (Rc::new(stored.entry.as_ref().clone()), stored.live_until)))
    }
}

/// XDR bytes of a contract data entry; 0 for all others.
fn contract_data_size(stored: &StoredEntry) -> u64 {
    match stored.entry.data {
        LedgerEntryData::ContractData(_) => u64::try_from(xdr(stored.entry.as_ref()).len()).unwrap_or(0),
        _ => 0,
    }
}

/// Whether a key names an entry that vanishes when its time is over.
pub fn is_temporary(key: &LedgerKey) -> bool {
    matches!(key, LedgerKey::ContractData(data) if data.durability == ContractDataDurability::Temporary)
}

/// The hash that names an entry's time-to-live record.
pub fn ttl_key_hash(key: &LedgerKey) -> Hash {
    Hash(sha256(&xdr(key)))
}

pub(super) fn modified_at(entry: &Arc<LedgerEntry>, sequence: u32) -> Arc<LedgerEntry> {
    if entry.last_modified_ledger_seq == sequence {
        return entry.clone();
    }
    let mut changed = entry.as_ref().clone();
    changed.last_modified_ledger_seq = sequence;
    Arc::new(changed)
}
