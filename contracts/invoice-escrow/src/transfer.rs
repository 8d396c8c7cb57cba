//! Whether shares may change hands: the token of an invoice asks here each time.

use soroban_sdk::{Address, BytesN, Env};
use stellarsettle_shared::clients::ShareClient;
use stellarsettle_shared::math::{after, DAY};
use stellarsettle_shared::{pause, roles, Error};

use crate::events::{PayeeChanged, PositionRecovered, ShareBurned, ShareTransferred};
use crate::types::{Invoice, Status};
use crate::{members, refund, storage};

/// How long everybody can see a freeze before the position of the frozen account can be moved.
const RECOVERY_DELAY: u64 = DAY * 7;

/// Allows and mirrors a transfer of shares, or refuses it.
pub fn on_transfer(
    env: &Env,
    id: BytesN<32>,
    from: Address,
    to: Address,
    amount: i128,
    from_shares: i128,
    to_shares: i128,
) -> Result<(), Error> {
    let invoice = storage::invoice(env, &id)?;
    invoice.token.require_auth();
    invoice.require_any(&[Status::Active, Status::Defaulted])?;
    pause::require_running(env)?;
    invoice.require_undisputed(env.ledger().timestamp())?;
    members::require_member(env, &from)?;
    require_acceptable(env, &invoice, &to)?;
    ShareTransferred {
        id,
        from,
        to,
        amount,
        from_shares,
        to_shares,
    }
    .publish(env);
    Ok(())
}

/// Allows and mirrors the end of shares that are receipts only, or refuses it.
pub fn on_burn(env: &Env, id: BytesN<32>, from: Address, amount: i128, from_shares: i128) -> Result<(), Error> {
    let invoice = storage::invoice(env, &id)?;
    invoice.token.require_auth();
    if invoice.status != Status::Settled {
        return Err(Error::BurnNotAllowed);
    }
    if amount <= 0 {
        return Err(Error::InvalidAmount);
    }
    ShareBurned {
        id,
        from,
        amount,
        from_shares,
    }
    .publish(env);
    Ok(())
}

/// Moves what a lost wallet has to another member: shares, credit, and the payee's right if it had that.
///
/// The one power over others' money: two roles held by two addresses, and a freeze that everybody saw for seven days.
pub fn recover(
    env: &Env,
    compliance: Address,
    arbiter: Address,
    id: BytesN<32>,
    from: Address,
    to: Address,
) -> Result<(), Error> {
    let mut invoice = storage::invoice(env, &id)?;
    members::require_role_on(env, roles::compliance(env), &compliance, &invoice)?;
    members::require_role_on(env, roles::ARBITER, &arbiter, &invoice)?;
    if from == to {
        return Err(Error::SameAddress);
    }
    require_lost(env, &from)?;
    require_acceptable(env, &invoice, &to)?;
    let shares = ShareClient::new(env, &invoice.token).recover(&from, &to);
    let earns = invoice.payee == from;
    if shares.is_none() && !earns {
        return Err(Error::NoPosition);
    }
    if let Some(shares) = shares {
        PositionRecovered {
            id: id.clone(),
            from: from.clone(),
            to: to.clone(),
            shares,
            seq: invoice.next_seq()?,
        }
        .publish(env);
    }
    if earns {
        invoice.payee = to.clone();
        PayeeChanged {
            id: id.clone(),
            from,
            to,
            seq: invoice.next_seq()?,
        }
        .publish(env);
    }
    storage::set_invoice(env, &id, &invoice)
}

/// Refuses receivers of shares who are on the other side of the invoice, no members, or the platform itself.
fn require_acceptable(env: &Env, invoice: &Invoice, to: &Address) -> Result<(), Error> {
    refund::require_receiver(env, invoice, to)?;
    invoice.require_outsider(to)?;
    members::require_member(env, to)
}

/// Refuses to move what belongs to an account that is not frozen, or not for long enough.
fn require_lost(env: &Env, from: &Address) -> Result<(), Error> {
    let member = storage::member(env, from);
    if !member.frozen {
        return Err(Error::NotFrozen);
    }
    if env.ledger().timestamp() < after(member.frozen_at, RECOVERY_DELAY)? {
        return Err(Error::TimeLocked);
    }
    Ok(())
}
