//! What people may do, at random: commands by everybody, on several invoices at a time.

use proptest::prelude::*;
use stellarsettle_histories::platform::{DAY, INVESTORS};

/// Invoices of one world: the first two are the same debt, listed by two sellers; the last is in another asset.
pub const INVOICES: usize = 4;

/// A moment at which some right begins or ends, of the invoice a command names.
#[derive(Clone, Copy, Debug)]
pub enum Edge {
    Deadline,
    ReleaseAt,
    DueAt,
    DefaultAt,
    WriteOffAt,
    DisputeEnd,
    LateDay,
    Thaw,
}

/// What the owner or compliance decides; none of it may move anybody's money.
#[derive(Clone, Copy, Debug)]
pub enum Decision {
    Ticket(i128),
    Asset(usize, bool),
    Grant(usize),
    Revoke(usize),
    Treasury(bool),
    Owner(usize),
    AcceptOwner,
    Upgrade,
    CancelUpgrade,
    TokenCode,
    CancelTokenCode,
    Member(usize, u64),
    Freeze(usize),
    Thaw(usize),
    Pause,
    Unpause,
}

#[derive(Clone, Debug)]
pub enum Command {
    Approve(usize),
    Reject(usize),
    Publish(usize),
    Acknowledge(usize),
    Fund(usize, usize, i128),
    Close(usize),
    Expire(usize),
    Cancel(usize),
    Release(usize),
    Pay(usize, i128),
    PaySettling(usize),
    PayAsSeller(usize, i128),
    PayByServicer(usize, i128, u8),
    MarkDefault(usize),
    WriteOff(usize),
    Dispute(usize, usize),
    Resolve(usize, u32),
    Transfer(usize, usize, usize, i128),
    Burn(usize, usize, i128),
    Claim(usize, usize),
    ClaimTo(usize, usize, usize),
    Distribute(usize),
    ClaimResidual(usize),
    ClaimResidualTo(usize, usize),
    CollectFees(usize),
    Refund(usize, usize),
    RefundTo(usize, usize, usize),
    RefundBatch(usize),
    Recover(usize, usize, usize),
    Skim(bool, usize),
    Decide(Decision),
    /// The issuer of an asset takes or gives back the right to hold it.
    Authorise(usize, usize, bool),
    Donate(bool, usize, i128),
    Pass(u64),
    /// The clock goes to a second around an edge of an invoice, if that is to come within a month.
    GoTo(usize, Edge, u64),
}

/// Where a history begins, for the first invoice.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    Open,
    /// The target is raised.
    Funded,
    /// Raised and cancelled.
    Refunding,
    /// So many invoices are released.
    Released(usize),
    /// Released and not paid in time.
    Overdue,
    /// Released and long in default, one holder frozen for as long.
    Defaulted,
}

pub fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        3 => Just(Start::Open),
        2 => Just(Start::Funded),
        1 => Just(Start::Refunding),
        4 => (1..4usize).prop_map(Start::Released),
        2 => Just(Start::Overdue),
        2 => Just(Start::Defaulted),
    ]
}

/// Commands that must succeed in some history.
pub const NAMES: &[&str] = &[
    "Approve",
    "Reject",
    "Publish",
    "Acknowledge",
    "Fund",
    "Close",
    "Expire",
    "Cancel",
    "Release",
    "Pay",
    "PaySettling",
    "PayAsSeller",
    "PayByServicer",
    "MarkDefault",
    "WriteOff",
    "Dispute",
    "Resolve",
    "Transfer",
    "Burn",
    "Claim",
    "ClaimTo",
    "Distribute",
    "ClaimResidual",
    "ClaimResidualTo",
    "CollectFees",
    "Refund",
    "RefundTo",
    "RefundBatch",
    "Recover",
    "Skim",
];

fn invoice() -> impl Strategy<Value = usize> {
    0..INVOICES
}

fn investor() -> impl Strategy<Value = usize> {
    0..INVESTORS
}

/// An investor or, behind the last of them, the first seller.
fn person() -> impl Strategy<Value = usize> {
    0..=INVESTORS
}

fn amount() -> impl Strategy<Value = i128> {
    prop_oneof![
        3 => 1..400_000i128,
        2 => 400_000..1_200_000i128,
        2 => prop_oneof![Just(0), Just(1), Just(-1), Just(99), Just(100), Just(900_000), Just(1_000_000)],
        1 => prop_oneof![Just(i128::MAX), Just(i128::MIN), Just(i64::MAX as i128)],
    ]
}

fn edge() -> impl Strategy<Value = Edge> {
    prop_oneof![
        Just(Edge::Deadline),
        Just(Edge::ReleaseAt),
        Just(Edge::DueAt),
        Just(Edge::DefaultAt),
        Just(Edge::WriteOffAt),
        Just(Edge::DisputeEnd),
        Just(Edge::LateDay),
        Just(Edge::Thaw),
    ]
}

/// Decisions, and what else the owner can do.
pub fn decision() -> impl Strategy<Value = Command> {
    use Decision::*;
    prop_oneof![
        1 => (1..1_000i128).prop_map(Ticket),
        1 => (0..2usize, any::<bool>()).prop_map(|(asset, allowed)| Asset(asset, allowed)),
        1 => investor().prop_map(Grant),
        1 => investor().prop_map(Revoke),
        1 => any::<bool>().prop_map(Treasury),
        1 => investor().prop_map(Owner),
        1 => Just(AcceptOwner),
        1 => Just(Upgrade),
        1 => Just(CancelUpgrade),
        1 => Just(TokenCode),
        1 => Just(CancelTokenCode),
        1 => (investor(), 0..90u64).prop_map(|(who, days)| Member(who, days * DAY)),
        3 => person().prop_map(Freeze),
        3 => person().prop_map(Thaw),
        1 => Just(Pause),
        2 => Just(Unpause),
    ]
    .prop_map(Command::Decide)
}

/// Time that passes.
pub fn clock() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => prop_oneof![5 => Just(1), 5 => Just(DAY), 2 => Just(DAY * 7), 1 => Just(DAY * 30)].prop_map(Command::Pass),
        3 => (invoice(), edge(), 0..3u64).prop_map(|(id, edge, second)| Command::GoTo(id, edge, second)),
    ]
}

fn before_release() -> impl Strategy<Value = Command> {
    use Command::*;
    let stake = || prop_oneof![3 => 100..500_000i128, 1 => amount()];
    prop_oneof![
        6 => invoice().prop_map(Approve),
        1 => invoice().prop_map(Reject),
        8 => invoice().prop_map(Publish),
        1 => invoice().prop_map(Acknowledge),
        20 => (invoice(), investor(), stake()).prop_map(|(id, who, amount)| Fund(id, who, amount)),
        6 => invoice().prop_map(Close),
        4 => invoice().prop_map(Expire),
        1 => invoice().prop_map(Cancel),
        9 => invoice().prop_map(Release),
        4 => (invoice(), investor()).prop_map(|(id, who)| Refund(id, who)),
        3 => (invoice(), investor(), investor()).prop_map(|(id, who, to)| RefundTo(id, who, to)),
        2 => invoice().prop_map(RefundBatch),
    ]
}

fn after_release() -> impl Strategy<Value = Command> {
    use Command::*;
    prop_oneof![
        5 => (invoice(), amount()).prop_map(|(id, amount)| Pay(id, amount)),
        3 => invoice().prop_map(PaySettling),
        1 => (invoice(), amount()).prop_map(|(id, amount)| PayAsSeller(id, amount)),
        2 => (invoice(), amount(), 0..4u8).prop_map(|(id, amount, reference)| PayByServicer(id, amount, reference)),
        3 => invoice().prop_map(MarkDefault),
        2 => invoice().prop_map(WriteOff),
        2 => (invoice(), 0..4usize).prop_map(|(id, by)| Dispute(id, by)),
        1 => (invoice(), 0..3u32).prop_map(|(id, outcome)| Resolve(id, outcome)),
        4 => (invoice(), investor(), investor(), amount()).prop_map(|(id, from, to, amount)| Transfer(id, from, to, amount)),
        2 => (invoice(), investor(), 1..200_000i128).prop_map(|(id, who, amount)| Burn(id, who, amount)),
        4 => (invoice(), investor()).prop_map(|(id, who)| Claim(id, who)),
        1 => (invoice(), investor(), investor()).prop_map(|(id, who, to)| ClaimTo(id, who, to)),
        2 => invoice().prop_map(Distribute),
        2 => invoice().prop_map(ClaimResidual),
        2 => (invoice(), investor()).prop_map(|(id, to)| ClaimResidualTo(id, to)),
        1 => (0..2usize).prop_map(CollectFees),
        5 => (invoice(), person(), investor()).prop_map(|(id, from, to)| Recover(id, from, to)),
    ]
}

fn weather() -> impl Strategy<Value = Command> {
    use Command::*;
    prop_oneof![
        (any::<bool>(), 0..2usize).prop_map(|(escrow, asset)| Skim(escrow, asset)),
        (0..2usize, investor(), any::<bool>()).prop_map(|(asset, who, allowed)| Authorise(asset, who, allowed)),
        (any::<bool>(), 0..2usize, 1..1_000i128).prop_map(|(escrow, asset, amount)| Donate(escrow, asset, amount)),
    ]
}

/// One command by anybody.
pub fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        11 => before_release(),
        9 => after_release(),
        2 => decision(),
        1 => weather(),
        3 => clock(),
    ]
}
