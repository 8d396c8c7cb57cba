//! The lifecycle as one table: what is not a row here cannot happen. There is no way back to an earlier status.

use stellarsettle_shared::Error;

use crate::types::Status::{
    self, Active, Cancelled, Created, Defaulted, Funded, Open, Refunded, Refunding, Settled, WrittenOff,
};

/// What moves an invoice from one status to another. "Empty" means that nothing was raised.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Step {
    Reject,
    Publish,
    CancelEmpty,
    CancelRaised,
    CloseFunding,
    ExpireEmpty,
    ExpireRaised,
    VoidEmpty,
    VoidRaised,
    VoidReleased,
    Release,
    RefundLast,
    SettlePayment,
    MarkDefault,
    WriteOff,
}

/// One row: in status `from`, `step` leads to `to`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Transition {
    pub from: Status,
    pub step: Step,
    pub to: Status,
}

const fn row(from: Status, step: Step, to: Status) -> Transition {
    Transition { from, step, to }
}

/// Every way an invoice can go.
pub const TRANSITIONS: [Transition; 22] = [
    row(Created, Step::Reject, Cancelled),
    row(Created, Step::CancelEmpty, Cancelled),
    row(Created, Step::Publish, Open),
    row(Open, Step::CancelEmpty, Cancelled),
    row(Open, Step::CancelRaised, Refunding),
    row(Open, Step::ExpireEmpty, Refunded),
    row(Open, Step::ExpireRaised, Refunding),
    row(Open, Step::VoidEmpty, Refunded),
    row(Open, Step::VoidRaised, Refunding),
    row(Open, Step::CloseFunding, Funded),
    row(Funded, Step::CancelRaised, Refunding),
    row(Funded, Step::ExpireRaised, Refunding),
    row(Funded, Step::VoidRaised, Refunding),
    row(Funded, Step::Release, Active),
    row(Refunding, Step::RefundLast, Refunded),
    row(Active, Step::SettlePayment, Settled),
    row(Active, Step::MarkDefault, Defaulted),
    row(Active, Step::VoidReleased, Defaulted),
    row(Defaulted, Step::SettlePayment, Settled),
    row(Defaulted, Step::VoidReleased, Defaulted),
    row(Defaulted, Step::WriteOff, WrittenOff),
    row(WrittenOff, Step::SettlePayment, Settled),
];

/// The status after a step, or `InvalidStatus` if the table has no such row.
pub fn after(status: Status, step: Step) -> Result<Status, Error> {
    TRANSITIONS
        .iter()
        .find(|row| row.from == status && row.step == step)
        .map(|row| row.to)
        .ok_or(Error::InvalidStatus)
}

/// Whether entering this status ends an open dispute.
pub fn ends_dispute(status: Status) -> bool {
    matches!(status, Refunding | Refunded | Cancelled | Settled | WrittenOff)
}
