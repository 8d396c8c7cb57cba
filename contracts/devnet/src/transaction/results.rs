//! Results of transactions and operations, in the shape core writes them.

use super::Submission;
use soroban_env_host::xdr::{
    Hash, InnerTransactionResult, InnerTransactionResultExt, InnerTransactionResultPair, InnerTransactionResultResult,
    OperationResult, TransactionResult, TransactionResultExt, TransactionResultResult,
};

/// Why a transaction is not valid, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success(Vec<OperationResult>),
    Failed(Vec<OperationResult>),
    TooEarly,
    TooLate,
    MissingOperation,
    BadSequence,
    BadAuth,
    BadAuthExtra,
    InsufficientBalance,
    NoAccount,
    InsufficientFee,
    BadMinSequenceAgeOrGap,
    Malformed,
    SorobanInvalid,
}

impl Outcome {
    /// Whether the transaction did what it was asked to.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }

    /// The result of a plain transaction.
    pub fn plain(self, fee_charged: i64) -> TransactionResult {
        TransactionResult {
            fee_charged,
            result: self.into_result(),
            ext: TransactionResultExt::V0,
        }
    }

    /// The result of a transaction whose inner part ended like this. Since
    /// Protocol 25 the inner result of a fee bump reports no fee of its own.
    pub fn of(self, submission: &Submission, fee_charged: i64) -> TransactionResult {
        if submission.fee_bump.is_none() {
            return self.plain(fee_charged);
        }
        let success = self.is_success();
        let pair = InnerTransactionResultPair {
            transaction_hash: Hash(submission.inner_hash),
            result: InnerTransactionResult {
                fee_charged: 0,
                result: self.into_inner_result(),
                ext: InnerTransactionResultExt::V0,
            },
        };
        TransactionResult {
            fee_charged,
            result: if success {
                TransactionResultResult::TxFeeBumpInnerSuccess(pair)
            } else {
                TransactionResultResult::TxFeeBumpInnerFailed(pair)
            },
            ext: TransactionResultExt::V0,
        }
    }

    fn into_result(self) -> TransactionResultResult {
        use TransactionResultResult as Result;
        match self {
            Self::Success(results) => Result::TxSuccess(results.try_into().unwrap_or_default()),
            Self::Failed(results) => Result::TxFailed(results.try_into().unwrap_or_default()),
            Self::TooEarly => Result::TxTooEarly,
            Self::TooLate => Result::TxTooLate,
            Self::MissingOperation => Result::TxMissingOperation,
            Self::BadSequence => Result::TxBadSeq,
            Self::BadAuth => Result::TxBadAuth,
            Self::BadAuthExtra => Result::TxBadAuthExtra,
            Self::InsufficientBalance => Result::TxInsufficientBalance,
            Self::NoAccount => Result::TxNoAccount,
            Self::InsufficientFee => Result::TxInsufficientFee,
            Self::BadMinSequenceAgeOrGap => Result::TxBadMinSeqAgeOrGap,
            Self::Malformed => Result::TxMalformed,
            Self::SorobanInvalid => Result::TxSorobanInvalid,
        }
    }

    fn into_inner_result(self) -> InnerTransactionResultResult {
        use InnerTransactionResultResult as Result;
        match self {
            Self::Success(results) => Result::TxSuccess(results.try_into().unwrap_or_default()),
            Self::Failed(results) => Result::TxFailed(results.try_into().unwrap_or_default()),
            Self::TooEarly => Result::TxTooEarly,
            Self::TooLate => Result::TxTooLate,
            Self::MissingOperation => Result::TxMissingOperation,
            Self::BadSequence => Result::TxBadSeq,
            Self::BadAuth => Result::TxBadAuth,
            Self::BadAuthExtra => Result::TxBadAuthExtra,
            Self::InsufficientBalance => Result::TxInsufficientBalance,
            Self::NoAccount => Result::TxNoAccount,
            Self::InsufficientFee => Result::TxInsufficientFee,
            Self::BadMinSequenceAgeOrGap => Result::TxBadMinSeqAgeOrGap,
            Self::Malformed => Result::TxMalformed,
            Self::SorobanInvalid => Result::TxSorobanInvalid,
        }
    }
}
