//! Where the scan for expired entries stands.
//!
//! Without a bucket list nothing is scanned and nothing evicted: an expired temporary entry
//! is merely not there any more, an archived one is restored from where it is. The iterator
//! is kept as every ledger of a real network writes it.

use super::state::{State, Store, StoredEntry};
use crate::settings::{key_of, Settings};
use soroban_env_host::xdr::{ConfigSettingEntry, EvictionIterator, LedgerEntryData};

/// Writes the iterator of this ledger.
pub fn advance(state: &mut State, settings: &Settings) {
    let setting = ConfigSettingEntry::EvictionIterator(EvictionIterator {
        bucket_list_level: settings.state_archival.starting_eviction_scan_level,
        is_curr_bucket: true,
        bucket_file_offset: 0,
    });
    let entry = LedgerEntryData::ConfigSetting(setting.clone());
    let written = StoredEntry::written(entry, state.sequence());
    state.put(key_of(&setting), Some(written));
}
