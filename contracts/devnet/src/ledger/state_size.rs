//! The size of all live Soroban entries: what rent prices are computed from.
//!
//! Every so many ledgers the size goes into a window of samples, a config setting;
//! the average of the window is the size that counts.

use super::{
    frame::Frame,
    state::{State, Store, StoredEntry},
    Ledger,
};
use crate::{encoding::xdr, settings, transaction::soroban::rent_size};
use soroban_env_host::{
    budget::{AsBudget, Budget},
    xdr::{ConfigSettingEntry, ConfigSettingId, LedgerEntryChange, LedgerEntryData, LedgerKey, LedgerKeyConfigSetting},
};
use std::collections::VecDeque;

/// The size of all contract data and code in bytes, code with the memory it takes to run.
fn of(state: &State, budget: &Budget) -> u64 {
    let code = state.contract_codes().map(|stored| {
        let bytes = u32::try_from(xdr(stored.entry.as_ref()).len()).unwrap_or(u32::MAX);
        rent_size(&stored.entry, bytes, budget).unwrap_or(bytes)
    });
    code.map(u64::from)
        .fold(state.contract_data_bytes(), u64::saturating_add)
}

/// The sample ledger `sequence` takes, if it takes one: the size before its own changes, as in core.
pub fn sample(ledger: &Ledger, sequence: u32) -> Option<u64> {
    let period = ledger
        .config
        .state_archival
        .live_soroban_state_size_window_sample_period;
    let due = period > 0 && sequence.is_multiple_of(period);
    due.then(|| of(&ledger.state, ledger.compilation.as_budget()))
}

/// Puts a sample into the window; the oldest goes.
pub fn record(ledger: &mut Ledger, sample: u64) {
    let mut window = window(ledger);
    window.push_back(sample);
    window.pop_front();
    store(ledger, window);
}

/// Fills the whole window with the size as it is now: the prices of memory have changed.
pub fn recount(ledger: &mut Ledger) -> Vec<LedgerEntryChange> {
    let size = of(&ledger.state, ledger.compilation.as_budget());
    let mut window = window(ledger);
    window.iter_mut().for_each(|sample| *sample = size);
    store(ledger, window)
}

/// The average of the window, in bytes.
pub fn average(state: &State) -> u64 {
    let samples = samples(state);
    let count = u64::try_from(samples.len()).unwrap_or(u64::MAX);
    samples
        .iter()
        .fold(0_u64, |sum, size| sum.saturating_add(*size))
        .checked_div(count)
        .unwrap_or(0)
}

/// The samples, oldest first, as many as the settings ask for.
fn window(ledger: &Ledger) -> VecDeque<u64> {
    let length = ledger.config.state_archival.live_soroban_state_size_window_sample_size;
    let length = usize::try_from(length.max(1)).unwrap_or(1);
    let mut window: VecDeque<u64> = samples(&ledger.state).into();
    let oldest = window.front().copied().unwrap_or(0);
    while window.len() > length {
        window.pop_front();
    }
    while window.len() < length {
        window.push_front(oldest);
    }
    window
}

fn samples(state: &State) -> Vec<u64> {
    let key = LedgerKey::ConfigSetting(LedgerKeyConfigSetting {
        config_setting_id: ConfigSettingId::LiveSorobanStateSizeWindow,
    });
    match Store::get(state, &key).map(|stored| stored.entry.data.clone()) {
        Some(LedgerEntryData::ConfigSetting(ConfigSettingEntry::LiveSorobanStateSizeWindow(samples))) => {
            samples.to_vec()
        }
        _ => Vec::new(),
    }
}

fn store(ledger: &mut Ledger, window: VecDeque<u64>) -> Vec<LedgerEntryChange> {
    let samples = Vec::from(window).try_into().unwrap_or_default();
    let setting = ConfigSettingEntry::LiveSorobanStateSizeWindow(samples);
    let key = settings::key_of(&setting);
    let entry = StoredEntry::lasting(LedgerEntryData::ConfigSetting(setting));
    let mut frame = Frame::new(&mut ledger.state);
    frame.put(key, Some(entry));
    let changes = frame.commit().0.to_vec();
    ledger.reload();
    changes
}
