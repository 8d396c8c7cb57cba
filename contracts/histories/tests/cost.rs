//! What each call costs on the network, pinned: a change of more than 5 % is a decision, not an accident.
//!
//! Only the wasm has a cost, so this needs `STELLARSETTLE_WASM`. `REPIN=1` writes the table again.

use std::collections::BTreeMap;
use std::path::Path;

use invoice_escrow::Terms;
use soroban_sdk::testutils::Address as _;
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::{Address, Vec as HostVec};
use stellarsettle_histories::platform::{Platform, DAY};

/// Instructions, bytes written, bytes of events: each at most the network's limit for one transaction.
type Cost = [u64; 3];
const LIMITS: Cost = [400_000_000, 132_096, 16_384];
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cost.tsv");

struct Meter<'a> {
    platform: &'a Platform,
    costs: BTreeMap<&'static str, Cost>,
}

impl Meter<'_> {
    /// Makes a call and notes what it cost.
    fn call<Value>(&mut self, name: &'static str, call: impl FnOnce(&Platform) -> Value) -> Value {
        let value = call(self.platform);
        let used = self.platform.env.cost_estimate().resources();
        let cost = [
            u64::try_from(used.instructions).unwrap(),
            u64::from(used.write_bytes),
            u64::from(used.contract_events_size_bytes),
        ];
        self.costs.insert(name, cost);
        value
    }
}

fn crowd(p: &Platform, number: usize) -> Vec<Address> {
    let crowd: Vec<Address> = (0..number).map(|_| Address::generate(&p.env)).collect();
    for holder in &crowd {
        p.admit(holder);
        StellarAssetClient::new(&p.env, &p.asset).mint(holder, &1_000_000);
    }
    crowd
}

fn terms(p: &Platform, natural: u8) -> Terms {
    Terms {
        natural: p.bytes(natural),
        ..p.terms()
    }
}

fn straight_path(meter: &mut Meter) {
    let p = meter.platform;
    let offer = terms(p, 1);
    let id = meter.call("create_escrow", |p| p.escrow.create_escrow(&p.seller, &offer, &0));
    meter.call("approve", |p| p.escrow.approve(&p.verifier, &id));
    meter.call("publish", |p| p.escrow.publish(&p.seller, &id));
    meter.call("acknowledge", |p| p.escrow.acknowledge(&p.debtor, &id));
    meter.call("fund_escrow", |p| p.escrow.fund_escrow(&p.investors[0], &id, &100_000));
    let crowd = crowd(p, 25);
    for holder in &crowd {
        p.escrow.fund_escrow(holder, &id, &20_000);
    }
    meter.call("close_funding", |p| p.escrow.close_funding(&p.seller, &id));
    p.pass(DAY);
    meter.call("release", |p| p.escrow.release(&id));
    let token = p.token(&id);
    meter.call("transfer", |p| {
        token.transfer(&p.investors[0], &p.investors[1], &50_000)
    });
    let until = p.env.ledger().sequence() + 1_000;
    meter.call("token_approve", |p| {
        token.approve(&p.investors[0], &p.investors[1], &5, &until)
    });
    meter.call("record_payment", |p| p.pay(&id, 500_000));
    meter.call("record_payment_by_servicer", |p| {
        let reference = Some(p.bytes(5));
        p.escrow.record_payment(&p.servicer, &id, &500_000, &reference)
    });
    meter.call("claim", |p| p.distributor.claim(&id, &p.investors[0]));
    let holders = HostVec::from_slice(&p.env, &crowd);
    meter.call("distribute_25", |p| p.distributor.distribute(&id, &holders));
    meter.call("claim_residual", |p| p.distributor.claim_residual(&id));
    meter.call("collect_fees", |p| p.distributor.collect_fees(&p.asset));
    meter.call("burn", |p| token.burn(&p.investors[0], &50_000));
}

fn ways_out(meter: &mut Meter) {
    let p = meter.platform;
    let id = p.open(&terms(p, 2));
    let crowd = crowd(p, 20);
    p.escrow.fund_escrow(&p.investors[0], &id, &100_000);
    for holder in &crowd {
        p.escrow.fund_escrow(holder, &id, &20_000);
    }
    meter.call("dispute", |p| p.escrow.dispute(&p.arbiter, &id, &p.bytes(3)));
    meter.call("resolve_dispute", |p| p.escrow.resolve_dispute(&p.arbiter, &id, &0));
    meter.call("cancel", |p| p.escrow.cancel(&p.seller, &id));
    meter.call("refund", |p| p.escrow.refund(&id, &p.investors[0]));
    let holders = HostVec::from_slice(&p.env, &crowd);
    meter.call("refund_batch_20", |p| p.escrow.refund_batch(&id, &holders));

    let late = p.active(&terms(p, 4));
    p.pass(DAY * 70);
    meter.call("mark_default", |p| p.escrow.mark_default(&late));
    p.freeze(&p.investors[0]);
    p.pass(DAY * 100);
    meter.call("recover_position", |p| {
        p.escrow
            .recover_position(&p.compliance, &p.arbiter, &late, &p.investors[0], &p.investors[1])
    });
    meter.call("write_off", |p| p.escrow.write_off(&p.arbiter, &late));
    meter.call("bump", |p| {
        p.escrow.bump(&late, &HostVec::from_slice(&p.env, &p.investors))
    });
}

fn pinned() -> BTreeMap<String, Cost> {
    let table = std::fs::read_to_string(Path::new(TABLE)).expect("a table of costs");
    let rows = table.lines().skip(1).map(|line| {
        let mut cells = line.split('\t');
        let name = cells.next().unwrap().to_string();
        let cost: Vec<u64> = cells.map(|cell| cell.parse().unwrap()).collect();
        (name, Cost::try_from(cost).unwrap())
    });
    rows.collect()
}

fn write(costs: &BTreeMap<&'static str, Cost>) {
    let mut table = String::from("call\tinstructions\twritten\tevents\n");
    for (name, [instructions, written, events]) in costs {
        table += &format!("{name}\t{instructions}\t{written}\t{events}\n");
    }
    std::fs::write(TABLE, table).expect("a table that can be written");
}

/// Whether `now` is within 5 % of `pinned`.
fn close(now: u64, pinned: u64) -> bool {
    now.abs_diff(pinned) * 20 <= pinned
}

#[test]
fn costs_are_pinned_and_within_the_networks_limits() {
    if std::env::var_os("STELLARSETTLE_WASM").is_none() {
        eprintln!("SKIPPED: no wasm to measure; set STELLARSETTLE_WASM to the folder that holds it");
        return;
    }
    let platform = Platform::new();
    let mut meter = Meter {
        platform: &platform,
        costs: BTreeMap::new(),
    };
    straight_path(&mut meter);
    ways_out(&mut meter);
    for (name, cost) in &meter.costs {
        let fits = cost.iter().zip(LIMITS).all(|(used, limit)| *used <= limit);
        assert!(fits, "{name}: {cost:?} of {LIMITS:?}");
    }
    if std::env::var_os("REPIN").is_some() {
        write(&meter.costs);
        return;
    }
    let pinned = pinned();
    let names: Vec<&str> = pinned.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        meter.costs.keys().copied().collect::<Vec<_>>(),
        "calls in the table"
    );
    for (name, cost) in &meter.costs {
        let before = pinned[*name];
        let same = cost.iter().zip(before).all(|(now, pinned)| close(*now, pinned));
        assert!(same, "{name}: {cost:?}, pinned {before:?}; if it is meant, REPIN=1");
    }
}
