//! The distributor's functions and who signs them.

use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{vec, Address, Env, IntoVal, Val, Vec as HostVec};
use stellarsettle_histories::code::Code;
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_shared::types::Split;

use crate::scene::{on, row, settled, Row, Scene};

fn call(p: &Platform, name: &str, arguments: impl IntoVal<Env, HostVec<Val>>, signers: &[&Address]) -> Scene {
    on(p, &p.distributor.address, name, arguments, signers)
}

fn free(p: &Platform, name: &str, arguments: impl IntoVal<Env, HostVec<Val>>) -> Scene {
    call(p, name, arguments, &[])
}

fn payment(p: &Platform) -> Scene {
    let id = p.active(&p.terms());
    StellarAssetClient::new(&p.env, &p.asset).mint(&p.distributor.address, &1);
    let split = Split {
        late: 0,
        fee: 0,
        investors: 1,
        seller: 0,
    };
    call(p, "record_payment", (&id, split), &[&p.escrow.address])
}

fn upgrade(p: &Platform) -> Scene {
    let hash = Code::from_environment().install_distributor(&p.env);
    p.distributor.propose_upgrade(&hash);
    p.pass(DAY * 14);
    call(p, "apply_upgrade", (), &[&p.owner])
}

pub const ROWS: &[Row] = &[
    row("open_pool", |p| {
        let arguments = (p.bytes(3), &p.outsider, &p.asset, 1i128);
        call(p, "open_pool", arguments, &[&p.escrow.address])
    }),
    row("record_payment", payment),
    row("claim", |p| free(p, "claim", (settled(p), &p.investors[0]))),
    row("claim_to", |p| {
        let [holder, to, ..] = p.investors.as_slice() else {
            panic!("two investors");
        };
        call(p, "claim_to", (settled(p), holder, to), &[holder])
    }),
    row("distribute", |p| {
        free(p, "distribute", (settled(p), vec![&p.env, p.investors[0].clone()]))
    }),
    row("claim_residual", |p| free(p, "claim_residual", (settled(p),))),
    row("claim_residual_to", |p| {
        call(p, "claim_residual_to", (settled(p), &p.investors[0]), &[&p.seller])
    }),
    row("collect_fees", |p| {
        settled(p);
        free(p, "collect_fees", (&p.asset,))
    }),
    row("skim", |p| {
        StellarAssetClient::new(&p.env, &p.asset).mint(&p.distributor.address, &5);
        call(p, "skim", (&p.asset,), &[&p.owner])
    }),
    row("set_treasury", |p| call(p, "set_treasury", (&p.outsider,), &[&p.owner])),
    row("propose_owner", |p| {
        call(p, "propose_owner", (&p.outsider,), &[&p.owner])
    }),
    row("accept_owner", |p| {
        p.distributor.propose_owner(&p.outsider);
        call(p, "accept_owner", (), &[&p.outsider])
    }),
    row("propose_upgrade", |p| {
        call(p, "propose_upgrade", (p.bytes(7),), &[&p.owner])
    }),
    row("apply_upgrade", upgrade),
    row("cancel_upgrade", |p| {
        p.distributor.propose_upgrade(&p.bytes(7));
        call(p, "cancel_upgrade", (&p.guardian,), &[&p.guardian])
    }),
    row("calculate_distribution", |p| {
        free(p, "calculate_distribution", (settled(p), &p.investors[0]))
    }),
    row("get_payment", |p| free(p, "get_payment", (settled(p),))),
    row("treasury", |p| free(p, "treasury", ())),
    row("solvency", |p| free(p, "solvency", (&p.asset,))),
    row("bump", |p| free(p, "bump", (settled(p),))),
];
