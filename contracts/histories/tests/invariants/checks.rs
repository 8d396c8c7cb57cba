//! What must hold after every command, and what must be possible at the end of every history.

use std::collections::BTreeMap;

use invoice_escrow::{Invoice, Status, TRANSITIONS};
use proptest::prelude::*;
use soroban_sdk::{Address, Symbol};
use stellarsettle_histories::platform::DAY;
use stellarsettle_shared::math::SCALE;

use crate::commands::{Command, Decision, INVOICES};
use crate::fold::amount_due;
use crate::ledger;
use crate::world::{Outcome, World};

type Checked = Result<(), TestCaseError>;

/// The statuses in which the escrow holds principal.
const HOLDING: [Status; 3] = [Status::Open, Status::Funded, Status::Refunding];

/// I1, I2: each contract holds at least what it owes, asset by asset, and owes exactly what its invoices say.
pub fn solvency(world: &World) -> Checked {
    let p = &world.platform;
    for asset in &world.assets {
        let (mut principal, mut liability, mut fees) = (0, 0, 0);
        for number in 0..INVOICES {
            let invoice = world.invoice(number);
            if invoice.terms.asset != *asset {
                continue;
            }
            if HOLDING.contains(&invoice.status) {
                principal += invoice.raised - invoice.refunded;
            }
            if let Ok(Ok(pool)) = p.distributor.try_get_payment(&world.ids[number]) {
                liability += pool.investors - pool.claimed + pool.seller - pool.seller_claimed;
                fees += pool.fee;
            }
        }
        liability += fees - world.folded.accounts.get(asset).map_or(0, |account| account.collected);
        let (balance, stored) = p.escrow.solvency(asset);
        prop_assert_eq!(stored, principal, "I1: principal");
        prop_assert!(balance >= principal, "I1: escrow holds {balance} of {principal}");
        let (balance, stored) = p.distributor.solvency(asset);
        prop_assert_eq!(stored, liability, "I2: liability");
        prop_assert!(balance >= liability, "I2: distributor holds {balance} of {liability}");
    }
    Ok(())
}

/// I4 to I8 on one invoice.
pub fn invoice(world: &World, number: usize) -> Checked {
    let p = &world.platform;
    let id = &world.ids[number];
    let invoice = world.invoice(number);
    let token = p.token(id);
    let shares: i128 = p.investors.iter().map(|investor| token.balance(investor)).sum();
    prop_assert_eq!(shares, token.total_supply(), "I5: positions and supply");
    prop_assert!(invoice.raised <= invoice.terms.target, "I6: more raised than asked");
    if HOLDING.contains(&invoice.status) {
        prop_assert_eq!(shares, invoice.raised - invoice.refunded, "I8: a share for each unit");
    }
    let Ok(Ok(pool)) = p.distributor.try_get_payment(id) else {
        return Ok(());
    };
    prop_assert_eq!(invoice.refunded, 0, "I8: refunded and released");
    prop_assert!(pool.seller_claimed <= pool.seller, "I4: residual");
    prop_assert_eq!(
        pool.investors,
        invoice.investors + invoice.late_paid,
        "both contracts agree"
    );
    let fee = i128::from(invoice.terms.fee_bps) * invoice.paid / 10_000;
    prop_assert_eq!(pool.fee, fee, "I13: the fee telescopes");
    let to_seller = invoice.paid - pool.fee - invoice.investors;
    let served = invoice.investors == invoice.par_sold;
    prop_assert!(
        to_seller == 0 || served,
        "I7: {to_seller} of face to the seller too early"
    );
    let credits: i128 = p
        .investors
        .iter()
        .map(|investor| p.distributor.calculate_distribution(id, investor))
        .sum();
    let left = pool.investors - pool.claimed - credits;
    prop_assert!(left >= 0, "I4: credits exceed the pool by {}", -left);
    let holders = world.holders[number].len() as i128;
    let dust = if served { holders - 1 } else { holders };
    prop_assert!(
        left <= dust.max(0),
        "I4: {left} units belong to nobody, {holders} holders"
    );
    Ok(())
}

/// I9: the table leads from one status to the other, in any number of steps.
pub fn forward(before: Status, now: Status) -> Checked {
    let mut seen = vec![before];
    let mut next = 0;
    while next < seen.len() {
        let from = seen[next];
        let rows = TRANSITIONS.iter().filter(|row| row.from == from);
        for row in rows {
            if !seen.contains(&row.to) {
                seen.push(row.to);
            }
        }
        next += 1;
    }
    prop_assert!(seen.contains(&now), "I9: {before:?} to {now:?}");
    Ok(())
}

/// I3, I8, I10: what events alone show.
pub fn told(world: &World) -> Checked {
    let fold = &world.folded;
    prop_assert!(fold.broken.is_empty(), "{:?}", fold.broken);
    let both = fold.refunded.intersection(&fold.paid_out).count();
    prop_assert_eq!(both, 0, "I8: somebody refunded and paid");
    Ok(())
}

/// I16: the events rebuild all that the contracts remember but allowances, and what the views make of it.
pub fn rebuilt(world: &World) -> Checked {
    told(world)?;
    let held = ledger::held(&world.platform, &world.folded);
    let told = ledger::told(&world.platform, &world.folded);
    for (key, value) in &held {
        prop_assert_eq!(told.get(key), Some(value), "I16: events and ledger at {:?}", key);
    }
    let missing = told.keys().find(|key| !held.contains_key(*key));
    prop_assert_eq!(missing, None, "I16: told and not there");
    platform_views(world)?;
    (0..INVOICES).try_for_each(|number| invoice_views(world, number))
}

fn platform_views(world: &World) -> Checked {
    let (p, fold) = (&world.platform, &world.folded);
    prop_assert_eq!(Some(p.escrow.params()), fold.escrow.params.clone(), "I16: params");
    prop_assert_eq!(
        Some(p.distributor.treasury()),
        fold.distributor.treasury.clone(),
        "I16: treasury"
    );
    for (account, member) in &fold.members {
        prop_assert_eq!(&p.escrow.member(account), member, "I16: member");
        prop_assert_eq!(p.escrow.held(account), member.frozen, "I16: held");
        for role in ["verifier", "servicer", "arbiter", "compliance", "guardian"] {
            let told = fold.escrow.roles.contains(&(role.to_string(), account.clone()));
            prop_assert_eq!(
                p.escrow.has_role(&Symbol::new(&p.env, role), account),
                told,
                "I16: {}",
                role
            );
        }
    }
    for asset in &world.assets {
        let principal = fold.principal.get(asset).copied().unwrap_or_default();
        prop_assert_eq!(p.escrow.solvency(asset).1, principal, "I16: principal");
        let liability = fold.accounts.get(asset).map_or(0, |account| account.liability);
        prop_assert_eq!(p.distributor.solvency(asset).1, liability, "I16: liability");
    }
    Ok(())
}

fn invoice_views(world: &World, number: usize) -> Checked {
    let (p, fold) = (&world.platform, &world.folded);
    let id = &world.ids[number];
    let key = id.to_array();
    let invoice = world.invoice(number);
    prop_assert_eq!(Some(&invoice), fold.invoices.get(&key), "I16: invoice {}", number);
    prop_assert_eq!(p.escrow.amount_due(id), amount_due(&invoice, p.now()), "I16: due");
    let held = fold.members.get(&invoice.payee).is_some_and(|member| member.frozen);
    prop_assert_eq!(p.escrow.payee(id), (invoice.payee, held), "I16: payee");
    let pool = p.distributor.try_get_payment(id).ok().and_then(Result::ok);
    prop_assert_eq!(pool.as_ref(), fold.pools.get(&key), "I16: pool {}", number);
    let token = p.token(id);
    let supply = fold.totals.get(&key).map_or(0, |totals| totals.supply);
    prop_assert_eq!(token.total_supply(), supply, "I16: supply");
    for investor in &p.investors {
        let counted = fold.counted(key, investor);
        prop_assert_eq!(token.balance(investor), counted.shares, "I16: shares");
        prop_assert_eq!(token.accrued(investor), counted.accrued, "I16: credit");
        let own = fold.balances.get(&(token.address.clone(), investor.clone()));
        prop_assert_eq!(*own.unwrap_or(&0), counted.shares, "I16: the token's own events");
        if pool.is_some() {
            let preview = p.distributor.calculate_distribution(id, investor);
            prop_assert_eq!(preview, counted.accrued / SCALE, "I16: what a claim pays");
        }
    }
    Ok(())
}

/// I11: what has a time happens in its time, and is refused as too early only before it.
pub fn time(before: &Invoice, frozen_at: u64, now: u64, command: &Command, outcome: &Outcome) -> Checked {
    let terms = &before.terms;
    let default_at = terms.due_at + terms.grace;
    let expiry = if before.status == Status::Open {
        terms.deadline
    } else {
        terms.due_at
    };
    let (from, until) = match command {
        Command::Publish(_) | Command::Fund(..) => (0, terms.deadline),
        Command::Expire(_) => (expiry, u64::MAX),
        Command::Release(_) => (before.release_at, terms.due_at),
        Command::MarkDefault(_) => (default_at, u64::MAX),
        Command::WriteOff(_) => (default_at + before.recovery, u64::MAX),
        Command::Recover(..) => (frozen_at + DAY * 7, u64::MAX),
        Command::Transfer(..) => (before.disputed_until, u64::MAX),
        Command::Close(_) => (0, terms.due_at - terms.release_delay),
        _ => return Ok(()),
    };
    match outcome.refusal.as_deref() {
        None => prop_assert!(
            from <= now && now < until,
            "I11: {command:?} at {now}, not in {from}..{until}"
        ),
        Some("TimeLocked") => prop_assert!(now < from, "I11: {command:?} too early at {now}, from {from}"),
        Some("DeadlinePassed" | "DuePassed") => {
            prop_assert!(until <= now, "I11: {command:?} too late at {now}, until {until}")
        }
        Some(_) => {}
    }
    Ok(())
}

/// Whatever belongs to somebody: principal, shares, credit, residual, wealth. The treasury is the platform's.
pub fn belongings(world: &World) -> BTreeMap<String, i128> {
    let p = &world.platform;
    let mut all = BTreeMap::new();
    let people = p
        .investors
        .iter()
        .chain(&world.sellers)
        .chain([&p.debtor, &p.servicer, &p.outsider]);
    for (place, account) in people.enumerate() {
        for (kind, asset) in world.assets.iter().enumerate() {
            let balance = soroban_sdk::token::TokenClient::new(&p.env, asset).balance(account);
            all.insert(format!("account {place} in asset {kind}"), balance);
        }
    }
    for (number, id) in world.ids.iter().enumerate() {
        let invoice = world.invoice(number);
        let token = p.token(id);
        all.insert(format!("principal of {number}"), invoice.raised - invoice.refunded);
        all.insert(format!("status of {number}"), invoice.status as i128);
        let pool = p.distributor.try_get_payment(id).ok().and_then(Result::ok);
        let residual = pool.map_or(0, |pool| pool.seller - pool.seller_claimed);
        all.insert(format!("residual of {number}"), residual);
        for (place, investor) in p.investors.iter().enumerate() {
            all.insert(format!("shares of {place} in {number}"), token.balance(investor));
            all.insert(format!("credit of {place} in {number}"), token.accrued(investor));
        }
    }
    all
}

/// I12, I17: without seller or admin, everybody who can be paid gets everything; the others keep what they have.
pub fn exits(world: &mut World) -> Checked {
    // Long enough for every deadline, dispute and delay, and for every debt to be overdue.
    world.run(&Command::Pass(DAY * 800));
    for number in 0..INVOICES {
        world.run(&Command::Expire(number));
        world.run(&Command::RefundBatch(number));
        world.run(&Command::PaySettling(number));
        world.run(&Command::Distribute(number));
        world.run(&Command::ClaimResidual(number));
    }
    world.run(&Command::CollectFees(0));
    world.run(&Command::CollectFees(1));
    for number in 0..INVOICES {
        exited(world, number)?;
        invoice(world, number)?;
    }
    solvency(world)?;
    rebuilt(world)
}

fn exited(world: &World, number: usize) -> Checked {
    let p = &world.platform;
    let id = &world.ids[number];
    let invoice = world.invoice(number);
    let token = p.token(id);
    let stuck = [
        Status::Open,
        Status::Funded,
        Status::Active,
        Status::Defaulted,
        Status::WrittenOff,
    ];
    prop_assert!(
        !stuck.contains(&invoice.status),
        "I17: invoice {number} stuck in {:?}",
        invoice.status
    );
    let payable: Vec<&Address> = p
        .investors
        .iter()
        .filter(|investor| world.payable(&invoice.terms.asset, investor))
        .collect();
    let nobody_missing = payable.len() == p.investors.len();
    match invoice.status {
        Status::Refunding => {
            prop_assert!(!nobody_missing, "I17: refunds open for nobody");
            for investor in &payable {
                prop_assert_eq!(token.balance(investor), 0, "I12: principal kept from somebody");
            }
        }
        Status::Refunded => prop_assert_eq!(invoice.raised, invoice.refunded, "I8: principal returned"),
        Status::Settled => {
            prop_assert_eq!(invoice.investors, invoice.par_sold, "I17: investors have par");
            for investor in &payable {
                let left = p.distributor.calculate_distribution(id, investor);
                prop_assert_eq!(left, 0, "I12: credit kept from somebody");
            }
            let pool = p.distributor.get_payment(id);
            let residual = pool.seller - pool.seller_claimed;
            let payee_can = world.payable(&invoice.terms.asset, &invoice.payee);
            prop_assert!(residual == 0 || !payee_can, "I17: {residual} kept from the payee");
        }
        _ => prop_assert_eq!(invoice.raised, invoice.refunded, "I17: ended with money"),
    }
    Ok(())
}

/// Trouble before the exits: new business stopped, somebody frozen, somebody who cannot receive, disputes everywhere.
pub fn trouble(world: &mut World) {
    world.run(&Command::Decide(Decision::Freeze(1)));
    world.run(&Command::Authorise(0, 2, false));
    for number in 0..INVOICES {
        world.run(&Command::Dispute(number, 2));
    }
    world.run(&Command::Decide(Decision::Pause));
}
