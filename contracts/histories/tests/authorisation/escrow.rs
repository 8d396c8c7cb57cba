//! The escrow's functions and who signs them.

use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{vec, Address, BytesN, Env, IntoVal, Symbol, Val, Vec as HostVec};
use stellarsettle_histories::code::Code;
use stellarsettle_histories::platform::{params, Platform, DAY};

use crate::scene::{approved, lost, on, raised, refunding, row, settled, Row, Scene};

fn call(p: &Platform, name: &str, arguments: impl IntoVal<Env, HostVec<Val>>, signers: &[&Address]) -> Scene {
    on(p, &p.escrow.address, name, arguments, signers)
}

/// Called by nobody in particular.
fn free(p: &Platform, name: &str, arguments: impl IntoVal<Env, HostVec<Val>>) -> Scene {
    call(p, name, arguments, &[])
}

fn role(p: &Platform) -> Symbol {
    Symbol::new(&p.env, "verifier")
}

fn created(p: &Platform) -> BytesN<32> {
    p.escrow.create_escrow(&p.seller, &p.terms(), &0)
}

fn disputed(p: &Platform) -> BytesN<32> {
    let id = p.active(&p.terms());
    p.escrow.dispute(&p.debtor, &id, &p.bytes(3));
    id
}

fn recovery(p: &Platform) -> Scene {
    let id = p.active(&p.terms());
    let [from, to, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.freeze(from);
    p.pass(DAY * 7);
    let signers = [&p.compliance, &p.arbiter];
    call(
        p,
        "recover_position",
        (&p.compliance, &p.arbiter, &id, from, to),
        &signers,
    )
}

fn stake(p: &Platform) -> Scene {
    let (id, investor) = (p.open(&p.terms()), &p.investors[0]);
    call(p, "fund_escrow", (investor, &id, 500i128), &[investor]).moving(p, investor, &p.escrow.address, 500)
}

fn payment(p: &Platform) -> Scene {
    let (id, none) = (p.active(&p.terms()), None::<BytesN<32>>);
    let arguments = (&p.debtor, &id, 500i128, none);
    call(p, "record_payment", arguments, &[&p.debtor]).moving(p, &p.debtor, &p.distributor.address, 500)
}

fn upgrade(p: &Platform) -> Scene {
    let hash = Code::from_environment().install_escrow(&p.env);
    p.escrow.propose_upgrade(&hash);
    p.pass(DAY * 14);
    call(p, "apply_upgrade", (), &[&p.owner])
}

pub const ROWS: &[Row] = &[
    row("create_escrow", |p| {
        call(p, "create_escrow", (&p.seller, p.terms(), 5u32), &[&p.seller])
    }),
    row("approve", |p| {
        call(p, "approve", (&p.verifier, created(p)), &[&p.verifier])
    }),
    row("reject", |p| {
        call(p, "reject", (&p.verifier, created(p), p.bytes(9)), &[&p.verifier])
    }),
    row("publish", |p| {
        call(p, "publish", (&p.seller, approved(p)), &[&p.seller])
    }),
    row("acknowledge", |p| {
        call(p, "acknowledge", (&p.debtor, created(p)), &[&p.debtor])
    }),
    row("fund_escrow", stake),
    row("close_funding", |p| {
        call(p, "close_funding", (&p.seller, raised(p, &p.terms())), &[&p.seller])
    }),
    row("expire", |p| {
        let id = raised(p, &p.terms());
        p.pass(DAY * 20);
        free(p, "expire", (&id,))
    }),
    row("cancel", |p| call(p, "cancel", (&p.seller, approved(p)), &[&p.seller])),
    row("refund", |p| free(p, "refund", (refunding(p), &p.investors[0]))),
    row("refund_to", |p| {
        let [holder, to, ..] = p.investors.as_slice() else {
            panic!("two investors");
        };
        call(p, "refund_to", (refunding(p), holder, to), &[holder])
    }),
    row("refund_batch", |p| {
        let holders = vec![&p.env, p.investors[0].clone()];
        free(p, "refund_batch", (refunding(p), holders))
    }),
    row("release", |p| {
        let id = p.funded(&p.terms());
        p.pass(DAY);
        free(p, "release", (&id,))
    }),
    row("record_payment", payment),
    row("mark_default", |p| {
        let id = p.active(&p.terms());
        p.pass(DAY * 70);
        free(p, "mark_default", (&id,))
    }),
    row("write_off", |p| {
        call(p, "write_off", (&p.arbiter, lost(p)), &[&p.arbiter])
    }),
    row("dispute", |p| {
        call(
            p,
            "dispute",
            (&p.debtor, p.active(&p.terms()), p.bytes(3)),
            &[&p.debtor],
        )
    }),
    row("resolve_dispute", |p| {
        call(p, "resolve_dispute", (&p.arbiter, disputed(p), 0u32), &[&p.arbiter])
    }),
    row("on_transfer", |p| {
        let id = p.active(&p.terms());
        let [from, to, ..] = p.investors.as_slice() else {
            panic!("two investors");
        };
        call(
            p,
            "on_transfer",
            (&id, from, to, 1i128, 1i128, 1i128),
            &[&p.token(&id).address],
        )
    }),
    row("on_burn", |p| {
        let id = settled(p);
        call(
            p,
            "on_burn",
            (&id, &p.investors[0], 1i128, 1i128),
            &[&p.token(&id).address],
        )
    }),
    row("recover_position", recovery),
    row("held", |p| free(p, "held", (&p.seller,))),
    row("payee", |p| free(p, "payee", (approved(p),))),
    row("has_role", |p| free(p, "has_role", (role(p), &p.seller))),
    row("set_member", |p| {
        call(
            p,
            "set_member",
            (&p.compliance, &p.outsider, 9u64, true),
            &[&p.compliance],
        )
    }),
    row("set_asset", |p| call(p, "set_asset", (&p.asset, false), &[&p.owner])),
    row("set_params", |p| call(p, "set_params", (params(),), &[&p.owner])),
    row("grant_role", |p| {
        call(p, "grant_role", (role(p), &p.outsider), &[&p.owner])
    }),
    row("revoke_role", |p| {
        call(p, "revoke_role", (role(p), &p.verifier), &[&p.owner])
    }),
    row("pause", |p| call(p, "pause", (&p.guardian,), &[&p.guardian])),
    row("unpause", |p| {
        p.escrow.pause(&p.owner);
        call(p, "unpause", (), &[&p.owner])
    }),
    row("propose_owner", |p| {
        call(p, "propose_owner", (&p.outsider,), &[&p.owner])
    }),
    row("accept_owner", |p| {
        p.escrow.propose_owner(&p.outsider);
        call(p, "accept_owner", (), &[&p.outsider])
    }),
    row("propose_upgrade", |p| {
        call(p, "propose_upgrade", (p.bytes(7),), &[&p.owner])
    }),
    row("apply_upgrade", upgrade),
    row("cancel_upgrade", |p| {
        p.escrow.propose_upgrade(&p.bytes(7));
        call(p, "cancel_upgrade", (&p.owner,), &[&p.owner])
    }),
    row("set_token_wasm", |p| {
        call(p, "set_token_wasm", (p.bytes(7),), &[&p.owner])
    }),
    row("cancel_token_wasm", |p| {
        p.escrow.set_token_wasm(&p.bytes(7));
        call(p, "cancel_token_wasm", (&p.guardian,), &[&p.guardian])
    }),
    row("skim", |p| {
        StellarAssetClient::new(&p.env, &p.asset).mint(&p.escrow.address, &5);
        call(p, "skim", (&p.asset,), &[&p.owner])
    }),
    row("get_invoice", |p| free(p, "get_invoice", (approved(p),))),
    row("amount_due", |p| free(p, "amount_due", (approved(p),))),
    row("member", |p| free(p, "member", (&p.seller,))),
    row("params", |p| free(p, "params", ())),
    row("token_address", |p| free(p, "token_address", (p.bytes(1),))),
    row("solvency", |p| free(p, "solvency", (&p.asset,))),
    row("bump", |p| {
        let holders = vec![&p.env, p.investors[0].clone()];
        free(p, "bump", (p.active(&p.terms()), holders))
    }),
];
