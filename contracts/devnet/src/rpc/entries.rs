//! getLedgerEntries.

use super::{
    error::{RpcError, INTERNAL},
    format::Format,
    params::Params,
    Service,
};
use crate::{
    encoding::from_xdr_base64,
    ledger::state::{is_temporary, Store, StoredEntry},
};
use serde_json::{json, Map, Value};
use soroban_env_host::xdr::LedgerKey;
use std::collections::HashSet;

const MAX_KEYS: usize = 200;

pub fn get_ledger_entries(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetLedgerEntriesRequest")?;
    let format = params.format()?;
    let keys = params.texts("keys")?;
    if keys.len() > MAX_KEYS {
        return Err(RpcError::invalid_params(format!(
            "key count ({}) exceeds maximum supported ({MAX_KEYS})",
            keys.len()
        )));
    }
    let keys = decode(&keys)?;
    if keys.is_empty() {
        return Err(RpcError::new(
            INTERNAL,
            "could not query captive core: no keys specified in request",
        ));
    }
    let distinct: HashSet<_> = keys.iter().map(|(text, _)| text).collect();
    if distinct.len() != keys.len() {
        return Err(RpcError::new(
            INTERNAL,
            "could not query captive core: http request failed with non-200 status code (404)",
        ));
    }
    // Life is judged as of the next ledger, the first one that could use the entry.
    let next = service.ledger.sequence().saturating_add(1);
    let entries: Vec<Value> = keys
        .iter()
        .filter_map(|(_, key)| {
            let stored = service.ledger.state().get(key)?;
            let expired = stored.is_expired(next);
            let visible = !(expired && is_temporary(key));
            visible.then(|| entry_json(key, &stored, expired, format))
        })
        .collect();
    Ok(json!({
        "entries": entries,
        "latestLedger": service.ledger.sequence(),
    }))
}

fn decode<'a>(texts: &[&'a str]) -> Result<Vec<(&'a str, LedgerKey)>, RpcError> {
    let mut keys = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let key: LedgerKey = from_xdr_base64(text)
            .ok_or_else(|| RpcError::invalid_params(format!("cannot unmarshal key value {text} at index {index}")))?;
        if matches!(key, LedgerKey::Ttl(_)) {
            return Err(RpcError::invalid_params(
                "ledger ttl entries cannot be queried directly",
            ));
        }
        keys.push((*text, key));
    }
    Ok(keys)
}

fn entry_json(key: &LedgerKey, stored: &StoredEntry, expired: bool, format: Format) -> Value {
    let mut fields = Map::new();
    fields.insert(format.name("key", "keyJson").to_owned(), format.value(key));
    let data = format.name("xdr", "dataJson");
    fields.insert(data.to_owned(), format.value(&stored.entry.data));
    fields.insert(
        "lastModifiedLedgerSeq".to_owned(),
        json!(stored.entry.last_modified_ledger_seq),
    );
    if let Some(live_until) = stored.live_until {
        let shown = if expired { 0 } else { live_until };
        fields.insert("liveUntilLedgerSeq".to_owned(), json!(shown));
    }
    format.insert(&mut fields, "ext", format.value(&stored.entry.ext));
    Value::Object(fields)
}
