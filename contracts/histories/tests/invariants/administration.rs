//! What the administrative events say: owner, roles, assets, parameters, code and treasury of one contract.

use std::collections::BTreeSet;

use invoice_escrow::Params;
use soroban_sdk::{Address, BytesN, Symbol};
use stellarsettle_shared::upgrade::PendingCode;

use crate::event::Event;

/// The configuration of escrow or distributor; the other one has no roles, assets, parameters and token code.
#[derive(Default)]
pub struct Administration {
    pub owner: Option<Address>,
    pub pending_owner: Option<Address>,
    pub pending_upgrade: Option<PendingCode>,
    pub paused: bool,
    pub params: Option<Params>,
    pub token_code: Option<BytesN<32>>,
    pub next_token_code: Option<PendingCode>,
    pub roles: BTreeSet<(String, Address)>,
    pub assets: BTreeSet<Address>,
    pub treasury: Option<Address>,
}

impl Administration {
    /// Counts an event in; whether it was an administrative one.
    pub fn event(&mut self, event: &Event, now: u64) -> bool {
        match event.name.as_str() {
            "owner_proposed" => self.pending_owner = Some(event.topic(1)),
            "owner_accepted" => {
                self.owner = Some(event.topic(1));
                self.pending_owner = None;
            }
            "upgrade_proposed" => self.pending_upgrade = Some(code(event)),
            "upgrade_applied" | "upgrade_cancelled" => self.pending_upgrade = None,
            "paused" => self.paused = true,
            "unpaused" => self.paused = false,
            "params_set" => self.params = Some(params(event)),
            "token_wasm_set" => self.token_code(code(event), now),
            "token_wasm_cancelled" => self.next_token_code = None,
            "role_granted" => drop(self.roles.insert(role(event))),
            "role_revoked" => drop(self.roles.remove(&role(event))),
            "asset_set" if event.field("allowed") => drop(self.assets.insert(event.topic(1))),
            "asset_set" => drop(self.assets.remove(&event.topic::<Address>(1))),
            "treasury_set" => self.treasury = Some(event.topic(1)),
            "skimmed" => {}
            _ => return false,
        }
        true
    }

    /// Code that is in force at once is the constructor's; what was announced before and is in force by now stays.
    fn token_code(&mut self, announced: PendingCode, now: u64) {
        if announced.at <= now {
            self.token_code = Some(announced.hash);
            return;
        }
        if let Some(due) = self.next_token_code.take().filter(|next| next.at <= now) {
            self.token_code = Some(due.hash);
        }
        self.next_token_code = Some(announced);
    }
}

fn code(event: &Event) -> PendingCode {
    PendingCode {
        hash: event.field("hash"),
        at: event.field("at"),
    }
}

fn role(event: &Event) -> (String, Address) {
    (event.topic::<Symbol>(1).to_string(), event.topic(2))
}

fn params(event: &Event) -> Params {
    Params {
        fee_bps: event.field("fee_bps"),
        late_bps: event.field("late_bps"),
        late_cap_bps: event.field("late_cap_bps"),
        grace: event.field("grace"),
        release_delay: event.field("release_delay"),
        tenor: event.field("tenor"),
        recovery: event.field("recovery"),
        dispute_limit: event.field("dispute_limit"),
        ticket: event.field("ticket"),
    }
}
