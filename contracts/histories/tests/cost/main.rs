//! What each function costs on mainnet, pinned: a change of more than 5 % is a decision, not an accident.
//!
//! Only the wasm has a cost, so this needs `STELLARSETTLE_WASM`. `REPIN=1` writes the table again.

mod calls;
mod table;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use stellarsettle_histories::exports::{functions, DISTRIBUTOR, ESCROW, TOKEN};
use stellarsettle_histories::simulation::Cost;

use calls::{measured, Costs};

type Figure = fn(&Cost) -> u32;

/// Mainnet's limits of one transaction.
const LIMITS: [(&str, Figure, u32); 8] = [
    ("instructions", |cost| cost.instructions, 400_000_000),
    ("entries", |cost| cost.entries, 400),
    ("disk reads", |cost| cost.disk_reads, 200),
    ("disk bytes", |cost| cost.disk_read_bytes, 200_000),
    ("writes", |cost| cost.writes, 200),
    ("bytes written", |cost| cost.write_bytes, 132_096),
    ("event bytes", |cost| cost.event_bytes, 16_384),
    ("transaction bytes", |cost| cost.transaction_bytes, 132_096),
];

/// The most that a stake may cost, in stroops without rent.
const STAKE: i64 = 60_000;

/// The most that a call may pay for entries to live longer: half an XLM, for a listing with its token.
const RENT: i64 = 5_000_000;

/// The numbers of investors of an invoice of many and of one of few.
const MANY: usize = 500;
const FEW: usize = 30;

/// The costs of all calls on an invoice of so many investors, measured once; None without wasm.
fn costs(investors: usize) -> Option<&'static Costs> {
    static MEASURED: [OnceLock<Costs>; 2] = [const { OnceLock::new() }; 2];
    if std::env::var_os("STELLARSETTLE_WASM").is_none() {
        eprintln!("SKIPPED: no wasm to measure; set STELLARSETTLE_WASM to the folder that holds it");
        return None;
    }
    let place = usize::from(investors == MANY);
    Some(MEASURED[place].get_or_init(|| measured(investors)))
}

#[test]
fn costs_are_pinned() {
    let Some(costs) = costs(MANY) else { return };
    if std::env::var_os("REPIN").is_some() {
        table::write(costs);
        return;
    }
    let pinned = table::read();
    let calls = |costs: &Costs| costs.keys().cloned().collect::<Vec<_>>();
    assert_eq!(calls(costs), calls(&pinned), "calls measured, and calls in the table");
    for (call, cost) in costs {
        let before = &pinned[call];
        assert!(
            table::alike(cost, before, 20),
            "{call}: {cost:?}, pinned {before:?}; if it is meant, REPIN=1"
        );
    }
}

#[test]
fn every_function_has_a_cost() {
    let Some(costs) = costs(FEW) else { return };
    let faces = [("escrow", ESCROW), ("distributor", DISTRIBUTOR), ("token", TOKEN)];
    let exported: BTreeSet<String> = faces
        .iter()
        .flat_map(|(contract, face)| {
            functions(face)
                .into_iter()
                .map(move |name| format!("{contract}.{name}"))
        })
        .collect();
    let measured = costs.keys().map(|call| call.split(',').next().unwrap().to_string());
    assert_eq!(measured.collect::<BTreeSet<_>>(), exported);
    for (call, cost) in costs {
        for (what, used, limit) in LIMITS {
            assert!(used(cost) <= limit, "{call}: {} {what} of {limit}", used(cost));
        }
    }
}

/// Batches cost by what they are given; nothing costs by how many hold shares of the invoice.
#[test]
fn nothing_costs_more_because_there_are_more_investors() {
    let (Some(few), Some(many)) = (costs(FEW), costs(MANY)) else {
        return;
    };
    for (call, cost) in many {
        let before = &few[call];
        assert!(
            table::alike(cost, before, 100),
            "{call}: {cost:?} with 500 investors, {before:?} with 30"
        );
    }
}

/// Code rents about an XLM a day: nobody's call may pay for months of it.
#[test]
fn no_call_pays_the_rent_of_the_code() {
    let Some(costs) = costs(MANY) else { return };
    for (call, cost) in costs {
        assert!(cost.rent <= RENT, "{call}: {} stroops of rent", cost.rent);
    }
}

#[test]
fn a_stake_costs_no_more_than_its_goal() {
    let Some(costs) = costs(MANY) else { return };
    let stakes = costs.iter().filter(|(call, _)| call.starts_with("escrow.fund_escrow"));
    let fees: Vec<(&String, i64)> = stakes.map(|(call, cost)| (call, cost.fee)).collect();
    assert_eq!(fees.len(), 4);
    assert!(fees.iter().all(|(_, fee)| *fee <= STAKE), "{fees:?}");
}
