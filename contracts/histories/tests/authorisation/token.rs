//! The token's functions and who signs them.

use soroban_sdk::{vec, Address, BytesN, Env, IntoVal, Val, Vec as HostVec};
use stellarsettle_histories::platform::Platform;

use crate::scene::{on, refunding, row, settled, Row, Scene};

/// A scene on the token of an invoice that is released, with its first two investors.
fn released<Arguments: IntoVal<Env, HostVec<Val>>>(
    p: &Platform,
    name: &str,
    arguments: fn(&Address, &Address) -> Arguments,
    signers: &[&Address],
) -> Scene {
    let id = p.active(&p.terms());
    of(p, &id, name, arguments, signers)
}

fn of<Arguments: IntoVal<Env, HostVec<Val>>>(
    p: &Platform,
    id: &BytesN<32>,
    name: &str,
    arguments: fn(&Address, &Address) -> Arguments,
    signers: &[&Address],
) -> Scene {
    let arguments = arguments(&p.investors[0], &p.investors[1]);
    on(p, &p.token(id).address, name, arguments, signers)
}

/// The first investor lets the second move and burn shares of an invoice.
fn allowed(p: &Platform, id: BytesN<32>) -> BytesN<32> {
    let until = p.env.ledger().sequence() + 100;
    p.token(&id).approve(&p.investors[0], &p.investors[1], &10, &until);
    id
}

pub const ROWS: &[Row] = &[
    row("name", |p| released(p, "name", |_, _| (), &[])),
    row("symbol", |p| released(p, "symbol", |_, _| (), &[])),
    row("decimals", |p| released(p, "decimals", |_, _| (), &[])),
    row("total_supply", |p| released(p, "total_supply", |_, _| (), &[])),
    row("invoice", |p| released(p, "invoice", |_, _| (), &[])),
    row("balance", |p| {
        released(p, "balance", |holder, _| (holder.clone(),), &[])
    }),
    row("position", |p| {
        released(p, "position", |holder, _| (holder.clone(),), &[])
    }),
    row("accrued", |p| {
        released(p, "accrued", |holder, _| (holder.clone(),), &[])
    }),
    row("allowance", |p| {
        released(p, "allowance", |one, other| (one.clone(), other.clone()), &[])
    }),
    row("transfer", |p| {
        let arguments = |from: &Address, to: &Address| (from.clone(), to.clone(), 1i128);
        released(p, "transfer", arguments, &[&p.investors[0]])
    }),
    row("approve", |p| {
        let until = p.env.ledger().sequence() + 100;
        let id = p.active(&p.terms());
        let [holder, spender, ..] = p.investors.as_slice() else {
            panic!("two investors");
        };
        on(
            p,
            &p.token(&id).address,
            "approve",
            (holder, spender, 1i128, until),
            &[holder],
        )
    }),
    row("transfer_from", |p| {
        let id = allowed(p, p.active(&p.terms()));
        let arguments = |from: &Address, to: &Address| (to.clone(), from.clone(), to.clone(), 1i128);
        of(p, &id, "transfer_from", arguments, &[&p.investors[1]])
    }),
    row("burn", |p| {
        of(
            p,
            &settled(p),
            "burn",
            |holder, _| (holder.clone(), 1i128),
            &[&p.investors[0]],
        )
    }),
    row("burn_from", |p| {
        let id = allowed(p, settled(p));
        let arguments = |from: &Address, by: &Address| (by.clone(), from.clone(), 1i128);
        of(p, &id, "burn_from", arguments, &[&p.investors[1]])
    }),
    row("mint", |p| {
        released(p, "mint", |holder, _| (holder.clone(), 1i128), &[&p.escrow.address])
    }),
    row("redeem", |p| {
        of(
            p,
            &refunding(p),
            "redeem",
            |holder, _| (holder.clone(),),
            &[&p.escrow.address],
        )
    }),
    row("recover", |p| {
        let arguments = |from: &Address, to: &Address| (from.clone(), to.clone());
        released(p, "recover", arguments, &[&p.escrow.address])
    }),
    row("accrue", |p| {
        released(p, "accrue", |_, _| (1i128, false), &[&p.distributor.address])
    }),
    row("settle", |p| {
        released(p, "settle", |holder, _| (holder.clone(),), &[&p.distributor.address])
    }),
    row("bump", |p| {
        let id = p.active(&p.terms());
        let holders = vec![&p.env, p.investors[0].clone()];
        on(p, &p.token(&id).address, "bump", (holders,), &[])
    }),
];
