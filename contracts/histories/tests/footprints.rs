//! A transaction that was simulated before another one landed still executes. The exception is a payout or a refund
//! that was simulated when a holder was frozen or had nothing to get: it names none of the entries that paying him
//! writes, so it is refused whole if he can be paid when it lands, and is to be simulated again.
//!
//! Each test simulates on one state of the ledger, lets others act, and executes with the footprint of the simulation,
//! as the network does. Only the wasm can be loaded from a ledger, so this needs `STELLARSETTLE_WASM`.

use std::collections::HashSet;

use soroban_env_host::xdr::{LedgerFootprint, LedgerKey, ScErrorCode, ScErrorType, ScVal};
use soroban_env_host::HostError;
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{Address, BytesN, Env, IntoVal, Val, Vec as HostVec};
use stellarsettle_histories::platform::Platform;
use stellarsettle_histories::simulation::Simulated;

fn simulate(env: &Env, contract: &Address, name: &str, arguments: HostVec<Val>) -> Simulated {
    Simulated::new(env, contract, contract, name, &arguments)
}

/// A call that somebody must sign touches nothing now that its simulation did not name.
fn covered(env: &Env, simulated: &Simulated) {
    let set = |keys: &[LedgerKey]| -> HashSet<LedgerKey> { keys.iter().cloned().collect() };
    let LedgerFootprint { read_only, read_write } = &simulated.resources.footprint;
    let (readable, writable) = (set(read_only), set(read_write));
    let now = simulated.again(env).resources.footprint;
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
    assert_eq!(simulated.execute(&p.env).unwrap(), amount(0));
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
    assert_eq!(residual.execute(&p.env).unwrap(), amount(40_100));
    assert_eq!(fees.execute(&p.env).unwrap(), amount(15_000));
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
    assert_eq!(simulated.execute(&p.env).unwrap(), ScVal::Void);
}

/// What each of a batch was paid.
fn amounts(paid: &[i128]) -> ScVal {
    let amounts: Vec<ScVal> = paid.iter().map(|paid| amount(*paid)).collect();
    ScVal::Vec(Some(amounts.try_into().unwrap()))
}

/// Whether the network refused a transaction because it touched what its simulation did not name.
fn outside_its_footprint(outcome: &Result<ScVal, HostError>) -> bool {
    let limit = (ScErrorType::Storage, ScErrorCode::ExceededLimit).into();
    outcome.as_ref().is_err_and(|refusal| refusal.error == limit)
}

/// A batch that pays the first two investors the same amount: a distribution, or refunds.
struct Batch {
    p: Platform,
    contract: Address,
    function: &'static str,
    arguments: HostVec<Val>,
    each: i128,
}

impl Batch {
    fn simulate(&self) -> Simulated {
        simulate(&self.p.env, &self.contract, self.function, self.arguments.clone())
    }
}

/// Both batches; None without wasm.
fn batches() -> Option<[Batch; 2]> {
    let (p, id) = halves(true)?;
    p.pay(&id, 1_000_000);
    let distribution = Batch {
        contract: p.distributor.address.clone(),
        function: "distribute",
        arguments: (&id, people(&p)).into_val(&p.env),
        each: 475_000,
        p,
    };
    let (p, id) = halves(false)?;
    p.escrow.cancel(&p.seller, &id);
    let refunds = Batch {
        contract: p.escrow.address.clone(),
        function: "refund_batch",
        arguments: (&id, people(&p)).into_val(&p.env),
        each: 450_000,
        p,
    };
    Some([distribution, refunds])
}

#[test]
fn a_batch_simulated_while_a_holder_is_frozen_is_refused_whole_when_he_is_thawed() {
    let Some(batches) = batches() else { return };
    for batch in batches {
        let p = &batch.p;
        p.freeze(&p.investors[1]);
        let simulated = batch.simulate();
        assert_eq!(
            simulated.execute(&p.env).unwrap(),
            amounts(&[batch.each, 0]),
            "frozen still"
        );
        p.admit(&p.investors[1]);
        assert!(outside_its_footprint(&simulated.execute(&p.env)), "{}", batch.function);
        let again = batch.simulate().execute(&p.env).unwrap();
        assert_eq!(again, amounts(&[batch.each, batch.each]), "simulated again");
    }
}

#[test]
fn a_batch_simulated_before_a_holder_is_frozen_pays_the_others() {
    let Some(batches) = batches() else { return };
    for batch in batches {
        let simulated = batch.simulate();
        batch.p.freeze(&batch.p.investors[1]);
        let paid = simulated.execute(&batch.p.env).unwrap();
        assert_eq!(paid, amounts(&[batch.each, 0]), "{}", batch.function);
    }
}

#[test]
fn a_claim_simulated_when_nothing_was_payable_is_refused_when_something_is() {
    let Some((p, id)) = halves(true) else { return };
    let call = (&id, &p.investors[0]).into_val(&p.env);
    let simulated = simulate(&p.env, &p.distributor.address, "claim", call);
    p.pay(&id, 1_000_000);
    assert!(outside_its_footprint(&simulated.execute(&p.env)));
    assert_eq!(simulated.again(&p.env).execute(&p.env).unwrap(), amount(475_000));
}
