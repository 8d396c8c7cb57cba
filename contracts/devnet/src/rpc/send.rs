//! sendTransaction.

use super::{error::RpcError, params::Params, CloseMode, Service};
use crate::{
    encoding::{from_xdr_base64, xdr_base64},
    ledger::Arrival,
    transaction::{validate::Rejection, Submission},
};
use serde_json::{json, Value};
use soroban_env_host::xdr::TransactionEnvelope;

pub fn send_transaction(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "SendTransactionRequest")?;
    let text = params.text("transaction")?;
    params.check_format()?;
    let submission = from_xdr_base64::<TransactionEnvelope>(text)
        .and_then(|envelope| Submission::new(envelope, service.ledger.identity.id))
        .ok_or_else(|| RpcError::invalid_params("invalid_xdr"))?;
    let window = service.window();
    let hash = hex::encode(submission.hash);
    let answer = |status: &str| {
        json!({
            "status": status,
            "hash": hash,
            "latestLedger": window.latest,
            "latestLedgerCloseTime": window.latest_time.to_string(),
        })
    };
    Ok(match service.ledger.submit(submission) {
        Arrival::Pending => {
            if service.close_mode == CloseMode::Transaction {
                service.ledger.close();
            }
            answer("PENDING")
        }
        Arrival::Duplicate => answer("DUPLICATE"),
        Arrival::TryAgainLater => answer("TRY_AGAIN_LATER"),
        Arrival::Rejected(rejection) => with_rejection(answer("ERROR"), &rejection),
    })
}

fn with_rejection(mut answer: Value, rejection: &Rejection) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        let result = xdr_base64(&rejection.result);
        fields.insert("errorResultXdr".to_owned(), json!(result));
        if !rejection.diagnostics.is_empty() {
            let events: Vec<String> = rejection.diagnostics.iter().map(xdr_base64).collect();
            fields.insert("diagnosticEventsXdr".to_owned(), json!(events));
        }
    }
    answer
}
