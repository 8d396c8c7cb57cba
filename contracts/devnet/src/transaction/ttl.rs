//! ExtendFootprintTtl and RestoreFootprint.

use super::{
    diagnostics::exceeded,
    soroban::{charge_refundable, rent_size, Effect, Environment},
    soroban_check::ResourceFault,
    Submission,
};
use crate::{
    encoding::xdr,
    ledger::{frame::Frame, state::Store},
    settings::Settings,
};
use soroban_env_host::{
    fees::{compute_rent_fee, LedgerEntryRentChange},
    ledger_info::get_key_durability,
    xdr::{
        ContractDataDurability, DiagnosticEvent, ExtendFootprintTtlResult, LedgerKey, RestoreFootprintResult, ScError,
        ScErrorCode, SorobanTransactionData,
    },
};

/// How an operation failed, and the event that explains it.
pub type Refused<R> = (R, Option<DiagnosticEvent>);

/// What is wrong with an extend operation's footprint and length, if anything.
pub fn extend_fault(data: &SorobanTransactionData, extend_to: u32, settings: &Settings) -> Option<ResourceFault> {
    let footprint = &data.resources.footprint;
    let invalid =
        |message, values| ResourceFault::invalid(ScError::Storage(ScErrorCode::InvalidInput), message, values);
    if !footprint.read_write.is_empty() {
        return Some(invalid(
            "read-write footprint must be empty for ExtendFootprintTTL operation",
            Vec::new(),
        ));
    }
    if footprint.read_only.iter().any(|key| get_key_durability(key).is_none()) {
        return Some(invalid(
            "only entries with TTL (contract data or code entries) can have it extended",
            Vec::new(),
        ));
    }
    let longest = settings.state_archival.max_entry_ttl.saturating_sub(1);
    (extend_to > longest).then(|| {
        invalid(
            "TTL extension is too large: {} > {}",
            vec![extend_to.into(), longest.into()],
        )
    })
}

/// What is wrong with a restore operation's footprint, if anything.
pub fn restore_fault(data: &SorobanTransactionData) -> Option<ResourceFault> {
    let footprint = &data.resources.footprint;
    let invalid = |message| ResourceFault::invalid(ScError::Storage(ScErrorCode::InvalidInput), message, Vec::new());
    if !footprint.read_only.is_empty() {
        return Some(invalid(
            "read-only footprint must be empty for RestoreFootprint operation",
        ));
    }
    let mut keys = footprint.read_write.iter();
    let persistent = keys.all(|key| get_key_durability(key) == Some(ContractDataDurability::Persistent));
    (!persistent).then(|| invalid("only persistent Soroban entries can be restored"))
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
) -> Result<Effect, Refused<ExtendFootprintTtlResult>> {
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
            .map_err(|_| (ExtendFootprintTtlResult::ResourceLimitExceeded, None))?;
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
    charge_rent(submission, data, environment, &changes)
        .map_err(|event| (ExtendFootprintTtlResult::InsufficientRefundableFee, Some(event)))
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
) -> Result<Effect, Refused<RestoreFootprintResult>> {
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
        let limits = [
            (
                "operation byte-read resources exceeds amount specified",
                data.resources.disk_read_bytes,
            ),
            (
                "operation byte-write resources exceeds amount specified",
                data.resources.write_bytes,
            ),
        ];
        for (message, limit) in limits {
            if bytes > limit {
                let event = exceeded(message, bytes.into(), limit.into());
                return Err((RestoreFootprintResult::ResourceLimitExceeded, Some(event)));
            }
        }
        let rent_size = rent_size(&stored.entry, size, environment.cost_model)
            .map_err(|_| (RestoreFootprintResult::ResourceLimitExceeded, None))?;
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
    charge_rent(submission, data, environment, &changes)
        .map_err(|event| (RestoreFootprintResult::InsufficientRefundableFee, Some(event)))
}

fn charge_rent(
    submission: &Submission,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    changes: &[LedgerEntryRentChange],
) -> Result<Effect, DiagnosticEvent> {
    let rent_fee = compute_rent_fee(
        changes,
        &environment.config.host.rent_fee_configuration,
        environment.info.sequence_number,
    );
    let refundable_fee = charge_refundable(submission, data, environment.config, 0, rent_fee)?;
    Ok(Effect {
        refundable_fee,
        rent_fee,
        ..Effect::default()
    })
}
