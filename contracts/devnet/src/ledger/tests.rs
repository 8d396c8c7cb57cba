//! The ledger as a whole.

use super::*;
use crate::{
    clock::HeaderTime,
    encoding::xdr_hash,
    network::TOTAL_COINS,
    testing::{
        account, create, fee_bump, key, ledger, next_number, payment, run, signed, submission, transaction, START_MS,
    },
    transaction::results::Outcome,
};
use soroban_env_host::xdr::{
    GeneralizedTransactionSet, LedgerCloseMeta, LedgerCloseMetaV2, LedgerHeader, Limits, ManageDataOp, OperationBody,
    ReadXdr, SetOptionsOp, Signer, SignerKey, StellarValueExt, TransactionResultResult, TransactionResultSet, Uint256,
};

const LUMENS: i64 = 10_000_000;

fn metas(ledger: &Ledger) -> Vec<LedgerCloseMetaV2> {
    ledger
        .history
        .range(0, u32::MAX)
        .map(
            |closed| match LedgerCloseMeta::from_xdr(&closed.meta_xdr, Limits::none()).unwrap() {
                LedgerCloseMeta::V2(meta) => meta,
                other => panic!("unexpected meta {other:?}"),
            },
        )
        .collect()
}

fn latest_header(ledger: &Ledger) -> LedgerHeader {
    metas(ledger).pop().unwrap().ledger_header.header
}

fn balance(ledger: &Ledger, key: &ed25519_dalek::SigningKey) -> i64 {
    crate::accounts::load_account(ledger.state(), &account(key))
        .unwrap()
        .balance
}

/// A ledger in which three accounts exist and some payments were made, one of them in vain.
fn busy_ledger(header: HeaderTime) -> Ledger {
    let mut ledger = ledger(header);
    let (first, second, third) = (key(1), key(2), key(3));
    create(&mut ledger, &[&first, &second, &third], 100 * LUMENS);
    for (from, to, amount) in [(&first, &second, 5), (&second, &third, 7), (&third, &first, 1_000)] {
        let number = next_number(&ledger, from);
        let operations = vec![payment(to, amount * LUMENS), payment(to, 1)];
        let submission = submission(transaction(from, number, operations), &[from]);
        assert!(matches!(ledger.submit(submission), Arrival::Pending));
    }
    ledger.close();
    ledger.close();
    ledger
}

#[test]
fn headers_chain_and_every_hash_can_be_recomputed() {
    let ledger = busy_ledger(HeaderTime::Ms);
    let metas = metas(&ledger);
    assert_eq!(metas.len(), 4);
    for meta in &metas {
        let header = &meta.ledger_header.header;
        assert_eq!(xdr_hash(header), meta.ledger_header.hash);
        assert_eq!(xdr_hash(&meta.tx_set), header.scp_value.tx_set_hash);
        let results: Vec<_> = meta.tx_processing.iter().map(|done| done.result.clone()).collect();
        let set = TransactionResultSet {
            results: results.try_into().unwrap(),
        };
        assert_eq!(xdr_hash(&set), header.tx_set_result_hash);
        let GeneralizedTransactionSet::V1(set) = &meta.tx_set;
        assert_eq!(set.previous_ledger_hash, header.previous_ledger_hash);
    }
    for (previous, next) in metas.iter().zip(metas.iter().skip(1)) {
        assert_eq!(
            next.ledger_header.header.previous_ledger_hash,
            previous.ledger_header.hash
        );
        assert_eq!(
            next.ledger_header.header.ledger_seq,
            previous.ledger_header.header.ledger_seq + 1
        );
    }
}

#[test]
fn both_headers_tell_the_time_they_promise() {
    let header = latest_header(&busy_ledger(HeaderTime::Ms));
    let StellarValueExt::SignedMs(value) = &header.scp_value.ext else {
        panic!("not the arm with milliseconds");
    };
    assert_eq!(value.close_time_ms.0, START_MS + 3);
    assert_eq!(header.scp_value.close_time.0, START_MS / 1_000);

    let header = latest_header(&busy_ledger(HeaderTime::Seconds));
    assert!(matches!(header.scp_value.ext, StellarValueExt::Signed(_)));
    assert_eq!(header.scp_value.close_time.0, START_MS / 1_000 + 3);
}

#[test]
fn the_same_transactions_give_the_same_ledgers() {
    let hashes = |ledger: Ledger| ledger.history.range(0, u32::MAX).map(|l| l.hash).collect::<Vec<_>>();
    assert_eq!(hashes(busy_ledger(HeaderTime::Ms)), hashes(busy_ledger(HeaderTime::Ms)));
    assert_ne!(
        hashes(busy_ledger(HeaderTime::Ms)),
        hashes(busy_ledger(HeaderTime::Seconds))
    );
}

#[test]
fn lumens_are_neither_made_nor_lost() {
    let ledger = busy_ledger(HeaderTime::Ms);
    let held: i64 = ledger.state().accounts().map(|account| account.balance).sum();
    assert_eq!(held + latest_header(&ledger).fee_pool, TOTAL_COINS);
}

#[test]
fn a_failed_payment_undoes_all_operations_but_costs_its_fee() {
    let ledger = busy_ledger(HeaderTime::Ms);
    // It received 7 and could not send 1,000; its second operation would have succeeded.
    assert_eq!(balance(&ledger, &key(3)), 107 * LUMENS + 1 - 200);
    let failed = metas(&ledger)
        .into_iter()
        .flat_map(|meta| meta.tx_processing.to_vec())
        .filter(|done| matches!(done.result.result.result, TransactionResultResult::TxFailed(_)))
        .count();
    assert_eq!(failed, 1);
}

#[test]
fn one_transaction_per_account_waits_and_only_a_rich_fee_bump_replaces_it() {
    let mut ledger = ledger(HeaderTime::Ms);
    let (source, other) = (key(1), key(2));
    create(&mut ledger, &[&source, &other], 100 * LUMENS);
    let number = next_number(&ledger, &source);
    let make = |amount| transaction(&source, number, vec![payment(&other, amount)]);
    let arrival = |ledger: &mut Ledger, submission| match ledger.submit(submission) {
        Arrival::Pending => "pending".to_owned(),
        Arrival::Duplicate => "duplicate".to_owned(),
        Arrival::TryAgainLater => "later".to_owned(),
        Arrival::Rejected(rejection) => format!("rejected at {}", rejection.result.fee_charged),
    };
    assert_eq!(arrival(&mut ledger, submission(make(1), &[&source])), "pending");
    assert_eq!(arrival(&mut ledger, submission(make(1), &[&source])), "duplicate");
    assert_eq!(arrival(&mut ledger, submission(make(2), &[&source])), "later");
    let bump = |fee| fee_bump(signed(make(3), &[&source]), &other, fee);
    assert_eq!(arrival(&mut ledger, bump(1_999)), "rejected at 2000");
    assert_eq!(arrival(&mut ledger, bump(2_000)), "pending");
    let hash = bump(2_000).hash;
    ledger.close();
    assert!(ledger.history.transaction(&hash).is_some());
    assert_eq!(balance(&ledger, &source), 100 * LUMENS - 3);
    assert_eq!(balance(&ledger, &other), 100 * LUMENS + 3 - 200);
    assert_eq!(arrival(&mut ledger, bump(2_000)), "later");
    ledger.close();
    assert_eq!(arrival(&mut ledger, submission(make(1), &[&source])), "rejected at 100");
}

#[test]
fn thresholds_ask_for_weight_and_a_fee_for_the_reserve() {
    let mut ledger = ledger(HeaderTime::Ms);
    let (owner, cosigner) = (key(1), key(2));
    create(&mut ledger, &[&owner], 100 * LUMENS);
    let options = SetOptionsOp {
        inflation_dest: None,
        clear_flags: None,
        set_flags: None,
        master_weight: Some(1),
        low_threshold: Some(0),
        med_threshold: Some(2),
        high_threshold: Some(2),
        home_domain: None,
        signer: Some(Signer {
            key: SignerKey::Ed25519(Uint256(cosigner.verifying_key().to_bytes())),
            weight: 1,
        }),
    };
    let number = next_number(&ledger, &owner);
    let set = transaction(&owner, number, vec![OperationBody::SetOptions(options)]);
    let result = run(&mut ledger, submission(set, &[&owner]));
    assert!(matches!(result.result, TransactionResultResult::TxSuccess(_)));

    let data = OperationBody::ManageData(ManageDataOp {
        data_name: soroban_env_host::xdr::String64("name".try_into().unwrap()),
        data_value: None,
    });
    let again = transaction(&owner, number + 1, vec![data]);
    let Arrival::Rejected(rejection) = ledger.submit(submission(again.clone(), &[&owner])) else {
        panic!("one signature of weight one is not two");
    };
    assert!(matches!(rejection.result.result, TransactionResultResult::TxFailed(_)));
    let both = submission(again.clone(), &[&owner, &cosigner]);
    assert!(matches!(ledger.submit(both), Arrival::Pending));
    let three = submission(again, &[&owner, &cosigner, &key(3)]);
    assert!(!matches!(ledger.submit(three), Arrival::Pending));
}

#[test]
fn the_balance_must_cover_the_whole_bid() {
    let mut ledger = ledger(HeaderTime::Ms);
    let (poor, other) = (key(1), key(2));
    create(&mut ledger, &[&poor, &other], LUMENS + 150);
    let number = next_number(&ledger, &poor);
    let mut greedy = transaction(&poor, number, vec![payment(&other, 1)]);
    greedy.fee = 151;
    let Arrival::Rejected(rejection) = ledger.submit(submission(greedy.clone(), &[&poor])) else {
        panic!("a bid above the balance must be refused");
    };
    assert_eq!(rejection.result, Outcome::InsufficientBalance.plain(100));
    greedy.fee = 150;
    let result = run(&mut ledger, submission(greedy, &[&poor]));
    assert_eq!(result.fee_charged, 100);
}

#[test]
fn a_checkpoint_brings_everything_back() {
    let mut ledger = busy_ledger(HeaderTime::Ms);
    let before = ledger.checkpoint();
    let (hash, held) = (ledger.history.latest().unwrap().hash, balance(&ledger, &key(1)));
    let pay = |ledger: &mut Ledger| {
        let number = next_number(ledger, &key(1));
        let result = run(
            ledger,
            submission(transaction(&key(1), number, vec![payment(&key(2), 5)]), &[&key(1)]),
        );
        assert!(matches!(result.result, TransactionResultResult::TxSuccess(_)));
        ledger.history.latest().unwrap().hash
    };
    let first = pay(&mut ledger);
    assert!(ledger.revert(before));
    assert_eq!(ledger.history.latest().unwrap().hash, hash);
    assert_eq!(balance(&ledger, &key(1)), held);
    assert_eq!(pay(&mut ledger), first);
}

#[test]
fn checkpoints_last_as_long_as_their_ledgers() {
    let mut ledger = ledger(HeaderTime::Ms);
    let early = ledger.checkpoint();
    create(&mut ledger, &[&key(1)], 100 * LUMENS);
    let late = ledger.checkpoint();
    create(&mut ledger, &[&key(2)], 100 * LUMENS);
    assert!(ledger.state.changes.kept() > 0);
    for _ in 0..998 {
        ledger.close();
    }
    assert!(!ledger.revert(early));
    let other = ledger.checkpoint();
    assert!(ledger.revert(late));
    assert!(!ledger.revert(other));
    assert!(ledger.account_exists(&account(&key(1))) && !ledger.account_exists(&account(&key(2))));
    for _ in 0..1_000 {
        ledger.close();
    }
    assert_eq!(ledger.state.changes.kept(), 0);
}

#[test]
fn going_back_undoes_entries_set_between_ledgers_and_twice() {
    let mut ledger = busy_ledger(HeaderTime::Ms);
    let entries = |ledger: &Ledger| ledger.state.entries().cloned().collect::<Vec<_>>();
    let (before, id) = (entries(&ledger), ledger.checkpoint());
    for _ in 0..2 {
        let account = crate::accounts::load_account(ledger.state(), &account(&key(1))).unwrap();
        let data = LedgerEntryData::Account(account);
        let entry_key = StoredEntry::lasting(data).entry.to_key();
        ledger.set_entry(entry_key, None, None, 3).unwrap();
        create(&mut ledger, &[&key(4)], LUMENS);
        assert!(entries(&ledger) != before);
        assert!(ledger.revert(id));
        assert!(entries(&ledger) == before);
    }
}

/// A file of its own for one test.
fn state_file(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("devnet-state-{name}-{}", std::process::id()))
}

fn open_state(path: &std::path::Path, passphrase: &str) -> Result<(Ledger, saved::Follower), SetupError> {
    let clock = crate::clock::Clock::new(None, HeaderTime::Ms);
    saved::open(path, Identity::new(passphrase), clock, 1_000)
}

/// All that a file must bring back.
fn content(ledger: &Ledger) -> (Vec<[u8; 32]>, Vec<StoredEntry>, Vec<[u8; 32]>) {
    let hashes = ledger.history.range(0, u32::MAX).map(|closed| closed.hash).collect();
    let waiting = ledger.queue.iter().map(|pending| pending.submission.hash).collect();
    (hashes, ledger.state.entries().cloned().collect(), waiting)
}

#[test]
fn a_followed_ledger_goes_on_as_if_it_had_never_stopped() {
    let path = state_file("goes-on");
    let mut ledger = busy_ledger(HeaderTime::Ms);
    let mut follower = saved::Follower::begin(&path, &mut ledger).unwrap();
    ledger.take_happenings();
    let mut follow = |ledger: &mut Ledger| {
        let happenings = ledger.take_happenings();
        follower.follow(ledger, &happenings).unwrap();
    };
    let kept = ledger.checkpoint();
    let steps: [&dyn Fn(&mut Ledger); 5] = [
        &|ledger| create(ledger, &[&key(4)], LUMENS),
        &|ledger| ledger.clock.advance(5_000),
        &|ledger| assert!(ledger.revert(kept)),
        &|ledger| ledger.close(),
        &|ledger| {
            let number = next_number(ledger, &key(1));
            let pay = submission(transaction(&key(1), number, vec![payment(&key(2), 5)]), &[&key(1)]);
            assert!(matches!(ledger.submit(pay), Arrival::Pending));
        },
    ];
    for (number, step) in steps.iter().enumerate() {
        step(&mut ledger);
        follow(&mut ledger);
        let copy = state_file("copy");
        std::fs::copy(&path, &copy).unwrap();
        let (opened, _) = open_state(&copy, crate::testing::PASSPHRASE).unwrap();
        assert!(content(&opened) == content(&ledger), "after step {number}");
        std::fs::remove_file(copy).unwrap();
    }
    drop(follower);
    let (mut opened, _) = open_state(&path, crate::testing::PASSPHRASE).unwrap();
    ledger.close();
    opened.close();
    assert!(content(&opened) == content(&ledger));
    assert!(open_state(&path, "another network").is_err());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_file_cut_off_anywhere_is_the_ledger_of_an_earlier_moment() {
    let path = state_file("cut");
    let mut ledger = ledger(HeaderTime::Ms);
    let mut follower = saved::Follower::begin(&path, &mut ledger).unwrap();
    ledger.take_happenings();
    let mut moments = vec![content(&ledger)];
    let base = usize::try_from(path.metadata().unwrap().len()).unwrap();
    for number in 1..4 {
        create(&mut ledger, &[&key(number)], LUMENS);
        let happenings = ledger.take_happenings();
        follower.follow(&mut ledger, &happenings).unwrap();
        moments.push(content(&ledger));
    }
    drop(follower);
    let bytes = std::fs::read(&path).unwrap();
    for length in (base..=bytes.len()).step_by(97) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let (opened, _) = open_state(&path, crate::testing::PASSPHRASE).unwrap();
        let lines = bytes[base..length].iter().filter(|byte| **byte == b'\n').count();
        assert!(content(&opened) == moments[lines], "cut to {length} bytes");
    }
    std::fs::remove_file(&path).unwrap();
}
