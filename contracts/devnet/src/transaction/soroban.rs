//! Applies a host function with enforced footprint, authorisation and budget.

use super::{
    diagnostics::{diagnostic_event, exceeded, symbol},
    fees::{archived_entries, resource_fees},
    footprint::{self, HostEntry},
    metrics::Metrics,
    Submission,
};
use crate::settings::Settings;
use crate::{
    encoding::{sha256, xdr, xdr_hash},
    ledger::{
        frame::Frame,
        state::{Store, StoredEntry},
    },
    network::PROTOCOL_VERSION,
};
use soroban_env_host::{
    budget::{AsBudget, Budget},
    e2e_invoke::{
        entry_size_for_rent, extract_rent_changes, invoke_host_function, InvokeHostFunctionResult as HostResult,
        LedgerEntryChange,
    },
    fees::compute_rent_fee,
    vm::CompilationContext,
    xdr::{
        AccountId, ContractEvent, DiagnosticEvent, InvokeHostFunctionOp, InvokeHostFunctionResult,
        InvokeHostFunctionSuccessPreImage, LedgerEntry, LedgerEntryData, LedgerKey, Limits, OperationResult,
        OperationResultTr, ReadXdr, ScError, ScErrorCode, ScVal, SorobanTransactionData,
    },
    Error, ErrorHandler, HostError, LedgerInfo, ModuleCache, Val,
};
use std::fmt::Debug;

/// What an execution needs to know about its ledger.
pub struct Environment<'a> {
    pub info: LedgerInfo,
    pub config: &'a Settings,
    pub modules: &'a ModuleCache,
    /// A budget that only tells what things cost.
    pub cost_model: &'a Budget,
    /// Seed of the host's random numbers for this transaction.
    pub seed: [u8; 32],
}

/// What a Soroban operation did, besides entries.
#[derive(Default)]
pub struct Effect {
    pub events: Vec<ContractEvent>,
    pub return_value: Option<ScVal>,
    pub diagnostics: Vec<DiagnosticEvent>,
    /// Charged of the refundable part, in stroops, rent included.
    pub refundable_fee: i64,
    /// Rent in stroops.
    pub rent_fee: i64,
}

/// The end of an operation that failed.
pub struct Failure {
    pub result: InvokeHostFunctionResult,
    pub diagnostics: Vec<DiagnosticEvent>,
}

impl From<InvokeHostFunctionResult> for Failure {
    fn from(result: InvokeHostFunctionResult) -> Self {
        Self {
            result,
            diagnostics: Vec::new(),
        }
    }
}

impl Failure {
    /// A failure with the event that explains it.
    pub fn told(result: InvokeHostFunctionResult, event: DiagnosticEvent) -> Self {
        Self {
            result,
            diagnostics: vec![event],
        }
    }
}

/// Runs one host function in a frame.
///
/// # Errors
/// The operation's failure; the caller then drops the frame.
pub fn apply_invoke(
    frame: &mut Frame<'_>,
    submission: &Submission,
    source: &AccountId,
    operation: &InvokeHostFunctionOp,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
) -> Result<(InvokeHostFunctionResult, Effect), Failure> {
    let mut metrics = Metrics::default();
    let mut diagnostics = Vec::new();
    let outcome = footprint::load(frame, data, environment, &mut metrics)
        .and_then(|entries| {
            run_host(
                source,
                operation,
                data,
                environment,
                entries,
                &mut metrics,
                &mut diagnostics,
            )
        })
        .and_then(|host_result| finish(frame, submission, data, environment, host_result, &mut metrics));
    match outcome {
        Ok((result, mut effect)) => {
            diagnostics.extend(metrics.into_events(true));
            effect.diagnostics = diagnostics;
            Ok((result, effect))
        }
        Err(mut failure) => {
            diagnostics.append(&mut failure.diagnostics);
            diagnostics.extend(metrics.into_events(false));
            failure.diagnostics = diagnostics;
            Err(failure)
        }
    }
}

/// The size an entry pays rent for.
///
/// # Errors
/// Only if the host's cost model cannot be evaluated.
pub fn rent_size(entry: &LedgerEntry, size: u32, budget: &Budget) -> Result<u32, Failure> {
    entry_size_for_rent(budget, entry, size).map_err(|_| InvokeHostFunctionResult::Trapped.into())
}

fn run_host(
    source: &AccountId,
    operation: &InvokeHostFunctionOp,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    entries: Vec<HostEntry>,
    metrics: &mut Metrics,
    diagnostics: &mut Vec<DiagnosticEvent>,
) -> Result<HostResult, Failure> {
    let instructions = u64::from(data.resources.instructions);
    let memory = u64::from(environment.config.host.tx_memory_limit);
    let trapped = |_: HostError| Failure::from(InvokeHostFunctionResult::Trapped);
    let budget = Budget::try_from_configs(
        instructions,
        memory,
        environment.config.host.cpu_cost_params.clone(),
        environment.config.host.memory_cost_params.clone(),
    )
    .map_err(trapped)?;
    let auth: Vec<Vec<u8>> = operation.auth.iter().map(xdr).collect();
    let outcome = invoke_host_function(
        &budget,
        true,
        xdr(&operation.host_function),
        xdr(&data.resources),
        archived_entries(data),
        xdr(source),
        auth.into_iter(),
        environment.info.clone(),
        entries.into_iter(),
        environment.seed.to_vec(),
        diagnostics,
        None,
        Some(environment.modules.clone()),
    );
    metrics.instructions = budget.get_cpu_insns_consumed().map_err(trapped)?;
    metrics.memory_bytes = budget.get_mem_bytes_consumed().map_err(trapped)?;
    match outcome {
        Ok(result) if result.encoded_invoke_result.is_ok() => Ok(result),
        Ok(result) => {
            diagnostics.extend(result.encoded_invoke_result.err().map(host_function_failed));
            Err(host_failure(metrics, instructions, memory))
        }
        Err(error) => {
            diagnostics.push(host_function_failed(error));
            Err(host_failure(metrics, instructions, memory))
        }
    }
}

fn host_function_failed(error: HostError) -> DiagnosticEvent {
    let unknown = ScError::Context(ScErrorCode::InternalError);
    let error = ScError::try_from(error.error).unwrap_or(unknown);
    diagnostic_event(false, vec![symbol("host_fn_failed"), ScVal::Error(error)], ScVal::Void)
}

/// Why the host gave up: it ran out of something, or anything else.
fn host_failure(metrics: &Metrics, instructions: u64, memory: u64) -> Failure {
    let event = if metrics.instructions > instructions {
        exceeded(
            "operation instructions exceeds amount specified",
            metrics.instructions,
            instructions,
        )
    } else if metrics.memory_bytes > memory {
        exceeded(
            "operation memory usage exceeds network config limit",
            metrics.memory_bytes,
            memory,
        )
    } else {
        return InvokeHostFunctionResult::Trapped.into();
    };
    Failure::told(InvokeHostFunctionResult::ResourceLimitExceeded, event)
}

/// Checks what the host wrote and emitted, charges for it and writes it.
fn finish(
    frame: &mut Frame<'_>,
    submission: &Submission,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    host_result: HostResult,
    metrics: &mut Metrics,
) -> Result<(InvokeHostFunctionResult, Effect), Failure> {
    let limit = InvokeHostFunctionResult::ResourceLimitExceeded;
    check_writes(&host_result.ledger_changes, data, environment.config, metrics)
        .map_err(|event| Failure::told(limit.clone(), event))?;
    let encoded_value = host_result.encoded_invoke_result.unwrap_or_default();
    let events_size = check_events(
        &host_result.encoded_contract_events,
        &encoded_value,
        environment.config,
        metrics,
    )
    .map_err(|event| Failure::told(limit, event))?;
    let rent_fee = compute_rent_fee(
        &extract_rent_changes(&host_result.ledger_changes),
        &environment.config.host.rent_fee_configuration,
        environment.info.sequence_number,
    );
    let refundable_fee = charge_refundable(submission, data, environment.config, events_size, rent_fee)
        .map_err(|event| Failure::told(InvokeHostFunctionResult::InsufficientRefundableFee, event))?;
    let (Ok(return_value), Some(events)) = (
        ScVal::from_xdr(&encoded_value, Limits::none()),
        decode_events(&host_result.encoded_contract_events),
    ) else {
        return Err(InvokeHostFunctionResult::Trapped.into());
    };
    for change in host_result.ledger_changes {
        write_change(frame, change)?;
    }
    let hash = xdr_hash(&InvokeHostFunctionSuccessPreImage {
        return_value: return_value.clone(),
        events: events.clone().try_into().unwrap_or_default(),
    });
    let effect = Effect {
        events,
        return_value: Some(return_value),
        diagnostics: Vec::new(),
        refundable_fee,
        rent_fee,
    };
    Ok((InvokeHostFunctionResult::Success(hash), effect))
}

/// The refundable fee in stroops for events and rent.
///
/// # Errors
/// What it is for, if it is more than the transaction set aside.
pub fn charge_refundable(
    submission: &Submission,
    data: &SorobanTransactionData,
    config: &Settings,
    events_size: u32,
    rent_fee: i64,
) -> Result<i64, DiagnosticEvent> {
    let (fixed, events_fee) = resource_fees(submission, data, events_size, &config.host.fee_configuration);
    let available = data.resource_fee.saturating_sub(fixed);
    let needed = rent_fee.saturating_add(events_fee);
    let told = |message, amount: i64| exceeded(message, amount.unsigned_abs(), available.unsigned_abs());
    if rent_fee > available {
        return Err(told(
            "refundable resource fee was not sufficient to cover the ledger storage rent: {} > {}",
            rent_fee,
        ));
    }
    if needed > available {
        return Err(told(
            "refundable resource fee was not sufficient to cover the events fee after paying for ledger storage rent: \
             {} > {}",
            needed,
        ));
    }
    Ok(needed)
}

/// Counts what was written; at the first entry that is too much, says what it exceeds.
fn check_writes(
    changes: &[LedgerEntryChange],
    data: &SorobanTransactionData,
    settings: &Settings,
    metrics: &mut Metrics,
) -> Result<(), DiagnosticEvent> {
    let allowed = u64::from(data.resources.write_bytes);
    for change in changes.iter().filter(|change| !change.read_only) {
        let Some(value) = &change.encoded_new_value else {
            continue;
        };
        let size = u32::try_from(value.len()).unwrap_or(u32::MAX);
        let key_size = u32::try_from(change.encoded_key.len()).unwrap_or(u32::MAX);
        let key = LedgerKey::from_xdr(&change.encoded_key, Limits::none());
        let is_code = matches!(key, Ok(LedgerKey::ContractCode(_)));
        // A code entry holds little beside the code itself.
        let (limit, message) = if is_code {
            let limit = settings.max_code_bytes.saturating_add(settings.max_entry_bytes);
            (limit, "WASM size exceeds network config maximum contract size")
        } else {
            (
                settings.max_entry_bytes,
                "ContractData size exceeds network config maximum size",
            )
        };
        if size > limit {
            return Err(exceeded(message, size.into(), limit.into()));
        }
        let written = metrics.write(is_code, key_size, size);
        if written > allowed {
            let message = "operation byte-write resources exceeds amount specified";
            return Err(exceeded(message, written, allowed));
        }
    }
    Ok(())
}

/// Counts events and return value, in bytes.
fn check_events(
    events: &[Vec<u8>],
    value: &[u8],
    settings: &Settings,
    metrics: &mut Metrics,
) -> Result<u32, DiagnosticEvent> {
    let limit = u64::from(settings.max_events_bytes);
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    for event in events {
        let emitted = metrics.emit(size(event));
        if emitted > limit {
            let message = "total events size exceeds network config maximum";
            return Err(exceeded(message, emitted, limit));
        }
    }
    let total = metrics.return_value(size(value));
    if total > limit {
        let message = "return value pushes events size above network config maximum";
        return Err(exceeded(message, total, limit));
    }
    Ok(u32::try_from(total).unwrap_or(u32::MAX))
}

fn decode_events(encoded: &[Vec<u8>]) -> Option<Vec<ContractEvent>> {
    encoded
        .iter()
        .map(|bytes| ContractEvent::from_xdr(bytes, Limits::none()).ok())
        .collect()
}

/// Writes one change: a read-only entry can only live longer, a read-write entry
/// counts as written even if its value stayed the same, as in core.
fn write_change(frame: &mut Frame<'_>, change: LedgerEntryChange) -> Result<(), Failure> {
    let trapped = || Failure::from(InvokeHostFunctionResult::Trapped);
    let key = LedgerKey::from_xdr(&change.encoded_key, Limits::none()).map_err(|_| trapped())?;
    let live_until = change.ttl_change.as_ref().map(|ttl| ttl.new_live_until_ledger);
    if change.read_only {
        if let Some(ttl) = change.ttl_change {
            if ttl.new_live_until_ledger > ttl.old_live_until_ledger {
                frame.extend(&key, ttl.new_live_until_ledger);
            }
        }
        return Ok(());
    }
    let entry = match change.encoded_new_value {
        Some(value) => {
            let entry = LedgerEntry::from_xdr(&value, Limits::none()).map_err(|_| trapped())?;
            Some(StoredEntry {
                entry: entry.into(),
                live_until,
                life_modified: 0,
            })
        }
        None => None,
    };
    frame.put(key, entry);
    Ok(())
}

/// The result of an operation as the transaction result holds it.
pub fn operation_result(result: InvokeHostFunctionResult) -> OperationResult {
    OperationResult::OpInner(OperationResultTr::InvokeHostFunction(result))
}

/// The context modules are compiled in outside of any transaction: nobody pays,
/// so nothing is limited.
#[derive(Clone)]
pub struct FreeCompilation(Budget);

impl FreeCompilation {
    /// A context with as much budget as there is.
    ///
    /// # Errors
    /// Only if the host refuses the network's cost model.
    pub fn new(config: &Settings) -> Result<Self, HostError> {
        Ok(Self(Budget::try_from_configs(
            u64::MAX,
            u64::MAX,
            config.host.cpu_cost_params.clone(),
            config.host.memory_cost_params.clone(),
        )?))
    }

    /// Puts a contract's code into the cache of compiled modules. Code that does
    /// not compile was never accepted, so a failure changes nothing.
    pub fn cache(&self, modules: &ModuleCache, data: &LedgerEntryData) {
        if let LedgerEntryData::ContractCode(code) = data {
            let known = modules.contains_module(&code.hash).unwrap_or(false);
            if !known {
                let _ = modules.parse_and_cache_module_simple(self, PROTOCOL_VERSION, code.code.as_slice());
            }
        }
    }
}

impl AsBudget for FreeCompilation {
    fn as_budget(&self) -> &Budget {
        &self.0
    }
}

impl ErrorHandler for FreeCompilation {
    fn map_err<T, E>(&self, result: Result<T, E>) -> Result<T, HostError>
    where
        Error: From<E>,
        E: Debug,
    {
        result.map_err(|error| HostError::from(Error::from(error)))
    }

    fn error(&self, error: Error, _message: &str, _arguments: &[Val]) -> HostError {
        HostError::from(error)
    }
}

impl CompilationContext for FreeCompilation {}

/// The host's random seed of one transaction, from what is known before it runs.
pub fn random_seed(previous_ledger: &[u8; 32], transaction: &[u8; 32]) -> [u8; 32] {
    sha256(&[&previous_ledger[..], &transaction[..]].concat())
}
