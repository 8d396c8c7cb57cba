//! Payment of lumens and of credits.

use super::{is_valid_asset, Scene};
use crate::{
    accounts::{
        account_liabilities, available_balance, issuer_of, load_account, load_trust_line, save_account,
        save_trust_line, trust_line_asset, trust_line_liabilities,
    },
    ledger::frame::Frame,
    transaction::{
        account_of,
        events::{payment_event, Receiver},
    },
};
use soroban_env_host::xdr::{AccountId, Asset, PaymentOp, PaymentResult, TrustLineEntry, TrustLineFlags};

pub fn malformed(op: &PaymentOp) -> Option<PaymentResult> {
    (op.amount <= 0 || !is_valid_asset(&op.asset)).then_some(PaymentResult::Malformed)
}

pub fn apply(frame: &mut Frame<'_>, source: &AccountId, op: &PaymentOp, scene: &mut Scene<'_>) -> PaymentResult {
    let destination = account_of(&op.destination);
    let moved =
        receive(frame, &destination, &op.asset, op.amount).and_then(|()| spend(frame, source, &op.asset, op.amount));
    if let Err(result) = moved {
        return result;
    }
    let receiver = Receiver {
        account: destination,
        muxed: Some(&op.destination),
        memo: &scene.submission.transaction.memo,
    };
    scene
        .events
        .push(payment_event(&op.asset, source, &receiver, op.amount, scene.network_id));
    PaymentResult::Success
}

/// Adds to the receiver; core looks at this side first.
fn receive(frame: &mut Frame<'_>, account: &AccountId, asset: &Asset, amount: i64) -> Result<(), PaymentResult> {
    if issuer_of(asset).as_ref() == Some(account) {
        return Ok(());
    }
    let mut entry = load_account(frame, account).ok_or(PaymentResult::NoDestination)?;
    if matches!(asset, Asset::Native) {
        let buying = account_liabilities(&entry).buying;
        let balance = entry.balance.checked_add(amount);
        let balance = balance.filter(|balance| *balance <= i64::MAX - buying);
        entry.balance = balance.ok_or(PaymentResult::LineFull)?;
        save_account(frame, entry);
        return Ok(());
    }
    let asset = trust_line_asset(asset);
    let mut line = load_trust_line(frame, account, &asset).ok_or(PaymentResult::NoTrust)?;
    if !is_authorised(&line) {
        return Err(PaymentResult::NotAuthorized);
    }
    let buying = trust_line_liabilities(&line).buying;
    let balance = line.balance.checked_add(amount);
    let balance = balance.filter(|balance| *balance <= line.limit.saturating_sub(buying));
    line.balance = balance.ok_or(PaymentResult::LineFull)?;
    save_trust_line(frame, line);
    Ok(())
}

fn spend(frame: &mut Frame<'_>, account: &AccountId, asset: &Asset, amount: i64) -> Result<(), PaymentResult> {
    if issuer_of(asset).as_ref() == Some(account) {
        return Ok(());
    }
    if matches!(asset, Asset::Native) {
        let mut entry = load_account(frame, account).ok_or(PaymentResult::Underfunded)?;
        if available_balance(&entry) < amount {
            return Err(PaymentResult::Underfunded);
        }
        entry.balance -= amount;
        save_account(frame, entry);
        return Ok(());
    }
    let asset = trust_line_asset(asset);
    let mut line = load_trust_line(frame, account, &asset).ok_or(PaymentResult::SrcNoTrust)?;
    if !is_authorised(&line) {
        return Err(PaymentResult::SrcNotAuthorized);
    }
    let selling = trust_line_liabilities(&line).selling;
    if line.balance.saturating_sub(selling) < amount {
        return Err(PaymentResult::Underfunded);
    }
    line.balance -= amount;
    save_trust_line(frame, line);
    Ok(())
}

fn is_authorised(line: &TrustLineEntry) -> bool {
    line.flags & (TrustLineFlags::AuthorizedFlag as u32) != 0
}
