//! Events of classic operations and of fees, as CAP-67 gives them.

use super::diagnostics::symbol;
use crate::{
    accounts::issuer_of,
    encoding::{account_text, xdr_hash},
};
use soroban_env_host::xdr::{
    AccountId, Asset, ContractEvent, ContractEventBody, ContractEventType, ContractEventV0, ContractId,
    ContractIdPreimage, ExtensionPoint, Hash, HashIdPreimage, HashIdPreimageContractId, Int128Parts, Memo,
    MuxedAccount, ScAddress, ScMap, ScMapEntry, ScString, ScVal, TransactionEvent, TransactionEventStage,
};

/// The contract of an asset on a network, whether it is deployed or not.
pub fn asset_contract(asset: &Asset, network_id: [u8; 32]) -> ContractId {
    ContractId(xdr_hash(&HashIdPreimage::ContractId(HashIdPreimageContractId {
        network_id: Hash(network_id),
        contract_id_preimage: ContractIdPreimage::Asset(asset.clone()),
    })))
}

/// A fee taken from (or, if negative, given back to) an account, in stroops.
pub fn fee_event(
    stage: TransactionEventStage,
    payer: &AccountId,
    amount: i64,
    network_id: [u8; 32],
) -> TransactionEvent {
    let topics = vec![symbol("fee"), address(payer)];
    TransactionEvent {
        stage,
        event: asset_event(&Asset::Native, network_id, topics, amount_value(amount)),
    }
}

/// Who a payment goes to, and what tells the receiver whom it is for.
pub struct Receiver<'a> {
    pub account: AccountId,
    pub muxed: Option<&'a MuxedAccount>,
    pub memo: &'a Memo,
}

/// The event of a payment: `mint` if the issuer pays, `burn` if it is paid, else `transfer`.
pub fn payment_event(
    asset: &Asset,
    from: &AccountId,
    to: &Receiver<'_>,
    amount: i64,
    network_id: [u8; 32],
) -> ContractEvent {
    let issuer = issuer_of(asset);
    let from_issuer = issuer.as_ref() == Some(from);
    let to_issuer = issuer.as_ref() == Some(&to.account);
    let name = asset_name(asset);
    let (topics, data) = if from_issuer && !to_issuer {
        let topics = vec![symbol("mint"), address(&to.account), name];
        (topics, received_value(to, amount))
    } else if to_issuer && !from_issuer {
        (vec![symbol("burn"), address(from), name], amount_value(amount))
    } else {
        let topics = vec![symbol("transfer"), address(from), address(&to.account), name];
        (topics, received_value(to, amount))
    };
    asset_event(asset, network_id, topics, data)
}

/// The event of a trustline that became, or ceased to be, authorised.
pub fn authorised_event(asset: &Asset, trustor: &AccountId, authorised: bool, network_id: [u8; 32]) -> ContractEvent {
    let topics = vec![symbol("set_authorized"), address(trustor), asset_name(asset)];
    asset_event(asset, network_id, topics, ScVal::Bool(authorised))
}

/// The event of an amount an issuer takes back.
pub fn clawback_event(asset: &Asset, from: &AccountId, amount: i64, network_id: [u8; 32]) -> ContractEvent {
    let topics = vec![symbol("clawback"), address(from), asset_name(asset)];
    asset_event(asset, network_id, topics, amount_value(amount))
}

fn asset_event(asset: &Asset, network_id: [u8; 32], topics: Vec<ScVal>, data: ScVal) -> ContractEvent {
    ContractEvent {
        ext: ExtensionPoint::V0,
        contract_id: Some(asset_contract(asset, network_id)),
        type_: ContractEventType::Contract,
        body: ContractEventBody::V0(ContractEventV0 {
            topics: topics.try_into().unwrap_or_default(),
            data,
        }),
    }
}

/// A plain amount, or a map with the amount and the muxed id or memo it came with.
fn received_value(to: &Receiver<'_>, amount: i64) -> ScVal {
    let muxed_id = match to.muxed {
        Some(MuxedAccount::MuxedEd25519(muxed)) => Some(ScVal::U64(muxed.id)),
        _ => match to.memo {
            Memo::None => None,
            Memo::Text(memo) => Some(ScVal::String(ScString(memo.to_vec().try_into().unwrap_or_default()))),
            Memo::Id(id) => Some(ScVal::U64(*id)),
            Memo::Hash(hash) | Memo::Return(hash) => Some(ScVal::Bytes(hash.0.to_vec().try_into().unwrap_or_default())),
        },
    };
    let Some(muxed_id) = muxed_id else {
        return amount_value(amount);
    };
    let entries = vec![
        ScMapEntry {
            key: symbol("amount"),
            val: amount_value(amount),
        },
        ScMapEntry {
            key: symbol("to_muxed_id"),
            val: muxed_id,
        },
    ];
    ScVal::Map(Some(ScMap(entries.try_into().unwrap_or_default())))
}

fn amount_value(amount: i64) -> ScVal {
    let wide = i128::from(amount);
    ScVal::I128(Int128Parts {
        hi: if wide < 0 { -1 } else { 0 },
        lo: amount as u64,
    })
}

fn address(account: &AccountId) -> ScVal {
    ScVal::Address(ScAddress::Account(account.clone()))
}

/// `native` or `CODE:ISSUER`.
fn asset_name(asset: &Asset) -> ScVal {
    let text = match asset {
        Asset::Native => "native".to_owned(),
        Asset::CreditAlphanum4(credit) => named(credit.asset_code.as_slice(), &credit.issuer),
        Asset::CreditAlphanum12(credit) => named(credit.asset_code.as_slice(), &credit.issuer),
    };
    ScVal::String(ScString(text.as_str().try_into().unwrap_or_default()))
}

fn named(code: &[u8], issuer: &AccountId) -> String {
    let code: String = code
        .iter()
        .take_while(|byte| **byte != 0)
        .map(|byte| char::from(*byte))
        .collect();
    format!("{code}:{}", account_text(issuer))
}
