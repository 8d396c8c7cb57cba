//! SetOptions.

use crate::{
    accounts::{align_signer_sponsors, can_add_entry, load_account, save_account, MAX_SUBENTRIES},
    encoding::account_key,
    ledger::frame::Frame,
    transaction::signatures::signs_nothing,
};
use soroban_env_host::xdr::{
    AccountEntry, AccountFlags, AccountId, OperationResult, SetOptionsOp, SetOptionsResult, Signer, SignerKey, Uint256,
};

const MAX_SIGNERS: usize = 20;
const ALL_FLAGS: u32 = 0xF;
const AUTH_FLAGS: u32 = ALL_FLAGS;

pub fn malformed(op: &SetOptionsOp, source: &AccountId) -> Option<SetOptionsResult> {
    let set = op.set_flags.unwrap_or(0);
    let clear = op.clear_flags.unwrap_or(0);
    if (set | clear) & !ALL_FLAGS != 0 {
        return Some(SetOptionsResult::UnknownFlag);
    }
    if set & clear != 0 {
        return Some(SetOptionsResult::BadFlags);
    }
    let weights = [op.master_weight, op.low_threshold, op.med_threshold, op.high_threshold];
    if weights.into_iter().flatten().any(|weight| weight > 255) {
        return Some(SetOptionsResult::ThresholdOutOfRange);
    }
    if let Some(signer) = &op.signer {
        let master = SignerKey::Ed25519(Uint256(*account_key(source)));
        if signer.key == master || signs_nothing(&signer.key) || signer.weight > 255 {
            return Some(SetOptionsResult::BadSigner);
        }
    }
    let domain = op.home_domain.as_ref().map(|domain| domain.as_vec());
    let printable = |byte: &u8| byte.is_ascii() && !byte.is_ascii_control();
    if domain.is_some_and(|domain| !domain.iter().all(printable)) {
        return Some(SetOptionsResult::InvalidHomeDomain);
    }
    None
}

/// # Errors
/// `opTOO_MANY_SUBENTRIES`.
pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &SetOptionsOp,
) -> Result<SetOptionsResult, OperationResult> {
    let Some(mut account) = load_account(frame, source) else {
        return Err(OperationResult::OpNoAccount);
    };
    if let Some(destination) = &op.inflation_dest {
        if load_account(frame, destination).is_none() {
            return Ok(SetOptionsResult::InvalidInflation);
        }
        account.inflation_dest = Some(destination.clone());
    }
    if let Err(result) = change_flags(&mut account, op) {
        return Ok(result);
    }
    if let Some(domain) = &op.home_domain {
        account.home_domain = domain.clone();
    }
    change_thresholds(&mut account, op);
    if let Some(signer) = &op.signer {
        match change_signer(&mut account, signer) {
            Ok(()) => {}
            Err(SignerFault::TooManyEntries) => return Err(OperationResult::OpTooManySubentries),
            Err(SignerFault::Result(result)) => return Ok(result),
        }
    }
    save_account(frame, account);
    Ok(SetOptionsResult::Success)
}

fn change_flags(account: &mut AccountEntry, op: &SetOptionsOp) -> Result<(), SetOptionsResult> {
    let set = op.set_flags.unwrap_or(0);
    let clear = op.clear_flags.unwrap_or(0);
    let immutable = account.flags & (AccountFlags::ImmutableFlag as u32) != 0;
    if immutable && (set | clear) & AUTH_FLAGS != 0 {
        return Err(SetOptionsResult::CantChange);
    }
    account.flags = (account.flags & !clear) | set;
    let clawback = account.flags & (AccountFlags::ClawbackEnabledFlag as u32) != 0;
    let revocable = account.flags & (AccountFlags::RevocableFlag as u32) != 0;
    if clawback && !revocable {
        return Err(SetOptionsResult::AuthRevocableRequired);
    }
    Ok(())
}

fn change_thresholds(account: &mut AccountEntry, op: &SetOptionsOp) {
    let wanted = [op.master_weight, op.low_threshold, op.med_threshold, op.high_threshold];
    for (threshold, wanted) in account.thresholds.0.iter_mut().zip(wanted) {
        if let Some(weight) = wanted.and_then(|weight| u8::try_from(weight).ok()) {
            *threshold = weight;
        }
    }
}

enum SignerFault {
    Result(SetOptionsResult),
    TooManyEntries,
}

fn change_signer(account: &mut AccountEntry, signer: &Signer) -> Result<(), SignerFault> {
    let mut signers = account.signers.to_vec();
    let position = signers.iter().position(|known| known.key == signer.key);
    match position {
        Some(position) if signer.weight == 0 => {
            signers.remove(position);
            account.num_sub_entries = account.num_sub_entries.saturating_sub(1);
        }
        Some(position) => {
            if let Some(known) = signers.get_mut(position) {
                known.weight = signer.weight;
            }
        }
        None if signer.weight == 0 => {}
        None => {
            if signers.len() >= MAX_SIGNERS {
                return Err(SignerFault::Result(SetOptionsResult::TooManySigners));
            }
            if account.num_sub_entries >= MAX_SUBENTRIES {
                return Err(SignerFault::TooManyEntries);
            }
            if !can_add_entry(account) {
                return Err(SignerFault::Result(SetOptionsResult::LowReserve));
            }
            signers.push(signer.clone());
            signers.sort_by(|left, right| left.key.cmp(&right.key));
            account.num_sub_entries = account.num_sub_entries.saturating_add(1);
        }
    }
    account.signers = signers.try_into().unwrap_or_default();
    align_signer_sponsors(account);
    Ok(())
}
