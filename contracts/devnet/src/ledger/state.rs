//! Ledger entries and the frames that change them.
//!
//! A frame collects changes over a parent; committing gives the change list that
//! goes into transaction meta, dropping the frame undoes everything in it.

use crate::encoding::{sha256, xdr};
use soroban_env_host::{
    storage::{EntryWithLiveUntil, SnapshotSource},
    xdr::{
        Hash, LedgerEntry, LedgerEntryChange, LedgerEntryChanges, LedgerEntryData, LedgerEntryExt, LedgerKey, TtlEntry,
    },
    HostError,
};
use std::{collections::BTreeMap, rc::Rc};

/// An entry and, for contract data and code, the last ledger it is live in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub entry: Rc<LedgerEntry>,
    pub live_until: Option<u32>,
    /// The ledger that last changed `live_until`.
    pub life_modified: u32,
}

impl StoredEntry {
    /// An entry that does not expire.
    pub fn lasting(data: LedgerEntryData) -> Self {
        Self {
            entry: Rc::new(LedgerEntry {
                last_modified_ledger_seq: 0,
                data,
                ext: LedgerEntryExt::V0,
            }),
            live_until: None,
            life_modified: 0,
        }
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
    /// The ledger being closed; written entries carry it as last modified.
    fn sequence(&self) -> u32;
}

/// All entries of the ledger.
#[derive(Clone, Default)]
pub struct State {
    entries: BTreeMap<LedgerKey, StoredEntry>,
    sequence: u32,
}

impl State {
    /// Sets the ledger that writes belong to from now on.
    pub fn begin(&mut self, sequence: u32) {
        self.sequence = sequence;
    }
}

impl Store for State {
    fn get(&self, key: &LedgerKey) -> Option<StoredEntry> {
        self.entries.get(key).cloned()
    }

    fn put(&mut self, key: LedgerKey, entry: Option<StoredEntry>) {
        match entry {
            Some(entry) => self.entries.insert(key, entry),
            None => self.entries.remove(&key),
        };
    }

    fn sequence(&self) -> u32 {
        self.sequence
    }
}

impl SnapshotSource for State {
    fn get(&self, key: &Rc<LedgerKey>) -> Result<Option<EntryWithLiveUntil>, HostError> {
        Ok(self
            .entries
            .get(key.as_ref())
            .map(|stored| (stored.entry.clone(), stored.live_until)))
    }
}

/// The state of one key inside a frame.
struct FrameEntry {
    before: Option<StoredEntry>,
    now: Option<StoredEntry>,
    /// The archived entry came back to life in this frame.
    restored: bool,
}

/// Changes over a parent that are not yet part of it.
pub struct Frame<'a> {
    parent: &'a mut dyn Store,
    touched: BTreeMap<LedgerKey, FrameEntry>,
}

impl<'a> Frame<'a> {
    /// An empty frame over a parent.
    pub fn new(parent: &'a mut dyn Store) -> Self {
        Self {
            parent,
            touched: BTreeMap::new(),
        }
    }

    /// Brings an archived entry back, live until the given ledger.
    pub fn restore(&mut self, key: LedgerKey, live_until: u32) {
        if let Some(mut stored) = self.get(&key) {
            stored.live_until = Some(live_until);
            stored.life_modified = self.sequence();
            stored.entry = modified_at(&stored.entry, self.sequence());
            self.touched.insert(
                key,
                FrameEntry {
                    before: Some(stored.clone()),
                    now: Some(stored),
                    restored: true,
                },
            );
        }
    }

    /// Extends the life of an entry without changing it.
    pub fn extend(&mut self, key: &LedgerKey, live_until: u32) {
        if let Some(mut stored) = self.get(key) {
            stored.live_until = Some(live_until);
            stored.life_modified = self.sequence();
            self.touch(key.clone(), Some(stored));
        }
    }

    /// Makes the changes part of the parent and lists them for the meta.
    pub fn commit(self) -> LedgerEntryChanges {
        let sequence = self.parent.sequence();
        let mut changes = Vec::new();
        for (key, touched) in self.touched {
            list_changes(&key, &touched, sequence, &mut changes);
            self.parent.put(key, touched.now);
        }
        LedgerEntryChanges(changes.try_into().unwrap_or_default())
    }

    fn touch(&mut self, key: LedgerKey, now: Option<StoredEntry>) {
        match self.touched.get_mut(&key) {
            Some(touched) => touched.now = now,
            None => {
                let before = self.parent.get(&key);
                self.touched.insert(
                    key,
                    FrameEntry {
                        before,
                        now,
                        restored: false,
                    },
                );
            }
        }
    }
}

impl Store for Frame<'_> {
    fn get(&self, key: &LedgerKey) -> Option<StoredEntry> {
        match self.touched.get(key) {
            Some(touched) => touched.now.clone(),
            None => self.parent.get(key),
        }
    }

    fn put(&mut self, key: LedgerKey, entry: Option<StoredEntry>) {
        let sequence = self.sequence();
        let old = self.get(&key);
        let entry = entry.map(|stored| {
            let same_life = old.as_ref().filter(|old| old.live_until == stored.live_until);
            StoredEntry {
                entry: modified_at(&stored.entry, sequence),
                live_until: stored.live_until,
                life_modified: same_life.map_or(sequence, |old| old.life_modified),
            }
        });
        self.touch(key, entry);
    }

    fn sequence(&self) -> u32 {
        self.parent.sequence()
    }
}

/// The hash that names an entry's time-to-live record.
pub fn ttl_key_hash(key: &LedgerKey) -> Hash {
    Hash(sha256(&xdr(key)))
}

fn modified_at(entry: &Rc<LedgerEntry>, sequence: u32) -> Rc<LedgerEntry> {
    if entry.last_modified_ledger_seq == sequence {
        return entry.clone();
    }
    let mut changed = entry.as_ref().clone();
    changed.last_modified_ledger_seq = sequence;
    Rc::new(changed)
}

fn ttl_entry(key: &LedgerKey, live_until: u32, sequence: u32) -> LedgerEntry {
    LedgerEntry {
        last_modified_ledger_seq: sequence,
        data: LedgerEntryData::Ttl(TtlEntry {
            key_hash: ttl_key_hash(key),
            live_until_ledger_seq: live_until,
        }),
        ext: LedgerEntryExt::V0,
    }
}

/// Lists what happened to one key: its time-to-live record first, then the entry.
fn list_changes(key: &LedgerKey, touched: &FrameEntry, sequence: u32, changes: &mut Vec<LedgerEntryChange>) {
    list_ttl_changes(key, touched, sequence, changes);
    let before = touched.before.as_ref().map(|stored| &stored.entry);
    let now = touched.now.as_ref().map(|stored| &stored.entry);
    if touched.restored {
        if let Some(before) = before {
            changes.push(LedgerEntryChange::Restored(before.as_ref().clone()));
        }
    }
    match (before, now) {
        (None, Some(now)) => changes.push(LedgerEntryChange::Created(now.as_ref().clone())),
        (Some(before), Some(now)) if before != now => {
            changes.push(LedgerEntryChange::State(before.as_ref().clone()));
            changes.push(LedgerEntryChange::Updated(now.as_ref().clone()));
        }
        (Some(before), None) => {
            changes.push(LedgerEntryChange::State(before.as_ref().clone()));
            changes.push(LedgerEntryChange::Removed(key.clone()));
        }
        _ => {}
    }
}

fn list_ttl_changes(key: &LedgerKey, touched: &FrameEntry, sequence: u32, changes: &mut Vec<LedgerEntryChange>) {
    let live_until = |stored: &Option<StoredEntry>| stored.as_ref().and_then(|s| s.live_until);
    let before = live_until(&touched.before);
    let now = live_until(&touched.now);
    let modified = touched.before.as_ref().map_or(sequence, |s| s.life_modified);
    if let (true, Some(before)) = (touched.restored, before) {
        changes.push(LedgerEntryChange::Restored(ttl_entry(key, before, sequence)));
    }
    match (before, now) {
        (None, Some(now)) => {
            changes.push(LedgerEntryChange::Created(ttl_entry(key, now, sequence)));
        }
        (Some(before), Some(now)) if before != now => {
            changes.push(LedgerEntryChange::State(ttl_entry(key, before, modified)));
            changes.push(LedgerEntryChange::Updated(ttl_entry(key, now, sequence)));
        }
        (Some(before), None) => {
            changes.push(LedgerEntryChange::State(ttl_entry(key, before, modified)));
            changes.push(LedgerEntryChange::Removed(LedgerKey::Ttl(
                soroban_env_host::xdr::LedgerKeyTtl {
                    key_hash: ttl_key_hash(key),
                },
            )));
        }
        _ => {}
    }
}
