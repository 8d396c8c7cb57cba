//! The page of costs: one row for each call, written and read.

use stellarsettle_histories::simulation::Cost;

use crate::calls::Costs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../COSTS.md");

/// What stands above the rows.
const HEAD: &str = "\
# What each call costs

Measured on the wasm with mainnet's limits and prices of 2026, for people with classic accounts and trustlines, on an
invoice of 500 investors. Written by the test that compares (`REPIN=1`); it fails when a figure moves by more than 5 %.

`fee` is the resource fee in stroops but rent; `rent` pays for entries to live longer. A new entry is paid for the
network's shortest lifetime (120 days) at least, which is most of the rent of a first stake. Functions that only a
contract may call are shown as if called alone; their cost is part of their callers'.

| call | instructions | entries | disk reads | disk bytes | writes | bytes written | event bytes | transaction bytes | fee | rent |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// A cost's figures in the order of the page.
fn figures(cost: &Cost) -> [i64; 10] {
    [
        i64::from(cost.instructions),
        i64::from(cost.entries),
        i64::from(cost.disk_reads),
        i64::from(cost.disk_read_bytes),
        i64::from(cost.writes),
        i64::from(cost.write_bytes),
        i64::from(cost.event_bytes),
        i64::from(cost.transaction_bytes),
        cost.fee,
        cost.rent,
    ]
}

/// Whether no figure differs from the other by more than a part in `parts`.
pub fn alike(now: &Cost, before: &Cost, parts: u64) -> bool {
    let both = figures(now).into_iter().zip(figures(before));
    both.into_iter()
        .all(|(now, before)| now.abs_diff(before) * parts <= before.unsigned_abs())
}

pub fn write(costs: &Costs) {
    let mut page = HEAD.to_string();
    for (call, cost) in costs {
        let cells = figures(cost).map(|figure| figure.to_string());
        page += &format!("| `{call}` | {} |\n", cells.join(" | "));
    }
    std::fs::write(PAGE, page).expect("a page that can be written");
}

pub fn read() -> Costs {
    let page = std::fs::read_to_string(PAGE).expect("a page of costs");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (call, cells) = row.split_once("` | ").expect("a call");
        let cells: Vec<i64> = cells
            .trim_end_matches(" |")
            .split(" | ")
            .map(|cell| cell.parse().expect("a figure"))
            .collect();
        (call.to_string(), cost(&cells))
    })
    .collect()
}

fn cost(cells: &[i64]) -> Cost {
    let small = |place: usize| u32::try_from(cells[place]).expect("a figure of 32 bits");
    Cost {
        instructions: small(0),
        entries: small(1),
        disk_reads: small(2),
        disk_read_bytes: small(3),
        writes: small(4),
        write_bytes: small(5),
        event_bytes: small(6),
        transaction_bytes: small(7),
        fee: cells[8],
        rent: cells[9],
    }
}
