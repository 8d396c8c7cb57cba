//! A ledger made again from its closed ledgers: entries from the changes their metas list.

use super::{
    close::{state_hash, Tip},
    eviction,
    history::ClosedLedger,
    state::{ttl_key_hash, State, Store, StoredEntry},
    state_size, Ledger, SetupError,
};
use crate::{
    clock::{wall_ms, Clock},
    encoding::{account_of_key, xdr_hash},
    lake::LakeError,
    network::Identity,
};
use soroban_env_host::xdr::{
    ConfigSettingEntry, LedgerCloseMeta, LedgerCloseMetaV2, LedgerEntry, LedgerEntryChange, LedgerEntryChanges,
    LedgerEntryData, LedgerKey, LedgerKeyAccount, TransactionMeta, TransactionResultSet,
};
use std::{collections::HashMap, sync::Arc};

/// A ledger from closed ledgers, and in plain words what they could not tell.
pub struct Continued {
    pub ledger: Ledger,
    pub warnings: Vec<String>,
}

/// Goes on from closed ledgers, which come oldest first in groups. `given` settings hold
/// where the ledgers do not tell of any.
///
/// # Errors
/// If a ledger cannot be read, does not follow the one before it or does not match its hashes.
pub fn continue_from<I>(
    identity: Identity,
    clock: Clock,
    retention: u32,
    given: &[ConfigSettingEntry],
    ledgers: I,
) -> Result<Continued, SetupError>
where
    I: Iterator<Item = Result<Vec<LedgerCloseMeta>, LakeError>>,
{
    let mut replay = None;
    for group in ledgers {
        for meta in group? {
            let LedgerCloseMeta::V2(v2) = &meta else {
                return Err(SetupError(format!(
                    "a ledger's meta is of version {} instead of V2",
                    meta.name()
                )));
            };
            let replay = match &mut replay {
                Some(replay) => replay,
                none => none.insert(Replay::new(identity.clone(), clock, retention, given, v2)?),
            };
            let number = v2.ledger_header.header.ledger_seq;
            replay
                .add(v2, &meta)
                .map_err(|text| SetupError(format!("ledger {number}: {text}")))?;
        }
    }
    let replay = replay.ok_or_else(|| SetupError("there is no ledger".to_owned()))?;
    Ok(replay.finish())
}

/// When an entry's life ends, and the ledger that last said so.
#[derive(Clone, Copy)]
struct Life {
    live_until: u32,
    modified: u32,
}

struct Replay {
    ledger: Ledger,
    lives: HashMap<[u8; 32], Life>,
    first: u32,
    /// The ledgers begin after genesis, as this program writes it.
    whole: bool,
    /// Entries that were other than the ledgers before had left them.
    surprises: u64,
}

impl Replay {
    /// Ledgers of this program begin after a genesis whose hash is zero. Of others nothing is
    /// known that their changes do not show, not even the founding account.
    fn new(
        identity: Identity,
        clock: Clock,
        retention: u32,
        given: &[ConfigSettingEntry],
        meta: &LedgerCloseMetaV2,
    ) -> Result<Self, SetupError> {
        let header = &meta.ledger_header.header;
        let whole = header.previous_ledger_hash.0 == [0; 32];
        let mut ledger = Ledger::founded(identity, clock, header.ledger_seq, retention, given.to_vec())?;
        ledger.founding = None;
        if !whole {
            let root = account_of_key(ledger.identity.root_key().verifying_key().to_bytes());
            let key = LedgerKey::Account(LedgerKeyAccount { account_id: root });
            ledger.state.put(key, None);
        }
        Ok(Self {
            ledger,
            lives: HashMap::new(),
            first: header.ledger_seq,
            whole,
            surprises: 0,
        })
    }

    fn add(&mut self, meta: &LedgerCloseMetaV2, whole_meta: &LedgerCloseMeta) -> Result<(), &'static str> {
        let header = &meta.ledger_header.header;
        check_hashes(meta)?;
        if header.ledger_seq != self.first || self.whole {
            check_link(&self.ledger.tip, meta, self.whole)?;
        }
        let closed = ClosedLedger::new(whole_meta, self.ledger.identity.id, wall_ms())
            .ok_or("its transactions and its results do not belong together")?;
        let sample = state_size::sample(&self.ledger, header.ledger_seq);
        self.state().begin(header.ledger_seq);
        self.apply(meta);
        if !meta.upgrades_processing.is_empty() {
            self.ledger.reload();
        }
        // Ledgers tell neither of the scan for expired entries nor of the samples of the
        // state's size; both follow from the rest.
        eviction::advance(&mut self.ledger.state, &self.ledger.config);
        if let Some(size) = sample {
            state_size::record(&mut self.ledger, size);
        }
        self.ledger.tip = Tip::after(header, closed.hash, closed.close_ms);
        self.ledger.history.push(closed);
        Ok(())
    }

    fn state(&mut self) -> &mut State {
        &mut self.ledger.state
    }

    /// Fees of all transactions come before all else, refunds after all else.
    fn apply(&mut self, meta: &LedgerCloseMetaV2) {
        for result in meta.tx_processing.iter() {
            self.apply_changes(&result.fee_processing);
        }
        for result in meta.tx_processing.iter() {
            if let TransactionMeta::V4(meta) = &result.tx_apply_processing {
                self.apply_changes(&meta.tx_changes_before);
                for operation in meta.operations.iter() {
                    self.apply_changes(&operation.changes);
                }
                self.apply_changes(&meta.tx_changes_after);
            }
        }
        for result in meta.tx_processing.iter() {
            self.apply_changes(&result.post_tx_apply_fee_processing);
        }
        for upgrade in meta.upgrades_processing.iter() {
            self.apply_changes(&upgrade.changes);
        }
        for key in meta.evicted_keys.iter() {
            self.evict(key);
        }
    }

    fn apply_changes(&mut self, changes: &LedgerEntryChanges) {
        for change in changes.0.iter() {
            match change {
                LedgerEntryChange::State(entry) => self.compare(entry),
                LedgerEntryChange::Created(entry)
                | LedgerEntryChange::Updated(entry)
                | LedgerEntryChange::Restored(entry) => self.write(entry),
                LedgerEntryChange::Removed(key) => self.remove(key),
            }
        }
    }

    /// What an entry was before it changed; it may have been set by hand since.
    fn compare(&mut self, entry: &LedgerEntry) {
        let expected = match &entry.data {
            LedgerEntryData::Ttl(ttl) => {
                let known = self.lives.get(&ttl.key_hash.0);
                known.is_some_and(|life| life.live_until == ttl.live_until_ledger_seq)
            }
            _ => Store::get(&self.ledger.state, &entry.to_key()).is_some_and(|known| *known.entry == *entry),
        };
        if !expected {
            self.surprises = self.surprises.saturating_add(1);
            self.write(entry);
        }
    }

    fn write(&mut self, entry: &LedgerEntry) {
        if let LedgerEntryData::Ttl(ttl) = &entry.data {
            let life = Life {
                live_until: ttl.live_until_ledger_seq,
                modified: entry.last_modified_ledger_seq,
            };
            self.lives.insert(ttl.key_hash.0, life);
            return;
        }
        let stored = StoredEntry {
            entry: Arc::new(entry.clone()),
            live_until: None,
            life_modified: 0,
        };
        self.state().put(entry.to_key(), Some(stored));
    }

    fn remove(&mut self, key: &LedgerKey) {
        match key {
            LedgerKey::Ttl(ttl) => {
                self.lives.remove(&ttl.key_hash.0);
            }
            key => self.state().put(key.clone(), None),
        }
    }

    /// Temporary entries are gone when they are evicted; persistent ones stay, archived.
    fn evict(&mut self, key: &LedgerKey) {
        if super::state::is_temporary(key) {
            self.lives.remove(&ttl_key_hash(key).0);
            self.state().put(key.clone(), None);
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.whole {
            let first = self.first;
            warnings.push(format!(
                "the ledgers begin with {first}: entries and settings that none of them changes are not known"
            ));
        }
        if self.surprises > 0 {
            warnings.push(format!(
                "{} changes began from another state than the ledgers before had left: entries were set past them \
                 (dev_setEntry), or their first ledgers are missing",
                self.surprises
            ));
        }
        warnings
    }

    /// Joins entries and their lives.
    fn finish(mut self) -> Continued {
        let with_lives: Vec<(LedgerKey, StoredEntry)> = self
            .ledger
            .state
            .entries()
            .filter_map(|stored| {
                let key = stored.entry.to_key();
                let life = self.lives.get(&ttl_key_hash(&key).0)?;
                let stored = StoredEntry {
                    live_until: Some(life.live_until),
                    life_modified: life.modified,
                    ..stored.clone()
                };
                Some((key, stored))
            })
            .collect();
        for (key, stored) in with_lives {
            self.state().put(key, Some(stored));
        }
        let warnings = self.warnings();
        let mut ledger = self.ledger;
        ledger.clock.catch_up(ledger.tip.close_ms());
        Continued { ledger, warnings }
    }
}

/// Whether header, transaction set and results have the hashes they are known by.
fn check_hashes(meta: &LedgerCloseMetaV2) -> Result<(), &'static str> {
    let header = &meta.ledger_header.header;
    if xdr_hash(header) != meta.ledger_header.hash {
        return Err("the header does not have the hash beside it");
    }
    if xdr_hash(&meta.tx_set) != header.scp_value.tx_set_hash {
        return Err("the transactions are not those of the header");
    }
    let results: Vec<_> = meta.tx_processing.iter().map(|result| result.result.clone()).collect();
    let results = results.try_into().map(|results| TransactionResultSet { results });
    if results.map(|set| xdr_hash(&set)).ok() != Some(header.tx_set_result_hash.clone()) {
        return Err("the results are not those of the header");
    }
    Ok(())
}

/// Whether a ledger follows the tip. Only ledgers of this program have a hash over their
/// changes in the place of the bucket list's.
fn check_link(tip: &Tip, meta: &LedgerCloseMetaV2, ours: bool) -> Result<(), &'static str> {
    let header = &meta.ledger_header.header;
    if header.ledger_seq != tip.sequence().saturating_add(1) {
        return Err("does not come after the one before it");
    }
    if header.previous_ledger_hash.0 != *tip.hash() {
        return Err("does not name the hash of the ledger before it");
    }
    if ours && header.bucket_list_hash.0 != state_hash(tip, &meta.tx_processing, &meta.upgrades_processing) {
        return Err("the changes in its meta are not those of the header");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::HeaderTime,
        lake::{reader::Ledgers, writer::Lake},
        ledger::Happening,
        testing::{create, key, ledger, next_number, payment, run, submission, transaction, PASSPHRASE, START_MS},
    };
    use std::path::{Path, PathBuf};

    /// A folder of its own for one test, empty at its start.
    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("devnet-lake-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    fn continued(folder: &Path, header: HeaderTime) -> Result<Continued, SetupError> {
        let clock = Clock::new(Some(START_MS), header);
        let ledgers = Ledgers::open(folder, PASSPHRASE)?;
        continue_from(Identity::new(PASSPHRASE), clock, 1_000, &[], ledgers)
    }

    fn pay(ledger: &mut Ledger, amount: i64) {
        let (from, to) = (key(1), key(2));
        let number = next_number(ledger, &from);
        let payment = transaction(&from, number, vec![payment(&to, amount)]);
        run(ledger, submission(payment, &[&from]));
    }

    /// Entries of the one ledger that the other has not.
    fn missing(of: &Ledger, from: &Ledger) -> Vec<StoredEntry> {
        let (of, from) = (of.state(), from.state());
        let is_missing = |stored: &&StoredEntry| Store::get(from, &stored.entry.to_key()).as_ref() != Some(*stored);
        of.entries().filter(is_missing).cloned().collect()
    }

    fn assert_same_entries(one: &Ledger, other: &Ledger) {
        assert_eq!((missing(one, other), missing(other, one)), (Vec::new(), Vec::new()));
    }

    /// A ledger with some payments, and the folder that followed it.
    fn exported(name: &str, header: HeaderTime) -> (Ledger, PathBuf) {
        let folder = folder(name);
        let mut ledger = ledger(header);
        create(&mut ledger, &[&key(1), &key(2)], 1_000_000_000);
        let mut lake = Lake::open(&folder, PASSPHRASE, &ledger.history).unwrap();
        ledger.take_happenings();
        for amount in [1, 2, 50_000_000_000] {
            pay(&mut ledger, amount);
        }
        for happening in ledger.take_happenings() {
            if let Happening::Closed(closed) = happening {
                lake.write(&closed).unwrap();
            }
        }
        (ledger, folder)
    }

    #[test]
    fn a_folder_gives_the_same_ledger_again() {
        for (name, header) in [("ms", HeaderTime::Ms), ("seconds", HeaderTime::Seconds)] {
            let (mut before, folder) = exported(name, header);
            let Continued { mut ledger, warnings } = continued(&folder, header).unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
            assert_same_entries(&ledger, &before);
            before.clock.catch_up(before.tip.close_ms());
            for ledger in [&mut before, &mut ledger] {
                pay(ledger, 3);
            }
            assert_eq!(ledger.tip.hash(), before.tip.hash());
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn what_was_set_past_the_ledgers_is_told() {
        let folder = folder("set");
        let mut ledger = ledger(HeaderTime::Ms);
        create(&mut ledger, &[&key(1), &key(2)], 1_000_000_000);
        let mut account = crate::accounts::load_account(ledger.state(), &crate::testing::account(&key(1))).unwrap();
        account.balance += 5;
        let data = LedgerEntryData::Account(account);
        let key = StoredEntry::lasting(data.clone()).entry.to_key();
        ledger.set_entry(key, Some(data), None, 3).unwrap();
        pay(&mut ledger, 1);
        Lake::open(&folder, PASSPHRASE, &ledger.history).unwrap();
        let Continued {
            ledger: after,
            warnings,
        } = continued(&folder, HeaderTime::Ms).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_same_entries(&after, &ledger);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_was_changed_is_refused() {
        let (_, folder) = exported("changed", HeaderTime::Ms);
        let files = crate::lake::reader::files(&folder).unwrap();
        let newest = std::fs::read(&files.last().unwrap().path).unwrap();
        let refusal = |bytes: &[u8]| {
            std::fs::write(&files.last().unwrap().path, bytes).unwrap();
            continued(&folder, HeaderTime::Ms).err().unwrap().to_string()
        };
        assert!(refusal(&newest[..newest.len() / 2]).contains("damaged"));
        let mut batch = zstd::decode_all(&newest[..]).unwrap();
        let last = batch.len() - 40;
        batch[last] ^= 1;
        let words = refusal(&zstd::bulk::compress(&batch, 3).unwrap());
        assert!(words.contains("ledger 6") || words.contains("no batch"), "{words}");
        std::fs::remove_file(&files[1].path).unwrap();
        assert!(refusal(&newest).contains("after ledger 2 comes ledger 4"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn another_history_or_network_keeps_its_folder() {
        let (_, folder) = exported("other", HeaderTime::Ms);
        let other = ledger(HeaderTime::Seconds);
        let words = Lake::open(&folder, PASSPHRASE, &other.history)
            .err()
            .unwrap()
            .to_string();
        assert!(words.contains("another history"), "{words}");
        let words = Lake::open(&folder, "another network", &other.history)
            .err()
            .unwrap()
            .to_string();
        assert!(words.contains("of the network"), "{words}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn going_back_takes_files_away() {
        let (ledger, folder) = exported("back", HeaderTime::Ms);
        let mut lake = Lake::open(&folder, PASSPHRASE, &ledger.history).unwrap();
        lake.rewind(4).unwrap();
        let left: Vec<u32> = crate::lake::reader::files(&folder)
            .unwrap()
            .iter()
            .map(|file| file.last)
            .collect();
        assert_eq!(left, [2, 3, 4]);
        Lake::open(&folder, PASSPHRASE, &ledger.history).unwrap();
        assert_eq!(crate::lake::reader::files(&folder).unwrap().len(), 5);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
