//! Classic operations and one-time signers, each in a ledger of its own.

use super::*;
use crate::{
    accounts::{load_account, load_trust_line, trust_line_asset},
    clock::HeaderTime,
    encoding::{from_own_xdr, xdr},
    ledger::{Arrival, Ledger},
    testing::{account, create, key, ledger, next_number, payment, run, signed, submission, transaction, START_MS},
};
use ed25519_dalek::SigningKey;
use soroban_env_host::xdr::{
    AccountEntry, AccountFlags, AccountMergeResult, Asset, AssetCode4, BumpSequenceOp, ChangeTrustAsset, ChangeTrustOp,
    ClawbackOp, ClawbackResult, Duration, ManageDataOp, OperationResult, OperationResultTr, PaymentOp, PreconditionsV2,
    SequenceNumber, SetOptionsOp, SetOptionsResult, Signer, SignerKey, SignerKeyEd25519SignedPayload, TimeBounds,
    TimePoint, TransactionResult, TransactionResultResult, Uint256,
};
use std::collections::HashMap;

const LUMENS: i64 = 10_000_000;

fn funded(numbers: &[u8]) -> (Ledger, Vec<SigningKey>) {
    let mut ledger = ledger(HeaderTime::Ms);
    let keys: Vec<SigningKey> = numbers.iter().map(|number| key(*number)).collect();
    create(&mut ledger, &keys.iter().collect::<Vec<_>>(), 100 * LUMENS);
    (ledger, keys)
}

fn entry(ledger: &Ledger, key: &SigningKey) -> Option<AccountEntry> {
    load_account(ledger.state(), &account(key))
}

fn act(ledger: &mut Ledger, source: &SigningKey, operation: OperationBody) -> TransactionResult {
    let number = next_number(ledger, source);
    run(
        ledger,
        submission(transaction(source, number, vec![operation]), &[source]),
    )
}

/// The result of the only operation.
fn only(result: TransactionResult) -> OperationResultTr {
    let results = match result.result {
        TransactionResultResult::TxSuccess(results) | TransactionResultResult::TxFailed(results) => results,
        other => panic!("not applied: {other:?}"),
    };
    match results.as_slice() {
        [OperationResult::OpInner(result)] => result.clone(),
        other => panic!("not one result: {other:?}"),
    }
}

fn options() -> SetOptionsOp {
    SetOptionsOp {
        inflation_dest: None,
        clear_flags: None,
        set_flags: None,
        master_weight: None,
        low_threshold: None,
        med_threshold: None,
        high_threshold: None,
        home_domain: None,
        signer: None,
    }
}

fn data(name: &str) -> OperationBody {
    OperationBody::ManageData(ManageDataOp {
        data_name: soroban_env_host::xdr::String64(name.try_into().unwrap()),
        data_value: Some(soroban_env_host::xdr::DataValue(vec![1].try_into().unwrap())),
    })
}

#[test]
fn a_merged_account_is_gone_and_its_lumens_are_not() {
    let (mut ledger, keys) = funded(&[1, 2]);
    let [from, to] = keys.as_slice() else { panic!() };
    let merge = || OperationBody::AccountMerge(account(to).into());
    act(&mut ledger, from, data("owned"));
    let result = only(act(&mut ledger, from, merge()));
    assert_eq!(
        result,
        OperationResultTr::AccountMerge(AccountMergeResult::HasSubEntries)
    );
    let forget = OperationBody::ManageData(ManageDataOp {
        data_name: soroban_env_host::xdr::String64("owned".try_into().unwrap()),
        data_value: None,
    });
    act(&mut ledger, from, forget);
    let left = 100 * LUMENS - 400;
    let result = only(act(&mut ledger, from, merge()));
    assert_eq!(
        result,
        OperationResultTr::AccountMerge(AccountMergeResult::Success(left))
    );
    assert!(entry(&ledger, from).is_none());
    assert_eq!(entry(&ledger, to).unwrap().balance, 100 * LUMENS + left);
    let transfers = ledger.history.latest().unwrap().events.len();
    assert_eq!(transfers, 2, "the fee and the transfer of the balance");
}

#[test]
fn a_sequence_number_only_moves_forward() {
    let (mut ledger, keys) = funded(&[1]);
    let [owner] = keys.as_slice() else { panic!() };
    let bump = |to| {
        OperationBody::BumpSequence(BumpSequenceOp {
            bump_to: SequenceNumber(to),
        })
    };
    let number = next_number(&ledger, owner);
    act(&mut ledger, owner, bump(number + 1_000));
    assert_eq!(entry(&ledger, owner).unwrap().seq_num.0, number + 1_000);
    act(&mut ledger, owner, bump(5));
    assert_eq!(entry(&ledger, owner).unwrap().seq_num.0, number + 1_001);
}

#[test]
fn an_issuer_takes_back_what_it_may() {
    let (mut ledger, keys) = funded(&[1, 2]);
    let [issuer, holder] = keys.as_slice() else { panic!() };
    let asset = Asset::CreditAlphanum4(soroban_env_host::xdr::AlphaNum4 {
        asset_code: AssetCode4(*b"CLAW"),
        issuer: account(issuer),
    });
    let flags = AccountFlags::RevocableFlag as u32 | AccountFlags::ClawbackEnabledFlag as u32;
    let set = SetOptionsOp {
        set_flags: Some(flags),
        ..options()
    };
    act(&mut ledger, issuer, OperationBody::SetOptions(set));
    let Asset::CreditAlphanum4(line) = asset.clone() else {
        panic!()
    };
    let trust = ChangeTrustOp {
        line: ChangeTrustAsset::CreditAlphanum4(line),
        limit: i64::MAX,
    };
    act(&mut ledger, holder, OperationBody::ChangeTrust(trust));
    let pay = PaymentOp {
        destination: account(holder).into(),
        asset: asset.clone(),
        amount: 10,
    };
    act(&mut ledger, issuer, OperationBody::Payment(pay));
    let claw = |amount| {
        OperationBody::Clawback(ClawbackOp {
            asset: asset.clone(),
            from: account(holder).into(),
            amount,
        })
    };
    let result = only(act(&mut ledger, issuer, claw(11)));
    assert_eq!(result, OperationResultTr::Clawback(ClawbackResult::Underfunded));
    let result = only(act(&mut ledger, issuer, claw(4)));
    assert_eq!(result, OperationResultTr::Clawback(ClawbackResult::Success));
    let line = load_trust_line(ledger.state(), &account(holder), &trust_line_asset(&asset));
    assert_eq!(line.unwrap().balance, 6);
}

#[test]
fn a_signer_for_one_transaction_goes_with_it() {
    let (mut ledger, keys) = funded(&[1, 2]);
    let [owner, other] = keys.as_slice() else { panic!() };
    let number = next_number(&ledger, owner);
    // It fails, for want of lumens; the signer is spent all the same.
    let unsigned = submission(
        transaction(owner, number + 1, vec![payment(other, 1_000 * LUMENS)]),
        &[],
    );
    let signer = Signer {
        key: SignerKey::PreAuthTx(Uint256(unsigned.hash)),
        weight: 1,
    };
    let add = SetOptionsOp {
        signer: Some(signer),
        ..options()
    };
    act(&mut ledger, owner, OperationBody::SetOptions(add));
    assert_eq!(entry(&ledger, owner).unwrap().num_sub_entries, 1);
    let result = run(&mut ledger, unsigned);
    assert!(matches!(result.result, TransactionResultResult::TxFailed(_)));
    let after = entry(&ledger, owner).unwrap();
    assert_eq!(after.num_sub_entries, 0);
    assert!(after.signers.is_empty());
}

#[test]
fn what_became_too_late_while_it_waited_is_left_out() {
    let (mut ledger, keys) = funded(&[1, 2]);
    let [owner, other] = keys.as_slice() else { panic!() };
    let number = next_number(&ledger, owner);
    let mut soon = transaction(owner, number, vec![payment(other, 1)]);
    soon.cond = Preconditions::Time(TimeBounds {
        min_time: TimePoint(0),
        max_time: TimePoint(START_MS / 1_000 + 30),
    });
    let late = submission(soon, &[owner]);
    let hash = late.hash;
    assert!(matches!(ledger.submit(late), Arrival::Pending));
    ledger.clock.advance(60_000);
    ledger.close();
    assert!(ledger.history.transaction(&hash).is_none());
    assert_eq!(entry(&ledger, owner).unwrap().balance, 100 * LUMENS);
    assert_eq!(next_number(&ledger, owner), number);
}

#[test]
fn an_operation_that_is_not_here_is_named() {
    let (mut ledger, keys) = funded(&[1]);
    let [owner] = keys.as_slice() else { panic!() };
    let number = next_number(&ledger, owner);
    let inflation = submission(transaction(owner, number, vec![OperationBody::Inflation]), &[owner]);
    let Arrival::Rejected(rejection) = ledger.submit(inflation) else {
        panic!("it must be refused");
    };
    let [event] = rejection.diagnostics.as_slice() else {
        panic!("one event must say why");
    };
    let told = String::from_utf8_lossy(&xdr(event)).into_owned();
    assert!(told.contains("this ledger has no operation Inflation"), "{told}");
}

#[test]
fn who_signs_nothing_is_no_signer() {
    let (mut ledger, keys) = funded(&[1]);
    let [owner] = keys.as_slice() else { panic!() };
    let number = next_number(&ledger, owner);
    let nothing = SignerKey::Ed25519SignedPayload(SignerKeyEd25519SignedPayload {
        ed25519: Uint256([2; 32]),
        payload: Default::default(),
    });
    let signer = Signer {
        key: nothing.clone(),
        weight: 1,
    };
    let add = OperationBody::SetOptions(SetOptionsOp {
        signer: Some(signer),
        ..options()
    });
    let added = transaction(owner, number, vec![add]);
    let mut asked = transaction(owner, number, vec![data("fine")]);
    asked.cond = Preconditions::V2(PreconditionsV2 {
        time_bounds: None,
        ledger_bounds: None,
        min_seq_num: None,
        min_seq_age: Duration(0),
        min_seq_ledger_gap: 0,
        extra_signers: vec![nothing].try_into().unwrap(),
    });
    let bad_signer = OperationResult::OpInner(OperationResultTr::SetOptions(SetOptionsResult::BadSigner));
    let failed = TransactionResultResult::TxFailed(vec![bad_signer].try_into().unwrap());
    for (refused, wanted) in [(added, failed), (asked, TransactionResultResult::TxMalformed)] {
        let Arrival::Rejected(rejection) = ledger.submit(submission(refused, &[owner])) else {
            panic!("it must be refused");
        };
        assert_eq!(rejection.result.result, wanted);
    }
}

#[test]
fn what_is_kept_of_a_transaction_is_what_was_sent() {
    let (mut ledger, keys) = funded(&[1, 2, 3]);
    let mut sent = HashMap::new();
    for source in &keys {
        let number = next_number(&ledger, source);
        let envelope = signed(transaction(source, number, vec![payment(&key(1), 7)]), &[source]);
        let arriving = submission(envelope.tx.clone(), &[source]);
        sent.insert(arriving.hash, TransactionEnvelope::Tx(envelope));
        assert!(matches!(ledger.submit(arriving), Arrival::Pending));
    }
    ledger.close();
    let closed = ledger.history.latest().unwrap();
    assert_eq!(closed.transactions.len(), 3);
    for record in &closed.transactions {
        assert_eq!(closed.envelope_xdr(record), xdr(&sent[&record.hash]));
        let kept: TransactionEnvelope = from_own_xdr(closed.envelope_xdr(record)).unwrap();
        assert_eq!(kept.hash(ledger.identity.id).unwrap(), record.hash);
        let result = closed.result(record).unwrap();
        assert_eq!(result.result.transaction_hash.0, record.hash);
    }
    for event in &closed.events {
        assert!(closed.event_body(event).unwrap().topics.len() >= 2);
    }
}
