//! Random commands by everybody against one platform: whatever happens, money is conserved and every invariant holds.
//!
//! `HISTORIES` sets the number of cases. A failure prints the shrunk commands and the `SEED` that finds them again.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use invoice_escrow::{Invoice, Status, TRANSITIONS};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use soroban_sdk::token::TokenClient;
use soroban_sdk::{Address, BytesN, Vec as HostVec};
use stellarsettle_histories::platform::{Platform, DAY, INVESTORS, WEALTH};

#[derive(Clone, Debug)]
enum Command {
    Fund(usize, i128),
    Close,
    Expire,
    Cancel,
    Release,
    Pay(i128),
    PayByServicer(i128, u8),
    MarkDefault,
    WriteOff,
    Dispute(usize),
    Resolve(u32),
    Transfer(usize, usize, i128),
    Burn(usize, i128),
    Claim(usize),
    ClaimTo(usize, usize),
    Distribute,
    ClaimResidual,
    CollectFees,
    Refund(usize),
    RefundTo(usize, usize),
    RefundBatch,
    Freeze(usize),
    Thaw(usize),
    Deauthorise(usize, bool),
    Recover(usize, usize),
    Pause(bool),
    Donate(bool, i128),
    Skim,
    Pass(u64),
}

fn investor() -> impl Strategy<Value = usize> {
    0..INVESTORS
}

fn amount() -> impl Strategy<Value = i128> {
    prop_oneof![
        3 => 1..400_000i128,
        2 => 400_000..1_200_000i128,
        1 => prop_oneof![Just(0), Just(1), Just(-1), Just(99), Just(100), Just(900_000), Just(1_000_000)],
    ]
}

fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    prop_oneof![
        6 => (investor(), amount()).prop_map(|(who, amount)| Fund(who, amount)),
        2 => Just(Close),
        2 => Just(Expire),
        1 => Just(Cancel),
        4 => Just(Release),
        5 => amount().prop_map(Pay),
        2 => (amount(), 0..4u8).prop_map(|(amount, reference)| PayByServicer(amount, reference)),
        2 => Just(MarkDefault),
        1 => Just(WriteOff),
        1 => (0..3usize).prop_map(Dispute),
        1 => (0..3u32).prop_map(Resolve),
        4 => (investor(), investor(), amount()).prop_map(|(from, to, amount)| Transfer(from, to, amount)),
        1 => (investor(), amount()).prop_map(|(who, amount)| Burn(who, amount)),
        4 => investor().prop_map(Claim),
        1 => (investor(), investor()).prop_map(|(who, to)| ClaimTo(who, to)),
        2 => Just(Distribute),
        1 => Just(ClaimResidual),
        1 => Just(CollectFees),
        3 => investor().prop_map(Refund),
        1 => (investor(), investor()).prop_map(|(who, to)| RefundTo(who, to)),
        1 => Just(RefundBatch),
        1 => investor().prop_map(Freeze),
        1 => investor().prop_map(Thaw),
        1 => (investor(), any::<bool>()).prop_map(|(who, authorised)| Deauthorise(who, authorised)),
        1 => (investor(), investor()).prop_map(|(from, to)| Recover(from, to)),
        1 => any::<bool>().prop_map(Pause),
        1 => (any::<bool>(), 1..1_000i128).prop_map(|(escrow, amount)| Donate(escrow, amount)),
        1 => Just(Skim),
        8 => prop_oneof![Just(1), Just(DAY), Just(DAY * 7), Just(DAY * 20), Just(DAY * 60), 1..DAY * 40].prop_map(Pass),
    ]
}

/// One invoice on one platform, and what must be remembered between commands.
struct World {
    platform: Platform,
    id: BytesN<32>,
    before: Invoice,
    claims: i128,
}

impl World {
    /// An Open invoice, or one that three investors funded and that is released.
    fn new(released: bool) -> World {
        let platform = Platform::new();
        let id = platform.open(&platform.terms());
        if released {
            for (investor, stake) in platform.investors.iter().zip([400_000, 299_999, 200_001]) {
                platform.escrow.fund_escrow(investor, &id, &stake);
            }
            platform.pass(DAY);
            platform.escrow.release(&id);
        }
        World {
            before: platform.escrow.get_invoice(&id),
            platform,
            id,
            claims: 0,
        }
    }

    /// Runs a command; a refusal is as good an answer as any, and must have changed nothing.
    fn run(&mut self, command: &Command) {
        let Platform {
            escrow,
            distributor,
            investors,
            env,
            asset,
            ..
        } = &self.platform;
        let p = &self.platform;
        let id = &self.id;
        let everybody = HostVec::from_slice(env, investors);
        match command {
            Command::Fund(who, amount) => drop(escrow.try_fund_escrow(&investors[*who], id, amount)),
            Command::Close => drop(escrow.try_close_funding(&p.seller, id)),
            Command::Expire => drop(escrow.try_expire(id)),
            Command::Cancel => drop(escrow.try_cancel(&p.seller, id)),
            Command::Release => drop(escrow.try_release(id)),
            Command::Pay(amount) => drop(escrow.try_record_payment(&p.debtor, id, amount, &None)),
            Command::PayByServicer(amount, reference) => {
                drop(escrow.try_record_payment(&p.servicer, id, amount, &Some(p.bytes(*reference))))
            }
            Command::MarkDefault => drop(escrow.try_mark_default(id)),
            Command::WriteOff => drop(escrow.try_write_off(&p.arbiter, id)),
            Command::Dispute(who) => {
                let by = [&p.seller, &p.debtor, &p.arbiter][*who];
                drop(escrow.try_dispute(by, id, &p.bytes(9)))
            }
            Command::Resolve(outcome) => drop(escrow.try_resolve_dispute(&p.arbiter, id, outcome)),
            Command::Transfer(from, to, amount) => {
                drop(p.token(id).try_transfer(&investors[*from], &investors[*to], amount))
            }
            Command::Burn(who, amount) => drop(p.token(id).try_burn(&investors[*who], amount)),
            Command::Claim(who) => self.claim(*who, *who),
            Command::ClaimTo(who, to) => self.claim(*who, *to),
            Command::Distribute => {
                if let Ok(Ok(amounts)) = distributor.try_distribute(id, &everybody) {
                    self.claims += amounts.iter().sum::<i128>();
                }
            }
            Command::ClaimResidual => drop(distributor.try_claim_residual(id)),
            Command::CollectFees => drop(distributor.try_collect_fees(asset)),
            Command::Refund(who) => drop(escrow.try_refund(id, &investors[*who])),
            Command::RefundTo(who, to) => drop(escrow.try_refund_to(id, &investors[*who], &investors[*to])),
            Command::RefundBatch => drop(escrow.try_refund_batch(id, &everybody)),
            Command::Freeze(who) => p.freeze(&investors[*who]),
            Command::Thaw(who) => p.admit(&investors[*who]),
            Command::Deauthorise(who, authorised) => self.authorise(&investors[*who], *authorised),
            Command::Recover(from, to) => {
                drop(escrow.try_recover_position(&p.compliance, &p.arbiter, id, &investors[*from], &investors[*to]))
            }
            Command::Pause(true) => drop(escrow.try_pause(&p.guardian)),
            Command::Pause(false) => drop(escrow.try_unpause()),
            Command::Donate(to_escrow, amount) => {
                let to = if *to_escrow {
                    &escrow.address
                } else {
                    &distributor.address
                };
                TokenClient::new(env, asset).transfer(&p.treasury, to, amount);
            }
            Command::Skim => {
                let _ = escrow.try_skim(asset);
                let _ = distributor.try_skim(asset);
            }
            Command::Pass(seconds) => p.pass(*seconds),
        }
    }

    fn claim(&mut self, who: usize, to: usize) {
        let investors = &self.platform.investors;
        let claimed = self
            .platform
            .distributor
            .try_claim_to(&self.id, &investors[who], &investors[to]);
        if let Ok(Ok(amount)) = claimed {
            self.claims += amount;
        }
    }

    fn authorise(&self, account: &Address, authorised: bool) {
        let Platform { env, asset, .. } = &self.platform;
        soroban_sdk::token::StellarAssetClient::new(env, asset).set_authorized(account, &authorised);
    }

    /// Every invariant that can be seen from outside after each command.
    fn check(&mut self) -> Result<(), TestCaseError> {
        let p = &self.platform;
        let invoice = p.escrow.get_invoice(&self.id);
        let (balance, principal) = p.escrow.solvency(&p.asset);
        prop_assert!(balance >= principal, "I1: escrow holds {balance} of {principal}");
        let (balance, liability) = p.distributor.solvency(&p.asset);
        prop_assert!(balance >= liability, "I2: distributor holds {balance} of {liability}");

        let held = matches!(invoice.status, Status::Open | Status::Funded | Status::Refunding);
        let expected = if held { invoice.raised - invoice.refunded } else { 0 };
        prop_assert_eq!(principal, expected, "I1: principal is what was raised and not moved on");

        let token = p.token(&self.id);
        let shares: i128 = p.investors.iter().map(|investor| token.balance(investor)).sum();
        prop_assert_eq!(shares, token.total_supply(), "I5: positions and supply");
        prop_assert!(invoice.raised <= invoice.terms.target, "I6: more raised than asked");
        prop_assert!(
            self.reachable(invoice.status),
            "I9: {:?} to {:?}",
            self.before.status,
            invoice.status
        );
        prop_assert!(invoice.seq >= self.before.seq, "events are counted upwards");
        self.check_pool(&invoice, liability)?;
        self.before = invoice;
        Ok(())
    }

    fn check_pool(&self, invoice: &Invoice, liability: i128) -> Result<(), TestCaseError> {
        let p = &self.platform;
        let Ok(Ok(pool)) = p.distributor.try_get_payment(&self.id) else {
            prop_assert_eq!(liability, 0, "owed without a pool");
            return Ok(());
        };
        prop_assert_eq!(invoice.refunded, 0, "I8: refunded and released");
        prop_assert!(pool.claimed <= pool.investors, "I4: paid more than credited");
        prop_assert_eq!(pool.claimed, self.claims, "I4: payouts and their record");
        prop_assert!(pool.seller_claimed <= pool.seller, "I4: residual");
        prop_assert_eq!(
            pool.investors,
            invoice.investors + invoice.late_paid,
            "both contracts agree"
        );
        prop_assert_eq!(
            pool.fee,
            invoice.terms.fee_bps as i128 * invoice.paid / 10_000,
            "I13: the fee telescopes"
        );
        let face_to_seller = invoice.paid - pool.fee - invoice.investors;
        prop_assert!(
            face_to_seller == 0 || invoice.investors == invoice.par_sold,
            "I7: the seller got {face_to_seller} of face before investors had theirs"
        );
        let credits: i128 = p
            .investors
            .iter()
            .map(|investor| p.distributor.calculate_distribution(&self.id, investor))
            .sum();
        prop_assert!(pool.claimed + credits <= pool.investors, "I4: credits exceed the pool");
        let dust = pool.investors - pool.claimed - credits;
        prop_assert!(dust <= INVESTORS as i128 + 1, "I4: {dust} units belong to nobody");
        Ok(())
    }

    /// Whether the table leads from the status before to this one, in any number of steps.
    fn reachable(&self, status: Status) -> bool {
        let mut seen = vec![self.before.status];
        let mut next = 0;
        while next < seen.len() {
            let from = seen[next];
            for row in &TRANSITIONS {
                if row.from == from && !seen.contains(&row.to) {
                    seen.push(row.to);
                }
            }
            next += 1;
        }
        seen.contains(&status)
    }

    /// I17: when the world is calm again, anybody can bring everybody their money, without seller or owner.
    fn drain(&mut self) -> Result<(), TestCaseError> {
        for investor in &self.platform.investors {
            self.platform.admit(investor);
            self.authorise(investor, true);
        }
        self.platform.pass(DAY * 400);
        drop(self.platform.escrow.try_expire(&self.id));
        self.run(&Command::RefundBatch);
        if self.before_release() {
            return Ok(());
        }
        let due = self.platform.escrow.amount_due(&self.id);
        self.run(&Command::Pay(due));
        self.run(&Command::Distribute);
        self.run(&Command::ClaimResidual);
        self.run(&Command::CollectFees);
        self.check()?;
        let invoice = &self.before;
        let p = &self.platform;
        match invoice.status {
            Status::Settled => {
                let pool = p.distributor.get_payment(&self.id);
                let (_, liability) = p.distributor.solvency(&p.asset);
                prop_assert_eq!(invoice.investors, invoice.par_sold, "investors have par");
                prop_assert_eq!(pool.seller, pool.seller_claimed, "the seller has the rest");
                prop_assert!(liability < INVESTORS as i128, "I4: {liability} units stuck");
            }
            Status::Refunded => prop_assert_eq!(invoice.raised, invoice.refunded, "I8: principal returned"),
            Status::Cancelled => prop_assert_eq!(invoice.raised, 0, "cancelled with money"),
            status => prop_assert!(false, "I17: stuck in {status:?}"),
        }
        Ok(())
    }

    /// An invoice that ended before release has returned every unit.
    fn before_release(&self) -> bool {
        let p = &self.platform;
        let invoice = p.escrow.get_invoice(&self.id);
        let ended = matches!(invoice.status, Status::Refunded | Status::Cancelled);
        if ended {
            assert_eq!(p.escrow.solvency(&p.asset).1, 0, "I17: principal left behind");
            let total: i128 = p.investors.iter().map(|investor| p.balance(investor)).sum();
            assert_eq!(
                total,
                WEALTH * INVESTORS as i128,
                "I8: refunds return exactly the principal"
            );
        }
        ended
    }
}

#[test]
fn random_commands_conserve_money() {
    let cases = number("HISTORIES").map_or(200, |cases| u32::try_from(cases).expect("HISTORIES is small"));
    let seed = number("SEED").unwrap_or_else(clock);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let seen = RefCell::new(HashSet::new());
    let histories = (any::<bool>(), prop::collection::vec(command(), 1..60));
    let outcome = runner.run(&histories, |(released, commands)| {
        let mut world = World::new(released);
        for command in &commands {
            world.run(command);
            world.check()?;
            seen.borrow_mut().insert(world.before.status as u32);
        }
        world.drain()
    });
    if let Err(failure) = outcome {
        panic!("SEED={seed}: {failure}");
    }
    let common = [
        Status::Open,
        Status::Funded,
        Status::Active,
        Status::Settled,
        Status::Defaulted,
        Status::Refunding,
    ];
    for status in common {
        let reached = seen.borrow().contains(&(status as u32));
        assert!(reached || cases < 200, "SEED={seed}: no history reached {status:?}");
    }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
    )
}

fn clock() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    u64::from(since.subsec_nanos())
}
