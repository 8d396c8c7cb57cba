//! People with real accounts of the classic ledger: their money lies on trustlines, which can be missing or full.

use std::rc::Rc;

use soroban_sdk::testutils::Address as _;
use soroban_sdk::token::TokenClient;
use soroban_sdk::xdr::{
    AccountEntry, AccountEntryExt, AccountId, AlphaNum4, AssetCode4, LedgerEntry, LedgerEntryData, LedgerEntryExt,
    LedgerKey, LedgerKeyAccount, LedgerKeyTrustLine, PublicKey, ScAddress, SequenceNumber, Thresholds, TrustLineAsset,
    TrustLineEntry, TrustLineEntryExt, TrustLineFlags, Uint256, VecM,
};
use soroban_sdk::{Address, Env, TryFromVal};

/// Lumens of a new account, in stroops.
const BALANCE: i64 = 1_000_000_000;

/// A new account without trustlines.
pub fn account(env: &Env) -> Address {
    let account_id = key(env);
    let address = ScAddress::Account(account_id.clone());
    put(
        env,
        LedgerKey::Account(LedgerKeyAccount {
            account_id: account_id.clone(),
        }),
        LedgerEntryData::Account(AccountEntry {
            account_id,
            balance: BALANCE,
            seq_num: SequenceNumber(0),
            num_sub_entries: 0,
            inflation_dest: None,
            flags: 0,
            home_domain: Default::default(),
            thresholds: Thresholds([1, 0, 0, 0]),
            signers: VecM::default(),
            ext: AccountEntryExt::V0,
        }),
    );
    Address::try_from_val(env, &address).unwrap()
}

/// The address of an account that is not there, or not any more.
pub fn nobody(env: &Env) -> Address {
    Address::try_from_val(env, &ScAddress::Account(key(env))).unwrap()
}

/// A key that nobody has, from the generator that gives each environment the same addresses.
fn key(env: &Env) -> AccountId {
    let ScAddress::Contract(generated) = Address::generate(env).into() else {
        panic!("generated addresses are contracts");
    };
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(generated.0 .0)))
}

/// Lets an account hold up to `limit` units of an asset, starting with none; a contract needs no trustline.
pub fn trust(env: &Env, address: &Address, asset: &Address, limit: i64) {
    let ScAddress::Account(account_id) = address.into() else {
        return;
    };
    let asset = classic(env, asset);
    put(
        env,
        LedgerKey::Trustline(LedgerKeyTrustLine {
            account_id: account_id.clone(),
            asset: asset.clone(),
        }),
        LedgerEntryData::Trustline(TrustLineEntry {
            account_id,
            asset,
            balance: 0,
            limit,
            flags: TrustLineFlags::AuthorizedFlag as u32,
            ext: TrustLineEntryExt::V0,
        }),
    );
}

/// The classic asset behind a Stellar Asset Contract, from its name "CODE:ISSUER".
fn classic(env: &Env, asset: &Address) -> TrustLineAsset {
    let name = TokenClient::new(env, asset).name().to_string();
    let (code, issuer) = name.split_once(':').expect("the name of a Stellar asset");
    let mut asset_code = [0; 4];
    asset_code[..code.len()].copy_from_slice(code.as_bytes());
    let ScAddress::Account(issuer) = Address::from_str(env, issuer).into() else {
        panic!("issued by no account: {issuer}");
    };
    TrustLineAsset::CreditAlphanum4(AlphaNum4 {
        asset_code: AssetCode4(asset_code),
        issuer,
    })
}

fn put(env: &Env, key: LedgerKey, data: LedgerEntryData) {
    let entry = LedgerEntry {
        last_modified_ledger_seq: 0,
        data,
        ext: LedgerEntryExt::V0,
    };
    env.host()
        .add_ledger_entry(&Rc::new(key), &Rc::new(entry), None)
        .unwrap();
}
