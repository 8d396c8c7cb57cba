//! Applies a host function with enforced footprint, authorisation and budget.

use super::fees::{archived_entries, resource_fees};
use super::Submission;
use crate::settings::Settings;
use crate::{
    encoding::{sha256, xdr, xdr_hash},
    ledger::state::{is_temporary, Frame, Store, StoredEntry},
    network::PROTOCOL_VERSION,
};
use soroban_env_host::{
    budget::{AsBudget, Budget},
    e2e_invoke::{
        entry_size_for_rent, extract_rent_changes, invoke_host_function, InvokeHostFunctionResult as HostResult,
        LedgerEntryChange, TtlLedgerEntryMeta,
    },
    fees::compute_rent_fee,
    vm::CompilationContext,
    xdr::{
        AccountId, ContractDataDurability, ContractEvent, DiagnosticEvent, InvokeHostFunctionOp,
        InvokeHostFunctionResult, InvokeHostFunctionSuccessPreImage, LedgerEntry, LedgerEntryData, LedgerKey, Limits,
        OperationResult, OperationResultTr, ReadXdr, ScVal, SorobanTransactionData,
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

/// An entry as the host takes it: its XDR and its life.
type HostEntry = (Option<Vec<u8>>, Option<TtlLedgerEntryMeta>);

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
    let entries = load_footprint(frame, data, environment)?;
    let (host_result, diagnostics) = run_host(source, operation, data, environment, entries)?;
    finish(frame, submission, data, environment, host_result, diagnostics)
}

/// Collects the footprint's entries, restoring those that are marked as archived.
fn load_footprint(
    frame: &mut Frame<'_>,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
) -> Result<Vec<HostEntry>, Failure> {
    let footprint = &data.resources.footprint;
    let sequence = environment.info.sequence_number;
    let restored_until = environment
        .info
        .min_live_until_ledger_checked(ContractDataDurability::Persistent)
        .unwrap_or(u32::MAX);
    let marked = archived_entries(data);
    let mut disk_read_bytes = 0_u32;
    let mut entries = Vec::new();
    let read_only = footprint.read_only.iter().map(|key| (None, key));
    let read_write = (0_u32..)
        .zip(footprint.read_write.iter())
        .map(|(index, key)| (Some(index), key));
    for (index, key) in read_only.chain(read_write) {
        let stored = frame.get(key);
        let expired = stored.as_ref().is_some_and(|s| s.is_expired(sequence));
        let is_soroban = matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_));
        let stored = match stored {
            Some(_) if expired && is_temporary(key) => None,
            Some(_) if expired => {
                if !index.is_some_and(|index| marked.contains(&index)) {
                    return Err(InvokeHostFunctionResult::EntryArchived.into());
                }
                frame.restore(key.clone(), restored_until);
                frame.get(key)
            }
            other => other,
        };
        let Some(stored) = stored else {
            entries.push((None, None));
            continue;
        };
        let encoded = xdr(stored.entry.as_ref());
        let size = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
        if !is_soroban || expired {
            disk_read_bytes = disk_read_bytes.saturating_add(size);
        }
        let ttl = time_to_live(&stored, size, environment.cost_model)?;
        entries.push((Some(encoded), ttl));
    }
    if disk_read_bytes > data.resources.disk_read_bytes {
        return Err(InvokeHostFunctionResult::ResourceLimitExceeded.into());
    }
    Ok(entries)
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
) -> Result<(HostResult, Vec<DiagnosticEvent>), Failure> {
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
    let mut diagnostics = Vec::new();
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
        &mut diagnostics,
        None,
        Some(environment.modules.clone()),
    );
    match outcome {
        Ok(result) if result.encoded_invoke_result.is_ok() => Ok((result, diagnostics)),
        _ => {
            let cpu = budget.get_cpu_insns_consumed().map_err(trapped)?;
            let used = budget.get_mem_bytes_consumed().map_err(trapped)?;
            let result = if cpu > instructions || used > memory {
                InvokeHostFunctionResult::ResourceLimitExceeded
            } else {
                InvokeHostFunctionResult::Trapped
            };
            Err(Failure { result, diagnostics })
        }
    }
}

/// Checks what the host wrote and emitted, charges for it and writes it.
fn finish(
    frame: &mut Frame<'_>,
    submission: &Submission,
    data: &SorobanTransactionData,
    environment: &Environment<'_>,
    host_result: HostResult,
    diagnostics: Vec<DiagnosticEvent>,
) -> Result<(InvokeHostFunctionResult, Effect), Failure> {
    let fail = |result: InvokeHostFunctionResult, diagnostics: Vec<DiagnosticEvent>| Failure { result, diagnostics };
    if !writes_fit(&host_result.ledger_changes, data, environment.config) {
        let result = InvokeHostFunctionResult::ResourceLimitExceeded;
        return Err(fail(result, diagnostics));
    }
    let encoded_value = host_result.encoded_invoke_result.unwrap_or_default();
    let events_size = host_result
        .encoded_contract_events
        .iter()
        .map(Vec::len)
        .sum::<usize>()
        .saturating_add(encoded_value.len());
    let events_size = u32::try_from(events_size).unwrap_or(u32::MAX);
    if events_size > environment.config.max_events_bytes {
        let result = InvokeHostFunctionResult::ResourceLimitExceeded;
        return Err(fail(result, diagnostics));
    }
    let rent_fee = compute_rent_fee(
        &extract_rent_changes(&host_result.ledger_changes),
        &environment.config.host.rent_fee_configuration,
        environment.info.sequence_number,
    );
    let Some(refundable_fee) = charge_refundable(submission, data, environment.config, events_size, rent_fee) else {
        let result = InvokeHostFunctionResult::InsufficientRefundableFee;
        return Err(fail(result, diagnostics));
    };
    let (Ok(return_value), Some(events)) = (
        ScVal::from_xdr(&encoded_value, Limits::none()),
        decode_events(&host_result.encoded_contract_events),
    ) else {
        return Err(fail(InvokeHostFunctionResult::Trapped, diagnostics));
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
        diagnostics,
        refundable_fee,
        rent_fee,
    };
    Ok((InvokeHostFunctionResult::Success(hash), effect))
}

/// The refundable fee in stroops for events and rent; `None` when it is more
/// than the transaction set aside.
pub fn charge_refundable(
    submission: &Submission,
    data: &SorobanTransactionData,
    config: &Settings,
    events_size: u32,
    rent_fee: i64,
) -> Option<i64> {
    let (fixed, events_fee) = resource_fees(submission, data, events_size, &config.host.fee_configuration);
    let available = data.resource_fee.checked_sub(fixed)?;
    let needed = events_fee.checked_add(rent_fee)?;
    (needed <= available).then_some(needed)
}

fn writes_fit(changes: &[LedgerEntryChange], data: &SorobanTransactionData, settings: &Settings) -> bool {
    let mut total = 0_u32;
    for change in changes.iter().filter(|change| !change.read_only) {
        let Some(value) = &change.encoded_new_value else {
            continue;
        };
        let size = u32::try_from(value.len()).unwrap_or(u32::MAX);
        total = total.saturating_add(size);
        // A code entry holds little beside the code itself.
        let limit = match LedgerKey::from_xdr(&change.encoded_key, Limits::none()) {
            Ok(LedgerKey::ContractCode(_)) => settings.max_code_bytes.saturating_add(settings.max_entry_bytes),
            _ => settings.max_entry_bytes,
        };
        if size > limit {
            return false;
        }
    }
    total <= data.resources.write_bytes
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
