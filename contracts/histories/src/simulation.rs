//! A call as the network simulates and executes it: on the ledger as it is, with a footprint, signatures and a price.
//!
//! Limits and prices are mainnet's. Only wasm can be loaded from a ledger.

use std::rc::Rc;

use soroban_env_host::budget::Budget;
use soroban_env_host::e2e_invoke::{
    extract_rent_changes, invoke_host_function, invoke_host_function_in_recording_mode, LedgerEntryChange,
    RecordingInvocationAuthMode, RecordingInvocationAuthParams, TtlLedgerEntryMeta,
};
use soroban_env_host::fees::{
    compute_rent_fee, compute_transaction_resource_fee, FeeConfiguration, RentFeeConfiguration, TransactionResources,
};
use soroban_env_host::storage::SnapshotSource;
use soroban_env_host::xdr::{
    AccountId, DecoratedSignature, HostFunction, InvokeContractArgs, InvokeHostFunctionOp, LedgerKey, Limits, Memo,
    MuxedAccount, Operation, OperationBody, Preconditions, PublicKey, ReadXdr, ScAddress, ScSymbol, ScVal,
    SequenceNumber, SignatureHint, SorobanAuthorizationEntry, SorobanResources, SorobanTransactionData,
    SorobanTransactionDataExt, Transaction, TransactionEnvelope, TransactionExt, TransactionV1Envelope, Uint256,
    WriteXdr,
};
use soroban_env_host::HostError;
use soroban_sdk::{Address, Env, TryFromVal, Val, Vec as HostVec};

/// Mainnet's prices in stroops (2026): of 10,000 instructions, of entries, of KiB.
const FEES: FeeConfiguration = FeeConfiguration {
    fee_per_instruction_increment: 7,
    fee_per_disk_read_entry: 1_563,
    fee_per_write_entry: 2_500,
    fee_per_disk_read_1kb: 447,
    fee_per_write_1kb: 875,
    fee_per_historical_1kb: 4_059,
    fee_per_contract_event_1kb: 5_000,
    fee_per_transaction_size_1kb: 406,
};

/// Mainnet's rent: the least price of a KiB, which holds while the state is smaller than its target.
const RENT: RentFeeConfiguration = RentFeeConfiguration {
    fee_per_write_1kb: FEES.fee_per_write_1kb,
    fee_per_rent_1kb: 1_000,
    fee_per_write_entry: FEES.fee_per_write_entry,
    persistent_rent_rate_denominator: 1_215,
    temporary_rent_rate_denominator: 2_430,
};

/// A call on one state of the ledger, and all that its simulation found out.
pub struct Simulated {
    pub resources: SorobanResources,
    function: HostFunction,
    source: AccountId,
    auth: Vec<SorobanAuthorizationEntry>,
    /// Bytes of events and return value.
    event_bytes: u32,
    changes: Vec<LedgerEntryChange>,
    ledger: u32,
}

/// What one call costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cost {
    pub instructions: u32,
    /// Entries of the footprint, read or written.
    pub entries: u32,
    /// Entries of the classic ledger, which are read from disk.
    pub disk_reads: u32,
    pub disk_read_bytes: u32,
    pub writes: u32,
    pub write_bytes: u32,
    /// Bytes of events and return value.
    pub event_bytes: u32,
    /// Bytes of the signed transaction.
    pub transaction_bytes: u32,
    /// Stroops of the resource fee but rent.
    pub fee: i64,
    /// Stroops that pay for entries to live longer.
    pub rent: i64,
}

impl Simulated {
    /// Simulates a call on the ledger as it is; `source` sends the transaction, every other signature is assumed.
    pub fn new(env: &Env, source: &Address, contract: &Address, name: &str, arguments: &HostVec<Val>) -> Simulated {
        let function = host_function(env, contract, name, arguments);
        Simulated::of(env, function, account(source))
    }

    /// The same call on the ledger as it is now.
    pub fn again(&self, env: &Env) -> Simulated {
        Simulated::of(env, self.function.clone(), self.source.clone())
    }

    fn of(env: &Env, function: HostFunction, source: AccountId) -> Simulated {
        let snapshot = env.to_ledger_snapshot();
        let info = snapshot.ledger_info();
        let ledger = info.sequence_number;
        let found = invoke_host_function_in_recording_mode(
            &unlimited(),
            false,
            &function,
            &source,
            RecordingInvocationAuthMode::Recording(RecordingInvocationAuthParams::new(false, false)),
            info,
            Rc::new(snapshot),
            [0; 32],
            &mut Vec::new(),
        )
        .unwrap();
        found.invoke_result.expect("a simulation that succeeds");
        Simulated {
            resources: found.resources,
            function,
            source,
            auth: found.auth,
            event_bytes: found.contract_events_and_return_value_size,
            changes: found.ledger_changes,
            ledger,
        }
    }

    /// Executes a call that nobody else needs to sign, with the footprint of its simulation, and returns its value, or
    /// why the network refuses it. Nothing of it stays.
    pub fn execute(&self, env: &Env) -> Result<ScVal, HostError> {
        let snapshot = env.to_ledger_snapshot();
        let footprint = &self.resources.footprint;
        let entries: Vec<_> = footprint
            .read_only
            .iter()
            .chain(footprint.read_write.iter())
            .map(|key| entry(&snapshot, key))
            .collect();
        let outcome = invoke_host_function::<Vec<u8>, _, _>(
            &unlimited(),
            false,
            self.function.to_xdr(Limits::none()).unwrap(),
            self.resources.to_xdr(Limits::none()).unwrap(),
            &[],
            self.source.to_xdr(Limits::none()).unwrap(),
            Vec::<Vec<u8>>::new().into_iter(),
            snapshot.ledger_info(),
            entries.into_iter(),
            vec![0; 32],
            &mut Vec::new(),
            None,
            None,
        )
        .unwrap();
        let value = outcome.encoded_invoke_result?;
        Ok(ScVal::from_xdr(value, Limits::none()).unwrap())
    }

    /// What the call costs on mainnet.
    pub fn cost(&self) -> Cost {
        let footprint = &self.resources.footprint;
        let keys = || footprint.read_only.iter().chain(footprint.read_write.iter());
        let used = TransactionResources {
            instructions: self.resources.instructions,
            disk_read_entries: count(keys().filter(|key| classic(key))),
            write_entries: count(footprint.read_write.iter()),
            disk_read_bytes: self.resources.disk_read_bytes,
            write_bytes: self.resources.write_bytes,
            contract_events_size_bytes: self.event_bytes,
            transaction_size_bytes: self.transaction_bytes(),
        };
        let (fixed, refundable) = compute_transaction_resource_fee(&used, &FEES);
        Cost {
            instructions: used.instructions,
            entries: count(keys()),
            disk_reads: used.disk_read_entries,
            disk_read_bytes: used.disk_read_bytes,
            writes: used.write_entries,
            write_bytes: used.write_bytes,
            event_bytes: used.contract_events_size_bytes,
            transaction_bytes: used.transaction_size_bytes,
            fee: fixed + refundable,
            rent: compute_rent_fee(&extract_rent_changes(&self.changes), &RENT, self.ledger),
        }
    }

    /// The bytes of the transaction that its source has signed.
    fn transaction_bytes(&self) -> u32 {
        let AccountId(PublicKey::PublicKeyTypeEd25519(source)) = self.source.clone();
        let operation = Operation {
            source_account: None,
            body: OperationBody::InvokeHostFunction(InvokeHostFunctionOp {
                host_function: self.function.clone(),
                auth: self.auth.clone().try_into().unwrap(),
            }),
        };
        let tx = Transaction {
            source_account: MuxedAccount::Ed25519(source),
            fee: u32::MAX,
            seq_num: SequenceNumber(1),
            cond: Preconditions::None,
            memo: Memo::None,
            operations: vec![operation].try_into().unwrap(),
            ext: TransactionExt::V1(SorobanTransactionData {
                ext: SorobanTransactionDataExt::V0,
                resources: self.resources.clone(),
                resource_fee: 1,
            }),
        };
        let signature = DecoratedSignature {
            hint: SignatureHint([0; 4]),
            signature: vec![0; 64].try_into().unwrap(),
        };
        let envelope = TransactionEnvelope::Tx(TransactionV1Envelope {
            tx,
            signatures: vec![signature].try_into().unwrap(),
        });
        size(&envelope)
    }
}

fn host_function(env: &Env, contract: &Address, name: &str, arguments: &HostVec<Val>) -> HostFunction {
    let arguments: Vec<ScVal> = arguments
        .iter()
        .map(|argument| ScVal::try_from_val(env, &argument).unwrap())
        .collect();
    HostFunction::InvokeContract(InvokeContractArgs {
        contract_address: contract.into(),
        function_name: ScSymbol(name.try_into().unwrap()),
        args: arguments.try_into().unwrap(),
    })
}

/// The account behind an address; contracts send no transactions, so for them it is nobody's.
fn account(address: &Address) -> AccountId {
    match address.into() {
        ScAddress::Account(account) => account,
        _ => AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([0; 32]))),
    }
}

fn classic(key: &LedgerKey) -> bool {
    !matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_))
}

fn entry(source: &dyn SnapshotSource, key: &LedgerKey) -> (Option<Vec<u8>>, Option<TtlLedgerEntryMeta>) {
    let Some((entry, live_until)) = source.get(&Rc::new(key.clone())).unwrap() else {
        return (None, None);
    };
    let encoded = entry.to_xdr(Limits::none()).unwrap();
    let meta = live_until.map(|live_until_ledger| TtlLedgerEntryMeta {
        live_until_ledger,
        entry_size_for_rent: u32::try_from(encoded.len()).unwrap(),
    });
    (Some(encoded), meta)
}

fn unlimited() -> Budget {
    let budget = Budget::default();
    budget.reset_unlimited().unwrap();
    budget
}

fn count<Item>(items: impl Iterator<Item = Item>) -> u32 {
    u32::try_from(items.count()).unwrap()
}

fn size(value: &impl WriteXdr) -> u32 {
    u32::try_from(value.to_xdr(Limits::none()).unwrap().len()).unwrap()
}
