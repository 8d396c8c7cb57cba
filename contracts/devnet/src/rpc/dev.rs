//! Methods that no real network has: they move time, close ledgers and plan faults.

use super::{
    error::{RpcError, INTERNAL},
    params::Params,
    Service,
};
use crate::{
    encoding::{account_from_text, account_text, from_xdr_base64},
    faults::Plan,
    ledger::{close::Decision, state::StoredEntry, upgrades::Upgrade},
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{LedgerEntryData, LedgerKey, LedgerUpgrade};

/// Most ledgers one call closes.
const MOST_LEDGERS: u32 = 200_000;

/// `dev_close {closeTime?, transactions?, upgrades?}` closes a ledger: now or at that Unix
/// second, with all that waits or with these hashes in this order, and with these upgrades
/// (base64 XDR of `LedgerUpgrade`).
pub fn close(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "CloseRequest")?;
    let close_time = params.unsigned("closeTime", "uint64")?;
    let decision = Decision {
        transactions: chosen_transactions(service, &params)?,
        upgrades: chosen_upgrades(service, &params)?,
    };
    if close_time > 0 {
        let wanted = close_time.saturating_mul(1_000);
        let last = service.ledger.history.latest().map_or(0, |ledger| ledger.close_ms);
        if wanted <= last {
            return Err(RpcError::invalid_params(format!(
                "closeTime {close_time} is not after the last ledger's, {}",
                last / 1_000
            )));
        }
        service.ledger.clock.set(wanted);
    }
    service.ledger.close_as(decision);
    Ok(latest(service))
}

fn chosen_transactions(service: &Service, params: &Params<'_>) -> Result<Option<Vec<[u8; 32]>>, RpcError> {
    if params.field("transactions").is_none() {
        return Ok(None);
    }
    let texts = params.texts("transactions")?;
    let hashes = texts.into_iter().map(|text| {
        let hash = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        hash.filter(|hash| service.ledger.is_waiting(hash))
            .ok_or_else(|| RpcError::invalid_params(format!("no transaction {text:?} is waiting")))
    });
    hashes.collect::<Result<_, _>>().map(Some)
}

fn chosen_upgrades(service: &Service, params: &Params<'_>) -> Result<Vec<Upgrade>, RpcError> {
    let votes = params.texts("upgrades")?.into_iter().map(|text| {
        from_xdr_base64::<LedgerUpgrade>(text)
            .ok_or_else(|| RpcError::invalid_params(format!("{text:?} is no ledger upgrade in base64 XDR")))
    });
    let votes = votes.collect::<Result<Vec<_>, _>>()?;
    service.ledger.check_upgrades(&votes).map_err(RpcError::invalid_params)
}

/// `dev_advanceTime {seconds}` moves the clock and closes a ledger at the new time.
pub fn advance_time(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "AdvanceTimeRequest")?;
    let seconds = params.unsigned("seconds", "uint64")?;
    service.ledger.clock.advance(seconds.saturating_mul(1_000));
    service.ledger.close();
    Ok(latest(service))
}

/// `dev_advanceLedgers {ledgers, seconds?}` closes ledgers, each so many seconds after the
/// one before it or as soon as the clock allows.
pub fn advance_ledgers(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "AdvanceLedgersRequest")?;
    let ledgers = params.uint32("ledgers")?;
    let seconds = params.unsigned("seconds", "uint64")?;
    if !(1..=MOST_LEDGERS).contains(&ledgers) {
        return Err(RpcError::invalid_params(format!(
            "ledgers is a number from 1 to {MOST_LEDGERS}"
        )));
    }
    for _ in 0..ledgers {
        service.ledger.clock.advance(seconds.saturating_mul(1_000));
        service.ledger.close();
    }
    Ok(latest(service))
}

/// `dev_impersonate {address}` lets transactions and operations of this account in without its
/// signatures, until `dev_stopImpersonating {address}`.
pub fn impersonate(service: &mut Service, params: &Value, on: bool) -> Result<Value, RpcError> {
    if !service.allow_impersonation {
        return Err(RpcError::invalid_request(
            "impersonation is off: start the ledger with --allow-impersonation",
        ));
    }
    let address = Params::of(params, "ImpersonateRequest")?.text("address")?;
    let account = account_from_text(address)
        .ok_or_else(|| RpcError::invalid_params(format!("{address:?} is no account: an address that starts with G")))?;
    if on {
        service.ledger.impersonated.insert(account);
    } else {
        service.ledger.impersonated.remove(&account);
    }
    let accounts: Vec<String> = service.ledger.impersonated.iter().map(account_text).collect();
    Ok(json!({ "impersonated": accounts }))
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

/// `dev_snapshot {}` remembers the ledger as it is: `{id}`.
pub fn snapshot(service: &mut Service) -> Value {
    json!({"id": service.ledger.checkpoint()})
}

/// `dev_revert {id}` goes back to a snapshot, as often as wanted; later snapshots are gone.
pub fn revert(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "RevertRequest")?;
    let id = params.uint32("id")?;
    if !service.ledger.revert(id) {
        return Err(RpcError::invalid_params(format!(
            "there is no snapshot {id}: dev_snapshot gives the id of one, which holds until its ledger is older than \
             the retention"
        )));
    }
    Ok(latest(service))
}

/// `dev_setEntry {key, xdr?, liveUntilLedgerSeq?, lastModifiedLedgerSeq?}` writes an entry, or removes it without
/// `xdr`; both as getLedgerEntries gives them. No ledger tells of it.
pub fn set_entry(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    let params = Params::of(params, "SetEntryRequest")?;
    let key: LedgerKey = from_xdr_base64(params.text("key")?)
        .ok_or_else(|| RpcError::invalid_params("key is no ledger key in base64 XDR"))?;
    let data = match params.text("xdr")? {
        "" => None,
        text => Some(
            from_xdr_base64::<LedgerEntryData>(text)
                .ok_or_else(|| RpcError::invalid_params("xdr is no ledger entry data in base64 XDR"))?,
        ),
    };
    let live_until = params.uint32("liveUntilLedgerSeq")?;
    check_entry(&key, data.as_ref(), live_until)?;
    let live_until = (live_until > 0).then_some(live_until);
    let modified = params.uint32("lastModifiedLedgerSeq")?;
    let modified = if modified == 0 {
        service.ledger.sequence()
    } else {
        modified
    };
    service
        .ledger
        .set_entry(key, data, live_until, modified)
        .map_err(RpcError::invalid_params)?;
    Ok(json!({}))
}

/// The key must be the entry's own, and only contract data and code have a time to live.
fn check_entry(key: &LedgerKey, data: Option<&LedgerEntryData>, live_until: u32) -> Result<(), RpcError> {
    if matches!(key, LedgerKey::Ttl(_)) {
        return Err(RpcError::invalid_params(
            "time-to-live records cannot be set: use liveUntilLedgerSeq",
        ));
    }
    let Some(data) = data else {
        return Ok(());
    };
    let entry = StoredEntry::lasting(data.clone());
    if entry.entry.to_key() != *key {
        return Err(RpcError::invalid_params("key is not the key of this entry"));
    }
    let expires = matches!(key, LedgerKey::ContractData(_) | LedgerKey::ContractCode(_));
    if expires != (live_until > 0) {
        return Err(RpcError::invalid_params(
            "liveUntilLedgerSeq goes with contract data and code, and only with them",
        ));
    }
    Ok(())
}

/// `dev_setFaults {seed?, rules?}` starts a fault plan in the place of the one before; an
/// empty one ends all faults.
pub fn set_faults(service: &mut Service, params: &Value) -> Result<Value, RpcError> {
    service
        .faults
        .set(Plan::read(params).map_err(RpcError::invalid_params)?);
    Ok(service.faults.report())
}

/// `dev_getFaults {}` gives the plan, with how many requests each rule has seen and hit.
pub fn get_faults(service: &Service) -> Value {
    service.faults.report()
}

/// `dev_reset {}` begins the network anew: the same passphrase and settings, another history.
pub fn reset(service: &mut Service) -> Result<Value, RpcError> {
    service
        .reset()
        .map_err(|error| RpcError::new(INTERNAL, error.to_string()))?;
    Ok(latest(service))
}

/// The last closed ledger, as these methods tell it.
pub fn latest(service: &Service) -> Value {
    let window = service.window();
    json!({
        "sequence": window.latest,
        "closedAtMs": service.ledger.history.latest().map_or(0, |ledger| ledger.close_ms),
    })
}
