//! CreateAccount.

use super::Scene;
use crate::{
    accounts::{available_balance, load_account, new_account, save_account},
    ledger::{frame::Frame, state::Store},
    network::BASE_RESERVE,
    transaction::events::{payment_event, Receiver},
};
use soroban_env_host::xdr::{AccountId, Asset, CreateAccountOp, CreateAccountResult, Memo};

pub fn malformed(op: &CreateAccountOp, source: &AccountId) -> Option<CreateAccountResult> {
    (op.starting_balance < 0 || op.destination == *source).then_some(CreateAccountResult::Malformed)
}

pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &CreateAccountOp,
    scene: &mut Scene<'_>,
) -> CreateAccountResult {
    if load_account(frame, &op.destination).is_some() {
        return CreateAccountResult::AlreadyExist;
    }
    if op.starting_balance < i64::from(BASE_RESERVE) * 2 {
        return CreateAccountResult::LowReserve;
    }
    let Some(mut payer) = load_account(frame, source) else {
        return CreateAccountResult::Underfunded;
    };
    if available_balance(&payer) < op.starting_balance {
        return CreateAccountResult::Underfunded;
    }
    payer.balance -= op.starting_balance;
    save_account(frame, payer);
    let sequence = frame.sequence();
    let account = new_account(op.destination.clone(), op.starting_balance, sequence);
    save_account(frame, account);
    let receiver = Receiver {
        account: op.destination.clone(),
        muxed: None,
        memo: &Memo::None,
    };
    scene.events.push(payment_event(
        &Asset::Native,
        source,
        &receiver,
        op.starting_balance,
        scene.network_id,
    ));
    CreateAccountResult::Success
}
