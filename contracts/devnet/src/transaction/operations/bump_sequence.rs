//! BumpSequence.

use super::Scene;
use crate::{
    accounts::{load_account, move_sequence, save_account},
    ledger::{frame::Frame, state::Store},
};
use soroban_env_host::xdr::{AccountId, BumpSequenceOp, BumpSequenceResult, OperationResult};

pub fn malformed(op: &BumpSequenceOp) -> Option<BumpSequenceResult> {
    (op.bump_to.0 < 0).then_some(BumpSequenceResult::BadSeq)
}

/// A number that is not above the present one changes nothing and is no fault.
///
/// # Errors
/// `opNO_ACCOUNT`.
pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &BumpSequenceOp,
    scene: &Scene<'_>,
) -> Result<BumpSequenceResult, OperationResult> {
    let mut account = load_account(frame, source).ok_or(OperationResult::OpNoAccount)?;
    let number = account.seq_num.0.max(op.bump_to.0);
    let sequence = frame.sequence();
    move_sequence(&mut account, number, sequence, scene.close_time);
    save_account(frame, account);
    Ok(BumpSequenceResult::Success)
}
