//! Frames: changes to entries that may still be undone.
//!
//! A frame collects changes over a parent; committing gives the change list that
//! goes into transaction meta, dropping the frame undoes everything in it.

use super::state::{is_temporary, modified_at, ttl_key_hash, Store, StoredEntry};
use soroban_env_host::xdr::{
    LedgerEntry, LedgerEntryChange, LedgerEntryChanges, LedgerEntryData, LedgerEntryExt, LedgerKey, TtlEntry,
};
use std::collections::BTreeMap;

/// The state of one key inside a frame.
struct FrameEntry {
    before: Option<StoredEntry>,
    now: Option<StoredEntry>,
    /// The archived entry came back to life in this frame.
    restored: bool,
    /// The entry itself was written, even if it stayed the same, not just its life.
    written: bool,
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
                    written: false,
                },
            );
        }
    }

    /// Extends the life of an entry without changing it.
    pub fn extend(&mut self, key: &LedgerKey, live_until: u32) {
        if let Some(mut stored) = self.get(key) {
            stored.live_until = Some(live_until);
            stored.life_modified = self.sequence();
            self.touch(key.clone(), Some(stored), false);
        }
    }

    /// Makes the changes part of the parent and lists them for the meta.
    pub fn commit(self) -> LedgerEntryChanges {
        let sequence = self.parent.sequence();
        let mut changes = Vec::new();
        for (key, touched) in self.touched {
            list_changes(&key, &touched, sequence, &mut changes);
            self.parent.absorb(key, touched.now, touched.written);
        }
        LedgerEntryChanges(changes.try_into().unwrap_or_default())
    }

    fn touch(&mut self, key: LedgerKey, now: Option<StoredEntry>, written: bool) {
        match self.touched.get_mut(&key) {
            Some(touched) => {
                touched.now = now;
                touched.written |= written;
            }
            None => {
                // An expired temporary entry is gone, even if nobody swept it up yet.
                let sequence = self.sequence();
                let before = self.parent.get(&key);
                let before = before.filter(|stored| !(is_temporary(&key) && stored.is_expired(sequence)));
                self.touched.insert(
                    key,
                    FrameEntry {
                        before,
                        now,
                        restored: false,
                        written,
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
            let changed = if stored.live_until.is_some() { sequence } else { 0 };
            StoredEntry {
                entry: modified_at(&stored.entry, sequence),
                live_until: stored.live_until,
                life_modified: same_life.map_or(changed, |old| old.life_modified),
            }
        });
        self.touch(key, entry, true);
    }

    fn absorb(&mut self, key: LedgerKey, entry: Option<StoredEntry>, written: bool) {
        self.touch(key, entry, written);
    }

    fn sequence(&self) -> u32 {
        self.parent.sequence()
    }
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
        // A restored entry that was written as it was has nothing more to tell.
        (Some(before), Some(now)) if touched.written && !(touched.restored && before == now) => {
            list_old(touched, before.as_ref().clone(), changes);
            changes.push(LedgerEntryChange::Updated(now.as_ref().clone()));
        }
        (Some(before), None) => {
            list_old(touched, before.as_ref().clone(), changes);
            changes.push(LedgerEntryChange::Removed(key.clone()));
        }
        _ => {}
    }
}

/// What an entry was before it changed; one that was restored has been listed already.
fn list_old(touched: &FrameEntry, old: LedgerEntry, changes: &mut Vec<LedgerEntryChange>) {
    if !touched.restored {
        changes.push(LedgerEntryChange::State(old));
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
            list_old(touched, ttl_entry(key, before, modified), changes);
            changes.push(LedgerEntryChange::Updated(ttl_entry(key, now, sequence)));
        }
        (Some(before), None) => {
            list_old(touched, ttl_entry(key, before, modified), changes);
            changes.push(LedgerEntryChange::Removed(LedgerKey::Ttl(
                soroban_env_host::xdr::LedgerKeyTtl {
                    key_hash: ttl_key_hash(key),
                },
            )));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::state::State;
    use soroban_env_host::xdr::{
        ContractDataDurability, ContractDataEntry, ContractId, ExtensionPoint, Hash, LedgerKeyContractData, ScAddress,
        ScVal,
    };

    fn data(durability: ContractDataDurability, value: u32) -> (LedgerKey, LedgerEntryData) {
        let contract = ScAddress::Contract(ContractId(Hash([1; 32])));
        let key = LedgerKey::ContractData(LedgerKeyContractData {
            contract: contract.clone(),
            key: ScVal::Void,
            durability,
        });
        let entry = LedgerEntryData::ContractData(ContractDataEntry {
            ext: ExtensionPoint::V0,
            contract,
            key: ScVal::Void,
            durability,
            val: ScVal::U32(value),
        });
        (key, entry)
    }

    fn stored(data: LedgerEntryData, live_until: u32) -> StoredEntry {
        StoredEntry {
            live_until: Some(live_until),
            ..StoredEntry::lasting(data)
        }
    }

    /// A state in ledger 10 with one entry that lives until 20, then moved to `sequence`.
    fn state_with(durability: ContractDataDurability, sequence: u32) -> (State, LedgerKey) {
        let mut state = State::default();
        state.begin(10);
        let (key, entry) = data(durability, 1);
        let mut frame = Frame::new(&mut state);
        frame.put(key.clone(), Some(stored(entry, 20)));
        frame.commit();
        state.begin(sequence);
        (state, key)
    }

    fn kinds(changes: &LedgerEntryChanges) -> Vec<&'static str> {
        changes.0.iter().map(LedgerEntryChange::name).collect()
    }

    #[test]
    fn a_dropped_frame_leaves_nothing_behind() {
        let (mut state, key) = state_with(ContractDataDurability::Persistent, 11);
        let mut frame = Frame::new(&mut state);
        frame.put(key.clone(), None);
        assert!(frame.get(&key).is_none());
        drop(frame);
        assert!(Store::get(&state, &key).is_some());
    }

    #[test]
    fn a_change_lists_what_was_and_what_is() {
        let (mut state, key) = state_with(ContractDataDurability::Persistent, 11);
        let (_, entry) = data(ContractDataDurability::Persistent, 2);
        let mut frame = Frame::new(&mut state);
        frame.put(key, Some(stored(entry, 20)));
        assert_eq!(kinds(&frame.commit()), ["State", "Updated"]);
    }

    #[test]
    fn a_longer_life_is_a_change_of_its_own_record_only() {
        let (mut state, key) = state_with(ContractDataDurability::Persistent, 15);
        let mut frame = Frame::new(&mut state);
        frame.extend(&key, 90);
        let changes = frame.commit();
        let modified: Vec<u32> = changes
            .0
            .iter()
            .map(|change| match change {
                LedgerEntryChange::State(entry) | LedgerEntryChange::Updated(entry) => entry.last_modified_ledger_seq,
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(modified, [10, 15]);
        let entry = Store::get(&state, &key).unwrap();
        assert_eq!((entry.live_until, entry.entry.last_modified_ledger_seq), (Some(90), 10));
    }

    #[test]
    fn a_restored_entry_has_no_state_before_it() {
        let (mut state, key) = state_with(ContractDataDurability::Persistent, 30);
        let (_, entry) = data(ContractDataDurability::Persistent, 2);
        let mut frame = Frame::new(&mut state);
        frame.restore(key.clone(), 49);
        frame.put(key.clone(), Some(stored(entry, 49)));
        assert_eq!(kinds(&frame.commit()), ["Restored", "Restored", "Updated"]);
        state.begin(31);
        let mut frame = Frame::new(&mut state);
        frame.put(key, None);
        assert_eq!(kinds(&frame.commit()), ["State", "Removed", "State", "Removed"]);
    }

    #[test]
    fn an_expired_temporary_entry_is_created_anew() {
        let (mut state, key) = state_with(ContractDataDurability::Temporary, 30);
        let (_, entry) = data(ContractDataDurability::Temporary, 2);
        let mut frame = Frame::new(&mut state);
        frame.put(key, Some(stored(entry, 45)));
        assert_eq!(kinds(&frame.commit()), ["Created", "Created"]);
    }
}
