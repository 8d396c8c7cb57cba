//! Terms and parameters at each edge and one step beyond it.

use invoice_escrow::{Params, Terms};
use stellarsettle_histories::platform::{params, Platform, DAY};
use stellarsettle_shared::Error;

use crate::refusal;

const MAX_FACE: i128 = 10_000_000_000_000_000;

/// A term at its edge, which is taken, and beyond it, which is refused.
type Edge<Subject> = (&'static str, fn(&mut Subject), fn(&mut Subject));

const TERMS: [Edge<Terms>; 17] = [
    ("min_raise", |t| t.min_raise = 1, |t| t.min_raise = 0),
    ("min_raise, negative", |t| t.min_raise = 1, |t| t.min_raise = -1),
    (
        "min_raise and target",
        |t| t.min_raise = t.target,
        |t| t.min_raise = t.target + 1,
    ),
    ("target and par", |t| t.target = t.par, |t| t.target = t.par + 1),
    ("par and face less fee", |t| t.par = 990_000, |t| t.par = 990_001),
    (
        "par and face",
        |t| (t.fee_bps, t.par) = (0, 1_000_000),
        |t| (t.fee_bps, t.par) = (0, 1_000_001),
    ),
    (
        "fee, rounded down",
        |t| (t.face, t.par) = (1_000_099, 990_099),
        |t| (t.face, t.par) = (1_000_099, 990_100),
    ),
    ("face", |t| t.face = MAX_FACE, |t| t.face = MAX_FACE + 1),
    ("face, beyond arithmetic", |t| t.face = MAX_FACE, |t| t.face = i128::MAX),
    ("face of nothing", |t| t.face = 990_000, |t| t.face = 0),
    (
        "fee_bps",
        |t| (t.fee_bps, t.par) = (1_000, 900_000),
        |t| (t.fee_bps, t.par) = (1_001, 900_000),
    ),
    ("late_bps", |t| t.late_bps = 100, |t| t.late_bps = 101),
    ("late_cap_bps", |t| t.late_cap_bps = 10_000, |t| t.late_cap_bps = 10_001),
    ("grace", |t| t.grace = DAY * 180, |t| t.grace = DAY * 180 + 1),
    (
        "release_delay",
        |t| t.release_delay = DAY * 30,
        |t| t.release_delay = DAY * 30 + 1,
    ),
    (
        "deadline and release",
        |t| t.deadline = t.due_at - DAY - 1,
        |t| t.deadline = t.due_at - DAY,
    ),
    (
        "release beyond time",
        |t| t.release_delay = 0,
        |t| t.release_delay = u64::MAX,
    ),
];

const PARAMS: [Edge<Params>; 13] = [
    ("fee_bps", |p| p.fee_bps.1 = 1_000, |p| p.fee_bps.1 = 1_001),
    ("late_bps", |p| p.late_bps.1 = 100, |p| p.late_bps.1 = 101),
    (
        "late_cap_bps",
        |p| p.late_cap_bps.1 = 10_000,
        |p| p.late_cap_bps.1 = 10_001,
    ),
    ("grace", |p| p.grace.1 = DAY * 180, |p| p.grace.1 = DAY * 180 + 1),
    (
        "release_delay",
        |p| p.release_delay.1 = DAY * 30,
        |p| p.release_delay.1 = DAY * 30 + 1,
    ),
    ("tenor", |p| p.tenor.1 = DAY * 730, |p| p.tenor.1 = DAY * 730 + 1),
    ("recovery", |p| p.recovery = DAY * 730, |p| p.recovery = DAY * 730 + 1),
    (
        "dispute_limit, least",
        |p| p.dispute_limit = DAY,
        |p| p.dispute_limit = DAY - 1,
    ),
    (
        "dispute_limit, most",
        |p| (p.dispute_limit, p.tenor.0) = (DAY * 90, DAY * 91),
        |p| (p.dispute_limit, p.tenor.0) = (DAY * 90 + 1, DAY * 91),
    ),
    (
        "dispute_limit and tenor",
        |p| p.dispute_limit = p.tenor.0 - 1,
        |p| p.dispute_limit = p.tenor.0,
    ),
    ("ticket", |p| p.ticket = 1, |p| p.ticket = 0),
    (
        "order of a pair of rates",
        |p| p.fee_bps = (7, 7),
        |p| p.fee_bps = (8, 7),
    ),
    ("order of a pair of times", |p| p.grace = (7, 7), |p| p.grace = (8, 7)),
];

#[test]
fn terms_are_taken_at_each_edge_and_refused_beyond_it() {
    for (name, edge, beyond) in TERMS {
        let p = Platform::new();
        let (mut taken, mut refused) = (p.terms(), p.terms());
        edge(&mut taken);
        beyond(&mut refused);
        let beyond = p.escrow.try_create_escrow(&p.seller, &refused, &0);
        assert_eq!(refusal(beyond), Some(Error::InvalidTerms), "beyond {name}");
        let edge = p.escrow.try_create_escrow(&p.seller, &taken, &1);
        assert_eq!(refusal(edge), None, "{name}");
    }
}

#[test]
fn parameters_are_taken_at_each_edge_and_refused_beyond_it() {
    for (name, edge, beyond) in PARAMS {
        let p = Platform::new();
        let (mut taken, mut refused) = (params(), params());
        edge(&mut taken);
        beyond(&mut refused);
        assert_eq!(
            refusal(p.escrow.try_set_params(&refused)),
            Some(Error::InvalidParams),
            "beyond {name}"
        );
        assert_eq!(p.escrow.params(), params(), "what was refused changed nothing");
        assert_eq!(refusal(p.escrow.try_set_params(&taken)), None, "{name}");
        assert_eq!(p.escrow.params(), taken);
    }
}

/// The platform's pairs bind terms at both ends.
#[test]
fn terms_stay_within_the_platforms_pairs() {
    let p = Platform::new();
    p.escrow.set_params(&Params {
        fee_bps: (50, 100),
        late_bps: (5, 10),
        late_cap_bps: (100, 500),
        grace: (DAY, DAY * 5),
        release_delay: (3_600, DAY),
        tenor: (DAY * 30, DAY * 60),
        ..params()
    });
    let edges: [Edge<Terms>; 12] = [
        ("fee_bps, least", |t| t.fee_bps = 50, |t| t.fee_bps = 49),
        ("fee_bps, most", |t| t.fee_bps = 100, |t| t.fee_bps = 101),
        ("late_bps, least", |t| t.late_bps = 5, |t| t.late_bps = 4),
        ("late_bps, most", |t| t.late_bps = 10, |t| t.late_bps = 11),
        ("late_cap_bps, least", |t| t.late_cap_bps = 100, |t| t.late_cap_bps = 99),
        ("late_cap_bps, most", |t| t.late_cap_bps = 500, |t| t.late_cap_bps = 501),
        ("grace, least", |t| t.grace = DAY, |t| t.grace = DAY - 1),
        ("grace, most", |t| t.grace = DAY * 5, |t| t.grace = DAY * 5 + 1),
        (
            "release_delay, least",
            |t| t.release_delay = 3_600,
            |t| t.release_delay = 3_599,
        ),
        (
            "release_delay, most",
            |t| t.release_delay = DAY,
            |t| t.release_delay = DAY + 1,
        ),
        ("tenor, least", |t| t.due_at -= DAY * 30, |t| t.due_at -= DAY * 30 + 1),
        ("tenor, most", |_| {}, |t| t.due_at += 1),
    ];
    for (attempt, (name, edge, beyond)) in (0..).zip(edges) {
        let (mut taken, mut refused) = (p.terms(), p.terms());
        edge(&mut taken);
        beyond(&mut refused);
        let beyond = p.escrow.try_create_escrow(&p.seller, &refused, &attempt);
        assert_eq!(refusal(beyond), Some(Error::InvalidTerms), "beyond {name}");
        let edge = p.escrow.try_create_escrow(&p.seller, &taken, &attempt);
        assert_eq!(refusal(edge), None, "{name}");
    }
}

#[test]
fn parties_are_different_accounts() {
    let p = Platform::new();
    let contracts = [&p.escrow.address, &p.distributor.address];
    for debtor in contracts.into_iter().chain([&p.seller]) {
        let terms = Terms {
            debtor: Some(debtor.clone()),
            ..p.terms()
        };
        let refused = p.escrow.try_create_escrow(&p.seller, &terms, &0);
        assert_eq!(refusal(refused), Some(Error::InvalidTerms));
    }
    for (needs_ack, expected) in [(true, Some(Error::InvalidTerms)), (false, None)] {
        let terms = Terms {
            debtor: None,
            needs_ack,
            ..p.terms()
        };
        let tried = p.escrow.try_create_escrow(&p.seller, &terms, &0);
        assert_eq!(refusal(tried), expected, "confirmation by nobody: {needs_ack}");
    }
}
