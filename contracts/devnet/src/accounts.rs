//! Accounts and trustlines: reading, reserves, limits.

use crate::{
    ledger::{
        frame::Frame,
        state::{Store, StoredEntry},
    },
    network::BASE_RESERVE,
};
use soroban_env_host::xdr::{
    AccountEntry, AccountEntryExt, AccountEntryExtensionV1, AccountEntryExtensionV1Ext, AccountEntryExtensionV2,
    AccountEntryExtensionV2Ext, AccountEntryExtensionV3, AccountId, Asset, ExtensionPoint, LedgerEntryData, LedgerKey,
    LedgerKeyAccount, LedgerKeyTrustLine, Liabilities, SequenceNumber, SponsorshipDescriptor, Thresholds, TimePoint,
    TrustLineAsset, TrustLineEntry, TrustLineEntryExt,
};

/// Most entries (trustlines, signers, data) an account may own.
pub const MAX_SUBENTRIES: u32 = 1_000;

/// The key of an account.
pub fn account_ledger_key(account: &AccountId) -> LedgerKey {
    LedgerKey::Account(LedgerKeyAccount {
        account_id: account.clone(),
    })
}

/// The account, if it exists.
pub fn load_account(store: &dyn Store, account: &AccountId) -> Option<AccountEntry> {
    match &store.get(&account_ledger_key(account))?.entry.data {
        LedgerEntryData::Account(entry) => Some(entry.clone()),
        _ => None,
    }
}

/// Writes an account.
pub fn save_account(store: &mut dyn Store, account: AccountEntry) {
    let key = account_ledger_key(&account.account_id);
    store.put(key, Some(StoredEntry::lasting(LedgerEntryData::Account(account))));
}

/// A fresh account as CreateAccount makes it in ledger `sequence`.
pub fn new_account(account_id: AccountId, balance: i64, sequence: u32) -> AccountEntry {
    AccountEntry {
        account_id,
        balance,
        seq_num: SequenceNumber(i64::from(sequence) << 32),
        num_sub_entries: 0,
        inflation_dest: None,
        flags: 0,
        home_domain: Default::default(),
        thresholds: Thresholds([1, 0, 0, 0]),
        signers: Default::default(),
        ext: AccountEntryExt::V0,
    }
}

/// The balance an account may not go below, in stroops, if it owned `extra` more entries.
pub fn minimum_balance(account: &AccountEntry, extra: i64) -> i64 {
    let (sponsoring, sponsored) = sponsorship(account);
    let entries = i64::from(account.num_sub_entries) + extra + 2 + sponsoring - sponsored;
    entries.saturating_mul(i64::from(BASE_RESERVE))
}

/// What an account can spend, in stroops: its balance above reserve and liabilities.
pub fn available_balance(account: &AccountEntry) -> i64 {
    account
        .balance
        .saturating_sub(minimum_balance(account, 0))
        .saturating_sub(account_liabilities(account).selling)
}

/// Whether the account can pay the reserve of one more entry.
pub fn can_add_entry(account: &AccountEntry) -> bool {
    let selling = account_liabilities(account).selling;
    account.balance.saturating_sub(selling) >= minimum_balance(account, 1)
}

/// What an account has promised to sell and to buy.
pub fn account_liabilities(account: &AccountEntry) -> Liabilities {
    match &account.ext {
        AccountEntryExt::V0 => Liabilities { buying: 0, selling: 0 },
        AccountEntryExt::V1(ext) => ext.liabilities.clone(),
    }
}

fn sponsorship(account: &AccountEntry) -> (i64, i64) {
    match &account.ext {
        AccountEntryExt::V1(AccountEntryExtensionV1 {
            ext: AccountEntryExtensionV1Ext::V2(v2),
            ..
        }) => (i64::from(v2.num_sponsoring), i64::from(v2.num_sponsored)),
        _ => (0, 0),
    }
}

/// How many entries of others the account pays the reserve of.
pub fn sponsored_by(account: &AccountEntry) -> i64 {
    sponsorship(account).0
}

/// When the account's sequence number last moved: ledger and Unix seconds (0 if unknown).
pub fn sequence_moved(account: &AccountEntry) -> (u32, u64) {
    match &account.ext {
        AccountEntryExt::V1(AccountEntryExtensionV1 {
            ext: AccountEntryExtensionV1Ext::V2(v2),
            ..
        }) => match &v2.ext {
            AccountEntryExtensionV2Ext::V3(v3) => (v3.seq_ledger, v3.seq_time.0),
            AccountEntryExtensionV2Ext::V0 => (0, 0),
        },
        _ => (0, 0),
    }
}

/// Consumes a sequence number and notes when that was.
pub fn move_sequence(account: &mut AccountEntry, number: i64, ledger: u32, close_time: u64) {
    account.seq_num = SequenceNumber(number);
    let signer_count = account.signers.len();
    let mut v1 = match std::mem::replace(&mut account.ext, AccountEntryExt::V0) {
        AccountEntryExt::V1(v1) => v1,
        AccountEntryExt::V0 => AccountEntryExtensionV1 {
            liabilities: Liabilities { buying: 0, selling: 0 },
            ext: AccountEntryExtensionV1Ext::V0,
        },
    };
    let mut v2 = match v1.ext {
        AccountEntryExtensionV1Ext::V2(v2) => v2,
        AccountEntryExtensionV1Ext::V0 => AccountEntryExtensionV2 {
            num_sponsored: 0,
            num_sponsoring: 0,
            signer_sponsoring_i_ds: vec![SponsorshipDescriptor(None); signer_count]
                .try_into()
                .unwrap_or_default(),
            ext: AccountEntryExtensionV2Ext::V0,
        },
    };
    v2.ext = AccountEntryExtensionV2Ext::V3(AccountEntryExtensionV3 {
        ext: ExtensionPoint::V0,
        seq_ledger: ledger,
        seq_time: TimePoint(close_time),
    });
    v1.ext = AccountEntryExtensionV1Ext::V2(v2);
    account.ext = AccountEntryExt::V1(v1);
}

/// Keeps the list of signer sponsors as long as the list of signers.
pub fn align_signer_sponsors(account: &mut AccountEntry) {
    let count = account.signers.len();
    if let AccountEntryExt::V1(AccountEntryExtensionV1 {
        ext: AccountEntryExtensionV1Ext::V2(v2),
        ..
    }) = &mut account.ext
    {
        v2.signer_sponsoring_i_ds = vec![SponsorshipDescriptor(None); count].try_into().unwrap_or_default();
    }
}

/// The issuer of a credit asset; `None` for lumens.
pub fn issuer_of(asset: &Asset) -> Option<AccountId> {
    match asset {
        Asset::Native => None,
        Asset::CreditAlphanum4(credit) => Some(credit.issuer.clone()),
        Asset::CreditAlphanum12(credit) => Some(credit.issuer.clone()),
    }
}

/// The trustline form of an asset.
pub fn trust_line_asset(asset: &Asset) -> TrustLineAsset {
    match asset {
        Asset::Native => TrustLineAsset::Native,
        Asset::CreditAlphanum4(credit) => TrustLineAsset::CreditAlphanum4(credit.clone()),
        Asset::CreditAlphanum12(credit) => TrustLineAsset::CreditAlphanum12(credit.clone()),
    }
}

/// The key of a trustline.
pub fn trust_line_key(account: &AccountId, asset: &TrustLineAsset) -> LedgerKey {
    LedgerKey::Trustline(LedgerKeyTrustLine {
        account_id: account.clone(),
        asset: asset.clone(),
    })
}

/// The trustline, if it exists.
pub fn load_trust_line(store: &dyn Store, account: &AccountId, asset: &TrustLineAsset) -> Option<TrustLineEntry> {
    match &store.get(&trust_line_key(account, asset))?.entry.data {
        LedgerEntryData::Trustline(entry) => Some(entry.clone()),
        _ => None,
    }
}

/// Writes a trustline.
pub fn save_trust_line(store: &mut dyn Store, line: TrustLineEntry) {
    let key = trust_line_key(&line.account_id, &line.asset);
    store.put(key, Some(StoredEntry::lasting(LedgerEntryData::Trustline(line))));
}

/// What a trustline has promised to sell and to buy.
pub fn trust_line_liabilities(line: &TrustLineEntry) -> Liabilities {
    match &line.ext {
        TrustLineEntryExt::V0 => Liabilities { buying: 0, selling: 0 },
        TrustLineEntryExt::V1(v1) => v1.liabilities.clone(),
    }
}

/// Adds to the number of entries an account owns; the account must exist in the frame.
pub fn count_entries(frame: &mut Frame<'_>, account: &AccountId, change: i64) {
    if let Some(mut entry) = load_account(frame, account) {
        let count = i64::from(entry.num_sub_entries).saturating_add(change);
        entry.num_sub_entries = u32::try_from(count).unwrap_or(0);
        save_account(frame, entry);
    }
}
