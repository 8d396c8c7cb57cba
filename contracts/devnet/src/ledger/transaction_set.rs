//! The transactions of a ledger: as the set lists them, and as they apply.

use crate::{encoding::xdr_hash, network::BASE_FEE, transaction::Submission};
use soroban_env_host::xdr::{
    DependentTxCluster, GeneralizedTransactionSet, Hash, ParallelTxExecutionStage, ParallelTxsComponent,
    TransactionEnvelope, TransactionPhase, TransactionSetV1, TxSetComponent, TxSetComponentTxsMaybeDiscountedFee,
};

/// Puts transactions into the order they apply in: classic ones first, and so that nobody can
/// choose their place, by the hash of their envelope mixed with that of the set, as in core.
pub fn shuffle(submissions: &mut [Submission], set: &Hash) {
    submissions.sort_by_cached_key(|submission| {
        let mut mixed = envelope_hash(submission);
        mixed.iter_mut().zip(set.0).for_each(|(byte, other)| *byte ^= other);
        (submission.is_soroban(), mixed)
    });
}

fn envelope_hash(submission: &Submission) -> [u8; 32] {
    xdr_hash(&submission.envelope).0
}

/// The generalized set: a classic phase and a parallel Soroban phase, each sorted by the hash of
/// whole envelopes, signatures included.
pub fn of(submissions: &[Submission], previous: [u8; 32]) -> GeneralizedTransactionSet {
    let base_fee = i64::from(BASE_FEE);
    let classic = envelopes(submissions, false);
    let soroban = envelopes(submissions, true);
    let components = if classic.is_empty() {
        Vec::new()
    } else {
        vec![TxSetComponent::TxsetCompTxsMaybeDiscountedFee(
            TxSetComponentTxsMaybeDiscountedFee {
                base_fee: Some(base_fee),
                txs: classic.try_into().unwrap_or_default(),
            },
        )]
    };
    let soroban_fee = (!soroban.is_empty()).then_some(base_fee);
    let stages = if soroban.is_empty() {
        Vec::new()
    } else {
        let cluster = DependentTxCluster(soroban.try_into().unwrap_or_default());
        vec![ParallelTxExecutionStage(vec![cluster].try_into().unwrap_or_default())]
    };
    let phases = vec![
        TransactionPhase::V0(components.try_into().unwrap_or_default()),
        TransactionPhase::V1(ParallelTxsComponent {
            base_fee: soroban_fee,
            execution_stages: stages.try_into().unwrap_or_default(),
        }),
    ];
    GeneralizedTransactionSet::V1(TransactionSetV1 {
        previous_ledger_hash: Hash(previous),
        phases: phases.try_into().unwrap_or_default(),
    })
}

fn envelopes(submissions: &[Submission], soroban: bool) -> Vec<TransactionEnvelope> {
    let mut chosen: Vec<_> = submissions
        .iter()
        .filter(|submission| submission.is_soroban() == soroban)
        .collect();
    chosen.sort_by_cached_key(|submission| envelope_hash(submission));
    chosen
        .into_iter()
        .map(|submission| submission.envelope.clone())
        .collect()
}
