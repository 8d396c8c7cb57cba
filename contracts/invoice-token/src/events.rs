//! The events of SEP-41, byte for byte, so that wallets and explorers need to know nothing else.

use soroban_sdk::{contractevent, Address, Env, MuxedAddress};

/// Shares moved.
#[contractevent(topics = ["transfer"], data_format = "single-value")]
struct Transfer {
    #[topic]
    from: Address,
    #[topic]
    to: Address,
    amount: i128,
}

/// Shares moved to a sub-account of `to`.
#[contractevent(topics = ["transfer"])]
struct TransferMuxed {
    #[topic]
    from: Address,
    #[topic]
    to: Address,
    amount: i128,
    to_muxed_id: u64,
}

/// Shares came into being: one for each unit of principal paid.
#[contractevent(topics = ["mint"], data_format = "single-value")]
pub struct Mint {
    #[topic]
    pub to: Address,
    pub amount: i128,
}

/// Shares ended: redeemed for the principal, or thrown away after settlement.
#[contractevent(topics = ["burn"], data_format = "single-value")]
pub struct Burn {
    #[topic]
    pub from: Address,
    pub amount: i128,
}

/// `spender` may move `amount` of `from`'s shares until `live_until_ledger`.
#[contractevent(topics = ["approve"], data_format = "vec")]
pub struct Approve {
    #[topic]
    pub from: Address,
    #[topic]
    pub spender: Address,
    pub amount: i128,
    pub live_until_ledger: u32,
}

/// Publishes `transfer`, with the sub-account's number if `to` has one.
pub fn transfer(env: &Env, from: Address, to: MuxedAddress, amount: i128) {
    let receiver = to.address();
    match to.id() {
        Some(to_muxed_id) => TransferMuxed {
            from,
            to: receiver,
            amount,
            to_muxed_id,
        }
        .publish(env),
        None => Transfer {
            from,
            to: receiver,
            amount,
        }
        .publish(env),
    }
}
