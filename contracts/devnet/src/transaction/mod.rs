//! A transaction: what was sent, whether it is valid, what applying it does.

pub mod apply;
pub mod diagnostics;
pub mod events;
pub mod fees;
pub mod footprint;
pub mod metrics;
pub mod operations;
pub mod results;
pub mod signatures;
pub mod soroban;
pub mod soroban_check;
#[cfg(test)]
mod tests;
pub mod ttl;
pub mod validate;

use crate::encoding::xdr;
use soroban_env_host::xdr::{
    AccountId, DecoratedSignature, FeeBumpTransactionInnerTx, Memo, MuxedAccount, Operation, OperationBody,
    Preconditions, SorobanTransactionData, Transaction, TransactionEnvelope, TransactionExt, TransactionV1Envelope,
};

/// The outer part of a fee bump.
#[derive(Clone)]
pub struct FeeBump {
    pub fee_source: AccountId,
    pub fee: i64,
    pub signatures: Vec<DecoratedSignature>,
}

/// A transaction as it was sent, with its hashes.
#[derive(Clone)]
pub struct Submission {
    pub envelope: TransactionEnvelope,
    /// Hash of the whole: for a fee bump the outer one.
    pub hash: [u8; 32],
    /// Hash of the inner transaction; the same as `hash` without a fee bump.
    pub inner_hash: [u8; 32],
    pub transaction: Transaction,
    pub signatures: Vec<DecoratedSignature>,
    pub fee_bump: Option<FeeBump>,
    /// Size of the inner envelope in XDR bytes.
    pub size: u32,
}

impl Submission {
    /// Reads an envelope; `None` when it cannot be hashed.
    pub fn new(envelope: TransactionEnvelope, network_id: [u8; 32]) -> Option<Self> {
        let envelope = upgrade_v0(envelope);
        let hash = envelope.hash(network_id).ok()?;
        match &envelope {
            TransactionEnvelope::TxV0(_) => None,
            TransactionEnvelope::Tx(inner) => Some(Self {
                hash,
                inner_hash: hash,
                transaction: inner.tx.clone(),
                signatures: inner.signatures.to_vec(),
                fee_bump: None,
                size: size_of(&envelope),
                envelope,
            }),
            TransactionEnvelope::TxFeeBump(outer) => {
                let FeeBumpTransactionInnerTx::Tx(inner) = &outer.tx.inner_tx;
                let inner_envelope = TransactionEnvelope::Tx(inner.clone());
                Some(Self {
                    hash,
                    inner_hash: inner_envelope.hash(network_id).ok()?,
                    transaction: inner.tx.clone(),
                    signatures: inner.signatures.to_vec(),
                    fee_bump: Some(FeeBump {
                        fee_source: account_of(&outer.tx.fee_source),
                        fee: outer.tx.fee,
                        signatures: outer.signatures.to_vec(),
                    }),
                    size: size_of(&inner_envelope),
                    envelope: envelope.clone(),
                })
            }
        }
    }

    /// The account whose sequence number is used.
    pub fn source(&self) -> AccountId {
        account_of(&self.transaction.source_account)
    }

    /// The account that pays.
    pub fn fee_source(&self) -> AccountId {
        self.fee_bump
            .as_ref()
            .map_or_else(|| self.source(), |bump| bump.fee_source.clone())
    }

    /// The account an operation acts for.
    pub fn operation_source(&self, operation: &Operation) -> AccountId {
        operation
            .source_account
            .as_ref()
            .map_or_else(|| self.source(), account_of)
    }

    /// Whether any operation runs on the Soroban host or its entries.
    pub fn is_soroban(&self) -> bool {
        self.transaction.operations.iter().any(is_soroban_operation)
    }

    /// The declared resources.
    pub fn soroban_data(&self) -> Option<&SorobanTransactionData> {
        match &self.transaction.ext {
            TransactionExt::V0 => None,
            TransactionExt::V1(data) => Some(data),
        }
    }

    /// The declared resource fee in stroops, 0 for classic transactions.
    pub fn resource_fee(&self) -> i64 {
        self.soroban_data().map_or(0, |data| data.resource_fee)
    }

    /// All that the sender is ready to pay, in stroops.
    pub fn fee_bid(&self) -> i64 {
        self.fee_bump
            .as_ref()
            .map_or(i64::from(self.transaction.fee), |bump| bump.fee)
    }

    /// Whether the transaction carries a memo.
    pub fn has_memo(&self) -> bool {
        !matches!(self.transaction.memo, Memo::None)
    }

    /// Number of operations, as fees count them: a fee bump counts one more.
    pub fn fee_operations(&self) -> i64 {
        let operations = i64::try_from(self.transaction.operations.len()).unwrap_or(i64::MAX);
        operations + i64::from(self.fee_bump.is_some())
    }

    /// The preconditions.
    pub fn preconditions(&self) -> &Preconditions {
        &self.transaction.cond
    }
}

/// Whether an operation is one of the three Soroban ones.
pub fn is_soroban_operation(operation: &Operation) -> bool {
    matches!(
        operation.body,
        OperationBody::InvokeHostFunction(_)
            | OperationBody::ExtendFootprintTtl(_)
            | OperationBody::RestoreFootprint(_)
    )
}

/// The account behind a possibly muxed address.
pub fn account_of(muxed: &MuxedAccount) -> AccountId {
    muxed.clone().account_id()
}

fn size_of(envelope: &TransactionEnvelope) -> u32 {
    u32::try_from(xdr(envelope).len()).unwrap_or(u32::MAX)
}

/// Old envelopes become new ones on arrival, as in core; their hash stays the same.
fn upgrade_v0(envelope: TransactionEnvelope) -> TransactionEnvelope {
    match envelope {
        TransactionEnvelope::TxV0(old) => TransactionEnvelope::Tx(TransactionV1Envelope {
            tx: Transaction {
                source_account: MuxedAccount::Ed25519(old.tx.source_account_ed25519),
                fee: old.tx.fee,
                seq_num: old.tx.seq_num,
                cond: old.tx.time_bounds.map_or(Preconditions::None, Preconditions::Time),
                memo: old.tx.memo,
                operations: old.tx.operations,
                ext: TransactionExt::V0,
            },
            signatures: old.signatures,
        }),
        other => other,
    }
}
