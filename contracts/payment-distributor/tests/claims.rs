//! How money leaves: to whom, how much, and what an event says of it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use soroban_sdk::testutils::{Address as _, Events as _};
use soroban_sdk::token::{StellarAssetClient, TokenClient};
use soroban_sdk::xdr::{ContractEventBody, ScSymbol, ScVal};
use soroban_sdk::{vec, Address};
use stellarsettle_histories::platform::{Platform, WEALTH};
use stellarsettle_shared::types::Split;
use stellarsettle_shared::Error;

/// A field of the distributor's latest event.
fn field(p: &Platform, name: &str) -> Option<ScVal> {
    let events = p.env.events().all().filter_by_contract(&p.distributor.address);
    let ContractEventBody::V0(body) = &events.events().last().expect("an event").body;
    let ScVal::Map(Some(fields)) = &body.data else {
        panic!("a map: {:?}", body.data);
    };
    let key = ScVal::Symbol(ScSymbol(name.try_into().unwrap()));
    fields
        .iter()
        .find(|field| field.key == key)
        .map(|field| field.val.clone())
}

#[test]
fn a_claim_pays_the_holder_whoever_calls_and_only_once() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let holder = &p.investors[0];
    assert_eq!(p.distributor.claim(&id, holder), 0, "nothing has come in");
    p.pay(&id, 1_000_000);
    let previewed = p.distributor.calculate_distribution(&id, holder);
    assert_eq!(p.distributor.claim(&id, holder), previewed);
    assert_eq!(field(&p, "to"), None, "the holder himself is not named again");
    assert_eq!(p.balance(holder), WEALTH - 900_000 + 950_000);
    assert_eq!(p.distributor.claim(&id, holder), 0);
    assert!(
        p.env.events().all().events().is_empty(),
        "a claim of nothing says nothing"
    );
    assert_eq!(p.distributor.claim(&id, &p.outsider), 0);
}

#[test]
fn another_receiver_is_named_and_never_a_contract_of_the_platform() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    let token = p.token(&id).address;
    for to in [&p.escrow.address, &p.distributor.address, &token] {
        let claim = p.distributor.try_claim_to(&id, &p.investors[0], to);
        assert_eq!(claim.unwrap_err().unwrap(), Error::InvalidRecipient);
        let residual = p.distributor.try_claim_residual_to(&id, to);
        assert_eq!(residual.unwrap_err().unwrap(), Error::InvalidRecipient);
    }
    let to = &p.investors[1];
    p.distributor.claim_to(&id, &p.investors[0], to);
    assert_eq!(field(&p, "to"), Some(ScVal::Address(to.into())));
    p.distributor.claim_residual_to(&id, to);
    assert_eq!(field(&p, "to"), Some(ScVal::Address(to.into())));
    assert_eq!(p.balance(to), WEALTH + 950_000 + 40_000);
}

#[test]
fn a_holder_without_a_trustline_keeps_his_credit() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    p.escrow.fund_escrow(&p.investors[0], &id, &450_000);
    p.escrow.fund_escrow(&p.investors[1], &id, &450_000);
    p.pass(86_400);
    p.escrow.release(&id);
    StellarAssetClient::new(&p.env, &p.asset).set_authorized(&p.investors[0], &false);
    p.pay(&id, 1_000_000);
    let holders = vec![
        &p.env,
        p.investors[0].clone(),
        p.investors[1].clone(),
        p.investors[1].clone(),
    ];
    assert_eq!(p.distributor.distribute(&id, &holders), vec![&p.env, 0, 475_000, 0]);
    assert_eq!(p.distributor.calculate_distribution(&id, &p.investors[0]), 475_000);
    StellarAssetClient::new(&p.env, &p.asset).set_authorized(&p.investors[0], &true);
    assert_eq!(p.distributor.claim(&id, &p.investors[0]), 475_000);
}

#[test]
fn the_residual_of_a_frozen_payee_is_held() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    p.freeze(&p.seller);
    let held = p.distributor.try_claim_residual(&id);
    assert_eq!(held.unwrap_err().unwrap(), Error::Frozen);
    p.admit(&p.seller);
    assert_eq!(p.distributor.claim_residual(&id), 40_000);
    let again = p.distributor.try_claim_residual(&id);
    assert_eq!(again.unwrap_err().unwrap(), Error::NothingToClaim);
}

#[test]
fn fees_and_surplus_go_to_the_treasury_and_credits_stay() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    TokenClient::new(&p.env, &p.asset).transfer(&p.debtor, &p.distributor.address, &123);
    assert_eq!(p.distributor.solvency(&p.asset), (1_000_123, 1_000_000));
    assert_eq!(p.distributor.skim(&p.asset), 123);
    assert_eq!(p.distributor.collect_fees(&p.asset), 10_000);
    assert_eq!(p.balance(&p.treasury), WEALTH + 10_123);
    assert_eq!(p.distributor.solvency(&p.asset), (990_000, 990_000));
    let more = p.distributor.try_collect_fees(&p.asset);
    assert_eq!(more.unwrap_err().unwrap(), Error::NothingToClaim);
    let nothing = p.distributor.try_skim(&p.asset);
    assert_eq!(nothing.unwrap_err().unwrap(), Error::NothingToClaim);
}

#[test]
fn the_treasury_is_no_contract_of_the_platform() {
    let p = Platform::new();
    for wrong in [&p.escrow.address, &p.distributor.address] {
        let refused = p.distributor.try_set_treasury(wrong);
        assert_eq!(refused.unwrap_err().unwrap(), Error::InvalidRecipient);
    }
    let next = Address::generate(&p.env);
    p.distributor.set_treasury(&next);
    assert_eq!(p.distributor.treasury(), next);
}

#[test]
fn an_invoice_without_a_pool_has_nothing_to_claim() {
    let p = Platform::new();
    let id = p.funded(&p.terms());
    let claim = p.distributor.try_claim(&id, &p.investors[0]);
    assert_eq!(claim.unwrap_err().unwrap(), Error::PoolNotFound);
    let residual = p.distributor.try_claim_residual(&id);
    assert_eq!(residual.unwrap_err().unwrap(), Error::PoolNotFound);
}

/// Even the escrow cannot make the distributor owe what is not there.
#[test]
fn a_payment_that_did_not_arrive_is_not_credited() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000);
    let split = Split {
        late: 0,
        fee: 1,
        investors: 90,
        seller: 9,
    };
    let missing = p.distributor.try_record_payment(&id, &split);
    assert_eq!(missing.unwrap_err().unwrap(), Error::NotReceived);
    let asset = TokenClient::new(&p.env, &p.asset);
    asset.transfer(&p.debtor, &p.distributor.address, &99);
    let short = p.distributor.try_record_payment(&id, &split);
    assert_eq!(short.unwrap_err().unwrap(), Error::NotReceived, "one unit short");
    asset.transfer(&p.debtor, &p.distributor.address, &1);
    p.distributor.record_payment(&id, &split);
    assert_eq!(p.distributor.solvency(&p.asset), (1_100, 1_100));
}
