//! getFeeStats.

use super::{error::RpcError, params::Params, Service};
use crate::{ledger::history::ClosedLedger, network::BASE_FEE};
use serde_json::{json, Value};

/// Ledgers looked at for Soroban and for classic transactions.
const SOROBAN_WINDOW: u32 = 50;
const CLASSIC_WINDOW: u32 = 10;
const PERCENTILES: [(&str, usize); 11] = [
    ("p10", 10),
    ("p20", 20),
    ("p30", 30),
    ("p40", 40),
    ("p50", 50),
    ("p60", 60),
    ("p70", 70),
    ("p80", 80),
    ("p90", 90),
    ("p95", 95),
    ("p99", 99),
];

pub fn get_fee_stats(service: &Service, params: &Value) -> Result<Value, RpcError> {
    Params::of(params, "GetFeeStatsRequest")?;
    Ok(json!({
        "sorobanInclusionFee": statistics(service, SOROBAN_WINDOW, true),
        "inclusionFee": statistics(service, CLASSIC_WINDOW, false),
        "latestLedger": service.window().latest,
    }))
}

/// Inclusion fees per inner operation in stroops; there is no surge here, so each paid the base
/// fee, and a fee bump of one operation twice of it.
fn statistics(service: &Service, window: u32, soroban: bool) -> Value {
    let latest = service.window().latest;
    let first = latest.saturating_sub(window.saturating_sub(1));
    let mut fees: Vec<u32> = service
        .ledger
        .history
        .range(first, latest)
        .flat_map(|ledger: &ClosedLedger| &ledger.transactions)
        .filter(|record| record.is_soroban == soroban)
        .map(|record| BASE_FEE.saturating_mul(1 + u32::from(record.hash != record.inner_hash)))
        .collect();
    fees.sort_unstable();
    let edge = |fee: Option<&u32>| fee.copied().unwrap_or(0).to_string();
    let mut answer = json!({
        "max": edge(fees.iter().max()),
        "min": edge(fees.iter().min()),
        "mode": edge(most_frequent(&fees)),
        "transactionCount": fees.len().to_string(),
        "ledgerCount": if fees.is_empty() { 0 } else { service.ledger.history.range(first, latest).count() },
    });
    for (name, percent) in PERCENTILES {
        let index = fees.len().saturating_mul(percent) / 100;
        if let Some(fields) = answer.as_object_mut() {
            fields.insert(name.to_owned(), Value::String(edge(fees.get(index))));
        }
    }
    answer
}

/// The fee that occurs most often in an ascending list, the lowest of those.
fn most_frequent(fees: &[u32]) -> Option<&u32> {
    let groups = fees.chunk_by(|left, right| left == right);
    let largest = groups.reduce(|most, group| if group.len() > most.len() { group } else { most });
    largest.and_then(|group| group.first())
}
