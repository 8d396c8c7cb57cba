//! Every time lock at the second before, the second itself and the second after; every amount at its edges.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use invoice_escrow::{Params, Status, Terms};
use stellarsettle_histories::platform::{params, Platform, DAY};
use stellarsettle_shared::Error;

/// The refusal of a `try_` call.
macro_rules! refusal {
    ($call:expr) => {
        $call.expect_err("a refusal").expect("an error of the platform")
    };
}

#[test]
fn stakes_stop_at_the_deadline() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.at(terms.deadline - 1);
    p.escrow.fund_escrow(&p.investors[0], &id, &100);
    p.at(terms.deadline);
    assert_eq!(
        refusal!(p.escrow.try_fund_escrow(&p.investors[0], &id, &100)),
        Error::DeadlinePassed
    );
}

#[test]
fn an_unpublished_invoice_cannot_open_from_its_deadline() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.escrow.create_escrow(&p.seller, &terms, &0);
    p.escrow.approve(&p.verifier, &id);
    p.at(terms.deadline);
    assert_eq!(refusal!(p.escrow.try_publish(&p.seller, &id)), Error::DeadlinePassed);
    p.at(terms.deadline - 1);
    p.escrow.publish(&p.seller, &id);
}

#[test]
fn expiry_begins_at_the_deadline_and_closes_what_raised_enough() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    p.at(terms.deadline - 1);
    assert_eq!(refusal!(p.escrow.try_expire(&id)), Error::TimeLocked);
    p.at(terms.deadline);
    p.escrow.expire(&id);
    assert_eq!(p.status(&id), Status::Funded);
}

#[test]
fn expiry_refunds_what_raised_too_little_and_ends_what_raised_nothing() {
    let p = Platform::new();
    let terms = p.terms();
    let poor = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &poor, &(terms.min_raise - 1));
    let empty = p.open(&Terms {
        natural: p.bytes(7),
        ..terms.clone()
    });
    p.at(terms.deadline);
    p.escrow.expire(&poor);
    p.escrow.expire(&empty);
    assert_eq!(p.status(&poor), Status::Refunding);
    assert_eq!(p.status(&empty), Status::Refunded);
}

#[test]
fn a_raise_that_can_no_longer_be_released_is_refunded() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    p.at(terms.due_at - terms.release_delay);
    assert_eq!(refusal!(p.escrow.try_close_funding(&p.seller, &id)), Error::DuePassed);
    p.escrow.expire(&id);
    assert_eq!(p.status(&id), Status::Refunding);
}

#[test]
fn the_last_second_that_leaves_a_release_closes() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    p.at(terms.due_at - terms.release_delay - 1);
    p.escrow.close_funding(&p.seller, &id);
    p.at(terms.due_at - 1);
    p.escrow.release(&id);
    assert_eq!(p.status(&id), Status::Active);
}

#[test]
fn release_waits_for_its_delay_and_ends_at_the_due_date() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.funded(&terms);
    let release_at = p.escrow.get_invoice(&id).release_at;
    assert_eq!(release_at, p.now() + terms.release_delay);
    p.at(release_at - 1);
    assert_eq!(refusal!(p.escrow.try_release(&id)), Error::TimeLocked);
    p.at(terms.due_at);
    assert_eq!(refusal!(p.escrow.try_release(&id)), Error::DuePassed);
    p.at(release_at);
    p.escrow.release(&id);
}

#[test]
fn a_funded_invoice_that_nobody_releases_turns_back_at_its_due_date() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.funded(&terms);
    p.at(terms.due_at - 1);
    assert_eq!(refusal!(p.escrow.try_expire(&id)), Error::TimeLocked);
    p.at(terms.due_at);
    p.escrow.expire(&id);
    assert_eq!(p.status(&id), Status::Refunding);
}

#[test]
fn default_begins_when_grace_ends() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    p.at(terms.due_at + terms.grace - 1);
    assert_eq!(refusal!(p.escrow.try_mark_default(&id)), Error::TimeLocked);
    p.at(terms.due_at + terms.grace);
    p.escrow.mark_default(&id);
    assert_eq!(p.status(&id), Status::Defaulted);
}

#[test]
fn write_off_begins_when_recovery_ends() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    let end = terms.due_at + terms.grace + params().recovery;
    p.at(end - 1);
    p.escrow.mark_default(&id);
    assert_eq!(refusal!(p.escrow.try_write_off(&p.arbiter, &id)), Error::TimeLocked);
    p.at(end);
    p.escrow.write_off(&p.arbiter, &id);
    assert_eq!(p.status(&id), Status::WrittenOff);
}

#[test]
fn a_dispute_ends_by_itself() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    p.escrow.dispute(&p.debtor, &id, &p.bytes(3));
    let until = p.now() + params().dispute_limit;
    assert_eq!(p.escrow.get_invoice(&id).disputed_until, until);
    p.at(until - 1);
    assert_eq!(
        refusal!(p.escrow.try_fund_escrow(&p.investors[0], &id, &100)),
        Error::Disputed
    );
    p.at(until);
    p.escrow.fund_escrow(&p.investors[0], &id, &100);
    assert_eq!(
        refusal!(p.escrow.try_resolve_dispute(&p.arbiter, &id, &0)),
        Error::NotDisputed
    );
    assert_eq!(
        refusal!(p.escrow.try_dispute(&p.debtor, &id, &p.bytes(3))),
        Error::AlreadyDisputed
    );
}

#[test]
fn a_membership_ends_at_its_second() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    let until = p.now() + 10;
    p.escrow.set_member(&p.compliance, &p.investors[0], &until, &false);
    p.at(until);
    assert_eq!(
        refusal!(p.escrow.try_fund_escrow(&p.investors[0], &id, &100)),
        Error::NotMember
    );
    p.at(until - 1);
    p.escrow.fund_escrow(&p.investors[0], &id, &100);
}

#[test]
fn a_lost_wallet_is_recovered_after_seven_days_of_freeze_and_not_before() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let [lost, found, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    p.freeze(lost);
    let frozen_at = p.now();
    p.pass(DAY * 6);
    p.freeze(lost);
    p.at(frozen_at + DAY * 7 - 1);
    let early = p
        .escrow
        .try_recover_position(&p.compliance, &p.arbiter, &id, lost, found);
    assert_eq!(refusal!(early), Error::TimeLocked);
    p.at(frozen_at + DAY * 7);
    p.escrow.recover_position(&p.compliance, &p.arbiter, &id, lost, found);
    assert_eq!(p.token(&id).balance(found), 900_000);
    assert_eq!(p.token(&id).balance(lost), 0);
}

#[test]
fn code_waits_fourteen_days() {
    let p = Platform::new();
    p.escrow.propose_upgrade(&p.bytes(4));
    p.pass(DAY * 14 - 1);
    assert_eq!(refusal!(p.escrow.try_apply_upgrade()), Error::TimeLocked);
    p.escrow.cancel_upgrade(&p.guardian);
    assert_eq!(refusal!(p.escrow.try_apply_upgrade()), Error::NoPendingUpgrade);

    p.escrow.set_token_wasm(&p.bytes(5));
    p.pass(DAY * 14);
    assert_eq!(
        refusal!(p.escrow.try_cancel_token_wasm(&p.guardian)),
        Error::NoPendingUpgrade
    );
}

#[test]
fn a_stake_is_between_the_ticket_and_what_is_left() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    let [first, second, ..] = p.investors.as_slice() else {
        panic!("two investors");
    };
    for (amount, error) in [
        (0, Error::InvalidAmount),
        (-1, Error::InvalidAmount),
        (99, Error::BelowTicket),
        (terms.target + 1, Error::ExceedsTarget),
        (i128::MAX, Error::ExceedsTarget),
    ] {
        assert_eq!(
            refusal!(p.escrow.try_fund_escrow(first, &id, &amount)),
            error,
            "{amount}"
        );
    }
    p.escrow.fund_escrow(first, &id, &(terms.target - 50));
    assert_eq!(
        refusal!(p.escrow.try_fund_escrow(second, &id, &49)),
        Error::BelowTicket,
        "all that is left is less than a ticket"
    );
    p.escrow.fund_escrow(second, &id, &50);
    assert_eq!(p.status(&id), Status::Funded);
}

#[test]
fn the_minimum_raise_is_exact() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &(terms.min_raise - 100));
    assert_eq!(
        refusal!(p.escrow.try_close_funding(&p.seller, &id)),
        Error::BelowMinimum
    );
    p.escrow.fund_escrow(&p.investors[0], &id, &100);
    p.escrow.close_funding(&p.seller, &id);
    let invoice = p.escrow.get_invoice(&id);
    assert_eq!(invoice.par_sold, terms.par * terms.min_raise / terms.target);
}

#[test]
fn terms_are_refused_one_step_beyond_each_edge() {
    let p = Platform::new();
    let good = p.terms();
    let now = p.now();
    p.escrow.create_escrow(&p.seller, &good, &0);
    let edges: [(&str, Terms); 14] = [
        (
            "min_raise of nothing",
            Terms {
                min_raise: 0,
                ..good.clone()
            },
        ),
        (
            "min_raise above target",
            Terms {
                min_raise: good.target + 1,
                ..good.clone()
            },
        ),
        (
            "target above par",
            Terms {
                target: good.par + 1,
                ..good.clone()
            },
        ),
        (
            "par above the face less its fee",
            Terms {
                par: 990_001,
                ..good.clone()
            },
        ),
        (
            "face above the largest",
            Terms {
                face: 10i128.pow(16) + 1,
                ..good.clone()
            },
        ),
        (
            "deadline now",
            Terms {
                deadline: now,
                ..good.clone()
            },
        ),
        (
            "no second to release",
            Terms {
                deadline: good.due_at - DAY,
                ..good.clone()
            },
        ),
        (
            "tenor too long",
            Terms {
                due_at: now + DAY * 730 + 1,
                ..good.clone()
            },
        ),
        (
            "tenor too short",
            Terms {
                due_at: now + DAY * 11 - 1,
                deadline: now + 1,
                ..good.clone()
            },
        ),
        (
            "endless grace",
            Terms {
                grace: DAY * 180 + 1,
                ..good.clone()
            },
        ),
        (
            "grace beyond time",
            Terms {
                grace: u64::MAX,
                ..good.clone()
            },
        ),
        (
            "release delay beyond time",
            Terms {
                release_delay: u64::MAX,
                ..good.clone()
            },
        ),
        (
            "seller owes",
            Terms {
                debtor: Some(p.seller.clone()),
                ..good.clone()
            },
        ),
        (
            "confirmation by nobody",
            Terms {
                debtor: None,
                needs_ack: true,
                ..good.clone()
            },
        ),
    ];
    for (attempt, (edge, terms)) in (1..).zip(&edges) {
        let refused = refusal!(p.escrow.try_create_escrow(&p.seller, terms, &attempt));
        assert_eq!(refused, Error::InvalidTerms, "{edge}");
    }
    let widest = Terms {
        par: 990_000,
        due_at: now + DAY * 730,
        deadline: now + DAY * 729 - 1,
        grace: DAY * 180,
        ..good
    };
    p.escrow.create_escrow(&p.seller, &widest, &99);
}

#[test]
fn parameters_are_refused_one_step_beyond_each_edge() {
    let p = Platform::new();
    let good = params();
    let edges: [(&str, Params); 10] = [
        (
            "fee",
            Params {
                fee_bps: (0, 1_001),
                ..good.clone()
            },
        ),
        (
            "late charge",
            Params {
                late_bps: (0, 101),
                ..good.clone()
            },
        ),
        (
            "cap of the late charge",
            Params {
                late_cap_bps: (0, 10_001),
                ..good.clone()
            },
        ),
        (
            "grace",
            Params {
                grace: (0, DAY * 180 + 1),
                ..good.clone()
            },
        ),
        (
            "release delay",
            Params {
                release_delay: (0, DAY * 30 + 1),
                ..good.clone()
            },
        ),
        (
            "recovery",
            Params {
                recovery: DAY * 730 + 1,
                ..good.clone()
            },
        ),
        (
            "short dispute",
            Params {
                dispute_limit: DAY - 1,
                ..good.clone()
            },
        ),
        (
            "dispute as long as a tenor",
            Params {
                dispute_limit: DAY * 11,
                ..good.clone()
            },
        ),
        (
            "ticket of nothing",
            Params {
                ticket: 0,
                ..good.clone()
            },
        ),
        (
            "pair out of order",
            Params {
                fee_bps: (2, 1),
                ..good.clone()
            },
        ),
    ];
    for (edge, params) in &edges {
        assert_eq!(
            refusal!(p.escrow.try_set_params(params)),
            Error::InvalidParams,
            "{edge}"
        );
    }
    p.escrow.set_params(&good);
    assert_eq!(p.escrow.params(), good);
}
