//! "Before t" is now < t, "from t" is now >= t: no second belongs to both sides or to none.

use invoice_escrow::{Status, Terms};
use soroban_sdk::{vec, BytesN};
use stellarsettle_histories::code::Code;
use stellarsettle_histories::platform::{params, Platform, DAY};
use stellarsettle_shared::Error;

use crate::refusal;

/// A rule that changes at a second.
struct Rule {
    name: &'static str,
    /// A state of the platform, the invoice it is about, and the second.
    scene: fn(&Platform) -> (BytesN<32>, u64),
    act: fn(&Platform, &BytesN<32>) -> Option<Error>,
    before: Option<Error>,
    from: Option<Error>,
}

const fn rule(
    name: &'static str,
    scene: fn(&Platform) -> (BytesN<32>, u64),
    act: fn(&Platform, &BytesN<32>) -> Option<Error>,
    before: Option<Error>,
    from: Option<Error>,
) -> Rule {
    Rule {
        name,
        scene,
        act,
        before,
        from,
    }
}

fn fund(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_fund_escrow(&p.investors[0], id, &100))
}

fn expire(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_expire(id))
}

fn release(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_release(id))
}

fn close(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_close_funding(&p.seller, id))
}

fn transfer(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.token(id).try_transfer(&p.investors[0], &p.investors[1], &1))
}

fn resolve(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_resolve_dispute(&p.arbiter, id, &0))
}

fn create(p: &Platform, _: &BytesN<32>) -> Option<Error> {
    refusal(p.escrow.try_create_escrow(&p.seller, &p.terms(), &9))
}

/// A listing of terms that were written in time and are late to arrive.
fn create_late(p: &Platform, _: &BytesN<32>) -> Option<Error> {
    let start = stellarsettle_histories::platform::START;
    let terms = Terms {
        deadline: start + DAY * 20,
        due_at: start + DAY * 60,
        ..p.terms()
    };
    refusal(p.escrow.try_create_escrow(&p.seller, &terms, &9))
}

fn open(p: &Platform) -> (BytesN<32>, u64) {
    let terms = p.terms();
    (p.open(&terms), terms.deadline)
}

fn approved(p: &Platform) -> (BytesN<32>, u64) {
    let terms = p.terms();
    let id = p.escrow.create_escrow(&p.seller, &terms, &0);
    p.escrow.approve(&p.verifier, &id);
    (id, terms.deadline)
}

fn raised(p: &Platform) -> (BytesN<32>, u64) {
    let terms = p.terms();
    let id = p.open(&terms);
    p.escrow.fund_escrow(&p.investors[0], &id, &terms.min_raise);
    (id, terms.due_at - terms.release_delay)
}

fn funded(p: &Platform) -> (BytesN<32>, u64) {
    let id = p.funded(&p.terms());
    let release_at = p.escrow.get_invoice(&id).release_at;
    (id, release_at)
}

fn funded_until_due(p: &Platform) -> (BytesN<32>, u64) {
    let terms = p.terms();
    (p.funded(&terms), terms.due_at)
}

fn overdue(p: &Platform) -> (BytesN<32>, u64) {
    let terms = p.terms();
    (p.active(&terms), terms.due_at + terms.grace)
}

fn defaulted(p: &Platform) -> (BytesN<32>, u64) {
    let (id, default_at) = overdue(p);
    let now = p.now();
    p.at(default_at);
    p.escrow.mark_default(&id);
    p.at(now);
    (id, default_at + params().recovery)
}

/// A dispute by the arbiter, who may have another.
fn disputed(p: &Platform, id: BytesN<32>) -> (BytesN<32>, u64) {
    p.escrow.dispute(&p.arbiter, &id, &p.bytes(3));
    (id, p.now() + params().dispute_limit)
}

fn disputed_open(p: &Platform) -> (BytesN<32>, u64) {
    disputed(p, p.open(&p.terms()))
}

fn disputed_funded(p: &Platform) -> (BytesN<32>, u64) {
    disputed(p, p.funded(&p.terms()))
}

fn disputed_active(p: &Platform) -> (BytesN<32>, u64) {
    disputed(p, p.active(&p.terms()))
}

/// A membership ends.
fn leaving(p: &Platform, id: BytesN<32>, who: &soroban_sdk::Address) -> (BytesN<32>, u64) {
    let until = p.now() + DAY;
    p.escrow.set_member(&p.compliance, who, &until, &false);
    (id, until)
}

fn frozen(p: &Platform) -> (BytesN<32>, u64) {
    let id = p.active(&p.terms());
    p.freeze(&p.investors[0]);
    let frozen_at = p.now();
    p.pass(DAY * 6);
    p.freeze(&p.investors[0]);
    (id, frozen_at + DAY * 7)
}

fn recover(p: &Platform, id: &BytesN<32>) -> Option<Error> {
    let (from, to) = (&p.investors[0], &p.investors[1]);
    refusal(p.escrow.try_recover_position(&p.compliance, &p.arbiter, id, from, to))
}

/// Code announced twice: the second time counts.
fn announced(p: &Platform) -> (BytesN<32>, u64) {
    let code = Code::from_environment();
    for _ in 0..2 {
        p.pass(DAY);
        p.escrow.propose_upgrade(&code.install_escrow(&p.env));
        p.distributor.propose_upgrade(&code.install_distributor(&p.env));
        p.escrow.set_token_wasm(&code.install_token(&p.env));
    }
    (p.bytes(0), p.now() + DAY * 14)
}

const RULES: [Rule; 25] = [
    rule(
        "stakes end at the deadline",
        open,
        fund,
        None,
        Some(Error::DeadlinePassed),
    ),
    rule(
        "publishing ends at the deadline",
        approved,
        |p, id| refusal(p.escrow.try_publish(&p.seller, id)),
        None,
        Some(Error::DeadlinePassed),
    ),
    rule(
        "a listing ends at its deadline",
        |p| (p.bytes(0), p.terms().deadline),
        create_late,
        None,
        Some(Error::InvalidTerms),
    ),
    rule(
        "an open invoice expires from its deadline",
        open,
        expire,
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "a funded one from its due date",
        funded_until_due,
        expire,
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "a raise closes while a release can follow",
        raised,
        close,
        None,
        Some(Error::DuePassed),
    ),
    rule(
        "a release waits for its delay",
        funded,
        release,
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "and ends at the due date",
        funded_until_due,
        release,
        None,
        Some(Error::DuePassed),
    ),
    rule(
        "default comes when grace ends",
        overdue,
        |p, id| refusal(p.escrow.try_mark_default(id)),
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "a write-off when recovery ends",
        defaulted,
        |p, id| refusal(p.escrow.try_write_off(&p.arbiter, id)),
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "a dispute stops stakes until it ends",
        disputed_open,
        fund,
        Some(Error::Disputed),
        None,
    ),
    rule("and releases", disputed_funded, release, Some(Error::Disputed), None),
    rule("and transfers", disputed_active, transfer, Some(Error::Disputed), None),
    rule(
        "it can be resolved until it ends",
        disputed_active,
        resolve,
        None,
        Some(Error::NotDisputed),
    ),
    rule(
        "and another one can follow it",
        disputed_active,
        |p, id| refusal(p.escrow.try_dispute(&p.arbiter, id, &p.bytes(4))),
        Some(Error::Disputed),
        None,
    ),
    rule(
        "an investor is a member until his second",
        |p| leaving(p, p.open(&p.terms()), &p.investors[0]),
        fund,
        None,
        Some(Error::NotMember),
    ),
    rule(
        "and so is a seller",
        |p| leaving(p, p.bytes(0), &p.seller),
        create,
        None,
        Some(Error::NotMember),
    ),
    rule(
        "a holder who sells",
        |p| leaving(p, p.active(&p.terms()), &p.investors[0]),
        transfer,
        None,
        Some(Error::NotMember),
    ),
    rule(
        "a member who buys",
        |p| leaving(p, p.active(&p.terms()), &p.investors[1]),
        transfer,
        None,
        Some(Error::NotMember),
    ),
    rule(
        "a lost wallet is recovered after seven days of freeze",
        frozen,
        recover,
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "the escrow's code waits fourteen days",
        announced,
        |p, _| refusal(p.escrow.try_apply_upgrade()),
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "and the distributor's",
        announced,
        |p, _| refusal(p.distributor.try_apply_upgrade()),
        Some(Error::TimeLocked),
        None,
    ),
    rule(
        "token code can be withdrawn until it is in force",
        announced,
        |p, _| refusal(p.escrow.try_cancel_token_wasm(&p.guardian)),
        None,
        Some(Error::NoPendingUpgrade),
    ),
    rule(
        "a holder whose membership ended still is paid",
        |p| {
            let id = p.active(&p.terms());
            p.pay(&id, 500_000);
            leaving(p, id, &p.investors[0])
        },
        |p, id| refusal(p.distributor.try_claim(id, &p.investors[0])),
        None,
        None,
    ),
    rule(
        "a debtor still pays when grace ends",
        overdue,
        |p, id| refusal(p.escrow.try_record_payment(&p.debtor, id, &1, &None)),
        None,
        None,
    ),
];

#[test]
fn every_time_rule_changes_at_its_second() {
    for rule in RULES {
        for second in 0..3 {
            let p = Platform::new();
            let (id, edge) = (rule.scene)(&p);
            p.at(edge + second - 1);
            let expected = if second == 0 { rule.before } else { rule.from };
            assert_eq!((rule.act)(&p, &id), expected, "{}, second {second}", rule.name);
        }
    }
}

/// What happens at the edges, where not only whether it may.
#[test]
fn a_raise_that_closes_in_the_last_second_is_released_in_the_last() {
    let p = Platform::new();
    let terms = p.terms();
    let (id, edge) = raised(&p);
    p.at(edge - 1);
    p.escrow.close_funding(&p.seller, &id);
    p.at(terms.due_at - 1);
    p.escrow.release(&id);
    assert_eq!(p.status(&id), Status::Active);
}

#[test]
fn an_expiry_closes_what_raised_enough_in_time_and_turns_back_the_rest() {
    for (stake, at, status) in [
        (300_000, 0, Status::Funded),
        (299_999, 0, Status::Refunding),
        (0, 0, Status::Refunded),
        (300_000, DAY * 39 - 1, Status::Funded),
        (300_000, DAY * 39, Status::Refunding),
    ] {
        let p = Platform::new();
        let (id, deadline) = open(&p);
        if stake > 0 {
            p.escrow.fund_escrow(&p.investors[0], &id, &stake);
        }
        p.at(deadline + at);
        p.escrow.expire(&id);
        assert_eq!(p.status(&id), status, "{stake} raised, {at} s behind the deadline");
    }
}

#[test]
fn a_day_of_lateness_is_charged_when_it_ends() {
    let p = Platform::new();
    let terms = p.terms();
    let id = p.active(&terms);
    for (day, second, charge) in [
        (0, 0, 0),
        (1, -1, 0),
        (1, 0, 950),
        (1, 1, 950),
        (2, -1, 950),
        (2, 0, 1_900),
        (50, -1, 46_550),
        (50, 0, 47_500),
        (51, 0, 47_500),
    ] {
        let end = terms.due_at + DAY * day;
        p.at(end.checked_add_signed(second).unwrap());
        assert_eq!(
            p.escrow.amount_due(&id),
            1_000_000 + charge,
            "day {day}, second {second}"
        );
    }
}

#[test]
fn a_payment_in_the_second_in_which_a_day_ends_comes_after_its_charge() {
    for (second, late) in [(0, 0), (1, 950), (2, 950)] {
        let p = Platform::new();
        let terms = p.terms();
        let id = p.active(&terms);
        p.at(terms.due_at + DAY + second - 1);
        p.pay(&id, 1_000_000);
        assert_eq!(p.distributor.get_payment(&id).late, late);
    }
}

#[test]
fn a_party_disputes_once() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    for party in [&p.seller, &p.debtor] {
        p.escrow.dispute(party, &id, &p.bytes(3));
        p.pass(params().dispute_limit);
        let again = p.escrow.try_dispute(party, &id, &p.bytes(3));
        assert_eq!(refusal(again), Some(Error::AlreadyDisputed));
    }
}

#[test]
fn new_token_code_is_that_of_tokens_from_its_second_on() {
    for (second, works) in [(0, true), (1, false), (2, false)] {
        let p = Platform::new();
        // Code that is not installed: whoever deploys it fails.
        p.escrow.set_token_wasm(&p.bytes(5));
        p.pass(DAY * 14 + second - 1);
        let created = p.escrow.try_create_escrow(&p.seller, &p.terms(), &0);
        assert_eq!(created.is_ok(), works, "second {second}");
    }
}

#[test]
fn a_thawed_wallet_starts_its_freeze_anew() {
    let p = Platform::new();
    let (id, edge) = frozen(&p);
    p.admit(&p.investors[0]);
    p.freeze(&p.investors[0]);
    let again = p.now() + DAY * 7;
    p.at(edge);
    assert_eq!(recover(&p, &id), Some(Error::TimeLocked));
    p.at(again);
    assert_eq!(recover(&p, &id), None);
    assert_eq!(p.token(&id).balance(&p.investors[1]), 900_000);
    p.admit(&p.investors[0]);
    let empty = p.distributor.distribute(&id, &vec![&p.env, p.investors[0].clone()]);
    assert_eq!(empty, vec![&p.env, 0]);
}
