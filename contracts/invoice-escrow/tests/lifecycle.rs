//! The table of transitions: what it promises, and the diagram of the README that is drawn from it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use invoice_escrow::{Status, Transition, TRANSITIONS};

const BEGIN: &str = "```mermaid\n";
const END: &str = "```\n";

/// The diagram, in the order of the table; steps between the same two statuses share an arrow.
fn diagram() -> String {
    let mut arrows: Vec<(Status, Status, Vec<String>)> = Vec::new();
    for Transition { from, step, to } in TRANSITIONS {
        let label = words(&format!("{step:?}"));
        match arrows.iter_mut().find(|arrow| (arrow.0, arrow.1) == (from, to)) {
            Some(arrow) => arrow.2.push(label),
            None => arrows.push((from, to, vec![label])),
        }
    }
    let mut lines = vec!["stateDiagram-v2".to_string(), "    [*] --> Created".to_string()];
    for (from, to, labels) in &arrows {
        lines.push(format!("    {from:?} --> {to:?}: {}", labels.join(", ")));
    }
    let mut ends: Vec<Status> = arrows.iter().map(|arrow| arrow.1).collect();
    ends.retain(|status| arrows.iter().all(|arrow| arrow.0 != *status));
    ends.dedup();
    ends.sort_by_key(|status| *status as u32);
    ends.dedup();
    lines.extend(ends.iter().map(|status| format!("    {status:?} --> [*]")));
    lines.push(String::new());
    lines.join("\n")
}

/// "CancelRaised" as "cancel raised".
fn words(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[test]
fn the_readme_shows_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("a README");
    let (head, rest) = readme.split_once(BEGIN).expect("a diagram in the README");
    let (shown, tail) = rest.split_once(END).expect("an end of the diagram");
    if std::env::var_os("REDRAW").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{}{END}{tail}", diagram())).expect("a README that can be written");
        return;
    }
    assert_eq!(
        shown,
        diagram(),
        "draw the diagram again: REDRAW=1 cargo test -p invoice-escrow --test lifecycle"
    );
}

#[test]
fn no_step_leads_two_ways() {
    for (index, row) in TRANSITIONS.iter().enumerate() {
        let twice = TRANSITIONS.iter().skip(index + 1);
        assert!(
            twice
                .clone()
                .all(|other| (other.from, other.step) != (row.from, row.step)),
            "{row:?} is there twice"
        );
    }
}

#[test]
fn there_is_no_way_back() {
    for start in TRANSITIONS.iter().filter(|row| row.from != row.to) {
        let mut ahead = vec![start.to];
        let mut next = 0;
        while let Some(status) = ahead.get(next).copied() {
            assert_ne!(status, start.from, "back from {:?} to {:?}", start.to, start.from);
            for row in TRANSITIONS.iter().filter(|row| row.from == status) {
                if !ahead.contains(&row.to) {
                    ahead.push(row.to);
                }
            }
            next += 1;
        }
    }
}

#[test]
fn numbers_of_statuses_are_for_ever() {
    let numbers = [
        (Status::Created, 0),
        (Status::Open, 1),
        (Status::Funded, 2),
        (Status::Active, 3),
        (Status::Settled, 4),
        (Status::Defaulted, 5),
        (Status::WrittenOff, 6),
        (Status::Refunding, 7),
        (Status::Refunded, 8),
        (Status::Cancelled, 9),
    ];
    assert!(numbers.iter().all(|(status, number)| *status as u32 == *number));
}
