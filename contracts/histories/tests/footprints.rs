//! A transaction that was simulated before another one landed still executes. A payout that was simulated when there
//! was nothing to pay is the exception: it names no entries of the asset and is to be simulated again.
//!
//! Each test simulates on one state of the ledger, lets others act, and executes with the footprint of the simulation,
//! as the network does. Only the wasm can be loaded from a ledger, so this needs `STELLARSETTLE_WASM`.

use std::collections::HashSet;
use std::rc::Rc;

use soroban_env_host::budget::Budget;
use soroban_env_host::e2e_invoke::{
    invoke_host_function, invoke_host_function_in_recording_mode, RecordingInvocationAuthMode,
    RecordingInvocationAuthParams, TtlLedgerEntryMeta,
};
use soroban_env_host::storage::SnapshotSource;
use soroban_env_host::xdr::{
    AccountId, HostFunction, InvokeContractArgs, LedgerFootprint, LedgerKey, Limits, PublicKey, ReadXdr, ScSymbol,
    ScVal, SorobanResources, Uint256, WriteXdr,
};
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{Address, BytesN, Env, IntoVal, TryFromVal, Val, Vec as HostVec};
use stellarsettle_histories::platform::Platform;

/// A call and the resources that its simulation named.
struct Simulated {
    function: HostFunction,
    resources: SorobanResources,
}

fn source() -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([0; 32])))
}

fn unlimited() -> Budget {
    let budget = Budget::default();
    budget.reset_unlimited().unwrap();
    budget
}

fn host_function(env: &Env, contract: &Address, name: &str, arguments: HostVec<Val>) -> HostFunction {
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

/// Simulates a call on the ledger as it is; every signature is assumed.
fn simulate(env: &Env, contract: &Address, name: &str, arguments: HostVec<Val>) -> Simulated {
    let function = host_function(env, contract, name, arguments);
    let resources = record(env, &function);
    Simulated { function, resources }
}

fn record(env: &Env, function: &HostFunction) -> SorobanResources {
    let snapshot = env.to_ledger_snapshot();
    let info = snapshot.ledger_info();
    let outcome = invoke_host_function_in_recording_mode(
        &unlimited(),
        false,
        function,
        &source(),
        RecordingInvocationAuthMode::Recording(RecordingInvocationAuthParams::new(false, false)),
        info,
        Rc::new(snapshot),
        [0; 32],
        &mut Vec::new(),
    )
    .unwrap();
    outcome.invoke_result.expect("a simulation that succeeds");
    outcome.resources
}

/// Executes a call that nobody needs to sign, with the footprint of its simulation, and returns its value.
fn execute(env: &Env, simulated: &Simulated) -> ScVal {
    let snapshot = env.to_ledger_snapshot();
    let footprint = &simulated.resources.footprint;
    let entries: Vec<(Option<Vec<u8>>, Option<TtlLedgerEntryMeta>)> = footprint
        .read_only
        .iter()
        .chain(footprint.read_write.iter())
        .map(|key| entry(&snapshot, key))
        .collect();
    let outcome = invoke_host_function::<Vec<u8>, _, _>(
        &unlimited(),
        false,
        simulated.function.to_xdr(Limits::none()).unwrap(),
        simulated.resources.to_xdr(Limits::none()).unwrap(),
        &[],
        source().to_xdr(Limits::none()).unwrap(),
        Vec::<Vec<u8>>::new().into_iter(),
        snapshot.ledger_info(),
        entries.into_iter(),
        vec![0; 32],
        &mut Vec::new(),
        None,
        None,
    )
    .unwrap();
    let value = outcome
        .encoded_invoke_result
        .expect("an execution with the old footprint");
    ScVal::from_xdr(value, Limits::none()).unwrap()
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

/// A call that somebody must sign touches nothing now that its simulation did not name.
fn covered(env: &Env, simulated: &Simulated) {
    let set = |keys: &[LedgerKey]| -> HashSet<LedgerKey> { keys.iter().cloned().collect() };
    let LedgerFootprint { read_only, read_write } = &simulated.resources.footprint;
    let (readable, writable) = (set(read_only), set(read_write));
    let now = record(env, &simulated.function).footprint;
    for key in now.read_write.iter() {
        assert!(writable.contains(key), "written now, not in the simulation: {key:?}");
    }
    for key in now.read_only.iter() {
        let named = readable.contains(key) || writable.contains(key);
        assert!(named, "read now, not in the simulation: {key:?}");
    }
}

fn amount(value: i128) -> ScVal {
    ScVal::from(value)
}

/// A platform whose first two investors own half of a released invoice each; None without wasm.
fn halves(released: bool) -> Option<(Platform, BytesN<32>)> {
    if std::env::var_os("STELLARSETTLE_WASM").is_none() {
        eprintln!("SKIPPED: no wasm to load; set STELLARSETTLE_WASM to the folder that holds it");
        return None;
    }
    let p = Platform::new();
    // A listed asset has been sent to both contracts before: their balances exist.
    let asset = StellarAssetClient::new(&p.env, &p.asset);
    asset.mint(&p.escrow.address, &1);
    asset.mint(&p.distributor.address, &1);
    let id = p.open(&p.terms());
    p.escrow.fund_escrow(&p.investors[0], &id, &450_000);
    p.escrow.fund_escrow(&p.investors[1], &id, &450_000);
    if released {
        p.pass(86_400);
        p.escrow.release(&id);
    }
    Some((p, id))
}

fn people(p: &Platform) -> HostVec<Address> {
    HostVec::from_slice(&p.env, &p.investors[..2])
}

#[test]
fn a_claim_simulated_before_somebody_pushed_the_money_finds_nothing() {
    let Some((p, id)) = halves(true) else { return };
    p.pay(&id, 1_000_000);
    let call = (&id, &p.investors[0]).into_val(&p.env);
    let simulated = simulate(&p.env, &p.distributor.address, "claim", call);
    p.distributor.distribute(&id, &people(&p));
    assert_eq!(execute(&p.env, &simulated), amount(0));
}

#[test]
fn residual_and_fees_simulated_before_another_payment_are_taken_whole() {
    let Some((p, id)) = halves(true) else { return };
    p.pay(&id, 1_000_100);
    let residual = simulate(
        &p.env,
        &p.distributor.address,
        "claim_residual",
        (&id,).into_val(&p.env),
    );
    let fees = simulate(
        &p.env,
        &p.distributor.address,
        "collect_fees",
        (&p.asset,).into_val(&p.env),
    );
    let other = p.open(&invoice_escrow::Terms {
        natural: p.bytes(8),
        ..p.terms()
    });
    p.escrow.fund_escrow(&p.investors[0], &other, &900_000);
    p.pass(86_400);
    p.escrow.release(&other);
    p.pay(&other, 500_000);
    assert_eq!(execute(&p.env, &residual), amount(40_100));
    assert_eq!(execute(&p.env, &fees), amount(15_000));
}

#[test]
fn a_payment_simulated_before_another_one_settles() {
    let Some((p, id)) = halves(true) else { return };
    let none: Option<BytesN<32>> = None;
    let call = (&p.debtor, &id, 500_000i128, none).into_val(&p.env);
    let simulated = simulate(&p.env, &p.escrow.address, "record_payment", call);
    p.pay(&id, 500_000);
    covered(&p.env, &simulated);
}

#[test]
fn a_stake_simulated_before_another_one_fills_the_raise() {
    let Some((p, _)) = halves(true) else { return };
    let id = p.open(&invoice_escrow::Terms {
        natural: p.bytes(8),
        ..p.terms()
    });
    let call = (&p.investors[0], &id, 400_000i128).into_val(&p.env);
    let simulated = simulate(&p.env, &p.escrow.address, "fund_escrow", call);
    p.escrow.fund_escrow(&p.investors[1], &id, &500_000);
    covered(&p.env, &simulated);
}

#[test]
fn a_transfer_simulated_before_a_payment_moves_the_shares() {
    let Some((p, id)) = halves(true) else { return };
    let call = (&p.investors[0], &p.investors[2], 10_000i128).into_val(&p.env);
    let simulated = simulate(&p.env, &p.token(&id).address, "transfer", call);
    p.pay(&id, 300_000);
    p.token(&id).transfer(&p.investors[1], &p.investors[2], &5);
    covered(&p.env, &simulated);
}

#[test]
fn an_expiry_simulated_while_too_little_was_raised_closes_what_raised_enough() {
    let Some((p, _)) = halves(true) else { return };
    let terms = invoice_escrow::Terms {
        natural: p.bytes(8),
        ..p.terms()
    };
    let id = p.open(&terms);
    let before = p.now();
    p.at(terms.deadline);
    let simulated = simulate(&p.env, &p.escrow.address, "expire", (&id,).into_val(&p.env));
    p.at(before);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    p.at(terms.deadline);
    assert_eq!(execute(&p.env, &simulated), ScVal::Void);
}
