//! getLedgers.

use super::{error::RpcError, params::Params, transactions::check_page, Service};
use crate::{encoding::base64, ledger::history::ClosedLedger};
use serde_json::{json, Value};

pub fn get_ledgers(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetLedgersRequest")?;
    let start = params.uint32("startLedger")?;
    let pagination = params.object("pagination", "LedgerPaginationOptions")?;
    let cursor = pagination.text("cursor")?;
    let limit = pagination.unsigned("limit", "uint")?;
    params.check_format()?;
    let window = service.window();
    let limit = check_page(window, start, cursor, limit, service.limits.page)?;
    let first = if cursor.is_empty() {
        start
    } else {
        let after: u32 = cursor.parse().map_err(|_| {
            RpcError::invalid_params(format!("strconv.ParseUint: parsing \"{cursor}\": invalid syntax"))
        })?;
        let next = after.saturating_add(1);
        if next < window.oldest || next > window.latest {
            return Err(RpcError::invalid_params(format!(
                "cursor ('{cursor}') must be between the oldest ledger: {} and the latest \
                 ledger: {} for this rpc instance",
                window.oldest, window.latest
            )));
        }
        next
    };
    let ledgers: Vec<&ClosedLedger> = service.ledger.history.range(first, window.latest).take(limit).collect();
    let end = ledgers.last().map_or(first, |ledger| ledger.sequence);
    Ok(json!({
        "ledgers": ledgers.into_iter().map(ledger_json).collect::<Vec<_>>(),
        "latestLedger": window.latest,
        "latestLedgerCloseTime": window.latest_time,
        "oldestLedger": window.oldest,
        "oldestLedgerCloseTime": window.oldest_time,
        "cursor": end.to_string(),
    }))
}

fn ledger_json(ledger: &ClosedLedger) -> Value {
    json!({
        "hash": hex::encode(ledger.hash),
        "sequence": ledger.sequence,
        "ledgerCloseTime": ledger.close_time().to_string(),
        "headerXdr": base64(&ledger.header_xdr),
        "metadataXdr": base64(&ledger.meta_xdr),
    })
}
