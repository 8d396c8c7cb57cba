//! Whether a transaction may enter the ledger, checked in core's order.

use super::{
    diagnostics::{error_event, text},
    fees, is_soroban_operation, operations,
    results::Outcome,
    signatures::{operation_level, signs_nothing, Level, SignatureChecker},
    soroban_check::{check_resources, ResourceFault},
    ttl, Submission,
};
use crate::{
    accounts::{available_balance, load_account, sequence_moved},
    ledger::state::Store,
    settings::Settings,
};
use soroban_env_host::xdr::{
    AccountEntry, AccountId, DiagnosticEvent, OperationBody, OperationResult, Preconditions, PreconditionsV2, ScError,
    ScErrorCode, TimeBounds, TransactionResult,
};
use std::collections::BTreeSet;

/// The ledger a transaction would be part of.
pub struct Rules<'a> {
    pub sequence: u32,
    /// Close time in Unix seconds.
    pub close_time: u64,
    pub settings: &'a Settings,
    /// Accounts that need not sign.
    pub impersonated: &'a BTreeSet<AccountId>,
}

/// When the check happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the ledger: the fee must still be paid.
    Arrival,
    /// While the ledger is applied: the fee is paid already.
    Apply,
}

/// Why a transaction may not enter.
pub struct Rejection {
    pub result: TransactionResult,
    pub diagnostics: Vec<DiagnosticEvent>,
}

/// An outcome on the way to a rejection, with the event that explains it.
struct Refusal {
    outcome: Outcome,
    diagnostics: Vec<DiagnosticEvent>,
}

impl From<Outcome> for Refusal {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            diagnostics: Vec::new(),
        }
    }
}

/// Checks a transaction.
///
/// # Errors
/// The result a node would answer with, and the events that explain it.
pub fn validate(
    submission: &Submission,
    store: &dyn Store,
    rules: &Rules<'_>,
    moment: Moment,
) -> Result<(), Rejection> {
    let charged = fees::charged_first(submission);
    if let Err(outcome) = check_fee_bump(submission, store, rules, moment) {
        return Err(Rejection {
            result: outcome.plain(charged),
            diagnostics: Vec::new(),
        });
    }
    check_transaction(submission, store, rules, moment).map_err(|refusal| Rejection {
        result: refusal.outcome.of(submission, charged),
        diagnostics: refusal.diagnostics,
    })
}

/// Checks the outer part of a fee bump; anything else passes.
fn check_fee_bump(
    submission: &Submission,
    store: &dyn Store,
    rules: &Rules<'_>,
    moment: Moment,
) -> Result<(), Outcome> {
    let Some(bump) = &submission.fee_bump else {
        return Ok(());
    };
    let minimum = fees::minimum_inclusion(submission);
    let bid = fees::inclusion_bid(submission);
    let inner_bid = i64::from(submission.transaction.fee).saturating_sub(submission.resource_fee());
    let inner_minimum = minimum.saturating_sub(i64::from(crate::network::BASE_FEE));
    // The rate per operation must not be below that of the inner transaction.
    let rate_too_low = i128::from(bid) * i128::from(inner_minimum) < i128::from(inner_bid) * i128::from(minimum);
    if bid < minimum || rate_too_low {
        return Err(Outcome::InsufficientFee);
    }
    let account = load_account(store, &bump.fee_source).ok_or(Outcome::NoAccount)?;
    let mut checker = SignatureChecker::new(submission.hash, &bump.signatures).without(rules.impersonated);
    if !checker.check_account(&account, Level::Low) {
        return Err(Outcome::BadAuth);
    }
    if moment == Moment::Arrival && available_balance(&account) < submission.fee_bid() {
        return Err(Outcome::InsufficientBalance);
    }
    if checker.all_used() {
        Ok(())
    } else {
        Err(Outcome::BadAuthExtra)
    }
}

fn check_transaction(
    submission: &Submission,
    store: &dyn Store,
    rules: &Rules<'_>,
    moment: Moment,
) -> Result<(), Refusal> {
    check_shape(submission)?;
    check_soroban(submission, rules)?;
    check_times(submission, rules)?;
    let pays_itself = submission.fee_bump.is_none();
    if pays_itself && fees::inclusion_bid(submission) < fees::minimum_inclusion(submission) {
        return Err(Outcome::InsufficientFee.into());
    }
    let account = load_account(store, &submission.source()).ok_or(Outcome::NoAccount)?;
    check_sequence(submission, &account, rules)?;

    let mut checker = SignatureChecker::new(submission.inner_hash, &submission.signatures).without(rules.impersonated);
    if !checker.check_account(&account, Level::Low) {
        return Err(Outcome::BadAuth.into());
    }
    if let Preconditions::V2(conditions) = submission.preconditions() {
        for key in conditions.extra_signers.iter() {
            if !checker.check_extra_signer(key) {
                return Err(Outcome::BadAuth.into());
            }
        }
    }
    if pays_itself && moment == Moment::Arrival && available_balance(&account) < submission.fee_bid() {
        return Err(Outcome::InsufficientBalance.into());
    }
    check_operations(submission, store, rules, &mut checker)?;
    if checker.all_used() {
        Ok(())
    } else {
        Err(Outcome::BadAuthExtra.into())
    }
}

/// Operations are there, and Soroban comes alone and with its data.
fn check_shape(submission: &Submission) -> Result<(), Outcome> {
    if let Preconditions::V2(conditions) = submission.preconditions() {
        let signers = conditions.extra_signers.as_slice();
        let twice = matches!(signers, [first, second] if first == second);
        if twice || signers.iter().any(signs_nothing) {
            return Err(Outcome::Malformed);
        }
    }
    let operations = &submission.transaction.operations;
    if operations.is_empty() {
        return Err(Outcome::MissingOperation);
    }
    let consistent = if operations.iter().any(is_soroban_operation) {
        operations.len() == 1
            && submission.soroban_data().is_some()
            && submission.resource_fee() >= 0
            && submission.resource_fee() <= submission.fee_bid()
    } else {
        submission.soroban_data().is_none()
    };
    if consistent {
        Ok(())
    } else {
        Err(Outcome::Malformed)
    }
}

fn check_soroban(submission: &Submission, rules: &Rules<'_>) -> Result<(), Refusal> {
    let Some(data) = submission.soroban_data() else {
        return Ok(());
    };
    check_resources(submission, data, rules.settings).map_err(|fault| Refusal {
        outcome: Outcome::SorobanInvalid,
        diagnostics: vec![fault.into_event()],
    })
}

fn check_times(submission: &Submission, rules: &Rules<'_>) -> Result<(), Outcome> {
    let (time_bounds, ledger_bounds) = match submission.preconditions() {
        Preconditions::None => (None, None),
        Preconditions::Time(bounds) => (Some(bounds), None),
        Preconditions::V2(conditions) => (conditions.time_bounds.as_ref(), conditions.ledger_bounds.as_ref()),
    };
    if let Some(TimeBounds { min_time, .. }) = time_bounds {
        if min_time.0 > rules.close_time {
            return Err(Outcome::TooEarly);
        }
    }
    if let Some(bounds) = ledger_bounds {
        if bounds.min_ledger > rules.sequence {
            return Err(Outcome::TooEarly);
        }
        if bounds.max_ledger != 0 && bounds.max_ledger <= rules.sequence {
            return Err(Outcome::TooLate);
        }
    }
    if let Some(TimeBounds { max_time, .. }) = time_bounds {
        if max_time.0 != 0 && max_time.0 < rules.close_time {
            return Err(Outcome::TooLate);
        }
    }
    Ok(())
}

fn check_sequence(submission: &Submission, account: &AccountEntry, rules: &Rules<'_>) -> Result<(), Outcome> {
    let number = submission.transaction.seq_num.0;
    let current = account.seq_num.0;
    let conditions = match submission.preconditions() {
        Preconditions::V2(conditions) => Some(conditions),
        _ => None,
    };
    // A number that a future ledger would give to new accounts is never valid.
    let starting = i64::from(rules.sequence) << 32;
    let minimum = conditions.and_then(|conditions| conditions.min_seq_num.as_ref());
    let fits = match minimum {
        Some(minimum) => current >= minimum.0 && current < number,
        None => current.checked_add(1) == Some(number),
    };
    if number == starting || !fits {
        return Err(Outcome::BadSequence);
    }
    match conditions {
        Some(conditions) => check_sequence_age(conditions, account, rules),
        None => Ok(()),
    }
}

fn check_sequence_age(conditions: &PreconditionsV2, account: &AccountEntry, rules: &Rules<'_>) -> Result<(), Outcome> {
    let (ledger, time) = sequence_moved(account);
    let age = rules.close_time.saturating_sub(time);
    let gap = rules.sequence.saturating_sub(ledger);
    if age < conditions.min_seq_age.0 || gap < conditions.min_seq_ledger_gap {
        return Err(Outcome::BadMinSequenceAgeOrGap);
    }
    Ok(())
}

/// Checks each operation's signers and shape; the first fault fails the transaction.
fn check_operations(
    submission: &Submission,
    store: &dyn Store,
    rules: &Rules<'_>,
    checker: &mut SignatureChecker<'_>,
) -> Result<(), Refusal> {
    let mut results = Vec::new();
    let mut failed = false;
    for operation in submission.transaction.operations.iter() {
        let source = submission.operation_source(operation);
        let authorised = match load_account(store, &source) {
            Some(account) => checker.check_account(&account, operation_level(&operation.body)),
            None if operation.source_account.is_some() => {
                let signed = checker.check_missing_account(&source);
                results.push(if signed {
                    OperationResult::OpNoAccount
                } else {
                    OperationResult::OpBadAuth
                });
                failed = true;
                continue;
            }
            None => false,
        };
        let fault = if authorised {
            operations::malformed(operation, &source, submission, rules.settings)
        } else {
            Some(OperationResult::OpBadAuth)
        };
        failed |= fault.is_some();
        results.push(fault.unwrap_or_else(|| operations::success(&operation.body)));
    }
    if failed {
        Err(Refusal {
            diagnostics: explained(submission, &results, rules.settings),
            outcome: Outcome::Failed(results),
        })
    } else {
        Ok(())
    }
}

/// Says what is wrong with operations on entries' lives, and names those that are not here.
fn explained(submission: &Submission, results: &[OperationResult], settings: &Settings) -> Vec<DiagnosticEvent> {
    let operations = submission.transaction.operations.iter().zip(results);
    operations
        .filter_map(|(operation, result)| match &operation.body {
            body if *result == OperationResult::OpNotSupported => {
                let message = format!("this ledger has no {}", operations::lacking(body)?);
                let error = ScError::Context(ScErrorCode::InvalidAction);
                Some(error_event(error, vec![text(&message)]))
            }
            OperationBody::ExtendFootprintTtl(extend) => {
                let data = submission.soroban_data()?;
                ttl::extend_fault(data, extend.extend_to, settings).map(ResourceFault::into_event)
            }
            OperationBody::RestoreFootprint(_) => {
                ttl::restore_fault(submission.soroban_data()?).map(ResourceFault::into_event)
            }
            _ => None,
        })
        .collect()
}
