//! How principal goes back: every share for the unit that was paid for it, by anyone's call, to its holder.

use soroban_sdk::{token::TokenClient, Address, BytesN, Env, Vec};
use stellarsettle_shared::clients::ShareClient;
use stellarsettle_shared::math::add;
use stellarsettle_shared::Error;

use crate::events::StakeRefunded;
use crate::lifecycle::Step;
use crate::types::{Invoice, Status};
use crate::{members, storage};

/// Holders that one batch refunds at most: more events would not fit into one transaction.
pub const BATCH: u32 = 20;

/// Refunds all of a holder's principal to `to` and returns it.
pub fn refund(env: &Env, id: BytesN<32>, holder: Address, to: Address) -> Result<i128, Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_status(Status::Refunding)?;
    require_receiver(env, &invoice, &to)?;
    members::require_unfrozen(env, &holder)?;
    let amount = ShareClient::new(env, &invoice.token).balance(&holder);
    if amount == 0 {
        return Err(Error::NothingToClaim);
    }
    TokenClient::new(env, &invoice.terms.asset).transfer(&env.current_contract_address(), &to, &amount);
    book(env, &id, &mut invoice, holder, to)
}

/// Refunds every holder of the batch who can be paid; returns what each got, 0 for those skipped.
///
/// Shares are redeemed only after the asset has moved the money, so a holder who cannot receive keeps them.
pub fn refund_batch(env: &Env, id: BytesN<32>, holders: Vec<Address>) -> Result<Vec<i128>, Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_status(Status::Refunding)?;
    if holders.len() > BATCH {
        return Err(Error::BatchTooLarge);
    }
    let here = env.current_contract_address();
    let asset = invoice.terms.asset.clone();
    let asset = TokenClient::new(env, &asset);
    let mut amounts = Vec::new(env);
    for holder in holders.iter() {
        let amount = ShareClient::new(env, &invoice.token).balance(&holder);
        let payable = amount > 0 && !storage::member(env, &holder).frozen;
        let paid = payable && matches!(asset.try_transfer(&here, &holder, &amount), Ok(Ok(())));
        amounts.push_back(if paid {
            book(env, &id, &mut invoice, holder.clone(), holder)?
        } else {
            0
        });
    }
    Ok(amounts)
}

/// Counts a refund that the asset has moved; the last one ends the invoice.
fn book(env: &Env, id: &BytesN<32>, invoice: &mut Invoice, holder: Address, to: Address) -> Result<i128, Error> {
    let amount = ShareClient::new(env, &invoice.token).redeem(&holder);
    storage::sub_principal(env, &invoice.terms.asset, amount)?;
    invoice.refunded = add(invoice.refunded, amount)?;
    let remaining = invoice.remaining()?;
    if remaining == 0 {
        invoice.step(Step::RefundLast)?;
    }
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, id, invoice)?;
    StakeRefunded {
        id: id.clone(),
        to: Some(to).filter(|to| *to != holder),
        investor: holder,
        amount,
        remaining,
        seq,
    }
    .publish(env);
    Ok(amount)
}

/// Money never goes to the platform's own contracts, where nobody could claim it.
pub fn require_receiver(env: &Env, invoice: &Invoice, to: &Address) -> Result<(), Error> {
    if *to == env.current_contract_address() || *to == storage::distributor(env)? || *to == invoice.token {
        return Err(Error::InvalidRecipient);
    }
    Ok(())
}
