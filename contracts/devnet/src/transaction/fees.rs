//! What a transaction costs.

use super::Submission;
use crate::network::BASE_FEE;
use soroban_env_host::{
    fees::{compute_transaction_resource_fee, FeeConfiguration, TransactionResources},
    xdr::{LedgerKey, OperationBody, SorobanTransactionData, SorobanTransactionDataExt},
};

/// The fee that is charged first, in stroops: base fee per operation plus the
/// whole resource fee, of which the unused refundable part comes back later.
pub fn charged_first(submission: &Submission) -> i64 {
    i64::from(BASE_FEE)
        .saturating_mul(submission.fee_operations().max(1))
        .saturating_add(if submission.is_soroban() {
            submission.resource_fee()
        } else {
            0
        })
}

/// The bid that is left for inclusion, in stroops.
pub fn inclusion_bid(submission: &Submission) -> i64 {
    submission.fee_bid().saturating_sub(submission.resource_fee())
}

/// The least inclusion bid that is accepted, in stroops.
pub fn minimum_inclusion(submission: &Submission) -> i64 {
    i64::from(BASE_FEE).saturating_mul(submission.fee_operations().max(1))
}

/// Resource fees in stroops (not refundable, refundable) of a Soroban
/// transaction that emitted `events_size` bytes of events and return value.
pub fn resource_fees(
    submission: &Submission,
    data: &SorobanTransactionData,
    events_size: u32,
    prices: &FeeConfiguration,
) -> (i64, i64) {
    let resources = TransactionResources {
        instructions: data.resources.instructions,
        disk_read_entries: disk_read_entries(submission, data),
        write_entries: count(data.resources.footprint.read_write.len()),
        disk_read_bytes: data.resources.disk_read_bytes,
        write_bytes: data.resources.write_bytes,
        contract_events_size_bytes: events_size,
        transaction_size_bytes: submission.size,
    };
    compute_transaction_resource_fee(&resources, prices)
}

/// Entries that come from disk: classic ones and archived ones. A restore
/// operation reads everything it names.
pub fn disk_read_entries(submission: &Submission, data: &SorobanTransactionData) -> u32 {
    let footprint = &data.resources.footprint;
    let restores = submission
        .transaction
        .operations
        .iter()
        .any(|operation| matches!(operation.body, OperationBody::RestoreFootprint(_)));
    if restores {
        return count(footprint.read_write.len());
    }
    let classic = footprint
        .read_only
        .iter()
        .chain(footprint.read_write.iter())
        .filter(|key| !matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_)))
        .count();
    count(classic).saturating_add(count(archived_entries(data).len()))
}

/// Indexes of the read-write entries that are to be restored.
pub fn archived_entries(data: &SorobanTransactionData) -> &[u32] {
    match &data.ext {
        SorobanTransactionDataExt::V0 => &[],
        SorobanTransactionDataExt::V1(ext) => ext.archived_soroban_entries.as_slice(),
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
