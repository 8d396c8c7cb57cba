//! AccountMerge.

use super::Scene;
use crate::{
    accounts::{account_ledger_key, account_liabilities, load_account, save_account, sponsored_by},
    ledger::{frame::Frame, state::Store},
    transaction::{
        account_of,
        events::{payment_event, Receiver},
    },
};
use soroban_env_host::xdr::{AccountFlags, AccountId, AccountMergeResult, Asset, MuxedAccount};

pub fn malformed(destination: &MuxedAccount, source: &AccountId) -> Option<AccountMergeResult> {
    (account_of(destination) == *source).then_some(AccountMergeResult::Malformed)
}

pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    destination: &MuxedAccount,
    scene: &mut Scene<'_>,
) -> AccountMergeResult {
    match merge(frame, source, destination) {
        Ok(balance) => {
            let receiver = Receiver {
                account: account_of(destination),
                muxed: Some(destination),
                memo: &scene.submission.transaction.memo,
            };
            scene.events.push(payment_event(
                &Asset::Native,
                source,
                &receiver,
                balance,
                scene.network_id,
            ));
            AccountMergeResult::Success(balance)
        }
        Err(result) => result,
    }
}

/// Moves the whole balance and removes the account; gives the balance in stroops.
fn merge(frame: &mut Frame<'_>, source: &AccountId, destination: &MuxedAccount) -> Result<i64, AccountMergeResult> {
    let mut receiver = load_account(frame, &account_of(destination)).ok_or(AccountMergeResult::NoAccount)?;
    let account = load_account(frame, source).ok_or(AccountMergeResult::NoAccount)?;
    if account.flags & (AccountFlags::ImmutableFlag as u32) != 0 {
        return Err(AccountMergeResult::ImmutableSet);
    }
    // Signers go with the account; everything else it owns must be gone already.
    if usize::try_from(account.num_sub_entries).ok() != Some(account.signers.len()) {
        return Err(AccountMergeResult::HasSubEntries);
    }
    // Made again in this ledger, the account would start below the numbers it used.
    if account.seq_num.0 >= i64::from(frame.sequence()) << 32 {
        return Err(AccountMergeResult::SeqnumTooFar);
    }
    if sponsored_by(&account) > 0 {
        return Err(AccountMergeResult::IsSponsor);
    }
    let room = i64::MAX - account_liabilities(&receiver).buying;
    let balance = receiver.balance.checked_add(account.balance);
    let balance = balance.filter(|balance| *balance <= room);
    receiver.balance = balance.ok_or(AccountMergeResult::DestFull)?;
    save_account(frame, receiver);
    frame.put(account_ledger_key(source), None);
    Ok(account.balance)
}
