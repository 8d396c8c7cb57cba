//! Every function called once in the course of invoices' lives, and in the ways that differ in cost.

use std::collections::BTreeMap;

use invoice_escrow::Terms;
use soroban_sdk::testutils::Ledger as _;
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{vec, Address, BytesN, IntoVal, Symbol, Val, Vec as HostVec};
use stellarsettle_histories::code::Code;
use stellarsettle_histories::platform::{params, Platform, DAY};
use stellarsettle_histories::signatures::{invoke, Call};
use stellarsettle_histories::simulation::{Cost, Simulated};
use stellarsettle_shared::types::Split;

/// Costs by call: the contract, the function, and behind a comma which case of it.
pub type Costs = BTreeMap<String, Cost>;

/// The costs of all calls, on an invoice of so many investors where that could matter.
pub fn measured(investors: usize) -> Costs {
    let mut costs = Costs::new();
    for stage in [repaid, refunded, overdue, administration] {
        let p = Platform::of_accounts();
        let mut meter = Meter {
            p: &p,
            costs: &mut costs,
        };
        stage(&mut meter, investors);
    }
    costs
}

/// Makes calls and notes what they cost.
struct Meter<'a> {
    p: &'a Platform,
    costs: &'a mut Costs,
}

impl Meter<'_> {
    /// Simulates a call that `source` sends, notes its cost, and makes it.
    fn make(
        &mut self,
        label: &str,
        source: &Address,
        contract: &Address,
        arguments: impl IntoVal<soroban_sdk::Env, HostVec<Val>>,
    ) -> Val {
        let call = self.look(label, source, contract, arguments);
        invoke(&self.p.env, &call).unwrap_or_else(|refusal| panic!("{label}: {refusal}"))
    }

    /// Notes the cost of a call without making it.
    fn look(
        &mut self,
        label: &str,
        source: &Address,
        contract: &Address,
        arguments: impl IntoVal<soroban_sdk::Env, HostVec<Val>>,
    ) -> Call {
        let arguments = arguments.into_val(&self.p.env);
        let function = label.split(['.', ',']).nth(1).expect("a function");
        let cost = Simulated::new(&self.p.env, source, contract, function, &arguments).cost();
        assert!(self.costs.insert(label.to_string(), cost).is_none(), "{label} twice");
        Call {
            contract: contract.clone(),
            function: function.to_string(),
            arguments,
        }
    }
}

fn terms(p: &Platform, natural: u8) -> Terms {
    Terms {
        natural: p.bytes(natural),
        ..p.terms()
    }
}

fn none() -> Option<BytesN<32>> {
    None
}

/// From the listing to the last payout, with every view on the way.
fn repaid(meter: &mut Meter, investors: usize) {
    let p = meter.p;
    let (escrow, distributor) = (&p.escrow.address, &p.distributor.address);
    let offer = terms(p, 1);
    let id: BytesN<32> = meter
        .make("escrow.create_escrow", &p.seller, escrow, (&p.seller, offer, 0u32))
        .into_val(&p.env);
    meter.make("escrow.approve", &p.verifier, escrow, (&p.verifier, &id));
    meter.make("escrow.publish", &p.seller, escrow, (&p.seller, &id));
    meter.make("escrow.acknowledge", &p.debtor, escrow, (&p.debtor, &id));
    let [first, second, third, ..] = p.investors.as_slice() else {
        panic!("three investors");
    };
    let stake = |who: &Address, amount: i128| (who.clone(), id.clone(), amount);
    meter.make("escrow.fund_escrow, first investor", first, escrow, stake(first, 1_000));
    let crowd = p.crowd(investors - 1);
    let (last, others) = crowd.split_last().expect("a crowd");
    for investor in others {
        p.escrow.fund_escrow(investor, &id, &1_000);
    }
    meter.make("escrow.fund_escrow, last investor", last, escrow, stake(last, 1_000));
    meter.make("escrow.fund_escrow, once more", last, escrow, stake(last, 1_000));
    let left = 900_000 - p.escrow.get_invoice(&id).raised;
    p.enrich(second, left);
    meter.make("escrow.fund_escrow, to the target", second, escrow, stake(second, left));
    p.pass(DAY);
    meter.make("escrow.release", &p.seller, escrow, (&id,));
    shares(meter, &id, first, third);
    let pay = |who: &Address, amount: i128, reference| (who.clone(), id.clone(), amount, reference);
    meter.make(
        "escrow.record_payment, by the debtor",
        &p.debtor,
        escrow,
        pay(&p.debtor, 500_000, none()),
    );
    let reference = Some(p.bytes(5));
    meter.make(
        "escrow.record_payment, the last, by a servicer",
        &p.servicer,
        escrow,
        pay(&p.servicer, 500_000, reference),
    );
    meter.look("distributor.calculate_distribution", first, distributor, (&id, first));
    meter.make("distributor.claim", first, distributor, (&id, first));
    meter.make("distributor.claim_to", second, distributor, (&id, second, third));
    for (number, label) in [
        (1, "distributor.distribute, 1 holder"),
        (10, "distributor.distribute, 10 holders"),
        (25, "distributor.distribute, 25 holders"),
    ] {
        let holders = HostVec::from_slice(&p.env, &crowd[..number]);
        meter.look(label, first, distributor, (&id, holders));
    }
    meter.look("distributor.claim_residual_to", &p.seller, distributor, (&id, third));
    meter.make("distributor.claim_residual", &p.seller, distributor, (&id,));
    meter.make("distributor.collect_fees", &p.treasury, distributor, (&p.asset,));
    let token = p.token(&id).address;
    meter.make("token.burn", third, &token, (third, 200i128));
    meter.make("token.burn_from", first, &token, (first, third, 100i128));
    views(meter, &id, first);
}

/// What a wallet does with shares.
fn shares(meter: &mut Meter, id: &BytesN<32>, first: &Address, third: &Address) {
    let p = meter.p;
    let token = p.token(id).address;
    let until = p.env.ledger().sequence() + 100_000;
    meter.make("token.transfer", first, &token, (first, third, 500i128));
    meter.make("token.approve", third, &token, (third, first, 300i128, until));
    meter.make(
        "token.transfer_from",
        first,
        &token,
        (first, third, p.investors[1].clone(), 200i128),
    );
    meter.look("token.allowance", first, &token, (third, first));
    meter.look(
        "escrow.on_transfer",
        first,
        &p.escrow.address,
        (id, first, third, 1i128, 1i128, 1i128),
    );
    meter.look("token.accrue", first, &token, (1_000i128, false));
    meter.look("token.mint", first, &token, (first, 1i128));
    meter.look("token.redeem", first, &token, (first,));
    meter.look("token.recover", first, &token, (first, third));
    let split = Split {
        late: 0,
        fee: 0,
        investors: 0,
        seller: 0,
    };
    meter.look("distributor.record_payment", first, &p.distributor.address, (id, split));
    let open = (p.bytes(99), &token, &p.asset, 1i128);
    meter.look("distributor.open_pool", first, &p.distributor.address, open);
}

/// What costs nobody anything, because it is only simulated.
fn views(meter: &mut Meter, id: &BytesN<32>, first: &Address) {
    let p = meter.p;
    let (escrow, distributor, token) = (&p.escrow.address, &p.distributor.address, &p.token(id).address);
    for label in [
        "escrow.get_invoice",
        "escrow.amount_due",
        "escrow.payee",
        "escrow.token_address",
    ] {
        meter.look(label, first, escrow, (id,));
    }
    for label in ["escrow.member", "escrow.held"] {
        meter.look(label, first, escrow, (first,));
    }
    meter.look("escrow.params", first, escrow, ());
    meter.look(
        "escrow.has_role",
        first,
        escrow,
        (Symbol::new(&p.env, "arbiter"), first),
    );
    meter.look("escrow.solvency", first, escrow, (&p.asset,));
    meter.look("escrow.on_burn", first, escrow, (id, first, 1i128, 1i128));
    meter.look("distributor.get_payment", first, distributor, (id,));
    meter.look("distributor.treasury", first, distributor, ());
    meter.look("distributor.solvency", first, distributor, (&p.asset,));
    for label in [
        "token.name",
        "token.symbol",
        "token.decimals",
        "token.total_supply",
        "token.invoice",
    ] {
        meter.look(label, first, token, ());
    }
    for label in ["token.balance", "token.position", "token.accrued", "token.settle"] {
        meter.look(label, first, token, (first,));
    }
    p.env.ledger().with_mut(|ledger| ledger.sequence_number += 17_280 * 30);
    let holders = vec![&p.env, first.clone()];
    meter.look("escrow.bump, a month later", first, escrow, (id, &holders));
    meter.look("token.bump", first, token, (&holders,));
    meter.look("distributor.bump", first, distributor, (id,));
}

/// Everything that ends before a release.
fn refunded(meter: &mut Meter, investors: usize) {
    let p = meter.p;
    let escrow = &p.escrow.address;
    let [first, second, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let rejected = p.escrow.create_escrow(&p.seller, &terms(p, 3), &0);
    meter.make(
        "escrow.reject",
        &p.verifier,
        escrow,
        (&p.verifier, &rejected, p.bytes(9)),
    );
    let closed = p.open(&terms(p, 4));
    p.escrow.fund_escrow(first, &closed, &300_000);
    meter.make("escrow.close_funding", &p.seller, escrow, (&p.seller, &closed));
    let poor = p.open(&terms(p, 5));
    p.escrow.fund_escrow(first, &poor, &100);

    let id = p.open(&terms(p, 2));
    let crowd = p.crowd(investors);
    for investor in crowd.iter().chain([first, second]) {
        p.escrow.fund_escrow(investor, &id, &1_000);
    }
    meter.make("escrow.dispute", &p.debtor, escrow, (&p.debtor, &id, p.bytes(3)));
    meter.look(
        "escrow.resolve_dispute, void",
        &p.arbiter,
        escrow,
        (&p.arbiter, &id, 1u32),
    );
    meter.make(
        "escrow.resolve_dispute, resume",
        &p.arbiter,
        escrow,
        (&p.arbiter, &id, 0u32),
    );
    meter.make("escrow.cancel", &p.seller, escrow, (&p.seller, &id));
    meter.make("escrow.refund", first, escrow, (&id, first));
    meter.make("escrow.refund_to", second, escrow, (&id, second, first));
    for (number, label) in [
        (1, "escrow.refund_batch, 1 holder"),
        (20, "escrow.refund_batch, 20 holders"),
    ] {
        let holders = HostVec::from_slice(&p.env, &crowd[..number]);
        meter.look(label, first, escrow, (&id, holders));
    }
    p.pass(DAY * 20);
    meter.make("escrow.expire", first, escrow, (&poor,));
}

/// A debt that is not paid, and a wallet that is lost.
fn overdue(meter: &mut Meter, _: usize) {
    let p = meter.p;
    let escrow = &p.escrow.address;
    let id = p.active(&p.terms());
    let [lost, found, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.pass(DAY * 70);
    meter.make("escrow.mark_default", lost, escrow, (&id,));
    p.freeze(lost);
    p.pass(DAY * 100);
    let recovery = (&p.compliance, &p.arbiter, &id, lost, found);
    meter.make("escrow.recover_position", &p.compliance, escrow, recovery);
    meter.make("escrow.write_off", &p.arbiter, escrow, (&p.arbiter, &id));
}

/// What owner, guardian and compliance do, on both contracts.
fn administration(meter: &mut Meter, _: usize) {
    let p = meter.p;
    let env = &p.env;
    let (escrow, distributor) = (&p.escrow.address, &p.distributor.address);
    let (owner, guardian) = (&p.owner, &p.guardian);
    let until = p.now() + DAY * 365;
    let arguments = (&p.compliance, &p.outsider, until, false);
    meter.make("escrow.set_member", &p.compliance, escrow, arguments);
    meter.make("escrow.set_asset", owner, escrow, (&p.asset, true));
    meter.make("escrow.set_params", owner, escrow, (params(),));
    let role = Symbol::new(env, "verifier");
    meter.make("escrow.grant_role", owner, escrow, (&role, &p.outsider));
    meter.make("escrow.revoke_role", owner, escrow, (&role, &p.outsider));
    meter.make("escrow.pause", guardian, escrow, (guardian,));
    meter.make("escrow.unpause", owner, escrow, ());
    meter.make("escrow.set_token_wasm", owner, escrow, (p.bytes(7),));
    meter.make("escrow.cancel_token_wasm", guardian, escrow, (guardian,));
    meter.make("distributor.set_treasury", owner, distributor, (&p.treasury,));
    let mint = StellarAssetClient::new(env, &p.asset);
    let code = Code::from_environment();
    for (name, contract, hash) in [
        ("escrow", escrow, code.install_escrow(env)),
        ("distributor", distributor, code.install_distributor(env)),
    ] {
        let label = |function: &str| format!("{name}.{function}");
        meter.make(&label("propose_upgrade"), owner, contract, (&hash,));
        meter.make(&label("cancel_upgrade"), guardian, contract, (guardian,));
        let propose = Call {
            contract: contract.clone(),
            function: "propose_upgrade".to_string(),
            arguments: (&hash,).into_val(env),
        };
        invoke(env, &propose).expect("a second proposal");
        p.pass(DAY * 14);
        meter.make(&label("apply_upgrade"), owner, contract, ());
        mint.mint(contract, &5);
        meter.make(&label("skim"), owner, contract, (&p.asset,));
        meter.make(&label("propose_owner"), owner, contract, (&p.outsider,));
        meter.make(&label("accept_owner"), &p.outsider, contract, ());
    }
}
