//! Every amount at nothing, one, the most there is, and one more.

use invoice_escrow::{Status, Terms};
use soroban_sdk::token::TokenClient;
use soroban_sdk::{Address, BytesN, Vec};
use stellarsettle_histories::platform::{Platform, DAY, WEALTH};
use stellarsettle_histories::signatures::{invoke, Call};
use stellarsettle_shared::Error;

use crate::refusal;

/// Amounts with what each of them gives, on a new platform for each.
fn sweep(rows: &[(i128, Option<Error>)], act: impl Fn(&Platform, i128) -> Option<Error>) {
    for (amount, expected) in rows {
        assert_eq!(act(&Platform::new(), *amount), *expected, "{amount}");
    }
}

#[test]
fn a_stake_is_between_the_ticket_and_what_is_left() {
    let rows = [
        (i128::MIN, Some(Error::InvalidAmount)),
        (-1, Some(Error::InvalidAmount)),
        (0, Some(Error::InvalidAmount)),
        (1, Some(Error::BelowTicket)),
        (99, Some(Error::BelowTicket)),
        (100, None),
        (900_000, None),
        (900_001, Some(Error::ExceedsTarget)),
        (i128::MAX, Some(Error::ExceedsTarget)),
    ];
    sweep(&rows, |p, amount| {
        let id = p.open(&p.terms());
        refusal(p.escrow.try_fund_escrow(&p.investors[0], &id, &amount))
    });
    let rows = [
        (0, Some(Error::InvalidAmount)),
        (1, Some(Error::BelowTicket)),
        (49, Some(Error::BelowTicket)),
        (50, None),
        (51, Some(Error::ExceedsTarget)),
    ];
    sweep(&rows, |p, amount| {
        let id = p.open(&p.terms());
        p.escrow.fund_escrow(&p.investors[0], &id, &899_950);
        refusal(p.escrow.try_fund_escrow(&p.investors[1], &id, &amount))
    });
}

#[test]
fn a_raise_closes_with_its_minimum() {
    let rows = [(299_999, Some(Error::BelowMinimum)), (300_000, None), (300_001, None)];
    sweep(&rows, |p, amount| {
        let id = p.open(&p.terms());
        p.escrow.fund_escrow(&p.investors[0], &id, &amount);
        let refused = refusal(p.escrow.try_close_funding(&p.seller, &id));
        if refused.is_none() {
            assert_eq!(p.escrow.get_invoice(&id).par_sold, 950_000 * amount / 900_000);
        }
        refused
    });
}

#[test]
fn a_payment_is_more_than_nothing_and_no_more_than_its_payer_has() {
    let rows = [
        (i128::MIN, Some(Error::InvalidAmount)),
        (-1, Some(Error::InvalidAmount)),
        (0, Some(Error::InvalidAmount)),
        (1, None),
        (999_999, None),
        (1_000_000, None),
        (1_000_001, None),
        (WEALTH, None),
    ];
    sweep(&rows, |p, amount| {
        let id = p.active(&p.terms());
        let refused = refusal(p.escrow.try_record_payment(&p.debtor, &id, &amount, &None));
        let settled = p.status(&id) == Status::Settled;
        assert_eq!(settled, amount >= 1_000_000, "{amount}");
        refused
    });
    for amount in [WEALTH + 1, i128::MAX] {
        let p = Platform::new();
        let id = p.active(&p.terms());
        assert!(p.escrow.try_record_payment(&p.debtor, &id, &amount, &None).is_err());
        assert_eq!(p.distributor.solvency(&p.asset), (0, 0));
    }
}

#[test]
fn shares_move_up_to_all_of_them() {
    let rows = [
        (i128::MIN, Some(Error::InvalidAmount)),
        (-1, Some(Error::InvalidAmount)),
        (0, None),
        (1, None),
        (900_000, None),
        (900_001, Some(Error::InsufficientBalance)),
        (i128::MAX, Some(Error::InsufficientBalance)),
    ];
    sweep(&rows, |p, amount| {
        let id = p.active(&p.terms());
        refusal(p.token(&id).try_transfer(&p.investors[0], &p.investors[1], &amount))
    });
}

#[test]
fn shares_burn_up_to_all_of_them() {
    let rows = [
        (i128::MIN, Some(Error::InvalidAmount)),
        (-1, Some(Error::InvalidAmount)),
        (0, Some(Error::InvalidAmount)),
        (1, None),
        (900_000, None),
        (900_001, Some(Error::InsufficientBalance)),
        (i128::MAX, Some(Error::InsufficientBalance)),
    ];
    sweep(&rows, |p, amount| {
        let id = p.active(&p.terms());
        p.pay(&id, 1_000_000);
        refusal(p.token(&id).try_burn(&p.investors[0], &amount))
    });
}

#[test]
fn an_allowance_is_spent_up_to_its_end() {
    let until = |p: &Platform| p.env.ledger().sequence() + 10;
    let rows = [
        (i128::MIN, Some(Error::InvalidAmount)),
        (-1, Some(Error::InvalidAmount)),
        (0, None),
        (1, None),
        (i128::MAX, None),
    ];
    sweep(&rows, |p, amount| {
        let id = p.active(&p.terms());
        let (holder, spender) = (&p.investors[0], &p.investors[1]);
        refusal(p.token(&id).try_approve(holder, spender, &amount, &until(p)))
    });
    let rows = [
        (-1, Some(Error::InvalidAmount)),
        (0, None),
        (1, None),
        (500, None),
        (501, Some(Error::InsufficientAllowance)),
        (i128::MAX, Some(Error::InsufficientAllowance)),
    ];
    sweep(&rows, |p, amount| {
        let id = p.active(&p.terms());
        let (holder, spender) = (&p.investors[0], &p.investors[1]);
        p.token(&id).approve(holder, spender, &500, &until(p));
        refusal(p.token(&id).try_transfer_from(spender, holder, spender, &amount))
    });
}

#[test]
fn batches_are_as_long_as_they_may_be() {
    for (contract, function, longest) in [("escrow", "refund_batch", 20), ("distributor", "distribute", 25)] {
        for (number, works) in [(0, true), (1, true), (longest, true), (longest + 1, false)] {
            let p = Platform::new();
            let (address, id) = if contract == "escrow" {
                (p.escrow.address.clone(), refunding(&p))
            } else {
                (p.distributor.address.clone(), p.active(&p.terms()))
            };
            let holders: Vec<Address> = Vec::from_iter(&p.env, (0..number).map(|_| p.outsider.clone()));
            let call = Call {
                contract: address,
                function: function.to_string(),
                arguments: soroban_sdk::IntoVal::into_val(&(id, holders), &p.env),
            };
            let refused = invoke(&p.env, &call).err();
            let expected = (!works).then(|| "BatchTooLarge".to_string());
            assert_eq!(refused, expected, "{function} of {number}");
        }
    }
}

fn refunding(p: &Platform) -> BytesN<32> {
    let id = p.funded(&p.terms());
    p.escrow.cancel(&p.seller, &id);
    id
}

#[test]
fn an_outcome_is_nought_or_one() {
    for (outcome, expected) in [
        (0, None),
        (1, None),
        (2, Some(Error::InvalidOutcome)),
        (u32::MAX, Some(Error::InvalidOutcome)),
    ] {
        let p = Platform::new();
        let id = p.active(&p.terms());
        p.escrow.dispute(&p.debtor, &id, &p.bytes(3));
        let resolved = p.escrow.try_resolve_dispute(&p.arbiter, &id, &outcome);
        assert_eq!(refusal(resolved), expected, "{outcome}");
    }
}

/// The smallest invoice and the largest live whole lives: every unit goes where it belongs.
#[test]
fn the_smallest_face_and_the_largest_are_repaid() {
    for face in [1, 2, 10i128.pow(16) - 1, 10i128.pow(16)] {
        let p = Platform::new();
        let terms = Terms {
            face,
            target: face,
            par: face,
            min_raise: 1,
            fee_bps: 0,
            late_bps: 100,
            late_cap_bps: 10_000,
            ..p.terms()
        };
        let id = p.active(&terms);
        p.at(terms.due_at + DAY * 200);
        let due = p.escrow.amount_due(&id);
        assert_eq!(due, face * 2, "as much again for being late, and no more");
        p.pay(&id, due);
        assert_eq!(p.status(&id), Status::Settled);
        assert_eq!(p.distributor.claim(&id, &p.investors[0]), due);
        assert_eq!(p.distributor.solvency(&p.asset), (0, 0));
    }
}

/// A donation as large as all there is changes nothing.
#[test]
fn a_donation_of_any_size_is_nobodys_credit() {
    for amount in [1, WEALTH] {
        let p = Platform::new();
        let id = p.active(&p.terms());
        p.pay(&id, 500_000);
        TokenClient::new(&p.env, &p.asset).transfer(&p.servicer, &p.distributor.address, &amount);
        assert_eq!(p.distributor.calculate_distribution(&id, &p.investors[0]), 495_000);
        assert_eq!(p.distributor.skim(&p.asset), amount);
    }
}
