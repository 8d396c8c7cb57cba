//! How the debt is paid, charged for lateness, and given up. Every payment is divided the same way: late charge,
//! platform fee, investors, seller.

use soroban_sdk::{token::TokenClient, Address, BytesN, Env};
use stellarsettle_shared::clients::DistributorClient;
use stellarsettle_shared::math::{add, div, mul, sub, BASIS_POINTS, DAY};
use stellarsettle_shared::{roles, types::Split, Error};

use crate::events::{InvoiceDefaulted, InvoiceWrittenOff, PaymentRecorded, PaymentSettled};
use crate::lifecycle::Step;
use crate::types::{Invoice, Status};
use crate::{members, storage};

const OWING: [Status; 3] = [Status::Active, Status::Defaulted, Status::WrittenOff];

/// Takes exactly `amount` from the payer, divides it and credits everybody.
pub fn record(
    env: &Env,
    payer: Address,
    id: BytesN<32>,
    amount: i128,
    reference: Option<BytesN<32>>,
) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_any(&OWING)?;
    if amount <= 0 {
        return Err(Error::InvalidAmount);
    }
    require_payer(env, &invoice, &payer, &reference)?;
    if let Some(reference) = &reference {
        storage::use_reference(env, &id, reference)?;
    }
    let distributor = storage::distributor(env)?;
    TokenClient::new(env, &invoice.terms.asset).transfer(&payer, &distributor, &amount);
    charge_late(&mut invoice, env.ledger().timestamp())?;
    let split = divide(&mut invoice, amount)?;
    DistributorClient::new(env, &distributor).record_payment(&id, &split);
    PaymentRecorded {
        id: id.clone(),
        payer,
        amount,
        late: split.late,
        fee: split.fee,
        investors: split.investors,
        seller: split.seller,
        paid: invoice.paid,
        outstanding: invoice.outstanding()?,
        reference,
        seq: invoice.next_seq()?,
    }
    .publish(env);
    settle_if_paid(env, &id, &mut invoice)?;
    storage::set_invoice(env, &id, &invoice)
}

/// What settles the invoice now: face outstanding and late charge owed; 0 in a status in which nothing is owed.
pub fn amount_due(env: &Env, id: &BytesN<32>) -> Result<i128, Error> {
    let mut invoice = storage::invoice(env, id)?;
    if !OWING.contains(&invoice.status) {
        return Ok(0);
    }
    charge_late(&mut invoice, env.ledger().timestamp())?;
    add(invoice.outstanding()?, late_owed(&invoice)?)
}

/// Marks an invoice that is not paid when grace ends.
pub fn mark_default(env: &Env, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.step(Step::MarkDefault)?;
    if env.ledger().timestamp() < invoice.default_at()? {
        return Err(Error::TimeLocked);
    }
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceDefaulted {
        id,
        outstanding: invoice.outstanding()?,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Gives up after the recovery window: the late charge stops, payments are still welcome.
pub fn write_off(env: &Env, arbiter: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    members::require_role_on(env, roles::ARBITER, &arbiter, &invoice)?;
    invoice.require_status(Status::Defaulted)?;
    let now = env.ledger().timestamp();
    if now < invoice.write_off_at()? {
        return Err(Error::TimeLocked);
    }
    charge_late(&mut invoice, now)?;
    invoice.step(Step::WriteOff)?;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceWrittenOff {
        id,
        shortfall: invoice.shortfall()?,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Debtor and seller pay as such, whatever else they are; a servicer pays with a reference to a bank payment.
fn require_payer(env: &Env, invoice: &Invoice, payer: &Address, reference: &Option<BytesN<32>>) -> Result<(), Error> {
    let party = invoice.is_party(payer);
    if !party && !storage::has_role(env, roles::SERVICER, payer) {
        return Err(Error::NotPayer);
    }
    if reference.is_some() == party {
        return Err(Error::ReferenceRule);
    }
    Ok(())
}

/// Counts the late charge up to `now`.
///
/// Day k ends k days after the due date and is charged on what investors lack at that instant; nothing changes that
/// between payments, so the days since the last count are all alike. A write-off ends the counting.
fn charge_late(invoice: &mut Invoice, now: u64) -> Result<(), Error> {
    if invoice.status == Status::WrittenOff {
        return Ok(());
    }
    let days = now.saturating_sub(invoice.terms.due_at) / DAY;
    let new_days = i128::from(days.saturating_sub(invoice.late_days));
    let daily = mul(invoice.shortfall()?, i128::from(invoice.terms.late_bps))?;
    let cap = mul(invoice.par_sold, i128::from(invoice.terms.late_cap_bps))?;
    invoice.late_num = add(invoice.late_num, mul(new_days, daily)?)?.min(cap);
    invoice.late_days = days;
    Ok(())
}

fn late_owed(invoice: &Invoice) -> Result<i128, Error> {
    sub(div(invoice.late_num, BASIS_POINTS)?, invoice.late_paid)
}

/// Divides a payment and counts it. The fee telescopes: however the face is split, the fees add up to the same.
fn divide(invoice: &mut Invoice, amount: i128) -> Result<Split, Error> {
    let late = amount.min(late_owed(invoice)?);
    let rest = sub(amount, late)?;
    let face = rest.min(invoice.outstanding()?);
    let paid = add(invoice.paid, face)?;
    let fee = sub(invoice.fee_at(paid)?, invoice.fee_at(invoice.paid)?)?;
    let investors = sub(face, fee)?.min(invoice.shortfall()?);
    let seller = sub(sub(rest, fee)?, investors)?;
    invoice.late_paid = add(invoice.late_paid, late)?;
    invoice.paid = paid;
    invoice.investors = add(invoice.investors, investors)?;
    Ok(Split {
        late,
        fee,
        investors,
        seller,
    })
}

fn settle_if_paid(env: &Env, id: &BytesN<32>, invoice: &mut Invoice) -> Result<(), Error> {
    if invoice.outstanding()? > 0 || late_owed(invoice)? > 0 {
        return Ok(());
    }
    invoice.step(Step::SettlePayment)?;
    PaymentSettled {
        id: id.clone(),
        paid: invoice.paid,
        late: invoice.late_paid,
        seq: invoice.next_seq()?,
    }
    .publish(env);
    Ok(())
}
