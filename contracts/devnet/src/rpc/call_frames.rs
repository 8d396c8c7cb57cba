//! Which events of a simulation belong to calls that had failed.
//!
//! The host marks them, but gives them out only after everything has failed. The calls can be
//! told from the events: each begins with `fn_call` in its caller and ends with `fn_return`, or
//! without one when the caller goes on telling.

use soroban_env_host::xdr::{ContractEventBody, ContractEventV0, ContractId, DiagnosticEvent, Hash, ScVal};

/// A call that has not ended: whose it is and where its events begin.
struct Call {
    contract: Option<ContractId>,
    first: usize,
}

/// For each event, in their order, whether its call had failed when the last one was told.
pub fn failed(events: &[DiagnosticEvent]) -> Vec<bool> {
    let mut failed = vec![false; events.len()];
    let mut calls = vec![Call {
        contract: None,
        first: 0,
    }];
    for (index, told) in events.iter().enumerate() {
        let teller = &told.event.contract_id;
        while calls.len() > 1 && calls.last().is_some_and(|call| call.contract != *teller) {
            if let Some(call) = calls.pop() {
                failed
                    .iter_mut()
                    .take(index)
                    .skip(call.first)
                    .for_each(|mark| *mark = true);
            }
        }
        let ContractEventBody::V0(body) = &told.event.body;
        match name(body) {
            Some(b"fn_call") => calls.push(Call {
                contract: callee(body),
                first: index + 1,
            }),
            Some(b"fn_return") => drop(calls.pop()),
            _ => {}
        }
    }
    failed
}

fn name(body: &ContractEventV0) -> Option<&[u8]> {
    match body.topics.first() {
        Some(ScVal::Symbol(name)) => Some(name.as_slice()),
        _ => None,
    }
}

fn callee(body: &ContractEventV0) -> Option<ContractId> {
    match body.topics.get(1) {
        Some(ScVal::Bytes(bytes)) => bytes.as_slice().try_into().ok().map(|hash| ContractId(Hash(hash))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::diagnostics::{diagnostic_event, symbol};
    use soroban_env_host::xdr::ScBytes;

    fn told(contract: Option<u8>, name: &str, callee: Option<u8>) -> DiagnosticEvent {
        let mut topics = vec![symbol(name)];
        topics.extend(callee.map(|number| ScVal::Bytes(ScBytes(vec![number; 32].try_into().unwrap()))));
        let mut event = diagnostic_event(false, topics, ScVal::Void);
        event.event.contract_id = contract.map(|number| ContractId(Hash([number; 32])));
        event
    }

    #[test]
    fn only_events_of_calls_that_ended_without_returning_are_failed() {
        let events = [
            told(None, "fn_call", Some(1)),
            told(Some(1), "fn_call", Some(2)),
            told(Some(2), "fn_return", None),
            told(Some(1), "fn_call", Some(3)),
            told(Some(3), "error", None),
            told(Some(1), "error", None),
            told(Some(1), "error", None),
        ];
        assert_eq!(failed(&events), [false, false, false, false, true, false, false]);
    }

    #[test]
    fn calls_inside_a_failed_call_have_failed_with_it() {
        let events = [
            told(None, "fn_call", Some(1)),
            told(Some(1), "fn_call", Some(2)),
            told(Some(2), "transfer", None),
            told(None, "error", None),
        ];
        assert_eq!(failed(&events), [false, true, true, false]);
    }
}
