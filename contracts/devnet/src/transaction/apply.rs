//! Applying a transaction: fee, sequence number, operations, refund, meta.

use super::{
    events::fee_event,
    fees::{charged_first, resource_fees},
    operations::{self, Scene},
    results::Outcome,
    soroban::{apply_invoke, operation_result, random_seed, Effect, Environment},
    ttl::{apply_extend, apply_restore},
    validate::{validate, Moment, Rules},
    Submission,
};
use crate::settings::Settings;
use crate::{
    accounts::{align_signer_sponsors, load_account, move_sequence, save_account},
    ledger::{frame::Frame, state::State},
};
use soroban_env_host::{
    budget::Budget,
    xdr::{
        AccountId, ContractEvent, DiagnosticEvent, ExtendFootprintTtlResult, ExtensionPoint, Hash, LedgerEntryChange,
        LedgerEntryChanges, Operation, OperationBody, OperationMetaV2, OperationResult, OperationResultTr,
        RestoreFootprintResult, SignerKey, SorobanTransactionMetaExt, SorobanTransactionMetaExtV1,
        SorobanTransactionMetaV2, TransactionEventStage, TransactionMeta, TransactionMetaV4, TransactionResult,
        TransactionResultMetaV1, TransactionResultPair, Uint256,
    },
    LedgerInfo, ModuleCache,
};
use std::collections::BTreeSet;

/// The ledger transactions are applied in.
pub struct Context<'a> {
    pub network_id: [u8; 32],
    pub config: &'a Settings,
    pub modules: &'a ModuleCache,
    pub cost_model: &'a Budget,
    pub info: LedgerInfo,
    pub previous_hash: [u8; 32],
    /// Accounts that need not sign.
    pub impersonated: &'a BTreeSet<AccountId>,
}

/// A transaction between its application and its refund.
pub struct Applied {
    result: TransactionResult,
    fee_changes: LedgerEntryChanges,
    meta: TransactionMetaV4,
    /// What goes back to the payer, in stroops.
    refund: i64,
}

/// What the operations of a transaction left behind.
#[derive(Default)]
struct Work {
    operations: Vec<OperationMetaV2>,
    effect: Effect,
}

/// Takes the fee and reports the change of the payer's account.
pub fn charge_fee(state: &mut State, submission: &Submission) -> LedgerEntryChanges {
    let mut frame = Frame::new(state);
    if let Some(mut payer) = load_account(&frame, &submission.fee_source()) {
        payer.balance -= charged_first(submission).min(payer.balance);
        save_account(&mut frame, payer);
    }
    frame.commit()
}

/// Applies a transaction whose fee is paid. The result stays in the ledger even if it fails.
pub fn apply(
    state: &mut State,
    submission: &Submission,
    fee_changes: LedgerEntryChanges,
    context: &Context<'_>,
) -> Applied {
    let charged = charged_first(submission);
    let rules = Rules {
        sequence: context.info.sequence_number,
        close_time: context.info.timestamp,
        settings: context.config,
        impersonated: context.impersonated,
    };
    let mut meta = empty_meta();
    meta.events = vec![fee_event(
        TransactionEventStage::BeforeAllTxs,
        &submission.fee_source(),
        charged,
        context.network_id,
    )]
    .try_into()
    .unwrap_or_default();
    let verdict = validate(submission, state, &rules, Moment::Apply);
    if let Err(rejection) = verdict {
        return Applied {
            result: rejection.result,
            fee_changes,
            meta,
            refund: refund(submission, context.config, 0),
        };
    }
    let mut before = consume_fee_bump(state, submission);
    before.extend(consume_sequence(state, submission, &context.info).0.iter().cloned());
    meta.tx_changes_before = LedgerEntryChanges(before.try_into().unwrap_or_default());
    let (outcome, work) = run_operations(state, submission, context);
    let refund = refund(submission, context.config, work.effect.refundable_fee);
    meta.soroban_meta = soroban_meta(submission, context.config, &work.effect);
    meta.operations = work.operations.try_into().unwrap_or_default();
    meta.diagnostic_events = work.effect.diagnostics.try_into().unwrap_or_default();
    Applied {
        result: outcome.of(submission, charged.saturating_sub(refund)),
        fee_changes,
        meta,
        refund,
    }
}

/// Gives back what was not used and completes the record of the transaction.
pub fn finish(
    state: &mut State,
    submission: &Submission,
    mut applied: Applied,
    network_id: [u8; 32],
) -> TransactionResultMetaV1 {
    let mut frame = Frame::new(state);
    if applied.refund > 0 {
        let payer = submission.fee_source();
        if let Some(mut account) = load_account(&frame, &payer) {
            account.balance = account.balance.saturating_add(applied.refund);
            save_account(&mut frame, account);
        }
        let mut events = applied.meta.events.to_vec();
        events.push(fee_event(
            TransactionEventStage::AfterAllTxs,
            &payer,
            -applied.refund,
            network_id,
        ));
        applied.meta.events = events.try_into().unwrap_or_default();
    }
    TransactionResultMetaV1 {
        ext: ExtensionPoint::V0,
        result: TransactionResultPair {
            transaction_hash: Hash(submission.hash),
            result: applied.result,
        },
        fee_processing: applied.fee_changes,
        tx_apply_processing: TransactionMeta::V4(applied.meta),
        post_tx_apply_fee_processing: frame.commit(),
    }
}

fn empty_meta() -> TransactionMetaV4 {
    TransactionMetaV4 {
        ext: ExtensionPoint::V0,
        tx_changes_before: LedgerEntryChanges::default(),
        operations: Default::default(),
        tx_changes_after: LedgerEntryChanges::default(),
        soroban_meta: None,
        events: Default::default(),
        diagnostic_events: Default::default(),
    }
}

/// The unused refundable part of the resource fee, in stroops.
fn refund(submission: &Submission, config: &Settings, used: i64) -> i64 {
    submission.soroban_data().map_or(0, |data| {
        let (fixed, _) = resource_fees(submission, data, 0, &config.host.fee_configuration);
        data.resource_fee.saturating_sub(fixed).saturating_sub(used)
    })
}

fn soroban_meta(submission: &Submission, config: &Settings, effect: &Effect) -> Option<SorobanTransactionMetaV2> {
    let data = submission.soroban_data()?;
    let (fixed, _) = resource_fees(submission, data, 0, &config.host.fee_configuration);
    Some(SorobanTransactionMetaV2 {
        ext: SorobanTransactionMetaExt::V1(SorobanTransactionMetaExtV1 {
            ext: ExtensionPoint::V0,
            total_non_refundable_resource_fee_charged: fixed,
            total_refundable_resource_fee_charged: effect.refundable_fee,
            rent_fee_charged: effect.rent_fee,
        }),
        return_value: effect.return_value.clone(),
    })
}

fn consume_sequence(state: &mut State, submission: &Submission, info: &LedgerInfo) -> LedgerEntryChanges {
    let mut frame = Frame::new(state);
    if let Some(mut account) = load_account(&frame, &submission.source()) {
        let number = submission.transaction.seq_num.0;
        move_sequence(&mut account, number, info.sequence_number, info.timestamp);
        save_account(&mut frame, account);
    }
    let mut sources = vec![submission.source()];
    for operation in submission.transaction.operations.iter() {
        let source = submission.operation_source(operation);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    for source in &sources {
        spend_pre_authorisation(&mut frame, source, submission.inner_hash);
    }
    frame.commit()
}

/// Removes the signer of a payer that stood for this very fee bump. Core lists the payer
/// in any case.
fn consume_fee_bump(state: &mut State, submission: &Submission) -> Vec<LedgerEntryChange> {
    if submission.fee_bump.is_none() {
        return Vec::new();
    }
    let mut frame = Frame::new(state);
    let payer = submission.fee_source();
    if let Some(account) = load_account(&frame, &payer) {
        save_account(&mut frame, account);
    }
    spend_pre_authorisation(&mut frame, &payer, submission.hash);
    frame.commit().0.to_vec()
}

/// A signer that is the hash of one transaction goes when that is applied, whether
/// it was needed or not and whether the transaction succeeds or not.
fn spend_pre_authorisation(frame: &mut Frame<'_>, account: &AccountId, hash: [u8; 32]) {
    let Some(mut entry) = load_account(frame, account) else {
        return;
    };
    let spent = SignerKey::PreAuthTx(Uint256(hash));
    let mut signers = entry.signers.to_vec();
    let Some(position) = signers.iter().position(|signer| signer.key == spent) else {
        return;
    };
    signers.remove(position);
    entry.signers = signers.try_into().unwrap_or_default();
    entry.num_sub_entries = entry.num_sub_entries.saturating_sub(1);
    align_signer_sponsors(&mut entry);
    save_account(frame, entry);
}

/// Applies every operation, as core does even after one failed; only if all
/// succeed does anything of it stay.
fn run_operations(state: &mut State, submission: &Submission, context: &Context<'_>) -> (Outcome, Work) {
    let mut all = Frame::new(state);
    let mut work = Work::default();
    let mut results = Vec::new();
    let mut success = true;
    for operation in submission.transaction.operations.iter() {
        let mut frame = Frame::new(&mut all);
        let mut events = Vec::new();
        let result = run_operation(
            &mut frame,
            submission,
            operation,
            context,
            &mut events,
            &mut work.effect,
        );
        if operation_succeeded(&result) {
            work.operations.push(OperationMetaV2 {
                ext: ExtensionPoint::V0,
                changes: frame.commit(),
                events: events.try_into().unwrap_or_default(),
            });
        } else {
            success = false;
        }
        results.push(result);
    }
    if success {
        all.commit();
        (Outcome::Success(results), work)
    } else {
        work.operations.clear();
        (Outcome::Failed(results), work)
    }
}

fn run_operation(
    frame: &mut Frame<'_>,
    submission: &Submission,
    operation: &Operation,
    context: &Context<'_>,
    events: &mut Vec<ContractEvent>,
    effect: &mut Effect,
) -> OperationResult {
    let source = submission.operation_source(operation);
    if load_account(frame, &source).is_none() {
        return OperationResult::OpNoAccount;
    }
    if super::is_soroban_operation(operation) {
        let (result, done) = run_soroban(frame, submission, operation, &source, context);
        *effect = done;
        events.append(&mut effect.events);
        return result;
    }
    let mut scene = Scene {
        submission,
        network_id: context.network_id,
        close_time: context.info.timestamp,
        events: Vec::new(),
    };
    let result = operations::apply(frame, &source, &operation.body, &mut scene);
    events.append(&mut scene.events);
    result
}

fn run_soroban(
    frame: &mut Frame<'_>,
    submission: &Submission,
    operation: &Operation,
    source: &AccountId,
    context: &Context<'_>,
) -> (OperationResult, Effect) {
    let environment = Environment {
        info: context.info.clone(),
        config: context.config,
        modules: context.modules,
        cost_model: context.cost_model,
        seed: random_seed(&context.previous_hash, &submission.inner_hash),
    };
    let Some(data) = submission.soroban_data() else {
        return (OperationResult::OpNotSupported, Effect::default());
    };
    match &operation.body {
        OperationBody::InvokeHostFunction(invoke) => {
            match apply_invoke(frame, submission, source, invoke, data, &environment) {
                Ok((result, effect)) => (operation_result(result), effect),
                Err(failure) => (operation_result(failure.result), only_diagnostics(failure.diagnostics)),
            }
        }
        OperationBody::ExtendFootprintTtl(extend) => {
            let done = apply_extend(frame, submission, data, extend.extend_to, &environment);
            let (result, effect) = match done {
                Ok(effect) => (ExtendFootprintTtlResult::Success, effect),
                Err((result, event)) => (result, only_diagnostics(event.into_iter().collect())),
            };
            (
                OperationResult::OpInner(OperationResultTr::ExtendFootprintTtl(result)),
                effect,
            )
        }
        OperationBody::RestoreFootprint(_) => {
            let done = apply_restore(frame, submission, data, &environment);
            let (result, effect) = match done {
                Ok(effect) => (RestoreFootprintResult::Success, effect),
                Err((result, event)) => (result, only_diagnostics(event.into_iter().collect())),
            };
            (
                OperationResult::OpInner(OperationResultTr::RestoreFootprint(result)),
                effect,
            )
        }
        _ => (OperationResult::OpNotSupported, Effect::default()),
    }
}

fn only_diagnostics(diagnostics: Vec<DiagnosticEvent>) -> Effect {
    Effect {
        diagnostics,
        ..Effect::default()
    }
}

fn operation_succeeded(result: &OperationResult) -> bool {
    use soroban_env_host::xdr as x;
    use OperationResultTr as Tr;
    matches!(
        result,
        OperationResult::OpInner(
            Tr::CreateAccount(x::CreateAccountResult::Success)
                | Tr::Payment(x::PaymentResult::Success)
                | Tr::ChangeTrust(x::ChangeTrustResult::Success)
                | Tr::SetOptions(x::SetOptionsResult::Success)
                | Tr::ManageData(x::ManageDataResult::Success)
                | Tr::SetTrustLineFlags(x::SetTrustLineFlagsResult::Success)
                | Tr::BumpSequence(x::BumpSequenceResult::Success)
                | Tr::AccountMerge(x::AccountMergeResult::Success(_))
                | Tr::Clawback(x::ClawbackResult::Success)
                | Tr::InvokeHostFunction(x::InvokeHostFunctionResult::Success(_))
                | Tr::ExtendFootprintTtl(ExtendFootprintTtlResult::Success)
                | Tr::RestoreFootprint(RestoreFootprintResult::Success)
        )
    )
}
