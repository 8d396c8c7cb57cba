//! Two promises that need their own worlds: one natural invoice is listed once, and no order of claims or payments
//! changes what people get. `HISTORIES` and `SEED` choose how many and which inputs, as for all random histories.

use invoice_escrow::{Status, Terms};
use proptest::prelude::*;
use soroban_sdk::{Address, BytesN};
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_histories::random;

/// Properties that share the histories.
const PROPERTIES: u64 = 3;

/// One step in the life of one of four listings of the same invoice: two sellers, two attempts each.
#[derive(Clone, Debug)]
enum Step {
    Create(usize),
    Approve(usize),
    Reject(usize),
    Publish(usize),
    Fund(usize, bool),
    Cancel(usize),
    Expire(usize),
    Refund(usize),
    Release(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let listing = || 0..4usize;
    prop_oneof![
        4 => listing().prop_map(Step::Create),
        5 => listing().prop_map(Step::Approve),
        1 => listing().prop_map(Step::Reject),
        4 => listing().prop_map(Step::Publish),
        4 => (listing(), any::<bool>()).prop_map(|(listing, whole)| Step::Fund(listing, whole)),
        1 => listing().prop_map(Step::Cancel),
        2 => listing().prop_map(Step::Expire),
        2 => listing().prop_map(Step::Refund),
        2 => listing().prop_map(Step::Release),
        2 => prop_oneof![Just(DAY), Just(DAY * 20)].prop_map(Step::Pass),
    ]
}

struct Listings {
    platform: Platform,
    ids: [Option<BytesN<32>>; 4],
}

impl Listings {
    fn seller(&self, listing: usize) -> &Address {
        [&self.platform.seller, &self.platform.investors[3]][listing % 2]
    }

    fn run(&mut self, step: &Step) {
        let p = &self.platform;
        match step {
            Step::Create(listing) => {
                let attempt = u32::try_from(listing / 2).unwrap();
                let created = p.escrow.try_create_escrow(self.seller(*listing), &p.terms(), &attempt);
                if let Ok(Ok(id)) = created {
                    self.ids[*listing] = Some(id);
                }
            }
            Step::Pass(seconds) => p.pass(*seconds),
            Step::Approve(listing)
            | Step::Reject(listing)
            | Step::Publish(listing)
            | Step::Fund(listing, _)
            | Step::Cancel(listing)
            | Step::Expire(listing)
            | Step::Refund(listing)
            | Step::Release(listing) => {
                if let Some(id) = &self.ids[*listing] {
                    self.run_on(step, id, self.seller(*listing));
                }
            }
        }
    }

    fn run_on(&self, step: &Step, id: &BytesN<32>, seller: &Address) {
        let p = &self.platform;
        let investor = &p.investors[0];
        match step {
            Step::Approve(_) => drop(p.escrow.try_approve(&p.verifier, id)),
            Step::Reject(_) => drop(p.escrow.try_reject(&p.verifier, id, &p.bytes(7))),
            Step::Publish(_) => drop(p.escrow.try_publish(seller, id)),
            Step::Fund(_, true) => drop(p.escrow.try_fund_escrow(investor, id, &900_000)),
            Step::Fund(_, false) => drop(p.escrow.try_fund_escrow(investor, id, &1_000)),
            Step::Cancel(_) => drop(p.escrow.try_cancel(seller, id)),
            Step::Expire(_) => drop(p.escrow.try_expire(id)),
            Step::Refund(_) => drop(p.escrow.try_refund(id, investor)),
            Step::Release(_) => drop(p.escrow.try_release(id)),
            Step::Create(_) | Step::Pass(_) => unreachable!("not a step of one listing"),
        }
    }

    /// (approved and alive before release, released at any time)
    fn count(&self) -> (usize, usize) {
        let invoices = self.ids.iter().flatten().map(|id| self.platform.escrow.get_invoice(id));
        let mut counts = (0, 0);
        for invoice in invoices {
            match invoice.status {
                Status::Created | Status::Open | Status::Funded if invoice.approved => counts.0 += 1,
                Status::Active | Status::Settled | Status::Defaulted | Status::WrittenOff => counts.1 += 1,
                _ => {}
            }
        }
        counts
    }
}

fn holdings(p: &Platform) -> Vec<i128> {
    p.investors.iter().map(|investor| p.balance(investor)).collect()
}

/// Three investors, payments, and claims between them where `eager` says so; what everybody owns at the end.
fn repaid(stakes: [i128; 3], payments: &[i128], eager: &[bool], late: u64) -> Vec<i128> {
    let p = Platform::new();
    let id = p.open(&p.terms());
    for (investor, stake) in p.investors.iter().zip(stakes) {
        p.escrow.fund_escrow(investor, &id, &stake);
    }
    p.escrow.close_funding(&p.seller, &id);
    p.pass(DAY);
    p.escrow.release(&id);
    p.pass(late);
    for (payment, claims) in payments.iter().zip(eager) {
        if p.status(&id) == Status::Active {
            p.pay(&id, *payment);
        }
        if *claims {
            p.distributor.claim(&id, &p.investors[0]);
        }
    }
    for investor in &p.investors {
        p.distributor.claim(&id, investor);
    }
    holdings(&p)
}

/// Checks one of the properties here on its share of all histories.
fn hold<Inputs: Strategy>(inputs: Inputs, property: impl Fn(Inputs::Value) -> Result<(), TestCaseError>) {
    random::hold(
        random::histories().div_ceil(PROPERTIES),
        random::seed(),
        &inputs,
        property,
    );
}

/// I14: of one natural invoice at most one listing is approved and alive, and none after one was released.
#[test]
fn an_invoice_is_listed_once() {
    hold(prop::collection::vec(step(), 1..60), |steps| {
        let platform = Platform::new();
        let mut listings = Listings {
            platform,
            ids: [None, None, None, None],
        };
        for step in &steps {
            listings.run(step);
            let (alive, released) = listings.count();
            prop_assert!(alive + released <= 1, "{step:?}: {alive} alive, {released} released");
        }
        Ok(())
    });
}

/// I13: claiming early, or not, changes what a holder gets by less than one unit.
#[test]
fn early_claims_change_nothing() {
    let stake = || 100_000..300_000i128;
    let inputs = (
        [stake(), stake(), stake()],
        prop::collection::vec(1..400_000i128, 1..8),
        prop::collection::vec(any::<bool>(), 8),
        prop_oneof![Just(0), Just(DAY * 70)],
    );
    hold(inputs, |(stakes, payments, eager, late)| {
        let patient = repaid(stakes, &payments, &[false; 8], late);
        let hasty = repaid(stakes, &payments, &eager, late);
        for (one, other) in patient.iter().zip(&hasty) {
            prop_assert!((one - other).abs() <= 1, "{patient:?} and {hasty:?}");
        }
        Ok(())
    });
}

/// I13: splitting a payment at one moment changes no total at all.
#[test]
fn split_payments_are_the_same_payment() {
    let inputs = (
        2..1_300_000i128,
        prop::collection::vec(1..200_000i128, 0..6),
        prop_oneof![Just(0), Just(DAY * 61), Just(DAY * 400)],
    );
    hold(inputs, |(payment, parts, late)| {
        let due = {
            let (p, id) = owing(late);
            p.escrow.amount_due(&id)
        };
        let payment = payment.min(due);
        let split = split(payment, parts);
        prop_assert_eq!(credited(late, &[payment]), credited(late, &split), "{:?}", split);
        Ok(())
    });
}

/// A released invoice, so many seconds later.
fn owing(late: u64) -> (Platform, BytesN<32>) {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pass(late);
    (p, id)
}

/// The parts that fit into a payment, and its rest.
fn split(payment: i128, parts: Vec<i128>) -> Vec<i128> {
    let mut rest = payment;
    let mut split = Vec::new();
    for part in parts {
        if part < rest {
            split.push(part);
            rest -= part;
        }
    }
    split.push(rest);
    split
}

/// Late charge, fee, investors' and seller's part of payments at one moment.
fn credited(late: u64, payments: &[i128]) -> (i128, i128, i128, i128) {
    let (p, id) = owing(late);
    for payment in payments {
        if p.status(&id) == Status::Active {
            p.pay(&id, *payment);
        }
    }
    let pool = p.distributor.get_payment(&id);
    (pool.late, pool.fee, pool.investors, pool.seller)
}

#[test]
fn two_listings_differ_only_in_seller_and_attempt() {
    let p = Platform::new();
    let offer: Terms = p.terms();
    let first = p.escrow.create_escrow(&p.seller, &offer, &0);
    let again = p.escrow.create_escrow(&p.seller, &offer, &1);
    assert_ne!(first, again);
    assert_ne!(p.token(&first).address, p.token(&again).address);
    assert!(p.escrow.try_create_escrow(&p.seller, &offer, &1).is_err());
}
