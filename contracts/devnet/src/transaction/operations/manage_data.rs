//! ManageData.

use crate::{
    accounts::{can_add_entry, count_entries, load_account, MAX_SUBENTRIES},
    ledger::{
        frame::Frame,
        state::{Store, StoredEntry},
    },
};
use soroban_env_host::xdr::{
    AccountId, DataEntry, DataEntryExt, LedgerEntryData, LedgerKey, LedgerKeyData, ManageDataOp, ManageDataResult,
    OperationResult,
};

pub fn malformed(op: &ManageDataOp) -> Option<ManageDataResult> {
    let name = op.data_name.as_vec();
    let printable = name.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_control());
    (name.is_empty() || !printable).then_some(ManageDataResult::InvalidName)
}

/// # Errors
/// `opTOO_MANY_SUBENTRIES`.
pub fn apply(
    frame: &mut Frame<'_>,
    source: &AccountId,
    op: &ManageDataOp,
) -> Result<ManageDataResult, OperationResult> {
    let key = LedgerKey::Data(LedgerKeyData {
        account_id: source.clone(),
        data_name: op.data_name.clone(),
    });
    let exists = frame.get(&key).is_some();
    let Some(value) = &op.data_value else {
        if !exists {
            return Ok(ManageDataResult::NameNotFound);
        }
        frame.put(key, None);
        count_entries(frame, source, -1);
        return Ok(ManageDataResult::Success);
    };
    if !exists {
        let Some(account) = load_account(frame, source) else {
            return Err(OperationResult::OpNoAccount);
        };
        if account.num_sub_entries >= MAX_SUBENTRIES {
            return Err(OperationResult::OpTooManySubentries);
        }
        if !can_add_entry(&account) {
            return Ok(ManageDataResult::LowReserve);
        }
        count_entries(frame, source, 1);
    }
    let entry = LedgerEntryData::Data(DataEntry {
        account_id: source.clone(),
        data_name: op.data_name.clone(),
        data_value: value.clone(),
        ext: DataEntryExt::V0,
    });
    frame.put(key, Some(StoredEntry::lasting(entry)));
    Ok(ManageDataResult::Success)
}
