//! Ledgers decided from outside: their time, their transactions, their upgrades.

use super::{close::Decision, state::Store, Arrival, Ledger};
use crate::{
    clock::HeaderTime,
    encoding::{from_own_xdr, sha256, xdr, xdr_hash},
    settings,
    testing::{create, key, ledger, next_number, payment, submission, transaction},
    transaction::Submission,
};
use soroban_env_host::xdr::{
    ConfigSettingEntry, ConfigUpgradeSet, ConfigUpgradeSetKey, ContractDataDurability, ContractDataEntry, ContractId,
    ExtensionPoint, Hash, LedgerCloseMeta, LedgerCloseMetaV2, LedgerEntryChange, LedgerEntryData, LedgerKey,
    LedgerUpgrade, ScAddress, ScBytes, ScVal,
};

const LUMENS: i64 = 10_000_000;

fn latest(ledger: &Ledger) -> LedgerCloseMetaV2 {
    match from_own_xdr(&ledger.history.latest().unwrap().meta_xdr).unwrap() {
        LedgerCloseMeta::V2(meta) => meta,
        other => panic!("unexpected meta {other:?}"),
    }
}

/// Publishes settings as a contract would; gives the vote for them.
fn published(ledger: &mut Ledger, settings: Vec<ConfigSettingEntry>) -> LedgerUpgrade {
    let set = xdr(&ConfigUpgradeSet {
        updated_entry: settings.try_into().unwrap(),
    });
    let content_hash = sha256(&set);
    let contract_id = ContractId(Hash([7; 32]));
    let entry = LedgerEntryData::ContractData(ContractDataEntry {
        ext: ExtensionPoint::V0,
        contract: ScAddress::Contract(contract_id.clone()),
        key: ScVal::Bytes(ScBytes(content_hash.to_vec().try_into().unwrap())),
        durability: ContractDataDurability::Temporary,
        val: ScVal::Bytes(ScBytes(set.try_into().unwrap())),
    });
    let key = super::state::StoredEntry::lasting(entry.clone()).entry.to_key();
    ledger.set_entry(key, Some(entry), Some(1_000), 1).unwrap();
    LedgerUpgrade::Config(ConfigUpgradeSetKey {
        contract_id,
        content_hash: Hash(content_hash),
    })
}

fn close_with(ledger: &mut Ledger, votes: &[LedgerUpgrade]) -> LedgerCloseMetaV2 {
    let upgrades = ledger.check_upgrades(votes).unwrap();
    ledger.close_as(Decision {
        upgrades,
        ..Decision::default()
    });
    latest(ledger)
}

#[test]
fn published_settings_hold_from_the_ledger_after_their_upgrade() {
    let mut ledger = ledger(HeaderTime::Ms);
    let vote = published(&mut ledger, vec![ConfigSettingEntry::ContractDataKeySizeBytes(300)]);
    assert_eq!(ledger.config.max_key_bytes, 250);
    let meta = close_with(&mut ledger, std::slice::from_ref(&vote));
    assert_eq!(ledger.config.max_key_bytes, 300);
    let header = &meta.ledger_header.header;
    assert_eq!(header.scp_value.upgrades[0].0.as_slice(), xdr(&vote));
    let [done] = meta.upgrades_processing.as_slice() else {
        panic!("one upgrade must be told");
    };
    assert_eq!(done.upgrade, vote);
    let kinds: Vec<_> = done.changes.0.iter().map(LedgerEntryChange::name).collect();
    assert_eq!(kinds, ["State", "Updated"]);
    assert_eq!(header.ledger_seq, ledger.sequence());
}

#[test]
fn an_upgrade_that_makes_no_sense_changes_nothing() {
    let mut ledger = ledger(HeaderTime::Ms);
    let missing = LedgerUpgrade::Config(ConfigUpgradeSetKey {
        contract_id: ContractId(Hash([8; 32])),
        content_hash: Hash([9; 32]),
    });
    let derived = ConfigSettingEntry::LiveSorobanStateSizeWindow(vec![1].try_into().unwrap());
    let derived = published(&mut ledger, vec![derived]);
    for vote in [missing, derived, LedgerUpgrade::Version(31), LedgerUpgrade::BaseFee(7)] {
        assert!(ledger.check_upgrades(std::slice::from_ref(&vote)).is_err(), "{vote:?}");
    }
}

#[test]
fn the_size_of_transaction_sets_is_in_every_later_header() {
    let mut ledger = ledger(HeaderTime::Ms);
    let meta = close_with(&mut ledger, &[LedgerUpgrade::MaxTxSetSize(77)]);
    assert_eq!(meta.ledger_header.header.max_tx_set_size, 77);
    ledger.close();
    assert_eq!(latest(&ledger).ledger_header.header.max_tx_set_size, 77);
}

#[test]
fn the_state_s_size_is_sampled_as_the_settings_ask() {
    let mut ledger = ledger(HeaderTime::Ms);
    published(&mut ledger, vec![ConfigSettingEntry::ContractDataKeySizeBytes(300)]);
    let bytes = ledger.state().contract_data_bytes();
    assert!(bytes > 0);
    let period = ledger
        .config
        .state_archival
        .live_soroban_state_size_window_sample_period;
    while ledger.sequence() < period {
        assert_eq!(latest(&ledger).total_byte_size_of_live_soroban_state, 0);
        ledger.close();
    }
    let average = bytes / u64::from(ledger.config.state_archival.live_soroban_state_size_window_sample_size);
    assert_eq!(latest(&ledger).total_byte_size_of_live_soroban_state, average);
}

/// Three payments that wait, and the ledger they wait for.
fn three_waiting() -> (Ledger, Vec<Submission>) {
    let mut ledger = ledger(HeaderTime::Ms);
    let keys = [key(1), key(2), key(3)];
    create(&mut ledger, &keys.iter().collect::<Vec<_>>(), 100 * LUMENS);
    let mut sent = Vec::new();
    for source in &keys {
        let number = next_number(&ledger, source);
        let pays = submission(transaction(source, number, vec![payment(&key(1), 7)]), &[source]);
        assert!(matches!(ledger.submit(pays.clone()), Arrival::Pending));
        sent.push(pays);
    }
    (ledger, sent)
}

#[test]
fn chosen_transactions_apply_in_their_order_and_the_rest_goes_on_waiting() {
    let (mut ledger, sent) = three_waiting();
    let [first, second, third] = sent.as_slice() else {
        panic!()
    };
    ledger.close_as(Decision {
        transactions: Some(vec![third.hash, first.hash]),
        ..Decision::default()
    });
    let applied: Vec<_> = ledger
        .history
        .latest()
        .unwrap()
        .transactions
        .iter()
        .map(|one| one.hash)
        .collect();
    assert_eq!(applied, [third.hash, first.hash]);
    assert!(ledger.is_waiting(&second.hash));
    ledger.close();
    assert_eq!(ledger.history.latest().unwrap().transactions[0].hash, second.hash);
}

#[test]
fn nobody_chooses_the_place_of_a_transaction() {
    let (mut ledger, sent) = three_waiting();
    ledger.close();
    let meta = latest(&ledger);
    let set = xdr_hash(&meta.tx_set).0;
    let mixed = |submission: &Submission| {
        let envelope = xdr_hash(&submission.envelope).0;
        envelope
            .iter()
            .zip(set)
            .map(|(byte, other)| byte ^ other)
            .collect::<Vec<u8>>()
    };
    let mut expected: Vec<&Submission> = sent.iter().collect();
    expected.sort_by_key(|submission| mixed(submission));
    let applied = meta.tx_processing.iter().map(|one| one.result.transaction_hash.0);
    assert!(applied.eq(expected.iter().map(|submission| submission.hash)));
}

#[test]
fn a_setting_can_be_set_by_hand_and_holds_at_once() {
    let mut ledger = ledger(HeaderTime::Ms);
    let setting = ConfigSettingEntry::ContractDataKeySizeBytes(99);
    let key: LedgerKey = settings::key_of(&setting);
    let entry = LedgerEntryData::ConfigSetting(setting);
    ledger.set_entry(key.clone(), Some(entry), None, 5).unwrap();
    assert_eq!(ledger.config.max_key_bytes, 99);
    let stored = Store::get(ledger.state(), &key).unwrap();
    assert_eq!(stored.entry.last_modified_ledger_seq, 5);
}
