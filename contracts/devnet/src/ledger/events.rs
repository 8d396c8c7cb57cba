//! The events of a closed ledger with the ids stellar-rpc gives them.

use super::history::Places;
use soroban_env_host::xdr::{
    ContractEvent, ContractEventBody, ContractEventType, ContractId, TransactionEventStage, TransactionMeta,
    TransactionResultMetaV1,
};
use std::{fmt, ops::Range};

/// Transaction index of events that come after all transactions.
const AFTER_ALL_TRANSACTIONS: u32 = (1 << 20) - 1;
/// Operation index of events that come after a transaction's operations.
const AFTER_OPERATIONS: u32 = (1 << 12) - 1;

/// A place in the order of all events: `%019d-%010d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    pub ledger: u32,
    /// 1-based; 20 bits.
    pub transaction: u32,
    /// 0-based; 12 bits.
    pub operation: u32,
    pub index: u32,
}

impl EventId {
    /// The first place of a ledger.
    pub const fn start_of(ledger: u32) -> Self {
        Self {
            ledger,
            transaction: 0,
            operation: 0,
            index: 0,
        }
    }

    /// The last place of a ledger.
    pub const fn end_of(ledger: u32) -> Self {
        Self {
            ledger,
            transaction: AFTER_ALL_TRANSACTIONS,
            operation: AFTER_OPERATIONS,
            index: u32::MAX,
        }
    }

    /// Reads an id; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (order, index) = text.split_once('-')?;
        let order: u64 = order.parse::<i64>().ok()?.try_into().ok()?;
        Some(Self {
            ledger: u32::try_from(order >> 32).ok()?,
            transaction: u32::try_from((order >> 12) & 0xF_FFFF).ok()?,
            operation: u32::try_from(order & 0xFFF).ok()?,
            index: index.parse().ok()?,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = u64::from(self.ledger) << 32 | u64::from(self.transaction) << 12 | u64::from(self.operation);
        write!(formatter, "{order:019}-{:010}", self.index)
    }
}

/// One event of a closed ledger.
pub struct EventRecord {
    pub id: EventId,
    pub kind: &'static str,
    pub contract: Option<ContractId>,
    /// Index of its transaction in the ledger, from 0.
    pub transaction: usize,
    /// Where topics and value stand in the ledger's meta.
    pub(super) body: Range<usize>,
}

/// Numbers the events of one ledger, transaction by transaction.
pub struct EventNumbers {
    ledger: u32,
    /// The index of a ledger-wide stage runs across all transactions.
    before: u32,
    after: u32,
}

impl EventNumbers {
    /// Numbers for a ledger without events yet.
    pub const fn of(ledger: u32) -> Self {
        Self {
            ledger,
            before: 0,
            after: 0,
        }
    }

    /// Adds the events of the transaction at `index`; `places` stands at its result.
    pub fn add_events(
        &mut self,
        index: usize,
        result: &TransactionResultMetaV1,
        places: &mut Places<'_>,
        events: &mut Vec<EventRecord>,
    ) {
        let TransactionMeta::V4(meta) = &result.tx_apply_processing else {
            return;
        };
        let ledger = self.ledger;
        let position = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        for (operation, operation_meta) in (0_u32..).zip(meta.operations.iter()) {
            for (number, event) in (0_u32..).zip(operation_meta.events.iter()) {
                let id = EventId {
                    ledger,
                    transaction: position,
                    operation,
                    index: number,
                };
                events.extend(record_of(id, event, index, places));
            }
        }
        let mut after_operations = 0_u32;
        for stage_event in meta.events.iter() {
            let (transaction, operation, counter) = match stage_event.stage {
                TransactionEventStage::BeforeAllTxs => (0, 0, &mut self.before),
                TransactionEventStage::AfterTx => (position, AFTER_OPERATIONS, &mut after_operations),
                TransactionEventStage::AfterAllTxs => (AFTER_ALL_TRANSACTIONS, 0, &mut self.after),
            };
            let id = EventId {
                ledger,
                transaction,
                operation,
                index: *counter,
            };
            *counter = counter.saturating_add(1);
            events.extend(record_of(id, &stage_event.event, index, places));
        }
    }
}

fn record_of(id: EventId, event: &ContractEvent, transaction: usize, places: &mut Places<'_>) -> Option<EventRecord> {
    let kind = match event.type_ {
        ContractEventType::Contract => "contract",
        ContractEventType::System => "system",
        ContractEventType::Diagnostic => return None,
    };
    let ContractEventBody::V0(body) = &event.body;
    Some(EventRecord {
        id,
        kind,
        contract: event.contract_id.clone(),
        transaction,
        body: places.next(body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_text_that_sorts_like_the_events() {
        let first = EventId {
            ledger: 61,
            transaction: 1,
            operation: 0,
            index: 1,
        };
        assert_eq!(first.to_string(), "0000000261993009152-0000000001");
        assert_eq!(EventId::parse(&first.to_string()), Some(first));
        assert_eq!(EventId::end_of(172).to_string(), "0000000743029342207-4294967295");
        assert!(EventId::end_of(61).to_string() < EventId::start_of(62).to_string());
        assert!(EventId::start_of(61) < first && first < EventId::end_of(61));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "abc", "1", "-1", "1-x", "99999999999999999999-0", "-5-0"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
