//! What the network limits: the bytes of events of the largest batches, and the lifetimes of entries.

use invoice_escrow::Terms;
use soroban_sdk::testutils::{Address as _, Events as _, Ledger as _};
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::xdr::{ContractEvent, Limits, WriteXdr};
use soroban_sdk::{Address, Vec as HostVec};
use stellarsettle_histories::platform::Platform;
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

/// The lifetimes, in ledgers from now, of the persistent entries of these contracts.
fn lifetimes(p: &Platform, contracts: &[&Address]) -> Vec<u32> {
    let now = p.env.ledger().sequence();
    let owners: Vec<_> = contracts
        .iter()
        .map(|contract| soroban_sdk::xdr::ScAddress::from(*contract))
        .collect();
    let snapshot = p.env.to_ledger_snapshot();
    let mut lifetimes = Vec::new();
    for (key, (_, live_until)) in &snapshot.ledger_entries {
        if let soroban_sdk::xdr::LedgerKey::ContractData(key) = key.as_ref() {
            let persistent = key.durability == soroban_sdk::xdr::ContractDataDurability::Persistent;
            if persistent && owners.contains(&key.contract) {
                lifetimes.push(live_until.unwrap() - now);
            }
        }
    }
    lifetimes
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
    assert!(lifetimes.iter().all(|ledgers| *ledgers >= MONTH), "{lifetimes:?}");
}

#[test]
fn anybody_can_extend_lifetimes_of_an_invoice_that_exists() {
    let p = Platform::new();
    let id = p.active(&p.terms());
    let before = p.env.ledger().sequence();
    p.env.ledger().set_sequence_number(before + 500_000);
    p.escrow.bump(&id, &HostVec::from_slice(&p.env, &p.investors));
    let token = p.token(&id).address;
    let lifetimes = lifetimes(&p, &[&token]);
    assert_eq!(lifetimes.len(), 2, "the token and one position");
    assert!(lifetimes.iter().all(|ledgers| *ledgers > 3_000_000), "{lifetimes:?}");
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
