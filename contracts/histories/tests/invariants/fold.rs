//! State rebuilt from events alone, in the order they were emitted: what an indexer does.

use std::collections::{BTreeMap, BTreeSet};

use invoice_escrow::Status;
use soroban_sdk::xdr::{ContractEvent, ContractEventBody, ScMapEntry, ScVal, VecM};
use soroban_sdk::{Address, BytesN, Env, TryFromVal, Val};
use stellarsettle_histories::platform::Platform;

const SCALE: i128 = 1_000_000_000_000_000_000;

type Id = [u8; 32];

/// What the events say of one invoice and its pool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InvoiceState {
    pub status: u32,
    pub approved: bool,
    pub acknowledged: bool,
    pub payee: Option<Address>,
    pub raised: i128,
    pub refunded: i128,
    pub par_sold: i128,
    pub release_at: u64,
    pub paid: i128,
    pub investors: i128,
    pub late_paid: i128,
    pub disputed_until: u64,
    pub seq: u32,
    pub pool: Option<PoolState>,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PoolState {
    pub late: i128,
    pub fee: i128,
    pub investors: i128,
    pub seller: i128,
    pub claimed: i128,
    pub seller_claimed: i128,
    pub seq: u32,
    pub index: i128,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Position {
    pub shares: i128,
    pub index: i128,
    pub credit: i128,
}

#[derive(Default)]
pub struct Fold {
    pub invoices: BTreeMap<Id, InvoiceState>,
    pub positions: BTreeMap<(Id, Address), Position>,
    /// Balances by the tokens' own events.
    pub balances: BTreeMap<(Address, Address), i128>,
    /// Until, frozen, frozen at.
    pub members: BTreeMap<Address, (u64, bool, u64)>,
    /// Fees collected in all, by asset.
    pub fees: BTreeMap<Address, i128>,
    pub references: BTreeSet<(Id, Id)>,
    pub refunded: BTreeSet<(Id, Address)>,
    pub paid_out: BTreeSet<(Id, Address)>,
    /// What broke a rule that events alone can show.
    pub broken: Vec<String>,
}

/// One event, decoded.
struct Event<'a> {
    env: &'a Env,
    name: String,
    topics: &'a [ScVal],
    data: &'a VecM<ScMapEntry>,
}

fn decode<T: TryFromVal<Env, Val>>(env: &Env, value: &ScVal) -> T {
    let value = Val::try_from_val(env, value).expect("a value of the host");
    T::try_from_val(env, &value).unwrap_or_else(|_| panic!("a field of another type"))
}

impl Event<'_> {
    fn topic<T: TryFromVal<Env, Val>>(&self, place: usize) -> T {
        decode(self.env, &self.topics[place])
    }

    fn field<T: TryFromVal<Env, Val>>(&self, name: &str) -> T {
        self.optional(name)
            .unwrap_or_else(|| panic!("{} without {name}", self.name))
    }

    fn optional<T: TryFromVal<Env, Val>>(&self, name: &str) -> Option<T> {
        let named =
            |entry: &&ScMapEntry| matches!(&entry.key, ScVal::Symbol(key) if key.to_utf8_string_lossy() == name);
        let entry = self.data.iter().find(named)?;
        (entry.val != ScVal::Void).then(|| decode(self.env, &entry.val))
    }

    fn id(&self) -> Id {
        self.topic::<BytesN<32>>(1).to_array()
    }
}

impl Fold {
    pub fn shares(&self, id: &BytesN<32>, holder: &Address) -> i128 {
        let position = self.positions.get(&(id.to_array(), holder.clone()));
        position.map_or(0, |position| position.shares)
    }

    pub fn events(&mut self, platform: &Platform, events: &[ContractEvent]) {
        let ours = [&platform.escrow.address, &platform.distributor.address];
        for event in events {
            let contract: Address = decode(
                &platform.env,
                &ScVal::Address(soroban_sdk::xdr::ScAddress::Contract(
                    event.contract_id.clone().expect("a contract's event"),
                )),
            );
            let ContractEventBody::V0(body) = &event.body;
            if !ours.contains(&&contract) {
                self.asset_or_token(&platform.env, contract, &body.topics, &body.data);
                continue;
            }
            let ScVal::Map(Some(data)) = &body.data else {
                panic!("an event of the platform is a map");
            };
            let event = Event {
                env: &platform.env,
                name: decode::<soroban_sdk::Symbol>(&platform.env, &body.topics[0]).to_string(),
                topics: &body.topics,
                data: &data.0,
            };
            if contract == platform.escrow.address {
                self.escrow(&event, platform.now());
            } else {
                self.distributor(&event);
            }
        }
    }

    /// SEP-41 events, of assets and of shares alike; only those of shares are asked for later.
    fn asset_or_token(&mut self, env: &Env, contract: Address, topics: &[ScVal], data: &ScVal) {
        let amount: i128 = match data {
            ScVal::I128(_) => decode(env, data),
            _ => return,
        };
        let mut change = |topic: usize, amount: i128| {
            let account = decode(env, &topics[topic]);
            *self.balances.entry((contract.clone(), account)).or_default() += amount;
        };
        match decode::<soroban_sdk::Symbol>(env, &topics[0]).to_string().as_str() {
            "transfer" => {
                change(1, -amount);
                change(2, amount);
            }
            "mint" => change(1, amount),
            "burn" => change(1, -amount),
            _ => {}
        }
    }

    fn escrow(&mut self, event: &Event, now: u64) {
        match event.name.as_str() {
            "member_set" => self.member(event, now),
            "share_transferred" => {
                self.set_shares(event.id(), event.topic(2), event.field("from_shares"));
                self.set_shares(event.id(), event.topic(3), event.field("to_shares"));
            }
            "share_burned" => self.set_shares(event.id(), event.topic(2), event.field("from_shares")),
            name if [
                "_set",
                "granted",
                "revoked",
                "paused",
                "proposed",
                "cancelled",
                "skimmed",
            ]
            .iter()
            .any(|end| name.ends_with(end))
                && name != "invoice_cancelled" => {}
            _ => self.invoice(event),
        }
    }

    fn member(&mut self, event: &Event, now: u64) {
        let frozen: bool = event.field("frozen");
        let member = self.members.entry(event.topic(1)).or_default();
        let since = match (member.1, frozen) {
            (true, true) => member.2,
            (false, true) => now,
            (_, false) => 0,
        };
        *member = (event.field("until"), frozen, since);
    }

    fn invoice(&mut self, event: &Event) {
        let id = event.id();
        let mut state = self.invoices.remove(&id).unwrap_or_default();
        let seq: u32 = event.field("seq");
        if seq != state.seq + 1 {
            self.broken
                .push(format!("I16: {} is number {seq} after {}", event.name, state.seq));
        }
        state.seq = seq;
        match event.name.as_str() {
            "invoice_created" => state.payee = Some(event.topic(2)),
            "invoice_approved" => state.approved = true,
            "invoice_acknowledged" => state.acknowledged = true,
            "invoice_rejected" => state.status = Status::Cancelled as u32,
            "invoice_published" => state.status = Status::Open as u32,
            "escrow_funded" => {
                state.raised = event.field("raised");
                self.set_shares(id, event.topic(2), event.field("shares"));
            }
            "funding_closed" => {
                state.status = Status::Funded as u32;
                state.par_sold = event.field("par_sold");
                state.release_at = event.field("release_at");
            }
            "funds_released" => state.status = Status::Active as u32,
            "payment_recorded" => self.payment(event, &mut state),
            "payment_settled" => state.status = Status::Settled as u32,
            "invoice_defaulted" => state.status = Status::Defaulted as u32,
            "invoice_written_off" => state.status = Status::WrittenOff as u32,
            "funding_expired" | "invoice_cancelled" => state.status = event.field("status"),
            "stake_refunded" => {
                let remaining: i128 = event.field("remaining");
                state.refunded = state.raised - remaining;
                if remaining == 0 {
                    state.status = Status::Refunded as u32;
                }
                let investor: Address = event.topic(2);
                self.positions.remove(&(id, investor.clone()));
                self.refunded.insert((id, investor));
            }
            "dispute_opened" => state.disputed_until = event.field("until"),
            "dispute_resolved" => {
                state.disputed_until = 0;
                state.status = event.field("status");
            }
            "position_recovered" => self.recover(id, event.topic(2), event.topic(3)),
            "payee_changed" => state.payee = Some(event.topic(3)),
            name => panic!("an event that nobody knows: {name}"),
        }
        let ends_dispute = [
            Status::Refunding,
            Status::Refunded,
            Status::Cancelled,
            Status::Settled,
            Status::WrittenOff,
        ];
        if ends_dispute.iter().any(|status| *status as u32 == state.status) {
            state.disputed_until = 0;
        }
        self.invoices.insert(id, state);
    }

    fn payment(&mut self, event: &Event, state: &mut InvoiceState) {
        let part = |name: &str| event.field::<i128>(name);
        let parts = part("late") + part("fee") + part("investors") + part("seller");
        if parts != part("amount") {
            self.broken
                .push(format!("I3: parts of {parts} in a payment of {}", part("amount")));
        }
        if let Some(reference) = event.optional::<BytesN<32>>("reference") {
            if !self.references.insert((event.id(), reference.to_array())) {
                self.broken.push("I10: a reference counted twice".to_string());
            }
        }
        state.paid = part("paid");
        state.investors += part("investors");
        state.late_paid += part("late");
    }

    fn distributor(&mut self, event: &Event) {
        match event.name.as_str() {
            "treasury_set" | "skimmed" => return,
            "fees_collected" => {
                self.fees.insert(event.topic(1), event.field("fees"));
                return;
            }
            _ => {}
        }
        let id = event.id();
        let state = self.invoices.entry(id).or_default();
        let pool = state.pool.get_or_insert_with(PoolState::default);
        let seq: u32 = event.field("seq");
        if seq != pool.seq + 1 {
            self.broken
                .push(format!("I16: {} is number {seq} after {}", event.name, pool.seq));
        }
        pool.seq = seq;
        match event.name.as_str() {
            "pool_opened" => {}
            "distribution_recorded" => {
                pool.late += event.field::<i128>("late");
                pool.fee += event.field::<i128>("fee");
                pool.investors += event.field::<i128>("late") + event.field::<i128>("investors");
                pool.seller += event.field::<i128>("seller");
                pool.index = event.field("index");
            }
            "payout" => {
                pool.claimed = event.field("claimed");
                let holder: Address = event.topic(2);
                let amount: i128 = event.field("amount");
                self.count(id, &holder).credit -= amount * SCALE;
                self.paid_out.insert((id, holder));
            }
            "residual_claimed" => pool.seller_claimed += event.field::<i128>("amount"),
            name => panic!("an event that nobody knows: {name}"),
        }
    }

    /// The position with all credit up to now counted in.
    pub fn count(&mut self, id: Id, holder: &Address) -> &mut Position {
        let pool = self.invoices.get(&id).and_then(|state| state.pool.as_ref());
        let index = pool.map_or(0, |pool| pool.index);
        let position = self.positions.entry((id, holder.clone())).or_default();
        position.credit += position.shares * (index - position.index);
        position.index = index;
        position
    }

    fn set_shares(&mut self, id: Id, holder: Address, shares: i128) {
        self.count(id, &holder).shares = shares;
    }

    fn recover(&mut self, id: Id, from: Address, to: Address) {
        self.count(id, &from);
        let lost = self.positions.remove(&(id, from)).unwrap_or_default();
        let position = self.count(id, &to);
        position.shares += lost.shares;
        position.credit += lost.credit;
    }
}
