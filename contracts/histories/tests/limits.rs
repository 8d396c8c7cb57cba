//! What the network limits: the bytes of events of the largest batches, and the lifetimes of entries.

use invoice_escrow::Terms;
use soroban_sdk::testutils::storage::Instance as _;
use soroban_sdk::testutils::{Address as _, Events as _, Ledger as _};
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::xdr::{ContractDataDurability, ContractEvent, LedgerKey, Limits, ScAddress, ScVal, WriteXdr};
use soroban_sdk::{Address, Symbol, Vec as HostVec};
use stellarsettle_histories::code::Code;
use stellarsettle_histories::platform::{params, Platform, DAY};
use stellarsettle_shared::Error;

/// Bytes of events and return value that one transaction may have on the network.
const EVENT_BYTES: usize = 16_384;

/// A return value of 25 amounts, each an i128 in a vector.
const RETURN_BYTES: usize = 25 * 20 + 12;

/// A month of ledgers, which every entry has left after a write.
const MONTH: u32 = 518_400 - 17_280;

fn event_bytes(events: &[ContractEvent]) -> usize {
    events
        .iter()
        .map(|event| event.to_xdr(Limits::none()).unwrap().len())
        .sum()
}

/// Admits `number` more investors, who fund equal stakes.
fn crowd(p: &Platform, id: &soroban_sdk::BytesN<32>, number: usize) -> HostVec<Address> {
    let mut holders = HostVec::new(&p.env);
    for _ in 0..number {
        let holder = Address::generate(&p.env);
        p.admit(&holder);
        StellarAssetClient::new(&p.env, &p.asset).mint(&holder, &1_000_000);
        p.escrow.fund_escrow(&holder, id, &20_000);
        holders.push_back(holder);
    }
    holders
}

#[test]
fn the_largest_refund_batch_fits_into_a_transaction() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    let mut holders = crowd(&p, &id, 20);
    p.escrow.cancel(&p.seller, &id);
    let amounts = p.escrow.refund_batch(&id, &holders);
    let bytes = event_bytes(p.env.events().all().events()) + RETURN_BYTES;
    assert!(amounts.iter().all(|amount| amount == 20_000));
    assert!(bytes <= EVENT_BYTES, "{bytes} bytes");
    holders.push_back(p.outsider.clone());
    let id = p.open(&Terms {
        natural: p.bytes(8),
        ..p.terms()
    });
    p.escrow.fund_escrow(&p.investors[0], &id, &20_000);
    p.escrow.cancel(&p.seller, &id);
    let refused = p.escrow.try_refund_batch(&id, &holders);
    assert_eq!(refused.unwrap_err().unwrap(), Error::BatchTooLarge);
}

#[test]
fn the_largest_distribution_fits_into_a_transaction() {
    let p = Platform::new();
    let id = p.open(&p.terms());
    let holders = crowd(&p, &id, 25);
    p.escrow.close_funding(&p.seller, &id);
    p.pass(86_400);
    p.escrow.release(&id);
    p.pay(&id, 1_000_000);
    let mut more = holders.clone();
    more.push_back(p.outsider.clone());
    let refused = p.distributor.try_distribute(&id, &more);
    assert_eq!(refused.unwrap_err().unwrap(), Error::BatchTooLarge);
    let amounts = p.distributor.distribute(&id, &holders);
    let bytes = event_bytes(p.env.events().all().events()) + RETURN_BYTES;
    assert!(amounts.iter().all(|amount| amount > 20_000));
    assert!(bytes <= EVENT_BYTES, "{bytes} bytes");
}

/// The persistent entries of these contracts by kind, with the ledgers they live from now on.
fn lifetimes(p: &Platform, contracts: &[&Address]) -> Vec<(String, u32)> {
    let now = p.env.ledger().sequence();
    let owners: Vec<ScAddress> = contracts.iter().map(|contract| ScAddress::from(*contract)).collect();
    let mut lifetimes = Vec::new();
    for (key, (_, live_until)) in p.env.to_ledger_snapshot().ledger_entries {
        if let LedgerKey::ContractData(data) = *key {
            let persistent = data.durability == ContractDataDurability::Persistent;
            if persistent && owners.contains(&data.contract) {
                lifetimes.push((kind(&data.key), live_until.unwrap() - now));
            }
        }
    }
    lifetimes
}

/// The first word of an entry's key.
fn kind(key: &ScVal) -> String {
    match key {
        ScVal::Vec(Some(words)) => match &words[0] {
            ScVal::Symbol(word) => word.to_utf8_string_lossy(),
            other => panic!("a key that begins with {other:?}"),
        },
        _ => "Instance".to_string(),
    }
}

#[test]
fn every_write_extends_the_lifetime_of_what_it_wrote() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 500_000);
    p.escrow.record_payment(&p.servicer, &id, &1_000, &Some(p.bytes(5)));
    p.distributor.claim(&id, &p.investors[0]);
    let token = p.token(&id).address;
    let lifetimes = lifetimes(&p, &[&p.escrow.address, &p.distributor.address, &token]);
    assert!(lifetimes.len() > 10, "a platform at work has entries: {lifetimes:?}");
    assert!(lifetimes.iter().all(|(_, ledgers)| *ledgers >= MONTH), "{lifetimes:?}");
}

/// Ledgers after which a lifetime is extended again, a little more than a day.
const LATER: u32 = 20_000;

/// The least that a lifetime extended to the maximum has left.
const LONGEST: u32 = 3_110_400 - 17_280;

#[test]
fn every_administrative_write_extends_the_lifetime_of_its_contract() {
    let p = Platform::new();
    let (env, to) = (&p.env, &p.outsider);
    let role = Symbol::new(env, "verifier");
    let code = Code::from_environment().install_escrow(env);
    let (escrow, distributor) = (&p.escrow.address, &p.distributor.address);
    let writes: [(&str, &Address, &dyn Fn()); 18] = [
        ("set_params", escrow, &|| p.escrow.set_params(&params())),
        ("set_asset", escrow, &|| p.escrow.set_asset(&p.asset, &false)),
        ("grant_role", escrow, &|| p.escrow.grant_role(&role, to)),
        ("revoke_role", escrow, &|| p.escrow.revoke_role(&role, to)),
        ("pause", escrow, &|| p.escrow.pause(&p.guardian)),
        ("unpause", escrow, &|| p.escrow.unpause()),
        ("set_token_wasm", escrow, &|| p.escrow.set_token_wasm(&p.bytes(7))),
        ("cancel_token_wasm", escrow, &|| p.escrow.cancel_token_wasm(&p.guardian)),
        ("propose_upgrade", escrow, &|| p.escrow.propose_upgrade(&p.bytes(7))),
        ("cancel_upgrade", escrow, &|| p.escrow.cancel_upgrade(&p.guardian)),
        ("propose_owner", escrow, &|| p.escrow.propose_owner(to)),
        ("accept_owner", escrow, &|| p.escrow.accept_owner()),
        ("apply_upgrade", escrow, &|| {
            p.escrow.propose_upgrade(&code);
            p.pass(DAY * 14);
            env.ledger().set_sequence_number(env.ledger().sequence() + LATER);
            p.escrow.apply_upgrade();
        }),
        ("set_treasury", distributor, &|| p.distributor.set_treasury(to)),
        ("propose_upgrade", distributor, &|| {
            p.distributor.propose_upgrade(&p.bytes(7))
        }),
        ("cancel_upgrade", distributor, &|| {
            p.distributor.cancel_upgrade(&p.guardian)
        }),
        ("propose_owner", distributor, &|| p.distributor.propose_owner(to)),
        ("accept_owner", distributor, &|| p.distributor.accept_owner()),
    ];
    for (name, contract, write) in writes {
        env.ledger().set_sequence_number(env.ledger().sequence() + LATER);
        let left = || env.as_contract(contract, || env.storage().instance().get_ttl());
        assert!(left() < LONGEST, "{name}: a day has passed");
        write();
        assert!(left() >= LONGEST, "{name}: {} ledgers left", left());
    }
}

#[test]
fn anybody_can_extend_lifetimes_of_an_invoice_that_exists() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    p.pay(&id, 500_000);
    p.escrow.record_payment(&p.servicer, &id, &1_000, &Some(p.bytes(5)));
    let contracts = [&p.escrow.address, &p.distributor.address, &p.token(&id).address];
    let before = lifetimes(&p, &contracts);
    let later = p.env.ledger().sequence() + 500_000;
    p.env.ledger().set_sequence_number(later);
    p.escrow.bump(&id, &HostVec::from_slice(&p.env, &p.investors));
    let after = lifetimes(&p, &contracts);
    assert_eq!(before.len(), after.len());
    let mut shorter: Vec<&str> = after
        .iter()
        .filter(|(_, ledgers)| *ledgers < LONGEST)
        .map(|(name, _)| name.as_str())
        .collect();
    shorter.sort_unstable();
    // Four members hold nothing of this invoice, which lives to its write-off; a reference nobody can list.
    assert_eq!(shorter, ["Invoice", "Member", "Member", "Member", "Member", "Receipt"]);
    let unknown = p.escrow.try_bump(&p.bytes(99), &HostVec::new(&p.env));
    assert_eq!(unknown.unwrap_err().unwrap(), Error::InvoiceNotFound);
}

/// Bytes that one contract's code may have on the network.
const CODE_BYTES: u64 = 131_072;

#[test]
fn the_wasm_fits() {
    let Some(folder) = std::env::var_os("STELLARSETTLE_WASM") else {
        eprintln!("SKIPPED: no wasm to measure; set STELLARSETTLE_WASM to the folder that holds it");
        return;
    };
    for name in ["invoice_escrow", "invoice_token", "payment_distributor"] {
        let path = std::path::Path::new(&folder).join(name).with_extension("wasm");
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes <= CODE_BYTES, "{}: {bytes} bytes", path.display());
    }
}
