//! The arithmetic of token and distributor against exact numbers of any size: what a payment is for, and what each
//! holder is owed of it, for faces up to the largest.
//!
//! The model is written from the rules and not from the code: it charges day by day, and divides without rounding.

use std::cmp::min;

use invoice_escrow::{Status, Terms};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use soroban_sdk::BytesN;
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_histories::random::{histories, hold, seed};
use stellarsettle_shared::math::SCALE;

/// No value of the contracts is larger.
const BOUND: i128 = 1 << 115;

#[derive(Clone, Debug)]
enum Step {
    /// A part in a thousand of what is due, and some units.
    Pay(i128, i128),
    /// A part in a thousand of the first one's shares.
    Transfer(usize, usize, i128),
    Claim(usize),
    Wait(u64),
}

/// Amounts and rates of an invoice, and what three holders own of it in parts of a thousand.
#[derive(Clone, Debug)]
struct Deal {
    face: i128,
    target: i128,
    par: i128,
    fee_bps: u32,
    late_bps: u32,
    late_cap_bps: u32,
    stakes: [i128; 2],
}

fn deal() -> impl Strategy<Value = Deal> {
    let face = prop_oneof![
        1_000..1_000_000i128,
        1_000_000..10i128.pow(12),
        10i128.pow(15)..=10i128.pow(16),
        Just(10i128.pow(16))
    ];
    let rates = (0..=1_000u32, 0..=100u32, 0..=10_000u32);
    (face, rates, 1..=1_000i128, 1..=1_000i128, [1..500i128, 1..500i128]).prop_map(
        |(face, (fee_bps, late_bps, late_cap_bps), par, target, stakes)| {
            let net = face - face * i128::from(fee_bps) / 10_000;
            let par = (net * par / 1_000).max(3);
            Deal {
                face,
                par,
                target: (par * target / 1_000).max(3),
                fee_bps,
                late_bps,
                late_cap_bps,
                stakes,
            }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let holder = || 0..3usize;
    prop_oneof![
        4 => (0..=1_100i128, 0..3i128).prop_map(|(part, units)| Step::Pay(part, units)),
        3 => (holder(), holder(), 0..=1_000i128).prop_map(|(from, to, part)| Step::Transfer(from, to, part)),
        2 => holder().prop_map(Step::Claim),
        2 => prop_oneof![Just(1), Just(DAY), 1..DAY * 40].prop_map(Step::Wait),
    ]
}

/// What the rules say, in numbers without bounds.
struct Model {
    terms: Terms,
    par_sold: BigInt,
    paid: BigInt,
    to_investors: BigInt,
    late_paid: BigInt,
    /// Late charge so far, unrounded.
    charge: BigRational,
    days: u64,
    totals: [BigInt; 4],
}

impl Model {
    fn new(terms: Terms, par_sold: i128) -> Model {
        let zero = || BigInt::from(0);
        Model {
            terms,
            par_sold: par_sold.into(),
            paid: zero(),
            to_investors: zero(),
            late_paid: zero(),
            charge: BigRational::from(zero()),
            days: 0,
            totals: [zero(), zero(), zero(), zero()],
        }
    }

    fn rate(bps: u32) -> BigRational {
        BigRational::new(bps.into(), 10_000.into())
    }

    /// The late charge owed, after every day that has ended.
    fn late_owed(&mut self, now: u64) -> BigInt {
        let cap = BigRational::from(self.par_sold.clone()) * Model::rate(self.terms.late_cap_bps);
        while self.terms.due_at + DAY * (self.days + 1) <= now {
            let lacking = BigRational::from(&self.par_sold - &self.to_investors);
            self.charge = min(&self.charge + lacking * Model::rate(self.terms.late_bps), cap.clone());
            self.days += 1;
        }
        self.charge.floor().to_integer() - &self.late_paid
    }

    fn due(&mut self, now: u64) -> BigInt {
        self.late_owed(now) + BigInt::from(self.terms.face) - &self.paid
    }

    fn fee(&self, paid: &BigInt) -> BigInt {
        (BigRational::from(paid.clone()) * Model::rate(self.terms.fee_bps))
            .floor()
            .to_integer()
    }

    /// Late charge, fee, investors' and seller's part of a payment; what holders get of it.
    fn pay(&mut self, amount: i128, now: u64) -> BigInt {
        let amount = BigInt::from(amount);
        let late = min(amount.clone(), self.late_owed(now));
        let face = min(&amount - &late, BigInt::from(self.terms.face) - &self.paid);
        let paid = &self.paid + &face;
        let fee = self.fee(&paid) - self.fee(&self.paid);
        let investors = min(&face - &fee, &self.par_sold - &self.to_investors);
        let seller = &amount - &late - &fee - &investors;
        self.paid = paid;
        self.late_paid += &late;
        self.to_investors += &investors;
        let parts = [&late, &fee, &(&late + &investors), &seller];
        for (total, part) in self.totals.iter_mut().zip(parts) {
            *total += part;
        }
        late + investors
    }
}

/// A released invoice of three holders.
fn released(p: &Platform, deal: &Deal) -> (BytesN<32>, Terms) {
    p.escrow.set_params(&invoice_escrow::Params {
        ticket: 1,
        ..stellarsettle_histories::platform::params()
    });
    let terms = Terms {
        face: deal.face,
        target: deal.target,
        par: deal.par,
        min_raise: 1,
        fee_bps: deal.fee_bps,
        late_bps: deal.late_bps,
        late_cap_bps: deal.late_cap_bps,
        ..p.terms()
    };
    let id = p.open(&terms);
    for (holder, part) in p.investors.iter().zip(deal.stakes) {
        let stake = (deal.target * part / 1_000).max(1);
        p.escrow.fund_escrow(holder, &id, &stake);
    }
    let left = deal.target - p.escrow.get_invoice(&id).raised;
    p.escrow.fund_escrow(&p.investors[2], &id, &left);
    p.pass(DAY);
    p.escrow.release(&id);
    (id, terms)
}

/// Pays what a step says, if the invoice still takes it; the amount.
fn pay(p: &Platform, id: &BytesN<32>, part: i128, units: i128) -> Option<i128> {
    let amount = p.escrow.amount_due(id) * part / 1_000 + units;
    let open = p.status(id) == Status::Active;
    (open && amount > 0).then(|| {
        p.pay(id, amount);
        amount
    })
}

#[test]
fn payments_are_divided_as_exact_numbers_say() {
    let inputs = (deal(), prop::collection::vec(step(), 1..24));
    hold(histories() / 2, seed(), &inputs, |(deal, steps)| {
        let p = Platform::new();
        let (id, terms) = released(&p, &deal);
        let mut model = Model::new(terms, p.escrow.get_invoice(&id).par_sold);
        for step in steps {
            match step {
                Step::Wait(seconds) => p.pass(seconds),
                Step::Pay(part, units) => {
                    if p.status(&id) == Status::Active {
                        prop_assert_eq!(BigInt::from(p.escrow.amount_due(&id)), model.due(p.now()));
                    }
                    if let Some(amount) = pay(&p, &id, part, units) {
                        model.pay(amount, p.now());
                    }
                    let pool = p.distributor.get_payment(&id);
                    let totals = [pool.late, pool.fee, pool.investors, pool.seller].map(BigInt::from);
                    prop_assert_eq!(&totals, &model.totals);
                }
                _ => {}
            }
        }
        Ok(())
    });
}

/// A holder's credit and payouts are his exact part, but for less than a unit in 10^18 a share at every change.
#[test]
fn credit_is_what_exact_numbers_say() {
    let inputs = (deal(), prop::collection::vec(step(), 1..24));
    hold(histories() / 2, seed(), &inputs, |(deal, steps)| {
        let p = Platform::new();
        let (id, terms) = released(&p, &deal);
        let token = p.token(&id);
        let mut model = Model::new(terms, p.escrow.get_invoice(&id).par_sold);
        let holders = &p.investors[..3];
        let supply = BigInt::from(token.total_supply());
        let mut shares: Vec<BigInt> = holders.iter().map(|holder| token.balance(holder).into()).collect();
        let mut owed = vec![BigRational::from(BigInt::from(0)); 3];
        let mut paid = [0i128; 3];
        let mut changes = 2;
        for step in steps {
            match step {
                Step::Wait(seconds) => p.pass(seconds),
                Step::Pay(part, units) => {
                    let credit = pay(&p, &id, part, units).map(|amount| model.pay(amount, p.now()));
                    for (owed, shares) in owed.iter_mut().zip(&shares) {
                        *owed += BigRational::new(credit.clone().unwrap_or_default() * shares, supply.clone());
                    }
                }
                Step::Transfer(from, to, part) if p.status(&id) == Status::Active => {
                    let moved = token.balance(&holders[from]) * part / 1_000;
                    token.transfer(&holders[from], &holders[to], &moved);
                    shares[from] -= BigInt::from(moved);
                    shares[to] += BigInt::from(moved);
                    changes += 1;
                }
                Step::Transfer(..) => {}
                Step::Claim(holder) => paid[holder] += p.distributor.claim(&id, &holders[holder]),
            }
            for (number, holder) in holders.iter().enumerate() {
                let accrued = token.accrued(holder);
                prop_assert!(accrued < BOUND && token.position(holder).index < BOUND);
                let got = BigRational::new(BigInt::from(paid[number]) * SCALE + accrued, SCALE.into());
                let off = BigRational::new(&supply * changes, SCALE.into());
                let difference = got - &owed[number];
                prop_assert!(
                    -&off <= difference && difference <= off,
                    "holder {} off by {}",
                    number,
                    difference
                );
            }
        }
        Ok(())
    });
}
