//! Failures of earlier work on this idea, and holes found in modelling: each stays closed.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use invoice_escrow::{Params, Status, Terms};
use soroban_sdk::testutils::Events as _;
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::xdr::{ContractEventBody, ScVal};
use soroban_sdk::{vec, IntoVal, Vec};
use stellarsettle_histories::exports::{functions, DISTRIBUTOR, ESCROW, TOKEN};
use stellarsettle_histories::platform::{params, Platform, DAY, WEALTH};
use stellarsettle_histories::signatures::{invoke, Call};
use stellarsettle_shared::Error;

#[test]
fn seller_and_investors_are_not_paid_from_the_same_money() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    let paid = p.distributor.claim(&id, &p.investors[0])
        + p.distributor.claim_residual(&id)
        + p.distributor.collect_fees(&p.asset);
    assert_eq!(paid, 1_000_000);
    assert_eq!(p.escrow.solvency(&p.asset), (0, 0));
}

#[test]
fn not_only_the_first_funder_is_refunded_and_a_cancel_strands_nothing() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    for (investor, stake) in p.investors.iter().zip([100, 250_000, 3_333, 77]) {
        let stake = stake.max(100);
        p.escrow.fund_escrow(investor, &id, &stake);
    }
    p.escrow.cancel(&p.seller, &id);
    assert_eq!(p.status(&id), Status::Refunding);
    let holders = Vec::from_slice(&p.env, &p.investors);
    p.escrow.refund_batch(&id, &holders);
    assert!(p.investors.iter().all(|investor| p.balance(investor) == WEALTH));
    assert_eq!(p.status(&id), Status::Refunded);
    assert_eq!(p.escrow.solvency(&p.asset), (0, 0));
}

#[test]
fn not_only_the_first_funder_is_paid() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    for (investor, stake) in p.investors.iter().zip([450_000, 225_000, 150_000, 75_000]) {
        p.escrow.fund_escrow(investor, &id, &stake);
    }
    p.pass(DAY);
    p.escrow.release(&id);
    p.pay(&id, 1_000_000);
    let amounts = p.distributor.distribute(&id, &Vec::from_slice(&p.env, &p.investors));
    assert_eq!(amounts, vec![&p.env, 475_000, 237_500, 158_333, 79_166]);
}

#[test]
fn a_seller_cannot_bring_a_payment_token_of_his_own() {
    let p = Platform::new();
    let own = p.env.register_stellar_asset_contract_v2(p.seller.clone()).address();
    let terms = Terms {
        asset: own,
        ..p.terms()
    };
    let refused = p.escrow.try_create_escrow(&p.seller, &terms, &0);
    assert_eq!(refused.unwrap_err().unwrap(), Error::AssetNotAllowed);
    let listed = p.escrow.try_set_asset(&p.distributor.address, &true);
    assert_eq!(listed.unwrap_err().unwrap(), Error::NotStellarAsset);
}

#[test]
fn a_silent_seller_cannot_strand_a_raised_invoice() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    p.at(terms.deadline);
    p.escrow.expire(&id);
    p.pass(terms.release_delay);
    p.escrow.release(&id);
    assert_eq!(p.balance(&p.seller), WEALTH + terms.min_raise);
}

#[test]
fn burning_to_zero_supply_cannot_block_the_debtor() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let burned = p.token(&id).try_burn(&p.investors[0], &900_000);
    assert_eq!(burned.unwrap_err().unwrap(), Error::BurnNotAllowed);
    p.pay(&id, 1_000_000);
    p.token(&id).burn(&p.investors[0], &900_000);
    assert_eq!(
        p.distributor.claim(&id, &p.investors[0]),
        950_000,
        "credit outlives the share"
    );
}

#[test]
fn one_key_cannot_take_every_position() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let [lost, thief, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.escrow
        .grant_role(&soroban_sdk::Symbol::new(&p.env, "arbiter"), &p.compliance);
    p.freeze(lost);
    p.pass(DAY * 7);
    let both = p
        .escrow
        .try_recover_position(&p.compliance, &p.compliance, &id, lost, thief);
    assert_eq!(both.unwrap_err().unwrap(), Error::SameAddress);
    p.admit(lost);
    let thawed = p
        .escrow
        .try_recover_position(&p.compliance, &p.arbiter, &id, lost, thief);
    assert_eq!(thawed.unwrap_err().unwrap(), Error::NotFrozen);
}

#[test]
fn a_stranger_cannot_push_a_lost_wallets_money_to_the_thief() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    let lost = &p.investors[0];
    p.freeze(lost);
    assert_eq!(p.distributor.try_claim(&id, lost).unwrap_err().unwrap(), Error::Frozen);
    assert_eq!(
        p.distributor.distribute(&id, &vec![&p.env, lost.clone()]),
        vec![&p.env, 0]
    );
    assert_eq!(
        p.distributor.calculate_distribution(&id, lost),
        950_000,
        "the credit is shown"
    );
}

#[test]
fn a_stranger_cannot_push_a_lost_wallets_principal_to_the_thief() {
    let p = Platform::new();
    let id = p.funded(&p.terms());
    p.escrow.cancel(&p.seller, &id);
    let lost = &p.investors[0];
    p.freeze(lost);
    assert_eq!(p.escrow.try_refund(&id, lost).unwrap_err().unwrap(), Error::Frozen);
    let pushed = p.escrow.try_refund_to(&id, lost, &p.investors[1]);
    assert_eq!(pushed.unwrap_err().unwrap(), Error::Frozen);
    assert_eq!(p.escrow.refund_batch(&id, &vec![&p.env, lost.clone()]), vec![&p.env, 0]);
    p.pass(DAY * 7);
    p.escrow
        .recover_position(&p.compliance, &p.arbiter, &id, lost, &p.investors[1]);
    assert_eq!(p.escrow.refund(&id, &p.investors[1]), 900_000);
    assert_eq!(p.status(&id), Status::Refunded);
}

#[test]
fn a_bank_reference_is_not_burned_by_someone_else() {
    let p = Platform::new();
    let terms = p.terms();
    let here = p.active(&terms);
    let there = p.active(&Terms {
        natural: p.bytes(8),
        ..terms
    });
    let reference = Some(p.bytes(5));
    p.escrow.record_payment(&p.servicer, &there, &100, &reference);
    p.escrow.record_payment(&p.servicer, &here, &100, &reference);
    let forged = p.escrow.try_record_payment(&p.outsider, &here, &1, &Some(p.bytes(6)));
    assert_eq!(
        forged.unwrap_err().unwrap(),
        Error::NotPayer,
        "a stranger cannot use one up"
    );
}

#[test]
fn an_id_cannot_be_squatted_and_a_listing_lives_once() {
    let p = Platform::new();
    let terms = p.terms();
    let rival = p.investors[3].clone();
    let squat = p.escrow.create_escrow(&rival, &terms, &0);
    let id = p.escrow.create_escrow(&p.seller, &terms, &0);
    assert_ne!(squat, id);
    p.escrow.approve(&p.verifier, &id);
    let second = p.escrow.try_approve(&p.verifier, &squat);
    assert_eq!(second.unwrap_err().unwrap(), Error::AlreadyListed);
    p.escrow.reject(&p.verifier, &id, &p.bytes(9));
    p.escrow.approve(&p.verifier, &squat);
}

#[test]
fn the_end_of_a_rivals_listing_does_not_free_the_natural_key() {
    let p = Platform::new();
    let terms = p.terms();
    let rival = p.investors[3].clone();
    let id = p.escrow.create_escrow(&p.seller, &terms, &0);
    let rejected = p.escrow.create_escrow(&rival, &terms, &0);
    let cancelled = p.escrow.create_escrow(&rival, &terms, &1);
    let waiting = p.escrow.create_escrow(&rival, &terms, &2);
    p.escrow.approve(&p.verifier, &id);
    p.escrow.reject(&p.verifier, &rejected, &p.bytes(9));
    p.escrow.cancel(&rival, &cancelled);
    let refused = p.escrow.try_approve(&p.verifier, &waiting);
    assert_eq!(refused.unwrap_err().unwrap(), Error::AlreadyListed);
}

#[test]
fn a_dispute_ends_with_what_it_was_about() {
    let p = Platform::new();
    let terms = p.terms();
    let lost = p.active(&terms);
    let paid = p.active(&Terms {
        natural: p.bytes(8),
        ..terms
    });
    p.pass(DAY * 300);
    p.escrow.mark_default(&lost);
    for id in [&lost, &paid] {
        p.escrow.dispute(&p.debtor, id, &p.bytes(3));
        assert_ne!(p.escrow.get_invoice(id).disputed_until, 0);
    }
    p.escrow.write_off(&p.arbiter, &lost);
    p.pay(&paid, p.escrow.amount_due(&paid));
    for id in [&lost, &paid] {
        assert_eq!(p.escrow.get_invoice(id).disputed_until, 0);
        let resolved = p.escrow.try_resolve_dispute(&p.arbiter, id, &0);
        assert_eq!(resolved.unwrap_err().unwrap(), Error::NotDisputed);
    }
}

#[test]
fn a_released_invoice_is_never_listed_again() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    p.pay(&id, 1_000_000);
    let again = Terms {
        deadline: p.now() + DAY,
        due_at: p.now() + DAY * 30,
        ..terms
    };
    let next = p.escrow.create_escrow(&p.seller, &again, &1);
    let refused = p.escrow.try_approve(&p.verifier, &next);
    assert_eq!(refused.unwrap_err().unwrap(), Error::AlreadyListed);
}

#[test]
fn one_unit_ahead_of_a_full_fill_hurts_nobody_for_long() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[1], &id, &100);
    let late = p.escrow.try_fund_escrow(&p.investors[0], &id, &terms.target);
    assert_eq!(late.unwrap_err().unwrap(), Error::ExceedsTarget);
    p.escrow.fund_escrow(&p.investors[0], &id, &(terms.target - 100));
    assert_eq!(p.status(&id), Status::Funded);
}

#[test]
fn a_hostile_holder_does_not_block_the_others() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    p.escrow.fund_escrow(&p.investors[0], &id, &450_000);
    p.escrow.fund_escrow(&p.investors[1], &id, &450_000);
    p.escrow.cancel(&p.seller, &id);
    let issuer = StellarAssetClient::new(&p.env, &p.asset);
    issuer.set_authorized(&p.investors[0], &false);
    let holders = vec![&p.env, p.investors[0].clone(), p.investors[1].clone()];
    assert_eq!(p.escrow.refund_batch(&id, &holders), vec![&p.env, 0, 450_000]);
    issuer.set_authorized(&p.investors[0], &true);
    assert_eq!(p.escrow.refund(&id, &p.investors[0]), 450_000);
}

#[test]
fn exits_stay_open_while_paused() {
    let p = Platform::new();
    let terms = p.terms();
    let running = p.active(&terms);
    let raising = p.open(&Terms {
        natural: p.bytes(8),
        deadline: p.now() + DAY,
        ..terms
    });
    p.escrow.fund_escrow(&p.investors[0], &raising, &100);
    p.escrow.pause(&p.guardian);
    p.pay(&running, 1_000_000);
    p.distributor.claim(&running, &p.investors[0]);
    p.pass(DAY);
    p.escrow.expire(&raising);
    p.escrow.refund(&raising, &p.investors[0]);
    let moved = p.token(&running).try_transfer(&p.investors[0], &p.investors[1], &1);
    assert!(moved.is_err(), "only new business stops");
}

/// One name per event, an id as first topic, at most four topics: what the indexer is built on.
#[test]
fn events_have_a_name_and_an_invoice_as_topics() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_000_000);
    let mut names = std::vec::Vec::new();
    for event in p.env.events().all().events() {
        let ContractEventBody::V0(body) = &event.body;
        let ScVal::Symbol(name) = &body.topics[0] else {
            panic!("topic 0 is a symbol: {body:?}");
        };
        assert!(body.topics.len() <= 4);
        let name = name.to_utf8_string_lossy();
        if name != "transfer" {
            assert_eq!(body.topics[1], ScVal::from(&id), "{name}");
        }
        names.push(name);
    }
    assert_eq!(
        names,
        [
            "transfer",
            "distribution_recorded",
            "payment_recorded",
            "payment_settled"
        ]
    );
}

#[test]
fn seller_and_debtor_neither_invest_nor_act_in_a_role() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    let raising = p.open(&Terms {
        natural: p.bytes(8),
        ..terms
    });
    for party in [&p.seller, &p.debtor] {
        let bought = p.escrow.try_fund_escrow(party, &raising, &100);
        assert_eq!(bought.unwrap_err().unwrap(), Error::PartyOfInvoice);
        let taken = p.token(&id).try_transfer(&p.investors[0], party, &1);
        assert_eq!(taken.unwrap_err().unwrap(), Error::PartyOfInvoice);
        p.escrow.grant_role(&soroban_sdk::Symbol::new(&p.env, "arbiter"), party);
        let written_off = p.escrow.try_write_off(party, &id);
        assert_eq!(written_off.unwrap_err().unwrap(), Error::PartyOfInvoice);
    }
}

#[test]
fn a_raise_has_a_deadline_and_ends_without_its_seller() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &(terms.min_raise - 1));
    p.at(terms.deadline);
    let late = p.escrow.try_fund_escrow(&p.investors[1], &id, &100);
    assert_eq!(late.unwrap_err().unwrap(), Error::DeadlinePassed);
    p.escrow.expire(&id);
    p.escrow.refund(&id, &p.investors[0]);
    assert_eq!(p.balance(&p.investors[0]), WEALTH);
}

/// Configuration is the constructor's, which runs with the deployment: there is nothing to call first.
#[test]
fn nobody_can_initialise_a_deployed_contract() {
    for face in [ESCROW, DISTRIBUTOR, TOKEN] {
        let openings: std::vec::Vec<_> = functions(face)
            .into_iter()
            .filter(|name| name.contains("init") || name.contains("setup"))
            .collect();
        assert!(openings.is_empty(), "{openings:?}");
    }
    let p = Platform::new();
    let arguments = (&p.outsider, &p.distributor.address, p.bytes(1), params());
    let again = Call {
        contract: p.escrow.address.clone(),
        function: "__constructor".to_string(),
        arguments: arguments.into_val(&p.env),
    };
    assert!(invoke(&p.env, &again).is_err(), "a constructor runs once");
    p.escrow.propose_owner(&p.guardian);
    assert_eq!(
        p.env.auths().first().map(|auth| &auth.0),
        Some(&p.owner),
        "and the owner is as deployed"
    );
}

/// Every sum of the contracts is checked where it is made; this is what a forgotten one meets.
#[test]
fn the_release_profile_checks_overflow() {
    let manifest = include_str!("../../Cargo.toml");
    let profile = manifest.split("[profile.release]").nth(1).expect("a release profile");
    let profile = profile.split("\n[").next().expect("its lines");
    assert!(profile.lines().any(|line| line == "overflow-checks = true"));
    assert!(!profile.contains("overflow-checks = false"));
    assert!(manifest.contains("arithmetic_side_effects = \"deny\""));
}

/// The last to claim gets what his shares earned: neither the rest of the pool nor what was left for others.
#[test]
fn the_last_position_is_paid_what_it_earned() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    let [first, second, last, newcomer] = p.investors.as_slice() else {
        panic!("four investors");
    };
    for (investor, stake) in [(first, 500_000), (second, 300_000), (last, 100_000)] {
        p.escrow.fund_escrow(investor, &id, &stake);
    }
    p.pass(DAY);
    p.escrow.release(&id);
    p.pay(&id, 100_000);
    p.token(&id).transfer(last, newcomer, &100_000);
    p.pay(&id, 900_000);
    assert_eq!(p.distributor.claim(&id, second), 316_666);
    assert_eq!(p.distributor.claim(&id, last), 11_000, "what came in while he held");
    assert_eq!(
        p.distributor.claim(&id, newcomer),
        94_555,
        "and not the unclaimed 527,777"
    );
    assert_eq!(p.distributor.claim(&id, first), 527_777);
}

/// The charge is on what investors lack, and theirs: a debtor who is late with the seller's part owes no more.
#[test]
fn a_late_charge_is_no_windfall_on_the_whole_face() {
    let p = Platform::new();
    let terms = Terms {
        target: 400_000,
        par: 500_000,
        late_cap_bps: 10_000,
        ..p.terms()
    };
    let id = p.active(&terms);
    p.at(terms.due_at + DAY);
    assert_eq!(
        p.escrow.amount_due(&id),
        1_000_000 + 500,
        "10 basis points of 500,000, not of 1,000,000"
    );
    p.pay(&id, 500 + 505_051);
    let pool = p.distributor.get_payment(&id);
    assert_eq!((pool.late, pool.investors, pool.seller), (500, 500_500, 1));
    p.pass(DAY * 400);
    assert_eq!(
        p.escrow.amount_due(&id),
        494_949,
        "investors have what they were promised"
    );
}

#[test]
fn grace_is_not_endless() {
    let p = Platform::new();
    for grace in [DAY * 180 + 1, u64::MAX - p.now(), u64::MAX] {
        let terms = Terms { grace, ..p.terms() };
        let refused = p.escrow.try_create_escrow(&p.seller, &terms, &0);
        assert_eq!(refused.unwrap_err().unwrap(), Error::InvalidTerms);
        let params = Params {
            grace: (0, grace),
            ..params()
        };
        let refused = p.escrow.try_set_params(&params);
        assert_eq!(refused.unwrap_err().unwrap(), Error::InvalidParams);
    }
}
