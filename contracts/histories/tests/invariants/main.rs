//! The invariants I1 to I17, each a property over random commands by everybody on several invoices in two assets.
//!
//! `HISTORIES` is the number of histories of all properties together, `SEED` the seed; a failure prints the shrunk
//! commands and the seed that finds them again. I13 and I14 have worlds of their own in `properties.rs`, too.

mod administration;
mod checks;
mod commands;
mod event;
mod fold;
mod ledger;
mod world;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stellarsettle_histories::random;

use commands::{clock, command, decision, start, Command, INVOICES};
use world::World;

type Checked = Result<(), TestCaseError>;

/// Properties that share the histories.
const PROPERTIES: u64 = 17;

/// Runs `property` on random worlds and commands, its share of all histories.
fn hold(commands: impl Strategy<Value = Command>, property: impl Fn(World, Vec<Command>) -> Checked) {
    let histories = random::histories().div_ceil(PROPERTIES);
    hold_on(histories, random::seed(), commands, property);
}

fn hold_on(
    histories: u64,
    seed: u64,
    commands: impl Strategy<Value = Command>,
    property: impl Fn(World, Vec<Command>) -> Checked,
) {
    let inputs = (start(), prop::collection::vec(commands, 1..80));
    random::hold(histories, seed, &inputs, |(released, commands)| {
        property(World::new(released), commands)
    });
}

/// Runs commands and checks after each of them.
fn after_each(world: &mut World, commands: &[Command], check: impl Fn(&mut World) -> Checked) -> Checked {
    for command in commands {
        world.run(command);
        check(world)?;
    }
    Ok(())
}

fn each_invoice(world: &World) -> Checked {
    (0..INVOICES).try_for_each(|number| checks::invoice(world, number))
}

#[test]
fn i01_the_escrow_holds_the_principal_it_owes() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| checks::solvency(world))
    });
}

#[test]
fn i02_the_distributor_holds_what_it_owes_also_when_all_have_claimed() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| checks::solvency(world))?;
        checks::exits(&mut world)
    });
}

#[test]
fn i03_the_parts_of_a_payment_are_the_payment() {
    hold(command(), |mut world, commands| {
        for command in &commands {
            let before: i128 = world
                .assets
                .iter()
                .map(|asset| world.platform.distributor.solvency(asset).1)
                .sum();
            let paid = match command {
                Command::Pay(_, amount) | Command::PayAsSeller(_, amount) | Command::PayByServicer(_, amount, _) => {
                    *amount
                }
                _ => 0,
            };
            let outcome = world.run(command);
            let owed: i128 = world
                .assets
                .iter()
                .map(|asset| world.platform.distributor.solvency(asset).1)
                .sum();
            if paid != 0 {
                let expected = if outcome.refusal.is_none() { paid } else { 0 };
                prop_assert_eq!(owed - before, expected, "I3: credited for {:?}", command);
            }
            prop_assert!(world.folded.broken.is_empty(), "{:?}", world.folded.broken);
        }
        Ok(())
    });
}

#[test]
fn i04_payouts_never_exceed_the_pool_and_leave_less_than_a_unit_a_head() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| each_invoice(world))?;
        checks::exits(&mut world)
    });
}

#[test]
fn i05_positions_add_up_to_the_supply() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| each_invoice(world))
    });
}

#[test]
fn i06_no_more_is_raised_than_asked() {
    hold(command(), |mut world, commands| {
        for command in &commands {
            let raised = |world: &World, number: usize| world.invoice(number).raised;
            let stake = match command {
                Command::Fund(number, _, amount) => Some((*number, *amount, raised(&world, *number))),
                _ => None,
            };
            let outcome = world.run(command);
            each_invoice(&world)?;
            if let (Some((number, amount, before)), None) = (stake, outcome.refusal) {
                prop_assert_eq!(raised(&world, number), before + amount, "I6: a stake counts whole");
            }
        }
        Ok(())
    });
}

#[test]
fn i07_the_seller_gets_nothing_of_the_face_before_investors_have_par() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| each_invoice(world))
    });
}

#[test]
fn i08_refunds_return_the_principal_and_nobody_is_refunded_and_paid() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| {
            each_invoice(world)?;
            checks::told(world)
        })?;
        checks::exits(&mut world)
    });
}

#[test]
fn i09_there_is_no_way_back() {
    hold(command(), |mut world, commands| {
        for command in &commands {
            let before: Vec<_> = (0..INVOICES).map(|number| world.invoice(number).status).collect();
            world.run(command);
            for (number, before) in before.into_iter().enumerate() {
                checks::forward(before, world.invoice(number).status)?;
            }
        }
        Ok(())
    });
}

#[test]
fn i10_a_payment_reference_counts_once_on_an_invoice() {
    hold(command(), |mut world, commands| {
        for command in &commands {
            let known = match command {
                Command::PayByServicer(number, _, reference) => {
                    let key = (world.ids[*number].to_array(), [*reference; 32]);
                    world.folded.references.contains(&key)
                }
                _ => false,
            };
            let outcome = world.run(command);
            prop_assert!(!known || outcome.refusal.is_some(), "I10: {command:?} counted again");
            prop_assert!(world.folded.broken.is_empty(), "{:?}", world.folded.broken);
        }
        Ok(())
    });
}

#[test]
fn i11_what_has_a_time_happens_in_it() {
    let mostly_time = prop_oneof![2 => command(), 1 => clock()];
    hold(mostly_time, |mut world, commands| {
        for command in &commands {
            let number = match command {
                Command::Publish(number)
                | Command::Fund(number, ..)
                | Command::Expire(number)
                | Command::Release(number)
                | Command::MarkDefault(number)
                | Command::WriteOff(number)
                | Command::Recover(number, ..)
                | Command::Transfer(number, ..)
                | Command::Close(number) => *number,
                _ => 0,
            };
            let before = world.invoice(number);
            let frozen_at = match command {
                Command::Recover(_, from, _) => world.platform.escrow.member(&world.person(*from)).frozen_at,
                _ => 0,
            };
            let now = world.platform.now();
            let outcome = world.run(command);
            checks::time(&before, frozen_at, now, command, &outcome)?;
        }
        Ok(())
    });
}

#[test]
fn i12_exits_stay_open_in_trouble() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |_| Ok(()))?;
        checks::trouble(&mut world);
        checks::exits(&mut world)
    });
}

/// The fee telescopes and both contracts agree after any sequence; what splits and early claims change is measured in
/// `properties.rs`.
#[test]
fn i13_totals_depend_on_what_was_paid_and_not_on_how() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| each_invoice(world))
    });
}

#[test]
fn i14_a_natural_invoice_is_listed_once() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| {
            for number in 0..INVOICES {
                let alive = world.alive(&world.invoice(number).terms.natural);
                prop_assert!(alive <= 1, "I14: {alive} listings of invoice {number} alive");
            }
            Ok(())
        })
    });
}

#[test]
fn i15_no_decision_moves_what_belongs_to_somebody() {
    let mostly_decisions = prop_oneof![2 => command(), 1 => decision()];
    hold(mostly_decisions, |mut world, commands| {
        for command in &commands {
            let decides = matches!(
                command,
                Command::Decide(_) | Command::Skim(..) | Command::CollectFees(_)
            );
            let before = decides.then(|| checks::belongings(&world));
            let outcome = world.run(command);
            if let Some(before) = before {
                prop_assert_eq!(before, checks::belongings(&world), "I15: {:?}", command);
            }
            if let (Command::Recover(_, from, _), None) = (command, outcome.refusal) {
                let member = world.platform.escrow.member(&world.person(*from));
                let seen = member.frozen && member.frozen_at + 7 * 86_400 <= world.platform.now();
                prop_assert!(
                    seen,
                    "I15: recovered from an account that was not frozen for seven days"
                );
            }
        }
        Ok(())
    });
}

#[test]
fn i16_events_rebuild_the_state() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |world| checks::rebuilt(world))
    });
}

#[test]
fn i17_nothing_is_ever_stuck() {
    hold(command(), |mut world, commands| {
        after_each(&mut world, &commands, |_| Ok(()))?;
        checks::exits(&mut world)
    });
}

/// Always the same histories: every command succeeds in one of them, and every status is reached, so that the
/// properties above speak of something.
#[test]
fn histories_reach_every_command_and_every_status() {
    let done: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let statuses: RefCell<BTreeSet<u32>> = RefCell::default();
    hold_on(320, 1, command(), |mut world, commands| {
        for command in &commands {
            let name = format!("{command:?}").split('(').next().unwrap_or_default().to_string();
            if world.run(command).refusal.is_none() {
                *done.borrow_mut().entry(name).or_default() += 1;
            }
            let now = (0..INVOICES).map(|number| world.invoice(number).status as u32);
            statuses.borrow_mut().extend(now);
        }
        Ok(())
    });
    let done = done.into_inner();
    let never: Vec<_> = commands::NAMES
        .iter()
        .filter(|name| !done.contains_key(**name))
        .collect();
    assert!(never.is_empty(), "{never:?} never succeeded: {done:?}");
    assert_eq!(
        statuses.into_inner().into_iter().collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
}

/// What a failure tells: the shortest commands that fail, and the seed that finds them again.
#[test]
fn a_failing_history_is_shrunk_and_names_its_seed() {
    let history = || {
        hold_on(20, 7, command(), |_, commands| {
            prop_assert!(commands.len() < 3, "too long");
            Ok(())
        });
    };
    let failure = std::panic::catch_unwind(history).expect_err("a property that fails");
    let told = failure.downcast_ref::<String>().expect("a message");
    assert!(told.starts_with("SEED=7: ") && told.contains("too long"), "{told}");
    let history = told.split_whitespace().collect::<String>();
    assert!(
        history.contains("(Open,[Approve(0,),Approve(0,),Approve(0,),],)"),
        "{told}"
    );
}
