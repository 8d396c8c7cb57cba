//! A hostile world: issuers that stop contracts, tokens that are no Stellar assets, batches of the wrong people.

use invoice_escrow::{Status, Terms};
use soroban_sdk::testutils::{Address as _, IssuerFlags};
use soroban_sdk::token::{StellarAssetClient, TokenClient};
use soroban_sdk::{vec, Address, BytesN, Vec as HostVec};
use stellarsettle_histories::platform::{Platform, DAY, WEALTH};
use stellarsettle_histories::wallets;
use stellarsettle_shared::Error;

fn issuer(p: &Platform) -> StellarAssetClient<'static> {
    StellarAssetClient::new(&p.env, &p.asset)
}

#[test]
fn an_asset_that_is_no_stellar_asset_is_never_listed() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    // A whole SEP-41 token, a contract that is none, and an account without code.
    for candidate in [&p.token(&id).address, &p.escrow.address, &p.outsider] {
        let refused = p.escrow.try_set_asset(candidate, &true);
        assert_eq!(refused.unwrap_err().unwrap(), Error::NotStellarAsset);
    }
}

#[test]
fn an_issuer_that_stops_the_escrow_stops_its_money_and_loses_none() {
    let p = Platform::new();
    let id = p.funded(&p.terms());
    issuer(&p).set_authorized(&p.escrow.address, &false);
    p.pass(DAY);
    assert!(p.escrow.try_release(&id).is_err(), "the money stands still");
    p.escrow.cancel(&p.seller, &id);
    assert!(p.escrow.try_refund(&id, &p.investors[0]).is_err());
    assert_eq!(
        p.escrow.refund_batch(&id, &vec![&p.env, p.investors[0].clone()]),
        vec![&p.env, 0]
    );
    assert_eq!(p.escrow.solvency(&p.asset), (900_000, 900_000));
    assert_eq!(p.token(&id).balance(&p.investors[0]), 900_000, "and the share with it");
    issuer(&p).set_authorized(&p.escrow.address, &true);
    assert_eq!(p.escrow.refund(&id, &p.investors[0]), 900_000);
    assert_eq!(p.balance(&p.investors[0]), WEALTH);
}

#[test]
fn an_issuer_that_stops_the_distributor_leaves_the_debtor_his_money_and_holders_their_credit() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 500_000);
    issuer(&p).set_authorized(&p.distributor.address, &false);
    let debtor = p.balance(&p.debtor);
    assert!(p.escrow.try_record_payment(&p.debtor, &id, &500_000, &None).is_err());
    assert_eq!(p.balance(&p.debtor), debtor);
    assert!(p.distributor.try_claim(&id, &p.investors[0]).is_err());
    assert_eq!(p.distributor.calculate_distribution(&id, &p.investors[0]), 495_000);
    assert_eq!(p.distributor.solvency(&p.asset), (500_000, 500_000));
    issuer(&p).set_authorized(&p.distributor.address, &true);
    p.pay(&id, 500_000);
    assert_eq!(p.distributor.claim(&id, &p.investors[0]), 950_000);
}

/// The contract cannot see the flag: the deploy plan does. Taken money is shown, and nobody is paid with others'.
#[test]
fn what_a_clawback_takes_is_shown_and_not_made_good_with_the_next_payment() {
    let p = Platform::new();
    let asset = p.env.register_stellar_asset_contract_v2(p.issuer.clone());
    asset.issuer().set_flag(IssuerFlags::RevocableFlag);
    asset.issuer().set_flag(IssuerFlags::ClawbackEnabledFlag);
    let asset = asset.address();
    p.escrow.set_asset(&asset, &true);
    let issuer = StellarAssetClient::new(&p.env, &asset);
    for account in [&p.investors[0], &p.debtor] {
        issuer.mint(account, &WEALTH);
    }
    let id = p.active(&Terms {
        asset: asset.clone(),
        ..p.terms()
    });
    p.pay(&id, 500_000);
    issuer.clawback(&p.distributor.address, &200_000);
    assert_eq!(p.distributor.solvency(&asset), (300_000, 500_000));
    let refused = p.escrow.try_record_payment(&p.debtor, &id, &1, &None);
    assert_eq!(refused.unwrap_err().unwrap(), Error::NotReceived);
    TokenClient::new(&p.env, &asset).transfer(&p.debtor, &p.distributor.address, &200_000);
    p.pay(&id, 500_000);
    assert_eq!(p.distributor.claim(&id, &p.investors[0]), 950_000);
}

#[test]
fn a_batch_of_duplicates_strangers_and_those_who_cannot_be_paid_pays_the_rest_once() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    for investor in &p.investors[..3] {
        p.escrow.fund_escrow(investor, &id, &300_000);
    }
    p.pass(DAY);
    p.escrow.release(&id);
    p.pay(&id, 1_000_000);
    p.freeze(&p.investors[1]);
    issuer(&p).set_authorized(&p.investors[2], &false);
    let [paid, frozen, stopped, ..] = p.investors.as_slice() else {
        panic!("three investors");
    };
    let stranger = Address::generate(&p.env);
    let platform = [&p.escrow.address, &p.distributor.address, &p.token(&id).address];
    let mut batch = vec![
        &p.env,
        paid.clone(),
        paid.clone(),
        frozen.clone(),
        stopped.clone(),
        stranger,
    ];
    for contract in platform {
        batch.push_back(contract.clone());
    }
    let amounts = p.distributor.distribute(&id, &batch);
    assert_eq!(amounts, vec![&p.env, 316_666, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(p.distributor.calculate_distribution(&id, frozen), 316_666);
    assert_eq!(p.distributor.calculate_distribution(&id, stopped), 316_666);
}

#[test]
fn a_batch_of_nobody_is_no_error() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    assert!(p.distributor.distribute(&id, &HostVec::new(&p.env)).is_empty());
}

#[test]
fn donations_change_no_credit_and_only_they_are_skimmed() {
    let p = Platform::new();
    let raising = p.open(&Terms {
        natural: p.bytes(8),
        ..p.terms()
    });
    p.escrow.fund_escrow(&p.investors[0], &raising, &300_000);
    let id = p.active(&p.terms());
    p.pay(&id, 500_000);
    let asset = TokenClient::new(&p.env, &p.asset);
    asset.transfer(&p.debtor, &p.escrow.address, &7);
    asset.transfer(&p.debtor, &p.distributor.address, &9);
    assert_eq!(p.distributor.calculate_distribution(&id, &p.investors[0]), 495_000);
    assert_eq!((p.escrow.skim(&p.asset), p.distributor.skim(&p.asset)), (7, 9));
    assert_eq!(p.escrow.try_skim(&p.asset).unwrap_err().unwrap(), Error::NothingToClaim);
    assert_eq!(p.escrow.solvency(&p.asset), (300_000, 300_000));
    assert_eq!(p.distributor.solvency(&p.asset), (500_000, 500_000));
}

#[test]
fn dust_is_credited_to_the_last_unit() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    for investor in &p.investors[..3] {
        p.escrow.fund_escrow(investor, &id, &300_000);
    }
    p.pass(DAY);
    p.escrow.release(&id);
    for _ in 0..20 {
        p.pay(&id, 1);
    }
    p.pay(&id, 999_980);
    assert_eq!(p.status(&id), Status::Settled);
    let paid: i128 = p.investors.iter().map(|holder| p.distributor.claim(&id, holder)).sum();
    assert!((949_998..=950_000).contains(&paid), "{paid}");
}

/// Holders whose classic accounts cannot take the asset: no trustline, none that is not full, no account at all.
fn unpayable(p: &Platform) -> [Address; 3] {
    let bare = wallets::account(&p.env);
    let full = wallets::account(&p.env);
    wallets::trust(&p.env, &full, &p.asset, 5);
    let merged = wallets::nobody(&p.env);
    [bare, full, merged].map(|account| {
        p.admit(&account);
        account
    })
}

/// Moves the position of each of the first investors to one of these: what befalls a wallet after it invested.
fn befall(p: &Platform, id: &BytesN<32>, accounts: &[Address]) {
    for investor in &p.investors[..accounts.len()] {
        p.freeze(investor);
    }
    p.pass(DAY * 7);
    for (from, to) in p.investors.iter().zip(accounts) {
        p.escrow.recover_position(&p.compliance, &p.arbiter, id, from, to);
    }
}

#[test]
fn holders_without_an_account_a_trustline_or_room_on_it_block_nobody() {
    let p = Platform::of_accounts();
    let id = p.open(&p.terms());
    for investor in &p.investors {
        p.escrow.fund_escrow(investor, &id, &225_000);
    }
    p.pass(DAY);
    p.escrow.release(&id);
    let troubled = unpayable(&p);
    befall(&p, &id, &troubled);
    let debtor = p.balance(&p.debtor);
    p.pay(&id, 1_000_000);
    assert_eq!(
        p.balance(&p.debtor),
        debtor - 1_000_000,
        "nobody's wallet stops the debtor"
    );
    let well = p.investors[3].clone();
    let mut holders = HostVec::from_slice(&p.env, &troubled);
    holders.push_back(well);
    assert_eq!(p.distributor.distribute(&id, &holders), vec![&p.env, 0, 0, 0, 237_500]);
    for holder in &troubled {
        assert!(p.distributor.try_claim(&id, holder).is_err());
        assert_eq!(
            p.distributor.calculate_distribution(&id, holder),
            237_500,
            "the credit stays"
        );
    }
    let [bare, full, merged] = &troubled;
    wallets::trust(&p.env, bare, &p.asset, i64::MAX);
    wallets::trust(&p.env, full, &p.asset, 237_500);
    assert_eq!(p.distributor.claim(&id, bare), 237_500);
    assert_eq!(p.distributor.claim(&id, full), 237_500, "to the last unit of room");
    assert_eq!(
        p.distributor.claim_to(&id, merged, bare),
        237_500,
        "or to another account"
    );
}

#[test]
fn principal_of_those_who_cannot_take_it_waits() {
    let p = Platform::of_accounts();
    let id = p.open(&p.terms());
    for investor in &p.investors {
        p.escrow.fund_escrow(investor, &id, &100_000);
    }
    p.escrow.cancel(&p.seller, &id);
    let troubled = unpayable(&p);
    befall(&p, &id, &troubled);
    let mut holders = HostVec::from_slice(&p.env, &troubled);
    holders.push_back(p.investors[3].clone());
    assert_eq!(p.escrow.refund_batch(&id, &holders), vec![&p.env, 0, 0, 0, 100_000]);
    assert_eq!(p.escrow.solvency(&p.asset), (300_000, 300_000));
    for holder in &troubled {
        assert!(p.escrow.try_refund(&id, holder).is_err());
        assert_eq!(p.token(&id).balance(holder), 100_000);
    }
    for holder in &troubled {
        p.escrow.refund_to(&id, holder, &p.investors[3]);
    }
    assert_eq!(p.status(&id), Status::Refunded);
}

/// A payee who cannot receive hurts only himself: from the due date the money goes back.
#[test]
fn a_payee_without_a_trustline_cannot_keep_the_money_in_limbo() {
    let p = Platform::of_accounts();
    let terms = p.terms();
    let seller = wallets::account(&p.env);
    p.admit(&seller);
    let id = p.escrow.create_escrow(&seller, &terms, &0);
    p.escrow.approve(&p.verifier, &id);
    p.escrow.publish(&seller, &id);
    p.escrow.fund_escrow(&p.investors[0], &id, &900_000);
    p.pass(DAY);
    assert!(p.escrow.try_release(&id).is_err());
    assert_eq!(p.status(&id), Status::Funded);
    p.at(terms.due_at);
    p.escrow.expire(&id);
    assert_eq!(p.escrow.refund(&id, &p.investors[0]), 900_000);
    assert_eq!(p.balance(&p.investors[0]), WEALTH);
}

/// The issuer may stop one holder for ever: his credit waits for him, and the platform's fees do not.
#[test]
fn a_holder_whom_the_issuer_stops_keeps_his_credit_and_nobody_else_waits() {
    let p = Platform::of_accounts();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    issuer(&p).set_authorized(&p.investors[0], &false);
    assert!(p.distributor.try_claim(&id, &p.investors[0]).is_err());
    assert_eq!(p.distributor.claim_residual(&id), 40_000);
    assert_eq!(p.distributor.collect_fees(&p.asset), 10_000);
    assert_eq!(p.distributor.solvency(&p.asset), (950_000, 950_000));
}
