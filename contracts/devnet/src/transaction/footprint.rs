//! Loads what an invocation may touch, as the host takes it.

use super::{
    diagnostics::{error_event, exceeded, text},
    fees::archived_entries,
    metrics::Metrics,
    soroban::{rent_size, Environment, Failure},
};
use crate::{
    encoding::xdr,
    ledger::{
        frame::Frame,
        state::{is_temporary, Store, StoredEntry},
    },
};
use soroban_env_host::{
    budget::Budget,
    e2e_invoke::TtlLedgerEntryMeta,
    xdr::{
        ContractDataDurability, DiagnosticEvent, InvokeHostFunctionResult, LedgerKey, ScBytes, ScError, ScErrorCode,
        ScVal, SorobanTransactionData,
    },
};

/// An entry as the host takes it: its XDR and its life.
pub type HostEntry = (Option<Vec<u8>>, Option<TtlLedgerEntryMeta>);

/// Collects the footprint's entries, restoring those that are marked as archived.
pub fn load(
    frame: &mut Frame<'_>,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    metrics: &mut Metrics,
) -> Result<Vec<HostEntry>, Failure> {
    let footprint = &data.resources.footprint;
    let marked = archived_entries(data);
    let read_only = footprint.read_only.iter().map(|key| (key, false));
    let read_write = (0_u32..).zip(footprint.read_write.iter());
    let read_write = read_write.map(|(index, key)| (key, marked.contains(&index)));
    let mut entries = Vec::new();
    for (key, restorable) in read_only.chain(read_write) {
        let (stored, from_disk) = find(frame, key, restorable, environment)?;
        metrics.read();
        let encoded = stored.as_ref().map(|stored| xdr(stored.entry.as_ref()));
        let size = encoded.as_deref().map_or(0, length);
        if from_disk {
            read_from_disk(key, size, data, metrics)?;
        }
        let Some(stored) = stored else {
            entries.push((None, None));
            continue;
        };
        let ttl = time_to_live(&stored, size, environment.cost_model)?;
        entries.push((encoded, ttl));
    }
    Ok(entries)
}

/// Counts what comes from disk. A classic key is looked up there even if nothing is under it.
fn read_from_disk(
    key: &LedgerKey,
    size: u32,
    data: &SorobanTransactionData,
    metrics: &mut Metrics,
) -> Result<(), Failure> {
    let is_code = matches!(key, LedgerKey::ContractCode(_));
    let read = metrics.read_from_disk(is_code, length(&xdr(key)), size);
    let allowed = u64::from(data.resources.disk_read_bytes);
    if read > allowed {
        let event = exceeded("operation byte-read resources exceeds amount specified", read, allowed);
        return Err(Failure::told(InvokeHostFunctionResult::ResourceLimitExceeded, event));
    }
    Ok(())
}

/// The entry under a key as of this ledger, and whether it has to come from disk.
fn find(
    frame: &mut Frame<'_>,
    key: &LedgerKey,
    restorable: bool,
    environment: &Environment<'_>,
) -> Result<(Option<StoredEntry>, bool), Failure> {
    let lives_in_memory = matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_));
    let stored = frame.get(key);
    if !stored
        .as_ref()
        .is_some_and(|stored| stored.is_expired(environment.info.sequence_number))
    {
        return Ok((stored, !lives_in_memory));
    }
    if is_temporary(key) {
        return Ok((None, false));
    }
    if !restorable {
        return Err(Failure::told(InvokeHostFunctionResult::EntryArchived, archived(key)));
    }
    let restored_until = environment
        .info
        .min_live_until_ledger_checked(ContractDataDurability::Persistent);
    frame.restore(key.clone(), restored_until.unwrap_or(u32::MAX));
    Ok((frame.get(key), true))
}

/// Says which entry is archived.
fn archived(key: &LedgerKey) -> DiagnosticEvent {
    let data = match key {
        LedgerKey::ContractData(data) => vec![
            text("trying to access an archived contract data entry"),
            ScVal::Address(data.contract.clone()),
            data.key.clone(),
        ],
        LedgerKey::ContractCode(code) => vec![
            text("trying to access an archived contract code entry"),
            ScVal::Bytes(ScBytes(code.hash.0.to_vec().try_into().unwrap_or_default())),
        ],
        _ => vec![text("trying to access an archived entry")],
    };
    error_event(ScError::Value(ScErrorCode::InvalidInput), data)
}

fn time_to_live(stored: &StoredEntry, size: u32, budget: &Budget) -> Result<Option<TtlLedgerEntryMeta>, Failure> {
    let Some(live_until_ledger) = stored.live_until else {
        return Ok(None);
    };
    let entry_size_for_rent = rent_size(&stored.entry, size, budget)?;
    Ok(Some(TtlLedgerEntryMeta {
        live_until_ledger,
        entry_size_for_rent,
    }))
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
