//! Clawback.

use super::{is_valid_asset, Scene};
use crate::{
    accounts::{issuer_of, load_trust_line, save_trust_line, trust_line_asset, trust_line_liabilities},
    ledger::frame::Frame,
    transaction::{account_of, events::clawback_event},
};
use soroban_env_host::xdr::{AccountId, ClawbackOp, ClawbackResult, TrustLineFlags};

pub fn malformed(op: &ClawbackOp, source: &AccountId) -> Option<ClawbackResult> {
    let fine = op.amount > 0
        && account_of(&op.from) != *source
        && is_valid_asset(&op.asset)
        && issuer_of(&op.asset).as_ref() == Some(source);
    (!fine).then_some(ClawbackResult::Malformed)
}

pub fn apply(frame: &mut Frame<'_>, op: &ClawbackOp, scene: &mut Scene<'_>) -> ClawbackResult {
    let holder = account_of(&op.from);
    let Some(mut line) = load_trust_line(frame, &holder, &trust_line_asset(&op.asset)) else {
        return ClawbackResult::NoTrust;
    };
    if line.flags & (TrustLineFlags::TrustlineClawbackEnabledFlag as u32) == 0 {
        return ClawbackResult::NotClawbackEnabled;
    }
    let free = line.balance.saturating_sub(trust_line_liabilities(&line).selling);
    if free < op.amount {
        return ClawbackResult::Underfunded;
    }
    line.balance -= op.amount;
    save_trust_line(frame, line);
    scene
        .events
        .push(clawback_event(&op.asset, &holder, op.amount, scene.network_id));
    ClawbackResult::Success
}
