//! A pause of one invoice that ends by itself. It moves no money and changes no terms.

use soroban_sdk::{Address, BytesN, Env};
use stellarsettle_shared::math::after;
use stellarsettle_shared::{roles, Error};

use crate::events::{DisputeOpened, DisputeResolved};
use crate::lifecycle::Step;
use crate::types::{Invoice, Status};
use crate::{funding, members, storage};

/// The dispute ends and nothing else changes.
const RESUME: u32 = 0;
/// The invoice is void: stakes go back, or a released invoice is in default.
const VOID: u32 = 1;

/// Opens a dispute. Seller and debtor have one each for each invoice, arbiters as many as they need.
pub fn open(env: &Env, by: Address, id: BytesN<32>, reason_hash: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    let now = env.ledger().timestamp();
    invoice.require_any(&[Status::Open, Status::Funded, Status::Active, Status::Defaulted])?;
    invoice.require_undisputed(now)?;
    use_right(env, &mut invoice, &by)?;
    invoice.disputed_until = after(now, invoice.dispute_limit)?;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    DisputeOpened {
        id,
        by,
        reason_hash,
        until: invoice.disputed_until,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Ends a dispute with an outcome.
pub fn resolve(env: &Env, arbiter: Address, id: BytesN<32>, outcome: u32) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    members::require_role_on(env, roles::ARBITER, &arbiter, &invoice)?;
    if !invoice.disputed(env.ledger().timestamp()) {
        return Err(Error::NotDisputed);
    }
    invoice.disputed_until = 0;
    match outcome {
        RESUME => {}
        VOID => make_void(env, &id, &mut invoice)?,
        _ => return Err(Error::InvalidOutcome),
    }
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    DisputeResolved {
        id,
        outcome,
        status: invoice.status,
        seq,
    }
    .publish(env);
    Ok(())
}

/// The natural key is written in either case, so that the footprint is the same; a released invoice keeps it for ever.
fn make_void(env: &Env, id: &BytesN<32>, invoice: &mut Invoice) -> Result<(), Error> {
    if matches!(invoice.status, Status::Active | Status::Defaulted) {
        storage::keep_listing(env, id, invoice);
        invoice.step(Step::VoidReleased)
    } else {
        funding::turn_back(env, id, invoice, Step::VoidEmpty, Step::VoidRaised)
    }
}

/// Uses up a party's one dispute; an arbiter who is a party disputes as such.
fn use_right(env: &Env, invoice: &mut Invoice, by: &Address) -> Result<(), Error> {
    let used = if *by == invoice.seller {
        &mut invoice.seller_disputed
    } else if invoice.is_debtor(by) {
        &mut invoice.debtor_disputed
    } else if storage::has_role(env, roles::ARBITER, by) {
        return Ok(());
    } else {
        return Err(Error::NotParty);
    };
    if *used {
        return Err(Error::AlreadyDisputed);
    }
    *used = true;
    Ok(())
}
