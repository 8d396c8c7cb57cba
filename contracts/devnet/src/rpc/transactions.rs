//! getTransaction and getTransactions.

use super::{
    error::{RpcError, INTERNAL},
    format::Format,
    params::Params,
    Service, Window,
};
use crate::ledger::history::{ClosedLedger, TransactionRecord};
use serde_json::{json, Map, Value};
use soroban_env_host::xdr::{TransactionEnvelope, TransactionMeta, TransactionMetaV4, TransactionResultResult};

const DEFAULT_PAGE: u64 = 50;

pub fn get_transaction(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetTransactionRequest")?;
    let format = params.format()?;
    let asked = params.text("hash")?;
    let hash = read_hash(asked)?;
    let window = service.window();
    let mut fields = Map::new();
    fields.insert("latestLedger".to_owned(), json!(window.latest));
    fields.insert(
        "latestLedgerCloseTime".to_owned(),
        json!(window.latest_time.to_string()),
    );
    fields.insert("oldestLedger".to_owned(), json!(window.oldest));
    fields.insert(
        "oldestLedgerCloseTime".to_owned(),
        json!(window.oldest_time.to_string()),
    );
    match service.ledger.history.transaction(&hash) {
        Some((ledger, index, record)) => {
            let shown = Shown {
                ledger,
                index,
                record,
                format,
            };
            shown.insert_into(&mut fields, asked)?;
            fields.insert("ledger".to_owned(), json!(ledger.sequence));
            let created = ledger.close_time().to_string();
            fields.insert("createdAt".to_owned(), json!(created));
        }
        None => {
            fields.insert("status".to_owned(), json!("NOT_FOUND"));
            fields.insert("txHash".to_owned(), json!(asked));
            fields.insert("applicationOrder".to_owned(), json!(0));
            fields.insert("feeBump".to_owned(), json!(false));
            fields.insert("events".to_owned(), json!({}));
            fields.insert("ledger".to_owned(), json!(0));
            fields.insert("createdAt".to_owned(), json!("0"));
        }
    }
    Ok(Value::Object(fields))
}

fn read_hash(text: &str) -> Result<[u8; 32], RpcError> {
    if text.len() != 64 {
        return Err(RpcError::invalid_params(format!(
            "unexpected hash length ({})",
            text.len()
        )));
    }
    let bad = text.chars().find(|character| !character.is_ascii_hexdigit());
    if let Some(character) = bad {
        return Err(RpcError::invalid_params(format!(
            "incorrect hash: encoding/hex: invalid byte: U+{:04X} '{character}'",
            u32::from(character)
        )));
    }
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash)
        .map(|()| hash)
        .map_err(|error| RpcError::invalid_params(format!("incorrect hash: {error}")))
}

/// A transaction that is to be shown.
struct Shown<'a> {
    ledger: &'a ClosedLedger,
    index: usize,
    record: &'a TransactionRecord,
    format: Format,
}

impl Shown<'_> {
    /// Tells what getTransaction and getTransactions tell alike.
    fn insert_into(&self, fields: &mut Map<String, Value>, hash: &str) -> Result<(), RpcError> {
        let format = self.format;
        let done = self
            .ledger
            .result(self.record)
            .ok_or_else(|| RpcError::new(INTERNAL, "the record of this transaction does not decode"))?;
        let result = &done.result.result;
        let success = matches!(
            result.result,
            TransactionResultResult::TxSuccess(_) | TransactionResultResult::TxFeeBumpInnerSuccess(_)
        );
        let status = if success { "SUCCESS" } else { "FAILED" };
        fields.insert("status".to_owned(), json!(status));
        fields.insert("txHash".to_owned(), json!(hash));
        let order = self.index.saturating_add(1);
        fields.insert("applicationOrder".to_owned(), json!(order));
        fields.insert("feeBump".to_owned(), json!(self.record.is_fee_bump()));
        let envelope = self.ledger.envelope_xdr(self.record);
        format.insert(fields, "envelope", format.encoded::<TransactionEnvelope>(envelope));
        format.insert(fields, "result", format.value(result));
        format.insert(fields, "resultMeta", format.value(&done.tx_apply_processing));
        if let TransactionMeta::V4(meta) = &done.tx_apply_processing {
            if !meta.diagnostic_events.is_empty() {
                let events = format.list(meta.diagnostic_events.iter());
                format.insert(fields, "diagnosticEvents", events);
            }
            fields.insert("events".to_owned(), events_json(meta, format));
        }
        Ok(())
    }
}

/// The events of a transaction and those of each of its operations.
fn events_json(meta: &TransactionMetaV4, format: Format) -> Value {
    let mut fields = Map::new();
    if !meta.events.is_empty() {
        format.insert(&mut fields, "transactionEvents", format.list(meta.events.iter()));
    }
    if !meta.operations.is_empty() {
        let contract = meta
            .operations
            .iter()
            .map(|operation| format.list(operation.events.iter()));
        format.insert(&mut fields, "contractEvents", contract.collect());
    }
    Value::Object(fields)
}

/// A place between transactions: `ledger << 32 | order << 12 | operation`.
#[derive(Clone, Copy)]
struct Cursor {
    ledger: u32,
    /// 1-based order in the ledger.
    order: u32,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, RpcError> {
        let number: i64 = text
            .parse()
            .map_err(|_| RpcError::invalid_params(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))?;
        let number = number.unsigned_abs();
        Ok(Self {
            ledger: u32::try_from(number >> 32).unwrap_or(u32::MAX),
            order: u32::try_from((number >> 12) & 0xF_FFFF).unwrap_or(u32::MAX),
        })
    }

    /// The number, with the operation part that stellar-rpc puts in.
    fn to_text(self) -> String {
        (u64::from(self.ledger) << 32 | u64::from(self.order) << 12 | 1).to_string()
    }
}

pub fn get_transactions(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetTransactionsRequest")?;
    let start = params.uint32("startLedger")?;
    let pagination = params.object("pagination", "LedgerPaginationOptions")?;
    let cursor = pagination.text("cursor")?;
    let limit = pagination.unsigned("limit", "uint")?;
    let format = params.format()?;
    let window = service.window();
    let limit = check_page(window, start, cursor, limit, service.limits.page)?;
    let from = if cursor.is_empty() {
        Cursor {
            ledger: start,
            order: 1,
        }
    } else {
        let cursor = Cursor::parse(cursor)?;
        Cursor {
            order: cursor.order.saturating_add(1),
            ..cursor
        }
    };
    if from.ledger < window.oldest {
        return Err(RpcError::invalid_params(format!(
            "database does not contain metadata for ledger: {}",
            from.ledger
        )));
    }
    let (transactions, cursor) = collect(service, from, limit, format)?;
    Ok(json!({
        "transactions": transactions,
        "latestLedger": window.latest,
        "latestLedgerCloseTimestamp": window.latest_time,
        "oldestLedger": window.oldest,
        "oldestLedgerCloseTimestamp": window.oldest_time,
        "cursor": cursor,
    }))
}

/// The page and the cursor after it. Past the tip the cursor is "0"; a page that
/// is not full ends at the start of the last ledger, which stellar-rpc does too.
fn collect(service: &Service, from: Cursor, limit: usize, format: Format) -> Result<(Vec<Value>, String), RpcError> {
    let mut page = Vec::new();
    let mut cursor = None;
    for ledger in service.ledger.history.range(from.ledger, u32::MAX) {
        cursor = Some(Cursor {
            ledger: ledger.sequence,
            order: 0,
        });
        let first = if ledger.sequence == from.ledger { from.order } else { 1 };
        for ((order, index), record) in (1_u32..).zip(0_usize..).zip(&ledger.transactions) {
            if order < first {
                continue;
            }
            page.push(listed(&Shown {
                ledger,
                index,
                record,
                format,
            })?);
            cursor = Some(Cursor {
                ledger: ledger.sequence,
                order,
            });
            if page.len() >= limit {
                let text = cursor.map_or_else(String::new, Cursor::to_text);
                return Ok((page, text));
            }
        }
    }
    let text = cursor.map_or_else(|| "0".to_owned(), Cursor::to_text);
    Ok((page, text))
}

fn listed(shown: &Shown<'_>) -> Result<Value, RpcError> {
    let mut fields = Map::new();
    shown.insert_into(&mut fields, &hex::encode(shown.record.hash))?;
    fields.insert("ledger".to_owned(), json!(shown.ledger.sequence));
    fields.insert("createdAt".to_owned(), json!(shown.ledger.close_time()));
    Ok(Value::Object(fields))
}

/// Checks what getTransactions and getLedgers check alike; gives the page's length.
///
/// # Errors
/// If cursor and start are both there, or the start or the limit is out of range.
pub fn check_page(window: Window, start: u32, cursor: &str, limit: u64, most: u64) -> Result<usize, RpcError> {
    if !cursor.is_empty() && start != 0 {
        return Err(RpcError::invalid_request(format!(
            "startLedger ({start}) and cursor ({cursor}) cannot both be set"
        )));
    }
    if cursor.is_empty() && (start < window.oldest || start > window.latest) {
        return Err(RpcError::invalid_request(format!(
            "start ledger ({start}) must be between the oldest ledger: {} and the latest \
             ledger: {} for this rpc instance",
            window.oldest, window.latest
        )));
    }
    if limit > most {
        return Err(RpcError::invalid_request(format!("limit must not exceed {most}")));
    }
    let length = if limit == 0 { DEFAULT_PAGE.min(most) } else { limit };
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}
