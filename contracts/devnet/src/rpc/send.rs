//! sendTransaction.

use super::{
    error::{RpcError, INTERNAL},
    format::Format,
    params::Params,
    CloseMode, Service,
};
use crate::{
    encoding::from_xdr_base64,
    ledger::Arrival,
    transaction::{validate::Rejection, Submission},
};
use serde_json::{json, Value};
use soroban_env_host::xdr::TransactionEnvelope;

/// What a node says when it is to show no events as JSON.
const NO_EVENTS: &str = "couldn't decode events: xdr:DecodeUint: EOF while decoding 4 bytes - read: '[]'";

pub fn send_transaction(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "SendTransactionRequest")?;
    let text = params.text("transaction")?;
    let format = params.format()?;
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
        Arrival::Rejected(rejection) => return with_rejection(answer("ERROR"), &rejection, format),
    })
}

/// Says why the transaction was refused. A real node fails over JSON without events, so this does.
fn with_rejection(mut answer: Value, rejection: &Rejection, format: Format) -> Result<Value, RpcError> {
    if format == Format::Json && rejection.diagnostics.is_empty() {
        return Err(RpcError::new(INTERNAL, NO_EVENTS));
    }
    if let Some(fields) = answer.as_object_mut() {
        format.insert(fields, "errorResult", format.value(&rejection.result));
        if !rejection.diagnostics.is_empty() {
            format.insert(fields, "diagnosticEvents", format.list(&rejection.diagnostics));
        }
    }
    Ok(answer)
}
