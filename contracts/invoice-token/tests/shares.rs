//! The token as a wallet sees it: SEP-41, and the account of each holder's credit.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use soroban_sdk::testutils::{Events as _, Ledger as _, MuxedAddress as _};
use soroban_sdk::token::TokenClient;
use soroban_sdk::xdr::{ContractEventBody, ScVal};
use soroban_sdk::{MuxedAddress, String};
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_shared::{math::SCALE, Error};

#[test]
fn name_and_symbol_come_from_the_id_and_decimals_from_the_asset() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    let token = p.token(&id);
    let digits: std::string::String = id.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(token.name(), String::from_str(&p.env, &format!("Invoice {digits}")));
    assert_eq!(token.symbol(), String::from_str(&p.env, &format!("INV-{digits}")));
    assert_eq!(token.decimals(), 7);
    assert_eq!(token.invoice(), id);
    assert_eq!(p.escrow.token_address(&id), token.address, "known from the id alone");
}

#[test]
fn shares_move_only_while_money_is_owed() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.funded(&terms);
    let token = p.token(&id);
    let [holder, other, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let early = token.try_transfer(holder, other, &1);
    assert!(early.is_err(), "before release a share is a claim to a refund");
    p.pass(DAY);
    p.escrow.release(&id);
    token.transfer(holder, other, &400_000);
    assert_eq!((token.balance(holder), token.balance(other)), (500_000, 400_000));
    p.pay(&id, 1_000_000);
    assert!(
        token.try_transfer(holder, other, &1).is_err(),
        "after settlement a share is a receipt"
    );
}

#[test]
fn a_transfer_of_nothing_or_to_oneself_changes_no_position() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let token = p.token(&id);
    let [holder, other, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.pay(&id, 500_000);
    let before = token.position(holder);
    token.transfer(holder, holder, &900_000);
    token.transfer(holder, other, &0);
    assert_eq!(token.position(holder), before);
    assert_eq!(token.position(other).index, 0, "no position was made");
    let negative = token.try_transfer(holder, other, &-1);
    assert_eq!(negative.unwrap_err().unwrap(), Error::InvalidAmount);
    let excessive = token.try_transfer(holder, other, &900_001);
    assert_eq!(excessive.unwrap_err().unwrap(), Error::InsufficientBalance);
}

#[test]
fn a_muxed_receiver_is_named_in_the_event() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let token = p.token(&id);
    let holder = &p.investors[0];
    let account = MuxedAddress::generate(&p.env);
    let other = account.address();
    p.admit(&other);
    token.transfer(holder, &account, &5);
    let events = p.env.events().all().filter_by_contract(&token.address);
    let ContractEventBody::V0(body) = &events.events().first().expect("an event").body;
    let ScVal::Map(Some(data)) = &body.data else {
        panic!("a map with the sub-account: {:?}", body.data);
    };
    assert_eq!(data.len(), 2);
    assert_eq!(token.balance(&other), 5, "the shares are the account's");
    token.transfer(holder, &other, &5);
    let events = p.env.events().all().filter_by_contract(&token.address);
    let ContractEventBody::V0(body) = &events.events().first().expect("an event").body;
    assert!(
        matches!(body.data, ScVal::I128(_)),
        "a plain receiver leaves a bare amount"
    );
}

#[test]
fn an_allowance_ends_with_its_ledger_and_with_its_amount() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let token = TokenClient::new(&p.env, &p.token(&id).address);
    let [holder, other, spender, ..] = p.investors.as_slice() else {
        panic!("three investors");
    };
    let until = p.env.ledger().sequence() + 10;
    token.approve(holder, spender, &1_000, &until);
    token.transfer_from(spender, holder, other, &400);
    assert_eq!(token.allowance(holder, spender), 600);
    let excessive = p.token(&id).try_transfer_from(spender, holder, other, &601);
    assert_eq!(excessive.unwrap_err().unwrap(), Error::InsufficientAllowance);
    p.env.ledger().set_sequence_number(until);
    assert_eq!(token.allowance(holder, spender), 600, "its ledger still counts");
    p.env.ledger().set_sequence_number(until + 1);
    assert_eq!(token.allowance(holder, spender), 0);
}

#[test]
fn an_allowance_is_neither_in_the_past_nor_longer_than_the_network_keeps_it() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let token = p.token(&id);
    let [holder, spender, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    let now = p.env.ledger().sequence();
    let longest = p.env.ledger().max_live_until_ledger();
    for until in [now - 1, longest + 1] {
        let refused = token.try_approve(holder, spender, &1, &until);
        assert_eq!(refused.unwrap_err().unwrap(), Error::InvalidExpiration, "{until}");
    }
    token.approve(holder, spender, &1, &longest);
    token.approve(holder, spender, &0, &0);
    assert_eq!(token.allowance(holder, spender), 0);
}

#[test]
fn credit_follows_the_shares_of_each_moment() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let token = p.token(&id);
    let [seller, buyer, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.pay(&id, 500_000);
    token.transfer(seller, buyer, &450_000);
    assert_eq!(
        token.accrued(seller),
        495_000 * SCALE,
        "what came in before the transfer"
    );
    assert_eq!(token.accrued(buyer), 0);
    p.pay(&id, 500_000);
    assert_eq!(p.distributor.claim(&id, seller), 495_000 + 227_500);
    assert_eq!(p.distributor.claim(&id, buyer), 227_500);
}

#[test]
fn the_last_accrual_gives_a_sole_holder_every_unit() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    p.escrow.fund_escrow(&p.investors[0], &id, &333_331);
    p.escrow.close_funding(&p.seller, &id);
    p.pass(DAY);
    p.escrow.release(&id);
    for amount in [7, 11_111, 3, 1_000_000] {
        p.pay(&id, amount);
        p.distributor.claim(&id, &p.investors[0]);
    }
    let pool = p.distributor.get_payment(&id);
    assert_eq!(pool.claimed, pool.par_sold);
}
