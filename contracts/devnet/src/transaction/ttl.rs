//! ExtendFootprintTtl and RestoreFootprint.

use super::{
    soroban::{charge_refundable, rent_size, Effect, Environment},
    Submission,
};
use crate::{
    encoding::xdr,
    ledger::state::{Frame, Store},
    settings::Settings,
};
use soroban_env_host::{
    fees::{compute_rent_fee, LedgerEntryRentChange},
    ledger_info::get_key_durability,
    xdr::{
        ContractDataDurability, ExtendFootprintTtlResult, LedgerKey, RestoreFootprintResult, SorobanTransactionData,
    },
};

/// Whether an extend operation's footprint and length make sense.
pub fn extend_is_well_formed(data: &SorobanTransactionData, extend_to: u32, settings: &Settings) -> bool {
    let footprint = &data.resources.footprint;
    footprint.read_write.is_empty()
        && footprint.read_only.iter().all(|key| get_key_durability(key).is_some())
        && extend_to < settings.state_archival.max_entry_ttl
}

/// Whether a restore operation's footprint makes sense.
pub fn restore_is_well_formed(data: &SorobanTransactionData) -> bool {
    let footprint = &data.resources.footprint;
    footprint.read_only.is_empty()
        && footprint
            .read_write
            .iter()
            .all(|key| get_key_durability(key) == Some(ContractDataDurability::Persistent))
}

/// Lets live entries live until `extend_to` ledgers from now.
///
/// # Errors
/// The operation's failure; the caller then drops the frame.
pub fn apply_extend(
    frame: &mut Frame<'_>,
    submission: &Submission,
    data: &SorobanTransactionData,
    extend_to: u32,
    environment: &Environment<'_>,
) -> Result<Effect, ExtendFootprintTtlResult> {
    let sequence = environment.info.sequence_number;
    let live_until = sequence.saturating_add(extend_to);
    let mut changes = Vec::new();
    for key in data.resources.footprint.read_only.iter() {
        let Some(stored) = frame.get(key) else {
            continue;
        };
        let Some(old) = stored.live_until else {
            continue;
        };
        if stored.is_expired(sequence) || old >= live_until {
            continue;
        }
        let size = u32::try_from(xdr(stored.entry.as_ref()).len()).unwrap_or(u32::MAX);
        let size = rent_size(&stored.entry, size, environment.cost_model)
            .map_err(|_| ExtendFootprintTtlResult::ResourceLimitExceeded)?;
        changes.push(LedgerEntryRentChange {
            is_persistent: get_key_durability(key) == Some(ContractDataDurability::Persistent),
            is_code_entry: matches!(key, LedgerKey::ContractCode(_)),
            old_size_bytes: size,
            new_size_bytes: size,
            old_live_until_ledger: old,
            new_live_until_ledger: live_until,
        });
        frame.extend(key, live_until);
    }
    charge_rent(submission, data, environment, &changes).ok_or(ExtendFootprintTtlResult::InsufficientRefundableFee)
}

/// Brings archived entries back with the shortest life a new entry gets.
///
/// # Errors
/// The operation's failure; the caller then drops the frame.
pub fn apply_restore(
    frame: &mut Frame<'_>,
    submission: &Submission,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
) -> Result<Effect, RestoreFootprintResult> {
    let sequence = environment.info.sequence_number;
    let live_until = environment
        .info
        .min_live_until_ledger_checked(ContractDataDurability::Persistent)
        .unwrap_or(u32::MAX);
    let mut changes = Vec::new();
    let mut bytes = 0_u32;
    for key in data.resources.footprint.read_write.iter() {
        let Some(stored) = frame.get(key) else {
            continue;
        };
        if !stored.is_expired(sequence) {
            continue;
        }
        let size = u32::try_from(xdr(stored.entry.as_ref()).len()).unwrap_or(u32::MAX);
        bytes = bytes.saturating_add(size);
        if bytes > data.resources.disk_read_bytes || bytes > data.resources.write_bytes {
            return Err(RestoreFootprintResult::ResourceLimitExceeded);
        }
        let rent_size = rent_size(&stored.entry, size, environment.cost_model)
            .map_err(|_| RestoreFootprintResult::ResourceLimitExceeded)?;
        changes.push(LedgerEntryRentChange {
            is_persistent: true,
            is_code_entry: matches!(key, LedgerKey::ContractCode(_)),
            old_size_bytes: 0,
            new_size_bytes: rent_size,
            old_live_until_ledger: 0,
            new_live_until_ledger: live_until,
        });
        frame.restore(key.clone(), live_until);
    }
    charge_rent(submission, data, environment, &changes).ok_or(RestoreFootprintResult::InsufficientRefundableFee)
}

fn charge_rent(
    submission: &Submission,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    changes: &[LedgerEntryRentChange],
) -> Option<Effect> {
    let rent_fee = compute_rent_fee(
        changes,
        &environment.config.host.rent_fee_configuration,
        environment.info.sequence_number,
    );
    let refundable_fee = charge_refundable(submission, data, environment.config, 0, rent_fee)?;
    Some(Effect {
        refundable_fee,
        rent_fee,
        ..Effect::default()
    })
}
