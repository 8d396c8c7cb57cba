//! Methods that no real network has: they move time, close ledgers and plan faults.

use super::{error::RpcError, params::Params, Service};
use crate::faults::Plan;
use serde_json::{json, Value};

/// `dev_close {}` closes a ledger now.
pub fn close(service: &mut Service) -> Result<Value, RpcError> {
    service.ledger.close();
    Ok(latest(service))
}

/// `dev_advanceTime {seconds}` moves the clock and closes a ledger at the new time.
pub fn advance_time(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "AdvanceTimeRequest")?;
    let seconds = params.unsigned("seconds", "uint64")?;
    service.ledger.clock.advance(seconds.saturating_mul(1_000));
    service.ledger.close();
    Ok(latest(service))
}

/// `dev_getCloses {startLedger?}` tells when ledgers closed, by their clock and really.
pub fn get_closes(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "GetClosesRequest")?;
    let start = params.uint32("startLedger")?;
    let closes: Vec<Value> = service
        .ledger
        .history
        .range(start, u32::MAX)
        .map(|ledger| {
            json!({
                "sequence": ledger.sequence,
                "closedAtMs": ledger.close_ms,
                "wallMs": ledger.wall_ms,
            })
        })
        .collect();
    Ok(json!({ "closes": closes }))
}

/// `dev_setFaults {...}` replaces the fault plan; an empty one ends all faults.
pub fn set_faults(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "SetFaultsRequest")?;
    let plan = Plan {
        empty_pages: params.uint32("emptyPages")?,
        latency_ms: params.unsigned("latencyMs", "uint64")?,
        error_every: params.uint32("errorEvery")?,
        drop_every: params.uint32("dropEvery")?,
    };
    let retention = params.uint32("retention")?;
    if retention > 0 {
        service.ledger.history.set_retention(retention);
    }
    service.faults.set(plan);
    Ok(json!({}))
}

fn latest(service: &Service) -> Value {
    let window = service.window();
    json!({
        "sequence": window.latest,
        "closedAtMs": service.ledger.history.latest().map_or(0, |ledger| ledger.close_ms),
    })
}
