//! The money model in numbers that can be checked by hand.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use invoice_escrow::{Status, Terms};
use payment_distributor::Pool;
use stellarsettle_histories::platform::{params, Platform, DAY, WEALTH};
use stellarsettle_shared::Error;

/// (late, fee, investors with late charges, seller) so far.
fn parts(pool: &Pool) -> (i128, i128, i128, i128) {
    (pool.late, pool.fee, pool.investors, pool.seller)
}

#[test]
fn a_payment_goes_to_fee_then_investors_then_seller() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    assert_eq!(p.balance(&p.seller), WEALTH + 900_000, "the advance is the target");
    p.pay(&id, 500_000);
    assert_eq!(parts(&p.distributor.get_payment(&id)), (0, 5_000, 495_000, 0));
    p.pay(&id, 500_000);
    assert_eq!(parts(&p.distributor.get_payment(&id)), (0, 10_000, 950_000, 40_000));
    assert_eq!(p.status(&id), Status::Settled);
    assert_eq!(p.distributor.claim(&id, &p.investors[0]), 950_000);
    assert_eq!(p.distributor.claim_residual(&id), 40_000);
    assert_eq!(p.distributor.collect_fees(&p.asset), 10_000);
    assert_eq!(p.distributor.solvency(&p.asset), (0, 0));
}

#[test]
fn any_split_of_payments_at_one_moment_gives_the_same_totals() {
    let whole = Platform::new();
    let id = whole.active(&whole.terms());
    whole.pass(DAY * 70);
    whole.pay(&id, 777_777);

    let split = Platform::new();
    let other = split.active(&split.terms());
    split.pass(DAY * 70);
    for amount in [1, 99, 1, 777_676] {
        split.pay(&other, amount);
    }
    assert_eq!(
        parts(&whole.distributor.get_payment(&id)),
        parts(&split.distributor.get_payment(&other))
    );
}

#[test]
fn lateness_is_charged_by_whole_days_on_what_investors_lack() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    p.at(terms.due_at + DAY - 1);
    assert_eq!(p.escrow.amount_due(&id), 1_000_000, "no day has ended");
    p.at(terms.due_at + DAY);
    assert_eq!(p.escrow.amount_due(&id), 1_000_950, "10 basis points of 950,000");
    p.pay(&id, 950 + 500_000);
    assert_eq!(parts(&p.distributor.get_payment(&id)), (950, 5_000, 495_950, 0));
    p.pass(DAY * 2);
    assert_eq!(
        p.escrow.amount_due(&id),
        500_000 + 2 * 455,
        "two days on the rest of 455,000"
    );
}

#[test]
fn the_late_charge_stops_at_its_cap_and_at_write_off() {
    let p = Platform::new();
    let terms = p.terms();
    let capped = p.active(&terms);
    let endless = p.active(&Terms {
        natural: p.bytes(8),
        late_cap_bps: 10_000,
        ..terms.clone()
    });
    p.at(terms.due_at + terms.grace + params().recovery);
    assert_eq!(p.escrow.amount_due(&capped), 1_000_000 + 47_500, "5 % of 950,000");
    p.escrow.mark_default(&endless);
    p.escrow.write_off(&p.arbiter, &endless);
    let due = p.escrow.amount_due(&endless);
    assert_eq!(due, 1_000_000 + 95 * 950);
    p.pass(DAY * 500);
    assert_eq!(
        p.escrow.amount_due(&endless),
        due,
        "nothing is charged after the write-off"
    );
    p.pay(&endless, due);
    assert_eq!(
        p.status(&endless),
        Status::Settled,
        "a debtor can pay after the write-off"
    );
}

#[test]
fn what_exceeds_the_debt_is_the_sellers() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 1_234_567);
    assert_eq!(
        parts(&p.distributor.get_payment(&id)),
        (0, 10_000, 950_000, 274_567),
        "exactly the signed amount is taken"
    );
    assert_eq!(p.escrow.amount_due(&id), 0);
    let late = p.escrow.try_record_payment(&p.debtor, &id, &1, &None);
    assert_eq!(
        late.unwrap_err().unwrap(),
        Error::InvalidStatus,
        "and a settled invoice takes no more"
    );
}

#[test]
fn a_partial_raise_sells_a_part_of_par_and_pays_the_whole_fee() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    p.escrow.fund_escrow(&p.investors[0], &id, &300_001);
    p.escrow.close_funding(&p.seller, &id);
    p.pass(DAY);
    p.escrow.release(&id);
    p.pay(&id, 1_000_000);
    let par_sold = 950_000 * 300_001 / 900_000;
    assert_eq!(
        parts(&p.distributor.get_payment(&id)),
        (0, 10_000, par_sold, 990_000 - par_sold)
    );
    assert_eq!(
        p.distributor.claim(&id, &p.investors[0]),
        par_sold,
        "a sole holder gets every unit"
    );
}

#[test]
fn a_servicer_needs_a_fresh_reference_and_others_must_not_give_one() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    let other = p.active(&Terms {
        natural: p.bytes(8),
        ..terms
    });
    let reference = Some(p.bytes(5));
    let pay = |payer, id, reference: &Option<_>| p.escrow.try_record_payment(payer, id, &100, reference);
    assert_eq!(pay(&p.servicer, &id, &None).unwrap_err().unwrap(), Error::ReferenceRule);
    assert_eq!(
        pay(&p.debtor, &id, &reference).unwrap_err().unwrap(),
        Error::ReferenceRule
    );
    assert_eq!(pay(&p.outsider, &id, &reference).unwrap_err().unwrap(), Error::NotPayer);
    pay(&p.servicer, &id, &reference).unwrap().unwrap();
    assert_eq!(
        pay(&p.servicer, &id, &reference).unwrap_err().unwrap(),
        Error::DuplicateReference
    );
    pay(&p.servicer, &other, &reference).unwrap().unwrap();
    pay(&p.seller, &id, &None).unwrap().unwrap();
}

#[test]
fn one_second_after_the_due_date_is_no_default_and_no_refund() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    p.at(terms.due_at + 1);
    assert_eq!(p.escrow.try_mark_default(&id).unwrap_err().unwrap(), Error::TimeLocked);
    assert_eq!(
        p.escrow.try_refund(&id, &p.investors[0]).unwrap_err().unwrap(),
        Error::InvalidStatus
    );
    assert_eq!(p.escrow.try_expire(&id).unwrap_err().unwrap(), Error::InvalidStatus);
}
