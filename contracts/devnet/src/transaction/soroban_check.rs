//! Checks of declared Soroban resources that need no execution.

use super::{
    diagnostics::{error_event, text},
    fees, Submission,
};
use crate::{encoding::xdr, settings::Settings};
use soroban_env_host::{
    ledger_info::get_key_durability,
    xdr::{
        ContractDataDurability, DiagnosticEvent, LedgerKey, MuxedAccount, OperationBody, ScError, ScErrorCode, ScVal,
        SorobanTransactionData,
    },
};
use std::collections::BTreeSet;

/// What is wrong with the resources, as the diagnostic event a node would send.
pub struct ResourceFault {
    error: ScError,
    message: &'static str,
    values: Vec<u64>,
}

impl ResourceFault {
    fn limit(error: fn(ScErrorCode) -> ScError, message: &'static str, declared: u64, limit: u64) -> Self {
        Self {
            error: error(ScErrorCode::ExceededLimit),
            message,
            values: vec![declared, limit],
        }
    }

    /// Something that makes no sense.
    pub const fn invalid(error: ScError, message: &'static str, values: Vec<u64>) -> Self {
        Self { error, message, values }
    }

    /// The fault as a diagnostic event.
    pub fn into_event(self) -> DiagnosticEvent {
        let mut data = vec![text(self.message)];
        data.extend(self.values.into_iter().map(ScVal::U64));
        error_event(self.error, data)
    }
}

/// Checks declared resources against the limits of one transaction.
pub fn check_resources(
    submission: &Submission,
    data: &SorobanTransactionData,
    settings: &Settings,
) -> Result<(), ResourceFault> {
    check_amounts(submission, data, settings)?;
    check_footprint(data, settings)?;
    check_archived_indexes(data)?;
    if submission.size > settings.max_transaction_bytes {
        return Err(ResourceFault::limit(
            ScError::Budget,
            "total transaction size exceeds network config maximum",
            submission.size.into(),
            settings.max_transaction_bytes.into(),
        ));
    }
    let (needed, _) = fees::resource_fees(submission, data, 0, &settings.host.fee_configuration);
    if data.resource_fee < needed {
        return Err(ResourceFault::limit(
            ScError::Value,
            "transaction `sorobanData.resourceFee` is lower than the actual Soroban resource fee",
            u64::try_from(data.resource_fee).unwrap_or(0),
            u64::try_from(needed).unwrap_or(0),
        ));
    }
    check_memo(submission)
}

/// Whether the declared resources are more than a whole ledger offers.
pub fn exceeds_ledger(data: &SorobanTransactionData, settings: &Settings) -> bool {
    let resources = &data.resources;
    i64::from(resources.instructions) > settings.compute.ledger_max_instructions
        || resources.disk_read_bytes > settings.ledger_cost.ledger_max_disk_read_bytes
        || resources.write_bytes > settings.ledger_cost.ledger_max_write_bytes
}

fn check_amounts(
    submission: &Submission,
    data: &SorobanTransactionData,
    settings: &Settings,
) -> Result<(), ResourceFault> {
    let resources = &data.resources;
    let footprint = &resources.footprint;
    let instructions = i64::from(resources.instructions);
    if instructions > settings.compute.tx_max_instructions {
        return Err(ResourceFault::limit(
            ScError::Budget,
            "transaction instructions resources exceed network config limit",
            resources.instructions.into(),
            settings.compute.tx_max_instructions.unsigned_abs(),
        ));
    }
    let entries = footprint.read_only.len().saturating_add(footprint.read_write.len());
    let checks = [
        (
            "transaction byte-read resources exceed network config limit",
            resources.disk_read_bytes,
            settings.ledger_cost.tx_max_disk_read_bytes,
        ),
        (
            "transaction byte-write resources exceed network config limit",
            resources.write_bytes,
            settings.ledger_cost.tx_max_write_bytes,
        ),
        (
            "transaction entry-read resources exceed network config limit",
            fees::disk_read_entries(submission, data),
            settings.ledger_cost.tx_max_disk_read_entries,
        ),
        (
            "transaction entry-write resources exceed network config limit",
            u32::try_from(footprint.read_write.len()).unwrap_or(u32::MAX),
            settings.ledger_cost.tx_max_write_ledger_entries,
        ),
        (
            "transaction footprint size exceeds network config limit",
            u32::try_from(entries).unwrap_or(u32::MAX),
            settings.ledger_cost_ext.tx_max_footprint_entries,
        ),
    ];
    for (message, declared, limit) in checks {
        if declared > limit {
            return Err(ResourceFault::limit(
                ScError::Storage,
                message,
                declared.into(),
                limit.into(),
            ));
        }
    }
    Ok(())
}

fn check_footprint(data: &SorobanTransactionData, settings: &Settings) -> Result<(), ResourceFault> {
    let footprint = &data.resources.footprint;
    let mut seen = BTreeSet::new();
    for key in footprint.read_only.iter().chain(footprint.read_write.iter()) {
        let allowed = matches!(
            key,
            LedgerKey::Account(_) | LedgerKey::Trustline(_) | LedgerKey::ContractData(_) | LedgerKey::ContractCode(_)
        );
        if !allowed {
            return Err(ResourceFault::invalid(
                ScError::Storage(ScErrorCode::UnexpectedType),
                "transaction footprint contains unsupported ledger key type",
                vec![u64::from(key.discriminant() as u32)],
            ));
        }
        let size = u32::try_from(xdr(key).len()).unwrap_or(u32::MAX);
        if size > settings.max_key_bytes {
            return Err(ResourceFault::limit(
                ScError::Storage,
                "transaction footprint key exceeds network config limit",
                size.into(),
                settings.max_key_bytes.into(),
            ));
        }
        if !seen.insert(key) {
            return Err(ResourceFault::invalid(
                ScError::Storage(ScErrorCode::InvalidInput),
                "Found duplicate key in the Soroban footprint; every key across read-only and read-write footprints \
                 has to be unique.",
                Vec::new(),
            ));
        }
    }
    Ok(())
}

fn check_archived_indexes(data: &SorobanTransactionData) -> Result<(), ResourceFault> {
    let keys = &data.resources.footprint.read_write;
    let indexes = fees::archived_entries(data);
    let sorted = indexes.windows(2).all(|pair| pair.first() < pair.get(1));
    let persistent = indexes.iter().all(|index| {
        usize::try_from(*index)
            .ok()
            .and_then(|index| keys.get(index))
            .and_then(get_key_durability)
            == Some(ContractDataDurability::Persistent)
    });
    if sorted && persistent {
        Ok(())
    } else {
        Err(ResourceFault::invalid(
            ScError::Storage(ScErrorCode::InvalidInput),
            "archivedSorobanEntries must be sorted indexes of persistent read-write keys",
            Vec::new(),
        ))
    }
}

/// Invocations may carry neither a memo nor a muxed source: contracts could
/// otherwise be mistaken about who is meant.
fn check_memo(submission: &Submission) -> Result<(), ResourceFault> {
    let is_muxed = |account: &MuxedAccount| matches!(account, MuxedAccount::MuxedEd25519(_));
    let invokes = submission
        .transaction
        .operations
        .iter()
        .any(|operation| matches!(operation.body, OperationBody::InvokeHostFunction(_)));
    let muxed = is_muxed(&submission.transaction.source_account)
        || submission
            .transaction
            .operations
            .iter()
            .any(|operation| operation.source_account.as_ref().is_some_and(is_muxed));
    if invokes && (submission.has_memo() || muxed) {
        return Err(ResourceFault::invalid(
            ScError::Value(ScErrorCode::InvalidInput),
            "Soroban transactions are not allowed to use memo or muxed source account",
            Vec::new(),
        ));
    }
    Ok(())
}
