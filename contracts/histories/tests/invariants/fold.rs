//! State rebuilt from events alone, in the order they were emitted, with their ledgers' close times: what an indexer
//! does. Only the events of escrow and distributor count; the tokens' own give balances that must be the same.

use std::collections::{BTreeMap, BTreeSet};

use invoice_escrow::{Invoice, Member, Status, Terms};
use payment_distributor::Pool;
use soroban_sdk::xdr::{ContractEvent, ContractEventBody, ScVal};
use soroban_sdk::{Address, BytesN, Env, Symbol};
use stellarsettle_histories::platform::{Platform, DAY};
use stellarsettle_shared::math::SCALE;
use stellarsettle_shared::types::Position;

use crate::administration::Administration;
use crate::event::{decode, emitter, Event, Id};

/// What all holders of an invoice's shares have together.
#[derive(Default)]
pub struct Totals {
    pub supply: i128,
    pub index: i128,
    pub carry: i128,
}

/// What the distributor owes in an asset.
#[derive(Default)]
pub struct Account {
    pub liability: i128,
    pub fees: i128,
    pub collected: i128,
}

#[derive(Default)]
pub struct Fold {
    pub escrow: Administration,
    pub distributor: Administration,
    pub members: BTreeMap<Address, Member>,
    pub invoices: BTreeMap<Id, Invoice>,
    /// Which invoice holds a natural key.
    pub listings: BTreeMap<Id, Id>,
    /// Principal in custody, by asset.
    pub principal: BTreeMap<Address, i128>,
    pub pools: BTreeMap<Id, Pool>,
    pub accounts: BTreeMap<Address, Account>,
    pub totals: BTreeMap<Id, Totals>,
    /// Positions as a token stores them: with the index up to which they were counted.
    pub positions: BTreeMap<(Id, Address), Position>,
    /// Balances by the tokens' own events.
    pub balances: BTreeMap<(Address, Address), i128>,
    pub references: BTreeSet<(Id, Id)>,
    pub refunded: BTreeSet<(Id, Address)>,
    pub paid_out: BTreeSet<(Id, Address)>,
    /// What broke a rule that events alone can show.
    pub broken: Vec<String>,
}

impl Fold {
    pub fn shares(&self, id: &BytesN<32>, holder: &Address) -> i128 {
        let position = self.positions.get(&(id.to_array(), holder.clone()));
        position.map_or(0, |position| position.shares)
    }

    pub fn events(&mut self, platform: &Platform, events: &[ContractEvent]) {
        let env = &platform.env;
        for event in events {
            let contract = emitter(env, event);
            if contract == platform.escrow.address {
                self.of_escrow(&Event::of(env, event), platform.now());
            } else if contract == platform.distributor.address {
                self.of_distributor(&Event::of(env, event), platform.now());
            } else {
                self.of_asset_or_token(env, contract, event);
            }
        }
    }

    /// SEP-41 events, of assets and of shares alike; only those of shares are asked for later.
    fn of_asset_or_token(&mut self, env: &Env, contract: Address, event: &ContractEvent) {
        let ContractEventBody::V0(body) = &event.body;
        let amount: i128 = match &body.data {
            data @ ScVal::I128(_) => decode(env, data),
            _ => return,
        };
        let mut change = |topic: usize, amount: i128| {
            let account = decode(env, &body.topics[topic]);
            *self.balances.entry((contract.clone(), account)).or_default() += amount;
        };
        match decode::<Symbol>(env, &body.topics[0]).to_string().as_str() {
            "transfer" => {
                change(1, -amount);
                change(2, amount);
            }
            "mint" => change(1, amount),
            "burn" => change(1, -amount),
            _ => {}
        }
    }

    fn of_escrow(&mut self, event: &Event, now: u64) {
        if self.escrow.event(event, now) {
            return;
        }
        match event.name.as_str() {
            "member_set" => self.member(event, now),
            "share_transferred" => self.transferred(event),
            "share_burned" => {
                self.set_shares(event.id(), event.topic(2), event.field("from_shares"));
                self.totals_of(event.id()).supply -= event.field::<i128>("amount");
            }
            "invoice_created" => self.created(event),
            _ => self.changed(event, now),
        }
    }

    fn member(&mut self, event: &Event, now: u64) {
        let (until, frozen) = (event.field("until"), event.field("frozen"));
        let member = self.members.entry(event.topic(1)).or_default();
        let frozen_at = match (member.frozen, frozen) {
            (true, true) => member.frozen_at,
            (false, true) => now,
            (_, false) => 0,
        };
        *member = Member {
            until,
            frozen,
            frozen_at,
        };
    }

    /// What moves nothing is told, too, and changes no position.
    fn transferred(&mut self, event: &Event) {
        let (from, to): (Address, Address) = (event.topic(2), event.topic(3));
        if from != to && event.field::<i128>("amount") > 0 {
            self.set_shares(event.id(), from, event.field("from_shares"));
            self.set_shares(event.id(), to, event.field("to_shares"));
        }
    }

    fn created(&mut self, event: &Event) {
        let seller: Address = event.topic(2);
        let invoice = Invoice {
            payee: seller.clone(),
            seller,
            terms: terms(event),
            attempt: event.field("attempt"),
            token: event.field("token"),
            recovery: event.field("recovery"),
            dispute_limit: event.field("dispute_limit"),
            ticket: event.field("ticket"),
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
            seq: event.field("seq"),
        };
        if invoice.seq != 1 || self.invoices.insert(event.id(), invoice).is_some() {
            self.broken.push("I16: an invoice that does not begin".to_string());
        }
    }

    /// Every other event of an invoice.
    fn changed(&mut self, event: &Event, now: u64) {
        let id = event.id();
        let mut invoice = self.invoices.remove(&id).expect("an invoice that was created");
        self.number(event, &mut invoice.seq);
        match event.name.as_str() {
            "invoice_approved" => {
                invoice.approved = true;
                self.listings.insert(invoice.terms.natural.to_array(), id);
            }
            "invoice_acknowledged" => invoice.acknowledged = true,
            "invoice_rejected" => invoice.status = Status::Cancelled,
            "invoice_published" => invoice.status = Status::Open,
            "escrow_funded" => self.funded(event, &mut invoice),
            "funding_closed" => {
                invoice.status = Status::Funded;
                invoice.par_sold = event.field("par_sold");
                invoice.release_at = event.field("release_at");
            }
            "funds_released" => {
                invoice.status = Status::Active;
                self.hold(&invoice, -event.field::<i128>("amount"));
            }
            "payment_recorded" => self.payment(event, &mut invoice, now),
            "payment_settled" => invoice.status = Status::Settled,
            "invoice_defaulted" => invoice.status = Status::Defaulted,
            "invoice_written_off" => {
                charge_late(&mut invoice, now);
                invoice.status = Status::WrittenOff;
            }
            "funding_expired" | "invoice_cancelled" => invoice.status = event.field("status"),
            "stake_refunded" => self.refunded(event, &mut invoice),
            "dispute_opened" => {
                let by: Address = event.topic(2);
                invoice.disputed_until = event.field("until");
                invoice.seller_disputed |= by == invoice.seller;
                invoice.debtor_disputed |= Some(&by) == invoice.terms.debtor.as_ref();
            }
            "dispute_resolved" => {
                invoice.disputed_until = 0;
                invoice.status = event.field("status");
            }
            "position_recovered" => self.recovered(id, event.topic(2), event.topic(3)),
            "payee_changed" => invoice.payee = event.topic(3),
            name => panic!("an event that nobody knows: {name}"),
        }
        self.ended(id, &mut invoice);
        self.invoices.insert(id, invoice);
    }

    /// What leaving for these statuses does: a dispute ends, and before release the natural key is free again.
    fn ended(&mut self, id: Id, invoice: &mut Invoice) {
        let turned_back = [Status::Refunding, Status::Refunded, Status::Cancelled].contains(&invoice.status);
        if turned_back || [Status::Settled, Status::WrittenOff].contains(&invoice.status) {
            invoice.disputed_until = 0;
        }
        let natural = invoice.terms.natural.to_array();
        if turned_back && self.listings.get(&natural) == Some(&id) {
            self.listings.remove(&natural);
        }
    }

    fn funded(&mut self, event: &Event, invoice: &mut Invoice) {
        let amount: i128 = event.field("amount");
        invoice.raised = event.field("raised");
        self.set_shares(event.id(), event.topic(2), event.field("shares"));
        self.totals_of(event.id()).supply += amount;
        self.hold(invoice, amount);
    }

    fn refunded(&mut self, event: &Event, invoice: &mut Invoice) {
        let amount: i128 = event.field("amount");
        let remaining: i128 = event.field("remaining");
        invoice.refunded = invoice.raised - remaining;
        if remaining == 0 {
            invoice.status = Status::Refunded;
        }
        let position = (event.id(), event.topic(2));
        self.positions.remove(&position);
        self.refunded.insert(position);
        self.totals_of(event.id()).supply -= amount;
        self.hold(invoice, -amount);
    }

    fn payment(&mut self, event: &Event, invoice: &mut Invoice, now: u64) {
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
        charge_late(invoice, now);
        invoice.paid = part("paid");
        invoice.investors += part("investors");
        invoice.late_paid += part("late");
    }

    fn of_distributor(&mut self, event: &Event, now: u64) {
        if self.distributor.event(event, now) {
            return;
        }
        if event.name == "fees_collected" {
            let account = self.accounts.entry(event.topic(1)).or_default();
            account.collected = event.field("fees");
            account.fees -= event.field::<i128>("amount");
            account.liability -= event.field::<i128>("amount");
            return;
        }
        let id = event.id();
        let mut pool = self.pools.remove(&id).unwrap_or_else(|| opened(event));
        self.number(event, &mut pool.seq);
        match event.name.as_str() {
            "pool_opened" => {}
            "distribution_recorded" => self.distributed(event, &mut pool),
            "payout" => self.paid_out(event, &mut pool),
            "residual_claimed" => {
                let amount: i128 = event.field("amount");
                pool.seller_claimed += amount;
                self.account(&pool).liability -= amount;
            }
            name => panic!("an event that nobody knows: {name}"),
        }
        self.pools.insert(id, pool);
    }

    /// The index is told; what is carried to the next payment follows from it, and is nothing if it was rounded up.
    fn distributed(&mut self, event: &Event, pool: &mut Pool) {
        let part = |name: &str| event.field::<i128>(name);
        let credit = part("late") + part("investors");
        pool.late += part("late");
        pool.fee += part("fee");
        pool.investors += credit;
        pool.seller += part("seller");
        let account = self.account(pool);
        account.liability += credit + part("fee") + part("seller");
        account.fees += part("fee");
        let totals = self.totals_of(event.id());
        let each = part("index") - totals.index;
        totals.carry = (credit * SCALE + totals.carry - each * totals.supply).max(0);
        totals.index = part("index");
    }

    fn paid_out(&mut self, event: &Event, pool: &mut Pool) {
        let amount: i128 = event.field("amount");
        let holder: Address = event.topic(2);
        pool.claimed = event.field("claimed");
        self.account(pool).liability -= amount;
        let mut position = self.counted(event.id(), &holder);
        position.accrued -= amount * SCALE;
        self.positions.insert((event.id(), holder.clone()), position);
        self.paid_out.insert((event.id(), holder));
    }

    /// The position with all credit up to now counted in.
    pub fn counted(&self, id: Id, holder: &Address) -> Position {
        let index = self.totals.get(&id).map_or(0, |totals| totals.index);
        let position = self.positions.get(&(id, holder.clone())).cloned().unwrap_or(Position {
            shares: 0,
            index: 0,
            accrued: 0,
        });
        Position {
            shares: position.shares,
            index,
            accrued: position.accrued + position.shares * (index - position.index),
        }
    }

    fn set_shares(&mut self, id: Id, holder: Address, shares: i128) {
        let counted = self.counted(id, &holder);
        self.positions.insert((id, holder), Position { shares, ..counted });
    }

    fn recovered(&mut self, id: Id, from: Address, to: Address) {
        let lost = self.counted(id, &from);
        self.positions.remove(&(id, from));
        let mut position = self.counted(id, &to);
        position.shares += lost.shares;
        position.accrued += lost.accrued;
        self.positions.insert((id, to), position);
    }

    /// The number of an event follows that of the event before it.
    fn number(&mut self, event: &Event, latest: &mut u32) {
        let seq: u32 = event.field("seq");
        if seq != *latest + 1 {
            self.broken
                .push(format!("I16: {} is number {seq} after {latest}", event.name));
        }
        *latest = seq;
    }

    fn hold(&mut self, invoice: &Invoice, amount: i128) {
        *self.principal.entry(invoice.terms.asset.clone()).or_default() += amount;
    }

    fn totals_of(&mut self, id: Id) -> &mut Totals {
        self.totals.entry(id).or_default()
    }

    fn account(&mut self, pool: &Pool) -> &mut Account {
        self.accounts.entry(pool.asset.clone()).or_default()
    }
}

/// Counts the days of lateness up to `now`, each charged on what investors lacked then, up to the cap.
fn charge_late(invoice: &mut Invoice, now: u64) {
    if invoice.status == Status::WrittenOff {
        return;
    }
    let days = now.saturating_sub(invoice.terms.due_at) / DAY;
    let lacking = invoice.par_sold - invoice.investors;
    let fresh = i128::from(days - invoice.late_days) * i128::from(invoice.terms.late_bps) * lacking;
    let cap = invoice.par_sold * i128::from(invoice.terms.late_cap_bps);
    invoice.late_num = cap.min(invoice.late_num + fresh);
    invoice.late_days = days;
}

/// What settles an invoice now, by its events.
pub fn amount_due(invoice: &Invoice, now: u64) -> i128 {
    if ![Status::Active, Status::Defaulted, Status::WrittenOff].contains(&invoice.status) {
        return 0;
    }
    let mut invoice = invoice.clone();
    charge_late(&mut invoice, now);
    invoice.terms.face - invoice.paid + invoice.late_num / 10_000 - invoice.late_paid
}

fn opened(event: &Event) -> Pool {
    Pool {
        token: event.field("token"),
        asset: event.field("asset"),
        par_sold: event.field("par_sold"),
        late: 0,
        fee: 0,
        investors: 0,
        seller: 0,
        claimed: 0,
        seller_claimed: 0,
        seq: 0,
    }
}

fn terms(event: &Event) -> Terms {
    Terms {
        debtor: event.optional("debtor"),
        asset: event.field("asset"),
        natural: event.field("natural"),
        doc_hash: event.field("doc_hash"),
        face: event.field("face"),
        target: event.field("target"),
        par: event.field("par"),
        min_raise: event.field("min_raise"),
        fee_bps: event.field("fee_bps"),
        late_bps: event.field("late_bps"),
        late_cap_bps: event.field("late_cap_bps"),
        due_at: event.field("due_at"),
        deadline: event.field("deadline"),
        grace: event.field("grace"),
        release_delay: event.field("release_delay"),
        needs_ack: event.field("needs_ack"),
    }
}
