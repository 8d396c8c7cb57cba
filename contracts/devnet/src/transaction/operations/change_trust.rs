//! ChangeTrust.

use super::is_valid_asset;
use crate::{
    accounts::{
        can_add_entry, count_entries, issuer_of, load_account, load_trust_line, save_trust_line, trust_line_asset,
        trust_line_key, trust_line_liabilities, MAX_SUBENTRIES,
    },
    ledger::{frame::Frame, state::Store},
};
use soroban_env_host::xdr::{
    AccountFlags, AccountId, Asset, ChangeTrustAsset, ChangeTrustOp, ChangeTrustResult, OperationResult,
    TrustLineEntry, TrustLineEntryExt, TrustLineFlags,
};

pub fn malformed(op: &ChangeTrustOp, source: &AccountId) -> Option<ChangeTrustResult> {
    let fine = credit_of(&op.line)
        .is_some_and(|asset| op.limit >= 0 && is_valid_asset(&asset) && issuer_of(&asset).as_ref() != Some(source));
    (!fine).then_some(ChangeTrustResult::Malformed)
}

/// # Errors
/// `opTOO_MANY_SUBENTRIES` and, for pool shares, `opNOT_SUPPORTED`.
pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &ChangeTrustOp,
) -> Result<ChangeTrustResult, OperationResult> {
    let Some(asset) = credit_of(&op.line) else {
        return Err(OperationResult::OpNotSupported);
    };
    match load_trust_line(frame, source, &trust_line_asset(&asset)) {
        Some(line) => Ok(change_line(frame, source, &asset, line, op.limit)),
        None => add_line(frame, source, &asset, op.limit),
    }
}

fn change_line(
    frame: &mut Frame<'_>,
    source: &AccountId,
    asset: &Asset,
    mut line: TrustLineEntry,
    limit: i64,
) -> ChangeTrustResult {
    let buying = trust_line_liabilities(&line).buying;
    if limit < line.balance.saturating_add(buying) {
        return ChangeTrustResult::InvalidLimit;
    }
    if limit == 0 {
        frame.put(trust_line_key(source, &line.asset), None);
        count_entries(frame, source, -1);
        return ChangeTrustResult::Success;
    }
    let issuer = issuer_of(asset).and_then(|issuer| load_account(frame, &issuer));
    if issuer.is_none() {
        return ChangeTrustResult::NoIssuer;
    }
    line.limit = limit;
    save_trust_line(frame, line);
    ChangeTrustResult::Success
}

fn add_line(
    frame: &mut Frame<'_>,
    source: &AccountId,
    asset: &Asset,
    limit: i64,
) -> Result<ChangeTrustResult, OperationResult> {
    if limit == 0 {
        return Ok(ChangeTrustResult::InvalidLimit);
    }
    let Some(issuer) = issuer_of(asset).and_then(|issuer| load_account(frame, &issuer)) else {
        return Ok(ChangeTrustResult::NoIssuer);
    };
    let Some(account) = load_account(frame, source) else {
        return Err(OperationResult::OpNoAccount);
    };
    if account.num_sub_entries >= MAX_SUBENTRIES {
        return Err(OperationResult::OpTooManySubentries);
    }
    if !can_add_entry(&account) {
        return Ok(ChangeTrustResult::LowReserve);
    }
    let mut flags = 0;
    if issuer.flags & (AccountFlags::RequiredFlag as u32) == 0 {
        flags |= TrustLineFlags::AuthorizedFlag as u32;
    }
    if issuer.flags & (AccountFlags::ClawbackEnabledFlag as u32) != 0 {
        flags |= TrustLineFlags::TrustlineClawbackEnabledFlag as u32;
    }
    count_entries(frame, source, 1);
    save_trust_line(
        frame,
        TrustLineEntry {
            account_id: source.clone(),
            asset: trust_line_asset(asset),
            balance: 0,
            limit,
            flags,
            ext: TrustLineEntryExt::V0,
        },
    );
    Ok(ChangeTrustResult::Success)
}

/// The credit asset of a line; `None` for lumens and pool shares.
fn credit_of(line: &ChangeTrustAsset) -> Option<Asset> {
    match line {
        ChangeTrustAsset::CreditAlphanum4(credit) => Some(Asset::CreditAlphanum4(credit.clone())),
        ChangeTrustAsset::CreditAlphanum12(credit) => Some(Asset::CreditAlphanum12(credit.clone())),
        ChangeTrustAsset::Native | ChangeTrustAsset::PoolShare(_) => None,
    }
}
