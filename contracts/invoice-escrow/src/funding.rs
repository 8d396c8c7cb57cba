//! How principal comes in, and how it goes to the seller or turns back. Everything that can go wrong before release
//! ends in a refund that nobody can block.

use soroban_sdk::{token::TokenClient, Address, BytesN, Env};
use stellarsettle_shared::clients::{DistributorClient, ShareClient};
use stellarsettle_shared::math::{after, mul_div, sub};
use stellarsettle_shared::{pause, Error};

use crate::events::{EscrowFunded, FundingClosed, FundingExpired, FundsReleased, InvoiceCancelled};
use crate::lifecycle::Step;
use crate::types::{Invoice, Status};
use crate::{admin, members, storage};

/// Takes a stake and gives a share for each unit; the stake that reaches the target closes the raise.
pub fn fund(env: &Env, investor: Address, id: BytesN<32>, amount: i128) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    require_open_for(env, &invoice, &investor)?;
    require_stake(&invoice, amount)?;
    let asset = TokenClient::new(env, &invoice.terms.asset);
    asset.transfer(&investor, env.current_contract_address(), &amount);
    storage::add_principal(env, &invoice.terms.asset, amount)?;
    let token = ShareClient::new(env, &invoice.token);
    token.mint(&investor, &amount);

    invoice.raise(amount)?;
    EscrowFunded {
        id: id.clone(),
        shares: token.balance(&investor),
        investor,
        amount,
        raised: invoice.raised,
        seq: invoice.next_seq()?,
    }
    .publish(env);
    if invoice.raised == invoice.terms.target {
        close(env, &id, &mut invoice)?;
    }
    storage::set_invoice(env, &id, &invoice)
}

/// Ends the raise early, with what there is.
pub fn close_funding(env: &Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_seller(&seller)?;
    invoice.require_status(Status::Open)?;
    if invoice.raised < invoice.terms.min_raise {
        return Err(Error::BelowMinimum);
    }
    if !can_release(env, &invoice)? {
        return Err(Error::DuePassed);
    }
    close(env, &id, &mut invoice)?;
    storage::set_invoice(env, &id, &invoice)
}

/// Ends what the seller left undone: an Open invoice from its deadline, a Funded one from its due date.
pub fn expire(env: &Env, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_any(&[Status::Open, Status::Funded])?;
    let open = invoice.status == Status::Open;
    let from = if open {
        invoice.terms.deadline
    } else {
        invoice.terms.due_at
    };
    if env.ledger().timestamp() < from {
        return Err(Error::TimeLocked);
    }
    if open && invoice.raised >= invoice.terms.min_raise && can_release(env, &invoice)? {
        storage::keep_listing(env, &id, &invoice);
        close(env, &id, &mut invoice)?;
    } else {
        turn_back(env, &id, &mut invoice, Step::ExpireEmpty, Step::ExpireRaised)?;
        FundingExpired {
            id: id.clone(),
            raised: invoice.raised,
            status: invoice.status,
            seq: invoice.next_seq()?,
        }
        .publish(env);
    }
    storage::set_invoice(env, &id, &invoice)
}

/// Withdraws an invoice whose money is not released; stakes become refundable.
pub fn cancel(env: &Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_seller(&seller)?;
    turn_back(env, &id, &mut invoice, Step::CancelEmpty, Step::CancelRaised)?;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceCancelled {
        id,
        by: seller,
        raised: invoice.raised,
        status: invoice.status,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Pays the raised principal to the payee and opens the pool for repayments.
pub fn release(env: &Env, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    require_releasable(env, &invoice)?;
    invoice.step(Step::Release)?;
    let Invoice {
        terms, payee, raised, ..
    } = invoice.clone();
    storage::sub_principal(env, &terms.asset, raised)?;
    TokenClient::new(env, &terms.asset).transfer(&env.current_contract_address(), &payee, &raised);
    DistributorClient::new(env, &storage::distributor(env)?).open_pool(
        &id,
        &invoice.token,
        &terms.asset,
        &invoice.par_sold,
    );
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    FundsReleased {
        id,
        payee,
        amount: raised,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Leaves the straight path before release: by one step if nothing was raised, by the other if stakes must go back.
/// The natural key is free again.
pub fn turn_back(env: &Env, id: &BytesN<32>, invoice: &mut Invoice, empty: Step, raised: Step) -> Result<(), Error> {
    invoice.step(if invoice.raised == 0 { empty } else { raised })?;
    storage::give_listing_back(env, id, invoice);
    Ok(())
}

/// Fixes what investors will get and when the money can be released.
fn close(env: &Env, id: &BytesN<32>, invoice: &mut Invoice) -> Result<(), Error> {
    invoice.step(Step::CloseFunding)?;
    invoice.par_sold = mul_div(invoice.terms.par, invoice.raised, invoice.terms.target)?;
    invoice.release_at = after(env.ledger().timestamp(), invoice.terms.release_delay)?;
    FundingClosed {
        id: id.clone(),
        raised: invoice.raised,
        par_sold: invoice.par_sold,
        release_at: invoice.release_at,
        seq: invoice.next_seq()?,
    }
    .publish(env);
    Ok(())
}

/// Whether a raise closed now would leave a second for its release.
fn can_release(env: &Env, invoice: &Invoice) -> Result<bool, Error> {
    let release_at = after(env.ledger().timestamp(), invoice.terms.release_delay)?;
    Ok(release_at < invoice.terms.due_at)
}

fn require_open_for(env: &Env, invoice: &Invoice, investor: &Address) -> Result<(), Error> {
    let now = env.ledger().timestamp();
    invoice.require_status(Status::Open)?;
    if invoice.terms.deadline <= now {
        return Err(Error::DeadlinePassed);
    }
    invoice.require_undisputed(now)?;
    pause::require_running(env)?;
    admin::require_asset(env, &invoice.terms.asset)?;
    invoice.require_outsider(investor)?;
    members::require_member(env, investor)
}

/// A stake is at least the ticket, or all that is left if that is less: a remainder can always be filled.
fn require_stake(invoice: &Invoice, amount: i128) -> Result<(), Error> {
    let left = sub(invoice.terms.target, invoice.raised)?;
    if amount <= 0 {
        return Err(Error::InvalidAmount);
    }
    if amount > left {
        return Err(Error::ExceedsTarget);
    }
    if amount < invoice.ticket.min(left) {
        return Err(Error::BelowTicket);
    }
    Ok(())
}

fn require_releasable(env: &Env, invoice: &Invoice) -> Result<(), Error> {
    let now = env.ledger().timestamp();
    invoice.require_status(Status::Funded)?;
    if now < invoice.release_at {
        return Err(Error::TimeLocked);
    }
    if invoice.terms.due_at <= now {
        return Err(Error::DuePassed);
    }
    invoice.require_undisputed(now)?;
    pause::require_running(env)?;
    if invoice.terms.needs_ack && !invoice.acknowledged {
        return Err(Error::NotAcknowledged);
    }
    members::require_unfrozen(env, &invoice.payee)
}
