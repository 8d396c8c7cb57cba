//! Diagnostic events: what a node tells about a transaction without promising it.

use soroban_env_host::xdr::{
    ContractEvent, ContractEventBody, ContractEventType, ContractEventV0, DiagnosticEvent, ExtensionPoint, ScError,
    ScErrorCode, ScString, ScVal, ScVec,
};

/// A diagnostic event of no contract.
pub fn diagnostic_event(success: bool, topics: Vec<ScVal>, data: ScVal) -> DiagnosticEvent {
    DiagnosticEvent {
        in_successful_contract_call: success,
        event: ContractEvent {
            ext: ExtensionPoint::V0,
            contract_id: None,
            type_: ContractEventType::Diagnostic,
            body: ContractEventBody::V0(ContractEventV0 {
                topics: topics.try_into().unwrap_or_default(),
                data,
            }),
        },
    }
}

/// A diagnostic event that tells an error and what it is about; a message alone stands without a list.
pub fn error_event(error: ScError, data: Vec<ScVal>) -> DiagnosticEvent {
    let topics = vec![symbol("error"), ScVal::Error(error)];
    let data = match <[ScVal; 1]>::try_from(data) {
        Ok([message]) => message,
        Err(data) => ScVal::Vec(data.try_into().ok().map(ScVec)),
    };
    diagnostic_event(false, topics, data)
}

/// Something was more than allowed: how much, and how much is.
pub fn exceeded(message: &str, amount: u64, limit: u64) -> DiagnosticEvent {
    let data = vec![text(message), ScVal::U64(amount), ScVal::U64(limit)];
    error_event(ScError::Budget(ScErrorCode::ExceededLimit), data)
}

/// A message as events carry it.
pub fn text(message: &str) -> ScVal {
    ScVal::String(ScString(message.try_into().unwrap_or_default()))
}

/// A name as events carry it.
pub fn symbol(name: &str) -> ScVal {
    ScVal::Symbol(name.try_into().unwrap_or_default())
}
