//! getHealth, getNetwork, getVersionInfo, getLatestLedger.

use super::{error::RpcError, params::Params, Service};
use crate::{encoding::base64, network::PROTOCOL_VERSION};
use serde_json::{json, Value};

pub fn get_health(service: &Service, params: &Value) -> Result<Value, RpcError> {
    Params::of(params, "GetHealthRequest")?;
    let window = service.window();
    Ok(json!({
        "status": "healthy",
        "latestLedger": window.latest,
        "latestLedgerCloseTime": window.latest_time.to_string(),
        "oldestLedger": window.oldest,
        "oldestLedgerCloseTime": window.oldest_time.to_string(),
        "ledgerRetentionWindow": service.ledger.history.retention(),
    }))
}

pub fn get_network(service: &Service, params: &Value) -> Result<Value, RpcError> {
    Params::of(params, "GetNetworkRequest")?;
    Ok(json!({
        "friendbotUrl": service.friendbot_url,
        "passphrase": service.ledger.identity.passphrase,
        "protocolVersion": PROTOCOL_VERSION,
    }))
}

pub fn get_version_info(params: &Value) -> Result<Value, RpcError> {
    Params::of(params, "GetVersionInfoRequest")?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(json!({
        "version": version,
        "commitHash": "",
        "buildTimestamp": "",
        "captiveCoreVersion": format!("stellarsettle-devnet {version}"),
        "protocolVersion": PROTOCOL_VERSION,
    }))
}

pub fn get_latest_ledger(service: &Service, params: &Value) -> Result<Value, RpcError> {
    Params::of(params, "GetLatestLedgerRequest")?;
    let latest = service
        .ledger
        .history
        .latest()
        .ok_or_else(|| RpcError::new(super::error::INTERNAL, "no ledger is closed yet"))?;
    Ok(json!({
        "id": hex::encode(latest.hash),
        "protocolVersion": PROTOCOL_VERSION,
        "sequence": latest.sequence,
        "closeTime": latest.close_time().to_string(),
        "headerXdr": base64(latest.bare_header_xdr()),
        "metadataXdr": base64(&latest.meta_xdr),
    }))
}
