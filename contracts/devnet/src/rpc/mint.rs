//! `dev_mint`: money from nowhere, by a transaction that is in the ledger like any other.

use super::{dev::latest, error::RpcError, params::Params, Service};
use crate::{
    encoding::{account_from_text, account_of_key},
    friendbot::from_root,
    ledger::Arrival,
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{
    AccountId, AlphaNum12, AlphaNum4, Asset, AssetCode12, AssetCode4, CreateAccountOp, OperationBody, PaymentOp,
};

/// `dev_mint {address, amount, asset?}` pays base units of an asset (`CODE:ISSUER`) from its
/// issuer, or lumens from the root account, which creates the account if need be.
pub fn mint(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "MintRequest")?;
    let address = params.text("address")?;
    let to = account_from_text(address)
        .ok_or_else(|| RpcError::invalid_params(format!("{address:?} is no account: an address that starts with G")))?;
    let amount = i64::try_from(params.unsigned("amount", "int64")?)
        .ok()
        .filter(|amount| *amount > 0)
        .ok_or_else(|| RpcError::invalid_params("amount counts base units, from 1 to 2^63 - 1"))?;
    let (issuer, body) = match params.text("asset")? {
        "" | "native" => (None, lumens(service, to, amount)),
        text => {
            let (asset, issuer) = asset_of(text)
                .ok_or_else(|| RpcError::invalid_params(format!("{text:?} is no asset: native or CODE:ISSUER")))?;
            let payment = PaymentOp {
                destination: to.into(),
                asset,
                amount,
            };
            (Some(issuer), OperationBody::Payment(payment))
        }
    };
    apply(service, issuer, body)
}

fn lumens(service: &Service, to: AccountId, amount: i64) -> OperationBody {
    let root = account_of_key(service.ledger.identity.root_key().verifying_key().to_bytes());
    if service.ledger.account_exists(&to) || to == root {
        return OperationBody::Payment(PaymentOp {
            destination: to.into(),
            asset: Asset::Native,
            amount,
        });
    }
    OperationBody::CreateAccount(CreateAccountOp {
        destination: to,
        starting_balance: amount,
    })
}

/// Puts the payment into a ledger; the issuer is impersonated for that long.
fn apply(service: &mut Service, issuer: Option<AccountId>, body: OperationBody) -> Result<Value, RpcError> {
    let ledger = &mut service.ledger;
    let submission = from_root(ledger, issuer.clone(), body)
        .ok_or_else(|| RpcError::invalid_request("the root account, which pays the fee, is gone"))?;
    let hash = submission.hash;
    let new = issuer.filter(|issuer| ledger.impersonated.insert(issuer.clone()));
    let arrival = ledger.submit(submission);
    if matches!(arrival, Arrival::Pending) {
        ledger.close();
    }
    if let Some(issuer) = new {
        ledger.impersonated.remove(&issuer);
    }
    let result = match arrival {
        Arrival::Pending => ledger
            .history
            .transaction(&hash)
            .and_then(|(closed, _, record)| closed.result(record))
            .map(|done| done.result.result),
        Arrival::Rejected(rejection) => Some(rejection.result),
        Arrival::Duplicate | Arrival::TryAgainLater => None,
    };
    match result {
        Some(result) if result.result.name() == "TxSuccess" => {
            let mut answer = latest(service);
            answer["hash"] = json!(hex::encode(hash));
            Ok(answer)
        }
        Some(result) => Err(RpcError::invalid_params(format!(
            "the payment fails: {:?}",
            result.result
        ))),
        None => Err(RpcError::invalid_request(
            "another transaction of the root account waits: close a ledger first",
        )),
    }
}

fn asset_of(text: &str) -> Option<(Asset, AccountId)> {
    let (code, issuer) = text.split_once(':')?;
    let issuer = account_from_text(issuer)?;
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let padded = |length: usize| {
        let mut bytes = code.as_bytes().to_vec();
        bytes.resize(length, 0);
        bytes
    };
    let asset = match code.len() {
        1..=4 if is_code => Asset::CreditAlphanum4(AlphaNum4 {
            asset_code: AssetCode4(padded(4).try_into().ok()?),
            issuer: issuer.clone(),
        }),
        5..=12 if is_code => Asset::CreditAlphanum12(AlphaNum12 {
            asset_code: AssetCode12(padded(12).try_into().ok()?),
            issuer: issuer.clone(),
        }),
        _ => return None,
    };
    Some((asset, issuer))
}
