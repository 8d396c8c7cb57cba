//! getLedgers.

use super::{error::RpcError, format::Format, params::Params, transactions::check_page, Service};
use crate::ledger::history::ClosedLedger;
use serde_json::{json, Map, Value};
use soroban_env_host::xdr::{LedgerCloseMeta, LedgerHeaderHistoryEntry};

pub fn get_ledgers(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetLedgersRequest")?;
    let start = params.uint32("startLedger")?;
    let pagination = params.object("pagination", "LedgerPaginationOptions")?;
    let cursor = pagination.text("cursor")?;
    let limit = pagination.unsigned("limit", "uint")?;
    let format = params.format()?;
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
        "ledgers": ledgers.into_iter().map(|ledger| ledger_json(ledger, format)).collect::<Vec<_>>(),
        "latestLedger": window.latest,
        "latestLedgerCloseTime": window.latest_time,
        "oldestLedger": window.oldest,
        "oldestLedgerCloseTime": window.oldest_time,
        "cursor": end.to_string(),
    }))
}

/// In JSON the base64 fields stay, empty.
fn ledger_json(ledger: &ClosedLedger, format: Format) -> Value {
    let mut fields = Map::new();
    fields.insert("hash".to_owned(), json!(hex::encode(ledger.hash)));
    fields.insert("sequence".to_owned(), json!(ledger.sequence));
    fields.insert("ledgerCloseTime".to_owned(), json!(ledger.close_time().to_string()));
    for name in ["headerXdr", "metadataXdr"] {
        fields.insert(name.to_owned(), json!(""));
    }
    let header = format.encoded::<LedgerHeaderHistoryEntry>(ledger.header_xdr());
    format.insert(&mut fields, "header", header);
    let meta = format.encoded::<LedgerCloseMeta>(&ledger.meta_xdr);
    format.insert(&mut fields, "metadata", meta);
    Value::Object(fields)
}
