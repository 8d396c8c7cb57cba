//! SetTrustLineFlags.

use super::{is_valid_asset, Scene};
use crate::{
    accounts::{issuer_of, load_account, load_trust_line, save_trust_line, trust_line_asset},
    ledger::frame::Frame,
    transaction::events::authorised_event,
};
use soroban_env_host::xdr::{AccountFlags, AccountId, SetTrustLineFlagsOp, SetTrustLineFlagsResult, TrustLineFlags};

const AUTHORISED: u32 = TrustLineFlags::AuthorizedFlag as u32;
const MAINTAIN: u32 = TrustLineFlags::AuthorizedToMaintainLiabilitiesFlag as u32;
const CLAWBACK: u32 = TrustLineFlags::TrustlineClawbackEnabledFlag as u32;

pub fn malformed(op: &SetTrustLineFlagsOp, source: &AccountId) -> Option<SetTrustLineFlagsResult> {
    let settable = AUTHORISED | MAINTAIN;
    let clearable = settable | CLAWBACK;
    let fine = issuer_of(&op.asset).as_ref() == Some(source)
        && is_valid_asset(&op.asset)
        && op.trustor != *source
        && op.set_flags & op.clear_flags == 0
        && op.set_flags & !settable == 0
        && op.clear_flags & !clearable == 0
        && op.set_flags & settable != settable;
    (!fine).then_some(SetTrustLineFlagsResult::Malformed)
}

pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &SetTrustLineFlagsOp,
    scene: &mut Scene<'_>,
) -> SetTrustLineFlagsResult {
    let Some(issuer) = load_account(frame, source) else {
        return SetTrustLineFlagsResult::CantRevoke;
    };
    let Some(mut line) = load_trust_line(frame, &op.trustor, &trust_line_asset(&op.asset)) else {
        return SetTrustLineFlagsResult::NoTrustLine;
    };
    let before = line.flags;
    let after = (before & !op.clear_flags) | op.set_flags;
    if after & AUTHORISED != 0 && after & MAINTAIN != 0 {
        return SetTrustLineFlagsResult::InvalidState;
    }
    let revocable = issuer.flags & (AccountFlags::RevocableFlag as u32) != 0;
    if !revocable && authorisation(after) < authorisation(before) {
        return SetTrustLineFlagsResult::CantRevoke;
    }
    line.flags = after;
    save_trust_line(frame, line);
    let authorised = after & AUTHORISED != 0;
    if authorised != (before & AUTHORISED != 0) {
        scene
            .events
            .push(authorised_event(&op.asset, &op.trustor, authorised, scene.network_id));
    }
    SetTrustLineFlagsResult::Success
}

/// How much a line may do: 2 everything, 1 keep what it has, 0 nothing.
const fn authorisation(flags: u32) -> u8 {
    if flags & AUTHORISED != 0 {
        2
    } else if flags & MAINTAIN != 0 {
        1
    } else {
        0
    }
}
