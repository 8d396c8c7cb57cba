//! Who must sign what: every exported function has a row, and the row is tried without and with exactly that signature.
//!
//! Nothing here lets a call pass that is not signed for: a row that names a signer must be refused without it, and must
//! not be refused for want of a signature with it.

use std::collections::BTreeSet;

use soroban_sdk::{Address, IntoVal, Symbol, Val, Vec as HostVec};
use stellarsettle_histories::platform::{params, Platform};
use stellarsettle_histories::signatures::{invoke, sign, Call};

enum Signer {
    Nobody,
    One(Address),
    Two(Address, Address),
    /// A contract, which never signs: only it can call.
    Contract,
}

struct Row {
    function: &'static str,
    signer: Signer,
    arguments: HostVec<Val>,
    nested: Vec<Call>,
}

fn row(function: &'static str, signer: Signer, arguments: HostVec<Val>) -> Row {
    Row {
        function,
        signer,
        arguments,
        nested: Vec::new(),
    }
}

/// The functions that a contract exports, from its face.
fn exported(source: &str) -> BTreeSet<&str> {
    let functions = source.lines().filter_map(|line| line.trim().strip_prefix("pub fn "));
    functions
        .map(|rest| rest.split('(').next().unwrap())
        .filter(|name| *name != "__constructor")
        .collect()
}

fn check(platform: &Platform, contract: &Address, source: &str, rows: Vec<Row>) {
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.function).collect();
    assert_eq!(listed, exported(source), "functions with a row, and functions exported");
    for row in rows {
        let call = Call {
            contract: contract.clone(),
            function: row.function.to_string(),
            arguments: row.arguments,
        };
        platform.env.set_auths(&[]);
        let unsigned = invoke(&platform.env, &call).err();
        let refused = unsigned.as_deref() == Some("Unauthorized");
        match row.signer {
            Signer::Nobody => assert!(!refused, "{}: anybody may call", row.function),
            Signer::Contract => {
                assert!(refused, "{}: only a contract may call, got {unsigned:?}", row.function)
            }
            Signer::One(signer) => {
                assert!(refused, "{}: unsigned, got {unsigned:?}", row.function);
                refused_to(platform, std::slice::from_ref(&platform.outsider), &call, &row.nested);
                accepted(platform, &[signer], &call, &row.nested);
            }
            Signer::Two(first, second) => {
                assert!(refused, "{}: unsigned, got {unsigned:?}", row.function);
                refused_to(platform, std::slice::from_ref(&first), &call, &row.nested);
                refused_to(platform, std::slice::from_ref(&second), &call, &row.nested);
                accepted(platform, &[first, second], &call, &row.nested);
            }
        }
    }
}

fn refused_to(platform: &Platform, signers: &[Address], call: &Call, nested: &[Call]) {
    sign(&platform.env, signers, call, nested);
    let outcome = invoke(&platform.env, call);
    assert_eq!(
        outcome.unwrap_err(),
        "Unauthorized",
        "{}: signed by others",
        call.function
    );
}

fn accepted(platform: &Platform, signers: &[Address], call: &Call, nested: &[Call]) {
    sign(&platform.env, signers, call, nested);
    let refusal = invoke(&platform.env, call).err();
    assert_ne!(
        refusal.as_deref(),
        Some("Unauthorized"),
        "{}: signed by the right ones",
        call.function
    );
}

#[test]
fn escrow_functions_need_exactly_their_signatures() {
    let p = Platform::new();
    let env = &p.env;
    let id = p.active(&p.terms());
    let raising = p.open(&invoice_escrow::Terms {
        natural: p.bytes(8),
        ..p.terms()
    });
    let [investor, other, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let owner = || Signer::One(p.owner.clone());
    let seller = || Signer::One(p.seller.clone());
    let verifier = || Signer::One(p.verifier.clone());
    let arbiter = || Signer::One(p.arbiter.clone());
    let guardian = || Signer::One(p.guardian.clone());
    let transfer = |from: &Address, to: &Address, amount: i128| {
        vec![Call {
            contract: p.asset.clone(),
            function: "transfer".to_string(),
            arguments: (from, to, amount).into_val(env),
        }]
    };
    let role = Symbol::new(env, "verifier");
    let none: Option<soroban_sdk::BytesN<32>> = None;
    let hash = p.bytes(9);
    let people = HostVec::from_array(env, [investor.clone()]);
    let escrow = p.escrow.address.clone();
    let rows = vec![
        row("create_escrow", seller(), (&p.seller, p.terms(), 5u32).into_val(env)),
        row("approve", verifier(), (&p.verifier, &id).into_val(env)),
        row("reject", verifier(), (&p.verifier, &id, &hash).into_val(env)),
        row("publish", seller(), (&p.seller, &id).into_val(env)),
        row(
            "acknowledge",
            Signer::One(p.debtor.clone()),
            (&p.debtor, &id).into_val(env),
        ),
        Row {
            nested: transfer(investor, &escrow, 100),
            ..row(
                "fund_escrow",
                Signer::One(investor.clone()),
                (investor, &raising, 100i128).into_val(env),
            )
        },
        row("close_funding", seller(), (&p.seller, &id).into_val(env)),
        row("expire", Signer::Nobody, (&id,).into_val(env)),
        row("cancel", seller(), (&p.seller, &id).into_val(env)),
        row("refund", Signer::Nobody, (&id, investor).into_val(env)),
        row(
            "refund_to",
            Signer::One(investor.clone()),
            (&id, investor, other).into_val(env),
        ),
        row("refund_batch", Signer::Nobody, (&id, &people).into_val(env)),
        row("release", Signer::Nobody, (&id,).into_val(env)),
        Row {
            nested: transfer(&p.debtor, &p.distributor.address, 100),
            ..row(
                "record_payment",
                Signer::One(p.debtor.clone()),
                (&p.debtor, &id, 100i128, none).into_val(env),
            )
        },
        row("mark_default", Signer::Nobody, (&id,).into_val(env)),
        row("write_off", arbiter(), (&p.arbiter, &id).into_val(env)),
        row("dispute", arbiter(), (&p.arbiter, &id, &hash).into_val(env)),
        row("resolve_dispute", arbiter(), (&p.arbiter, &id, 0u32).into_val(env)),
        row(
            "on_transfer",
            Signer::Contract,
            (&id, investor, other, 1i128, 1i128, 1i128).into_val(env),
        ),
        row("on_burn", Signer::Contract, (&id, investor, 1i128, 1i128).into_val(env)),
        row(
            "recover_position",
            Signer::Two(p.compliance.clone(), p.arbiter.clone()),
            (&p.compliance, &p.arbiter, &id, investor, other).into_val(env),
        ),
        row("held", Signer::Nobody, (investor,).into_val(env)),
        row("payee", Signer::Nobody, (&id,).into_val(env)),
        row("has_role", Signer::Nobody, (&role, investor).into_val(env)),
        row(
            "set_member",
            Signer::One(p.compliance.clone()),
            (&p.compliance, investor, 9u64, false).into_val(env),
        ),
        row("set_asset", owner(), (&p.asset, true).into_val(env)),
        row("set_params", owner(), (params(),).into_val(env)),
        row("grant_role", owner(), (&role, investor).into_val(env)),
        row("revoke_role", owner(), (&role, investor).into_val(env)),
        row("pause", guardian(), (&p.guardian,).into_val(env)),
        row("unpause", owner(), ().into_val(env)),
        row("propose_owner", owner(), (other,).into_val(env)),
        row("accept_owner", Signer::One(other.clone()), ().into_val(env)),
        row("propose_upgrade", Signer::One(other.clone()), (&hash,).into_val(env)),
        row("apply_upgrade", Signer::One(other.clone()), ().into_val(env)),
        row("cancel_upgrade", guardian(), (&p.guardian,).into_val(env)),
        row("set_token_wasm", Signer::One(other.clone()), (&hash,).into_val(env)),
        row("cancel_token_wasm", guardian(), (&p.guardian,).into_val(env)),
        row("skim", Signer::One(other.clone()), (&p.asset,).into_val(env)),
        row("get_invoice", Signer::Nobody, (&id,).into_val(env)),
        row("amount_due", Signer::Nobody, (&id,).into_val(env)),
        row("member", Signer::Nobody, (investor,).into_val(env)),
        row("params", Signer::Nobody, ().into_val(env)),
        row("token_address", Signer::Nobody, (&id,).into_val(env)),
        row("solvency", Signer::Nobody, (&p.asset,).into_val(env)),
        row("bump", Signer::Nobody, (&id, &people).into_val(env)),
    ];
    check(&p, &escrow, include_str!("../../invoice-escrow/src/contract.rs"), rows);
}

#[test]
fn distributor_functions_need_exactly_their_signatures() {
    let p = Platform::new();
    let env = &p.env;
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    let [investor, other, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let owner = || Signer::One(p.owner.clone());
    let split = stellarsettle_shared::types::Split {
        late: 0,
        fee: 0,
        investors: 1,
        seller: 0,
    };
    let hash = p.bytes(9);
    let people = HostVec::from_array(env, [investor.clone()]);
    let rows = vec![
        row(
            "open_pool",
            Signer::Contract,
            (&p.bytes(3), investor, &p.asset, 1i128).into_val(env),
        ),
        row("record_payment", Signer::Contract, (&id, split).into_val(env)),
        row("claim", Signer::Nobody, (&id, other).into_val(env)),
        row(
            "claim_to",
            Signer::One(investor.clone()),
            (&id, investor, other).into_val(env),
        ),
        row("distribute", Signer::Nobody, (&id, &people).into_val(env)),
        row(
            "claim_residual_to",
            Signer::One(p.seller.clone()),
            (&id, other).into_val(env),
        ),
        row("claim_residual", Signer::Nobody, (&id,).into_val(env)),
        row("collect_fees", Signer::Nobody, (&p.asset,).into_val(env)),
        row("skim", owner(), (&p.asset,).into_val(env)),
        row("set_treasury", owner(), (&p.treasury,).into_val(env)),
        row("propose_upgrade", owner(), (&hash,).into_val(env)),
        row("apply_upgrade", owner(), ().into_val(env)),
        row(
            "cancel_upgrade",
            Signer::One(p.guardian.clone()),
            (&p.guardian,).into_val(env),
        ),
        row("propose_owner", owner(), (other,).into_val(env)),
        row("accept_owner", Signer::One(other.clone()), ().into_val(env)),
        row("calculate_distribution", Signer::Nobody, (&id, investor).into_val(env)),
        row("get_payment", Signer::Nobody, (&id,).into_val(env)),
        row("treasury", Signer::Nobody, ().into_val(env)),
        row("solvency", Signer::Nobody, (&p.asset,).into_val(env)),
        row("bump", Signer::Nobody, (&id,).into_val(env)),
    ];
    let source = include_str!("../../payment-distributor/src/contract.rs");
    check(&p, &p.distributor.address.clone(), source, rows);
}

#[test]
fn token_functions_need_exactly_their_signatures() {
    let p = Platform::new();
    let env = &p.env;
    let id = p.active(&p.terms());
    let [investor, other, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let holder = || Signer::One(investor.clone());
    let spender = || Signer::One(other.clone());
    let until = env.ledger().sequence() + 100;
    let people = HostVec::from_array(env, [investor.clone()]);
    let rows = vec![
        row("name", Signer::Nobody, ().into_val(env)),
        row("symbol", Signer::Nobody, ().into_val(env)),
        row("decimals", Signer::Nobody, ().into_val(env)),
        row("balance", Signer::Nobody, (investor,).into_val(env)),
        row("total_supply", Signer::Nobody, ().into_val(env)),
        row("transfer", holder(), (investor, other, 1i128).into_val(env)),
        row("approve", holder(), (investor, other, 1i128, until).into_val(env)),
        row("allowance", Signer::Nobody, (investor, other).into_val(env)),
        row(
            "transfer_from",
            spender(),
            (other, investor, other, 1i128).into_val(env),
        ),
        row("burn", holder(), (investor, 1i128).into_val(env)),
        row("burn_from", spender(), (other, investor, 1i128).into_val(env)),
        row("position", Signer::Nobody, (investor,).into_val(env)),
        row("accrued", Signer::Nobody, (investor,).into_val(env)),
        row("invoice", Signer::Nobody, ().into_val(env)),
        row("mint", Signer::Contract, (investor, 1i128).into_val(env)),
        row("redeem", Signer::Contract, (investor,).into_val(env)),
        row("recover", Signer::Contract, (investor, other).into_val(env)),
        row("accrue", Signer::Contract, (1i128, false).into_val(env)),
        row("settle", Signer::Contract, (investor,).into_val(env)),
        row("bump", Signer::Nobody, (&people,).into_val(env)),
    ];
    let source = include_str!("../../invoice-token/src/contract.rs");
    check(&p, &p.token(&id).address, source, rows);
}
