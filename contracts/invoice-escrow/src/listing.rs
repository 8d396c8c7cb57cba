//! From an invoice on paper to an offer: created by the seller, approved by a verifier, published by the seller.

use soroban_sdk::{token::TokenClient, xdr::ToXdr, Address, Bytes, BytesN, ContractExecutable, Env, String};
use stellarsettle_shared::{pause, roles, Error};

use crate::events::{InvoiceAcknowledged, InvoiceApproved, InvoiceCreated, InvoicePublished, InvoiceRejected};
use crate::lifecycle::Step;
use crate::types::{Invoice, Status, Terms};
use crate::{admin, members, storage, terms, token_code};

/// Lists an invoice, deploys its token and returns its id.
pub fn create(env: &Env, seller: Address, offer: Terms, attempt: u32) -> Result<BytesN<32>, Error> {
    pause::require_running(env)?;
    members::require_member(env, &seller)?;
    admin::require_asset(env, &offer.asset)?;
    let params = storage::params(env)?;
    terms::require_valid(env, &seller, &offer, &params)?;
    let id = identity(env, &offer.natural, &seller, attempt);
    if storage::invoice_exists(env, &id) {
        return Err(Error::InvoiceExists);
    }
    let mut invoice = Invoice {
        token: deploy_token(env, &id, &offer.asset)?,
        payee: seller.clone(),
        seller,
        terms: offer,
        attempt,
        recovery: params.recovery,
        dispute_limit: params.dispute_limit,
        ticket: params.ticket,
        status: Status::Created,
        approved: false,
        acknowledged: false,
        raised: 0,
        refunded: 0,
        par_sold: 0,
        release_at: 0,
        paid: 0,
        investors: 0,
        late_num: 0,
        late_days: 0,
        late_paid: 0,
        disputed_until: 0,
        seller_disputed: false,
        debtor_disputed: false,
        seq: 0,
    };
    invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    announce(env, id.clone(), invoice);
    Ok(id)
}

/// Records a verifier's approval and takes the natural key.
pub fn approve(env: &Env, verifier: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    members::require_role_on(env, roles::VERIFIER, &verifier, &invoice)?;
    invoice.require_status(Status::Created)?;
    if invoice.approved {
        return Err(Error::AlreadyApproved);
    }
    storage::take_listing(env, &id, &invoice)?;
    invoice.approved = true;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceApproved { id, verifier, seq }.publish(env);
    Ok(())
}

/// Ends a listing that is not published, also after approval.
pub fn reject(env: &Env, verifier: Address, id: BytesN<32>, reason: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    members::require_role_on(env, roles::VERIFIER, &verifier, &invoice)?;
    invoice.step(Step::Reject)?;
    storage::give_listing_back(env, &id, &invoice);
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceRejected {
        id,
        verifier,
        reason,
        seq,
    }
    .publish(env);
    Ok(())
}

/// Opens an approved invoice for investors.
pub fn publish(env: &Env, seller: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    invoice.require_seller(&seller)?;
    invoice.step(Step::Publish)?;
    if !invoice.approved {
        return Err(Error::NotApproved);
    }
    if invoice.terms.deadline <= env.ledger().timestamp() {
        return Err(Error::DeadlinePassed);
    }
    admin::require_asset(env, &invoice.terms.asset)?;
    pause::require_running(env)?;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoicePublished { id, seq }.publish(env);
    Ok(())
}

/// Records that the debtor confirms the debt, once.
pub fn acknowledge(env: &Env, debtor: Address, id: BytesN<32>) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    if !invoice.is_debtor(&debtor) {
        return Err(Error::NotDebtor);
    }
    invoice.require_any(&[
        Status::Created,
        Status::Open,
        Status::Funded,
        Status::Active,
        Status::Defaulted,
    ])?;
    if invoice.acknowledged {
        return Err(Error::AlreadyAcknowledged);
    }
    invoice.acknowledged = true;
    let seq = invoice.next_seq()?;
    storage::set_invoice(env, &id, &invoice)?;
    InvoiceAcknowledged { id, debtor, seq }.publish(env);
    Ok(())
}

/// The id of an invoice: `sha256(natural | seller as XDR | attempt)`. Useless to anybody but the seller.
///
/// The seller is the XDR of the ScVal that holds the address, the attempt four bytes in big-endian order.
fn identity(env: &Env, natural: &BytesN<32>, seller: &Address, attempt: u32) -> BytesN<32> {
    let mut preimage = Bytes::from(natural.clone());
    preimage.append(&seller.clone().to_xdr(env));
    preimage.extend_from_array(&attempt.to_be_bytes());
    env.crypto().sha256(&preimage).to_bytes()
}

/// Where the token of an invoice lives, before and after its creation.
pub fn token_address(env: &Env, id: &BytesN<32>) -> Address {
    env.deployer().with_current_contract(id.clone()).deployed_address()
}

/// Deploys the shares of an invoice; name and symbol come from its id, so that nobody can choose a misleading one.
fn deploy_token(env: &Env, id: &BytesN<32>, asset: &Address) -> Result<Address, Error> {
    let code = ContractExecutable::Wasm(token_code::in_force(env)?);
    let arguments = (
        env.current_contract_address(),
        storage::distributor(env)?,
        id.clone(),
        TokenClient::new(env, asset).decimals(),
        labelled(env, b"Invoice ", id)?,
        labelled(env, b"INV-", id)?,
    );
    let deployer = env.deployer().with_current_contract(id.clone());
    Ok(deployer.deploy_contract(code, arguments))
}

/// `label` followed by the first eight hex digits of the id.
fn labelled(env: &Env, label: &[u8], id: &BytesN<32>) -> Result<String, Error> {
    let mut text = Bytes::from_slice(env, label);
    for byte in id.iter().take(4) {
        text.push_back(hex_digit(byte >> 4)?);
        text.push_back(hex_digit(byte & 15)?);
    }
    Ok(String::from(text))
}

fn hex_digit(value: u8) -> Result<u8, Error> {
    let digits = b"0123456789abcdef";
    digits.get(usize::from(value)).copied().ok_or(Error::Overflow)
}

fn announce(env: &Env, id: BytesN<32>, invoice: Invoice) {
    let terms = invoice.terms;
    InvoiceCreated {
        id,
        seller: invoice.seller,
        debtor: terms.debtor,
        asset: terms.asset,
        natural: terms.natural,
        doc_hash: terms.doc_hash,
        face: terms.face,
        target: terms.target,
        par: terms.par,
        min_raise: terms.min_raise,
        fee_bps: terms.fee_bps,
        late_bps: terms.late_bps,
        late_cap_bps: terms.late_cap_bps,
        due_at: terms.due_at,
        deadline: terms.deadline,
        grace: terms.grace,
        release_delay: terms.release_delay,
        needs_ack: terms.needs_ack,
        attempt: invoice.attempt,
        token: invoice.token,
        recovery: invoice.recovery,
        dispute_limit: invoice.dispute_limit,
        ticket: invoice.ticket,
        seq: invoice.seq,
    }
    .publish(env);
}
