//! Classic operations, one file each.

mod account_merge;
mod bump_sequence;
mod change_trust;
mod clawback;
mod create_account;
mod manage_data;
mod payment;
mod set_options;
mod set_trust_line_flags;

use super::{soroban, ttl, Submission};
use crate::{ledger::frame::Frame, settings::Settings};
use soroban_env_host::xdr::{
    AccountId, Asset, ChangeTrustAsset, ContractEvent, ExtendFootprintTtlResult, InvokeHostFunctionResult, Operation,
    OperationBody, OperationResult, OperationResultTr, RestoreFootprintResult,
};

/// What a classic operation acts in.
pub struct Scene<'a> {
    pub submission: &'a Submission,
    pub network_id: [u8; 32],
    /// Close time in Unix seconds.
    pub close_time: u64,
    /// Events the operation emits.
    pub events: Vec<ContractEvent>,
}

/// Applies a classic operation; the caller drops the frame unless it succeeds.
pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    body: &OperationBody,
    scene: &mut Scene<'_>,
) -> OperationResult {
    use OperationResultTr as Tr;
    let result = match body {
        OperationBody::CreateAccount(op) => Ok(Tr::CreateAccount(create_account::apply(frame, source, op, scene))),
        OperationBody::Payment(op) => Ok(Tr::Payment(payment::apply(frame, source, op, scene))),
        OperationBody::ChangeTrust(op) => change_trust::apply(frame, source, op).map(Tr::ChangeTrust),
        OperationBody::SetOptions(op) => set_options::apply(frame, source, op).map(Tr::SetOptions),
        OperationBody::ManageData(op) => manage_data::apply(frame, source, op).map(Tr::ManageData),
        OperationBody::SetTrustLineFlags(op) => {
            let result = set_trust_line_flags::apply(frame, source, op, scene);
            Ok(Tr::SetTrustLineFlags(result))
        }
        OperationBody::BumpSequence(op) => bump_sequence::apply(frame, source, op, scene).map(Tr::BumpSequence),
        OperationBody::AccountMerge(destination) => {
            let result = account_merge::apply(frame, source, destination, scene);
            Ok(Tr::AccountMerge(result))
        }
        OperationBody::Clawback(op) => Ok(Tr::Clawback(clawback::apply(frame, op, scene))),
        _ => Err(OperationResult::OpNotSupported),
    };
    result.map_or_else(|general| general, OperationResult::OpInner)
}

/// The fault of an operation that can be seen without the ledger's entries.
pub fn malformed(
    operation: &Operation,
    source: &AccountId,
    submission: &Submission,
    settings: &Settings,
) -> Option<OperationResult> {
    use OperationResultTr as Tr;
    if lacking(&operation.body).is_some() {
        return Some(OperationResult::OpNotSupported);
    }
    let result = match &operation.body {
        OperationBody::CreateAccount(op) => create_account::malformed(op, source).map(Tr::CreateAccount),
        OperationBody::Payment(op) => payment::malformed(op).map(Tr::Payment),
        OperationBody::ChangeTrust(op) => change_trust::malformed(op, source).map(Tr::ChangeTrust),
        OperationBody::SetOptions(op) => set_options::malformed(op, source).map(Tr::SetOptions),
        OperationBody::ManageData(op) => manage_data::malformed(op).map(Tr::ManageData),
        OperationBody::SetTrustLineFlags(op) => set_trust_line_flags::malformed(op, source).map(Tr::SetTrustLineFlags),
        OperationBody::BumpSequence(op) => bump_sequence::malformed(op).map(Tr::BumpSequence),
        OperationBody::AccountMerge(destination) => account_merge::malformed(destination, source).map(Tr::AccountMerge),
        OperationBody::Clawback(op) => clawback::malformed(op, source).map(Tr::Clawback),
        OperationBody::InvokeHostFunction(_) => None,
        OperationBody::ExtendFootprintTtl(op) => {
            let data = submission.soroban_data()?;
            ttl::extend_fault(data, op.extend_to, settings)
                .is_some()
                .then_some(Tr::ExtendFootprintTtl(ExtendFootprintTtlResult::Malformed))
        }
        OperationBody::RestoreFootprint(_) => {
            let data = submission.soroban_data()?;
            ttl::restore_fault(data)
                .is_some()
                .then_some(Tr::RestoreFootprint(RestoreFootprintResult::Malformed))
        }
        _ => None,
    };
    result.map(OperationResult::OpInner)
}

/// What this ledger would need for an operation and does not have; `None` if it can carry it out.
pub fn lacking(body: &OperationBody) -> Option<String> {
    match body {
        OperationBody::ChangeTrust(op) if matches!(op.line, ChangeTrustAsset::PoolShare(_)) => {
            Some("liquidity pools".to_owned())
        }
        _ if success(body) == OperationResult::OpNotSupported => Some(format!("operation {}", body.name())),
        _ => None,
    }
}

/// The result that stands for "nothing wrong so far" beside a failed operation.
pub fn success(body: &OperationBody) -> OperationResult {
    use soroban_env_host::xdr as x;
    use OperationResultTr as Tr;
    let result = match body {
        OperationBody::CreateAccount(_) => Tr::CreateAccount(x::CreateAccountResult::Success),
        OperationBody::Payment(_) => Tr::Payment(x::PaymentResult::Success),
        OperationBody::ChangeTrust(_) => Tr::ChangeTrust(x::ChangeTrustResult::Success),
        OperationBody::SetOptions(_) => Tr::SetOptions(x::SetOptionsResult::Success),
        OperationBody::ManageData(_) => Tr::ManageData(x::ManageDataResult::Success),
        OperationBody::SetTrustLineFlags(_) => Tr::SetTrustLineFlags(x::SetTrustLineFlagsResult::Success),
        OperationBody::BumpSequence(_) => Tr::BumpSequence(x::BumpSequenceResult::Success),
        OperationBody::AccountMerge(_) => Tr::AccountMerge(x::AccountMergeResult::Success(0)),
        OperationBody::Clawback(_) => Tr::Clawback(x::ClawbackResult::Success),
        OperationBody::InvokeHostFunction(_) => {
            return soroban::operation_result(InvokeHostFunctionResult::Success(x::Hash::default()));
        }
        OperationBody::ExtendFootprintTtl(_) => Tr::ExtendFootprintTtl(ExtendFootprintTtlResult::Success),
        OperationBody::RestoreFootprint(_) => Tr::RestoreFootprint(RestoreFootprintResult::Success),
        _ => return OperationResult::OpNotSupported,
    };
    OperationResult::OpInner(result)
}

/// Whether an asset code is letters and digits, then zeros, and long enough for its kind.
fn is_valid_asset(asset: &Asset) -> bool {
    let is_code = |code: &[u8], shortest: usize| {
        let length = code.iter().take_while(|byte| **byte != 0).count();
        length >= shortest
            && code.iter().take(length).all(u8::is_ascii_alphanumeric)
            && code.iter().skip(length).all(|byte| *byte == 0)
    };
    match asset {
        Asset::Native => true,
        Asset::CreditAlphanum4(credit) => is_code(credit.asset_code.as_slice(), 1),
        Asset::CreditAlphanum12(credit) => is_code(credit.asset_code.as_slice(), 5),
    }
}
