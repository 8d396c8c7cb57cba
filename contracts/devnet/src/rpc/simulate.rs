//! simulateTransaction.

use super::{call_frames, error::RpcError, format::Format, params::Params};
use crate::{
    encoding::from_xdr_base64,
    ledger::{simulation::Simulation, state::Snapshot},
    transaction::Submission,
};
use serde_json::{json, Map, Value};
use soroban_env_host::{
    e2e_invoke::RecordingInvocationAuthMode,
    events::HostEvent,
    ledger_info::get_key_durability,
    xdr::{
        AccountId, ContractEventBody, DiagnosticEvent, InvokeHostFunctionOp, LedgerKey, Operation, OperationBody,
        ScVal, SorobanTransactionData, TransactionEnvelope,
    },
    HostError,
};
use soroban_simulation::simulation::{
    simulate_extend_ttl_op, simulate_invoke_host_function_op, simulate_restore_op, InvokeHostFunctionSimulationResult,
    LedgerEntryDiff, SimulationAdjustmentConfig, SimulationAdjustmentFactor,
};
use std::rc::Rc;

/// The instructions that are added to what a simulation used.
const DEFAULT_LEEWAY: u32 = 50_000;
const INSTRUCTION_FACTOR: f64 = 1.04;

/// What the client asked for besides the transaction.
struct Options {
    /// Extra instructions; `None` when the number is too large to be one.
    leeway: Option<u32>,
    auth_mode: AuthMode,
    upgraded_auth: bool,
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AuthMode {
    /// Enforce if entries are there, else record.
    Unset,
    Enforce,
    Record,
    RecordAllowNonroot,
}

/// A failure that is told in the result, with the ledger it was seen at.
struct Refusal {
    error: String,
    latest_ledger: u32,
}

impl Refusal {
    /// The request makes no sense; no ledger was looked at.
    fn of_request(error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            latest_ledger: 0,
        }
    }
}

/// Simulates a transaction; that may take some milliseconds.
///
/// # Errors
/// If the parameters are malformed; what fails in the simulation is told in the result.
pub fn simulate_transaction(simulation: &Simulation, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "SimulateTransactionRequest")?;
    let text = params.text("transaction")?;
    let resources = params.object("resourceConfig", "ResourceConfig")?;
    let leeway = resources.unsigned("instructionLeeway", "uint64")?;
    let auth_text = params.text("authMode")?;
    let upgraded_auth = params.truth("useUpgradedAuth")?;
    let answer = match params.format() {
        Err(fault) => Err(Refusal::of_request(fault.message)),
        Ok(format) => read_auth_mode(auth_text).and_then(|auth_mode| {
            let options = Options {
                leeway: u32::try_from(leeway).ok(),
                auth_mode,
                upgraded_auth,
                format,
            };
            simulate(simulation, text, &options)
        }),
    };
    Ok(answer.unwrap_or_else(|refusal| json!({"error": refusal.error, "latestLedger": refusal.latest_ledger})))
}

fn read_auth_mode(text: &str) -> Result<AuthMode, Refusal> {
    match text {
        "" => Ok(AuthMode::Unset),
        "enforce" => Ok(AuthMode::Enforce),
        "record" => Ok(AuthMode::Record),
        "record_allow_nonroot" => Ok(AuthMode::RecordAllowNonroot),
        _ => Err(Refusal::of_request(
            "optional 'authMode' must be one of enforce,record,record_allow_nonroot when included",
        )),
    }
}

fn simulate(simulation: &Simulation, text: &str, options: &Options) -> Result<Value, Refusal> {
    let submission = from_xdr_base64::<TransactionEnvelope>(text)
        .and_then(|envelope| Submission::new(envelope, simulation.network_id))
        .ok_or_else(|| Refusal::of_request("Could not unmarshal transaction"))?;
    let [operation] = submission.transaction.operations.as_slice() else {
        return Err(Refusal::of_request("Transaction contains more than one operation"));
    };
    if submission.has_memo() {
        return Err(Refusal::of_request(
            "Transaction contains a memo. Soroban transactions do not support memos.",
        ));
    }
    let source = submission.operation_source(operation);
    match &operation.body {
        OperationBody::InvokeHostFunction(invoke) => simulate_invocation(simulation, &source, invoke, options),
        OperationBody::ExtendFootprintTtl(_) | OperationBody::RestoreFootprint(_) => {
            simulate_footprint(simulation, &submission, operation, options.format)
        }
        other => Err(Refusal::of_request(format!(
            "Transaction contains unsupported operation type: {}",
            go_name(other)
        ))),
    }
}

/// The name of an operation type in messages: `OperationTypePayment`.
fn go_name(body: &OperationBody) -> String {
    format!("OperationType{}", body.name())
}

fn simulate_invocation(
    simulation: &Simulation,
    source: &AccountId,
    operation: &InvokeHostFunctionOp,
    options: &Options,
) -> Result<Value, Refusal> {
    let latest_ledger = simulation.latest_ledger;
    let refuse = |error: String| Refusal { error, latest_ledger };
    let Some(leeway) = options.leeway else {
        return Err(refuse("out of range integral type conversion attempted".to_owned()));
    };
    let mut adjustment = SimulationAdjustmentConfig::default_adjustment();
    adjustment.instructions = SimulationAdjustmentFactor::new(INSTRUCTION_FACTOR, leeway.max(DEFAULT_LEEWAY));
    let run = || {
        simulate_invoke_host_function_op(
            Rc::new(simulation.entries.clone()),
            &simulation.config.host,
            &adjustment,
            &simulation.info,
            operation.host_function.clone(),
            auth_mode(operation, options),
            source,
            simulation.seed,
            true,
        )
    };
    let result = simulation
        .parsed
        .during(run)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(invocation_json(&result, latest_ledger, options.format))
}

fn auth_mode(operation: &InvokeHostFunctionOp, options: &Options) -> RecordingInvocationAuthMode {
    let enforce = match options.auth_mode {
        AuthMode::Unset => !operation.auth.is_empty(),
        AuthMode::Enforce => true,
        AuthMode::Record | AuthMode::RecordAllowNonroot => false,
    };
    if enforce {
        return RecordingInvocationAuthMode::Enforcing(operation.auth.to_vec());
    }
    let root_only = options.auth_mode != AuthMode::RecordAllowNonroot;
    RecordingInvocationAuthMode::recording(root_only, options.upgraded_auth)
}

fn invocation_json(result: &InvokeHostFunctionSimulationResult, latest_ledger: u32, format: Format) -> Value {
    let mut fields = Map::new();
    let value = match &result.invoke_result {
        Ok(value) => value,
        Err(error) => {
            fields.insert("error".to_owned(), json!(error_text(error, &result.diagnostic_events)));
            insert_events(&mut fields, &result.diagnostic_events, format);
            fields.insert("latestLedger".to_owned(), json!(latest_ledger));
            return Value::Object(fields);
        }
    };
    if let Some(data) = &result.transaction_data {
        insert_transaction_data(&mut fields, data, format);
    }
    insert_events(&mut fields, &result.diagnostic_events, format);
    let mut outcome = Map::new();
    let auth = format.list(result.auth.iter());
    outcome.insert(format.name("auth", "authJson").to_owned(), auth);
    outcome.insert(format.name("xdr", "returnValueJson").to_owned(), format.value(value));
    fields.insert("results".to_owned(), json!([outcome]));
    let changes: Vec<Value> = result
        .modified_entries
        .iter()
        .filter_map(|diff| change_json(diff, format))
        .collect();
    if !changes.is_empty() {
        fields.insert("stateChanges".to_owned(), json!(changes));
    }
    fields.insert("latestLedger".to_owned(), json!(latest_ledger));
    Value::Object(fields)
}

/// An error as the host prints it in a debugger: with the events before it, newest
/// first. What was recorded while the error passed out of the last contract came
/// after the error was made and is not part of it.
fn error_text(error: &HostError, events: &[DiagnosticEvent]) -> String {
    use std::fmt::Write;
    let plain = format!("HostError: {:?}\n", error.error);
    let trailing = events.iter().rev().take_while(|event| is_trap_notice(event)).count();
    let told = events.get(..events.len().saturating_sub(trailing)).unwrap_or_default();
    let failed = call_frames::failed(told);
    let told = told.iter().zip(failed).rev().enumerate();
    let log = told.fold(String::new(), |mut log, (index, (event, failed_call))| {
        let shown = HostEvent {
            event: event.event.clone(),
            failed_call,
        };
        // Writing to a text cannot fail.
        let _ = writeln!(log, "   {index}: {shown}");
        log
    });
    if log.is_empty() {
        format!("{plain}DebugInfo not available\n")
    } else {
        format!("{plain}\nEvent log (newest first):\n{log}")
    }
}

/// Whether an event only says that an error came out of a contract's code.
fn is_trap_notice(event: &DiagnosticEvent) -> bool {
    let ContractEventBody::V0(body) = &event.event.body;
    let ScVal::Vec(Some(items)) = &body.data else {
        return false;
    };
    matches!(items.first(), Some(ScVal::String(text))
        if text.as_slice() == b"VM call trapped with HostError")
}

fn insert_transaction_data(fields: &mut Map<String, Value>, data: &SorobanTransactionData, format: Format) {
    let name = format.name("transactionData", "transactionDataJson");
    fields.insert(name.to_owned(), format.value(data));
    fields.insert("minResourceFee".to_owned(), json!(data.resource_fee.to_string()));
}

fn insert_events(fields: &mut Map<String, Value>, events: &[DiagnosticEvent], format: Format) {
    if !events.is_empty() {
        fields.insert(format.name("events", "eventsJson").to_owned(), format.list(events));
    }
}

/// One changed entry. In JSON the base64 fields stay, empty.
fn change_json(diff: &LedgerEntryDiff, format: Format) -> Option<Value> {
    let (kind, entry) = match (&diff.state_before, &diff.state_after) {
        (None, Some(after)) => ("created", after),
        (Some(_), Some(after)) => ("updated", after),
        (Some(before), None) => ("deleted", before),
        (None, None) => return None,
    };
    let mut fields = Map::new();
    fields.insert("type".to_owned(), json!(kind));
    let key = format.value(&entry.to_key());
    fields.insert(format.name("key", "keyJson").to_owned(), key);
    let sides = [
        ("before", "beforeJson", &diff.state_before),
        ("after", "afterJson", &diff.state_after),
    ];
    for (base64_name, json_name, side) in sides {
        fields.insert(base64_name.to_owned(), Value::Null);
        if let Some(entry) = side {
            fields.insert(format.name(base64_name, json_name).to_owned(), format.value(entry));
        }
    }
    Some(Value::Object(fields))
}

/// Simulates extending or restoring the entries the transaction names.
fn simulate_footprint(
    simulation: &Simulation,
    submission: &Submission,
    operation: &Operation,
    format: Format,
) -> Result<Value, Refusal> {
    let latest_ledger = simulation.latest_ledger;
    let refuse = |error: String| Refusal { error, latest_ledger };
    let Some(data) = submission.soroban_data() else {
        return Err(Refusal::of_request(
            "To perform a SimulateTransaction for ExtendFootprintTtl or RestoreFootprint \
             operations, SorobanTransactionData must be provided",
        ));
    };
    let footprint = &data.resources.footprint;
    let adjustment = SimulationAdjustmentConfig::default_adjustment();
    let (info, entries, config) = (&simulation.info, &simulation.entries, &simulation.config.host);
    let mut fields = Map::new();
    let found = match &operation.body {
        OperationBody::ExtendFootprintTtl(extend) => {
            let keys = footprint.read_only.as_slice();
            if let Some(preamble) = restore_preamble(simulation, keys, format) {
                fields.insert("restorePreamble".to_owned(), preamble);
            }
            let live = LiveOnly {
                entries,
                sequence: info.sequence_number,
                restored_until: info
                    .sequence_number
                    .saturating_add(info.min_persistent_entry_ttl.saturating_sub(1)),
            };
            simulate_extend_ttl_op(&live, config, &adjustment, info, keys, extend.extend_to)
                .map(|result| result.transaction_data)
        }
        _ => {
            let keys = footprint.read_write.as_slice();
            simulate_restore_op(entries, config, &adjustment, info, keys).map(|result| result.transaction_data)
        }
    };
    let data = found.map_err(|error| refuse(error.to_string()))?;
    insert_transaction_data(&mut fields, &data, format);
    fields.insert("latestLedger".to_owned(), json!(latest_ledger));
    Ok(Value::Object(fields))
}

/// What must be restored before the keys can be extended, if anything is archived.
fn restore_preamble(simulation: &Simulation, keys: &[LedgerKey], format: Format) -> Option<Value> {
    use soroban_env_host::xdr::ContractDataDurability;
    let (info, entries, config) = (&simulation.info, &simulation.entries, &simulation.config.host);
    let archived: Vec<LedgerKey> = keys
        .iter()
        .filter(|key| get_key_durability(key) == Some(ContractDataDurability::Persistent))
        .filter(|key| {
            entries
                .get(key)
                .is_some_and(|stored| stored.is_expired(info.sequence_number))
        })
        .cloned()
        .collect();
    if archived.is_empty() {
        return None;
    }
    let adjustment = SimulationAdjustmentConfig::default_adjustment();
    let result = simulate_restore_op(entries, config, &adjustment, info, &archived).ok()?;
    let mut fields = Map::new();
    insert_transaction_data(&mut fields, &result.transaction_data, format);
    Some(Value::Object(fields))
}

/// Entries as they would be after the preamble: archived ones restored, expired
/// temporary ones gone.
struct LiveOnly<'a> {
    entries: &'a Snapshot,
    sequence: u32,
    restored_until: u32,
}

impl soroban_env_host::storage::SnapshotSource for LiveOnly<'_> {
    fn get(
        &self,
        key: &Rc<LedgerKey>,
    ) -> Result<Option<soroban_env_host::storage::EntryWithLiveUntil>, soroban_env_host::HostError> {
        use soroban_env_host::xdr::ContractDataDurability;
        let found = soroban_env_host::storage::SnapshotSource::get(self.entries, key)?;
        Ok(found.and_then(|(entry, live_until)| {
            if live_until.is_none_or(|last| last >= self.sequence) {
                Some((entry, live_until))
            } else if get_key_durability(key) == Some(ContractDataDurability::Persistent) {
                Some((entry, Some(self.restored_until)))
            } else {
                None
            }
        }))
    }
}
