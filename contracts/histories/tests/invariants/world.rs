//! A platform with several invoices in two assets, on which commands are run and their events read.

use std::collections::BTreeSet;

use invoice_escrow::{Invoice, Params, Status, Terms};
use soroban_sdk::testutils::IssuerFlags;
use soroban_sdk::token::{StellarAssetClient, TokenClient};
use soroban_sdk::{Address, BytesN, IntoVal, Symbol, Val, Vec as HostVec};
use stellarsettle_histories::platform::{latest, params, Platform, DAY, START, WEALTH};
use stellarsettle_histories::signatures::{invoke, Call};

use crate::commands::{Command, Decision, Edge, Start, INVOICES};
use crate::fold::Fold;

pub struct World {
    pub platform: Platform,
    pub assets: [Address; 2],
    pub sellers: [Address; 2],
    pub ids: Vec<BytesN<32>>,
    pub folded: Fold,
    /// Who ever held shares of each invoice.
    pub holders: Vec<BTreeSet<usize>>,
}

/// What a command did, for those who check it.
pub struct Outcome {
    /// The name of the refusal, if it was refused.
    pub refusal: Option<String>,
}

impl World {
    /// Four listings, three of them approved and open, unless nothing is released: then one waits for its verifier.
    pub fn new(start: Start) -> World {
        let released = match start {
            Start::Released(number) => number,
            Start::Overdue | Start::Defaulted => 1,
            Start::Open | Start::Funded | Start::Refunding => 0,
        };
        let platform = Platform::new();
        let other = platform.env.register_stellar_asset_contract_v2(platform.issuer.clone());
        other.issuer().set_flag(IssuerFlags::RevocableFlag);
        let assets = [platform.asset.clone(), other.address()];
        let sellers = [platform.seller.clone(), platform.outsider.clone()];
        let mut world = World {
            folded: Fold::default(),
            ids: Vec::new(),
            holders: vec![BTreeSet::new(); INVOICES],
            platform,
            assets,
            sellers,
        };
        let beginning = world.platform.beginning.clone();
        world.folded.events(&world.platform, &beginning);
        world.furnish();
        for number in 0..INVOICES {
            let open = number != 1 && (number != 2 || released > 0);
            world.list(number, open);
        }
        for number in [0, 2, 3].into_iter().take(released) {
            world.fill(number);
            world.must(&Command::Pass(DAY));
            world.must(&Command::Release(number));
        }
        match start {
            Start::Open | Start::Released(_) => {}
            Start::Funded => world.fill(0),
            Start::Refunding => {
                world.fill(0);
                world.must(&Command::Cancel(0));
            }
            Start::Defaulted => {
                world.must(&Command::Decide(Decision::Freeze(2)));
                world.must(&Command::Pass(DAY * 66));
                world.must(&Command::MarkDefault(0));
                world.must(&Command::Pass(DAY * 85));
            }
            Start::Overdue => world.must(&Command::Pass(DAY * 63)),
        }
        world
    }

    fn furnish(&mut self) {
        self.platform.escrow.set_asset(&self.assets[1], &true);
        self.fold();
        self.platform.admit(&self.sellers[1]);
        self.fold();
        let p = &self.platform;
        StellarAssetClient::new(&p.env, &self.assets[0]).mint(&self.sellers[1], &WEALTH);
        let other = StellarAssetClient::new(&p.env, &self.assets[1]);
        for account in p
            .investors
            .iter()
            .chain([&p.debtor, &p.servicer, &p.treasury])
            .chain(&self.sellers)
        {
            other.mint(account, &WEALTH);
        }
    }

    fn list(&mut self, number: usize, open: bool) {
        let p = &self.platform;
        let terms = Terms {
            asset: self.assets[number / 3].clone(),
            natural: p.bytes([1, 1, 2, 3][number]),
            fee_bps: [100, 100, 0, 250][number],
            late_cap_bps: [500, 500, 10_000, 0][number],
            ..p.terms()
        };
        let call = self.call(
            &p.escrow.address,
            "create_escrow",
            (self.seller(number), terms, number as u32).into_val(&p.env),
        );
        let created = invoke(&p.env, &call).expect("terms that are valid");
        self.ids.push(created.into_val(&p.env));
        self.fold();
        if open {
            self.must(&Command::Approve(number));
            self.must(&Command::Publish(number));
        }
    }

    /// Three investors fund the whole target.
    fn fill(&mut self, number: usize) {
        for (who, stake) in [400_000, 299_999, 200_001].into_iter().enumerate() {
            self.must(&Command::Fund(number, who, stake));
        }
    }

    /// Counts in the events of the latest call.
    fn fold(&mut self) {
        let events = latest(&self.platform.env);
        self.folded.events(&self.platform, &events);
    }

    fn must(&mut self, command: &Command) {
        let outcome = self.run(command);
        assert_eq!(outcome.refusal, None, "{command:?}");
    }

    pub fn seller(&self, number: usize) -> &Address {
        &self.sellers[number % 2]
    }

    /// An investor, or behind the last of them the first seller.
    pub fn person(&self, number: usize) -> Address {
        self.platform.investors.get(number).unwrap_or(&self.sellers[0]).clone()
    }

    pub fn invoice(&self, number: usize) -> Invoice {
        self.platform.escrow.get_invoice(&self.ids[number])
    }

    /// Whether an account can be paid in an asset.
    pub fn authorised(&self, asset: &Address, account: &Address) -> bool {
        StellarAssetClient::new(&self.platform.env, asset).authorized(account)
    }

    fn call(&self, contract: &Address, function: &str, arguments: HostVec<Val>) -> Call {
        Call {
            contract: contract.clone(),
            function: function.to_string(),
            arguments,
        }
    }

    /// Runs a command and folds its events. A refusal is as good an answer as any, if it has a name.
    pub fn run(&mut self, command: &Command) -> Outcome {
        let Some(call) = self.prepare(command) else {
            return Outcome { refusal: None };
        };
        let refusal = invoke(&self.platform.env, &call).err();
        let events = latest(&self.platform.env);
        if let Some(name) = &refusal {
            assert!(events.is_empty(), "{command:?}: refused with {name}, and yet events");
            let named = name.chars().all(char::is_alphanumeric)
                && !["Overflow", "NotReceived", "NotConfigured"].contains(&name.as_str());
            assert!(named, "{command:?}: {name} is no answer");
        }
        self.folded.events(&self.platform, &events);
        self.remember_holders();
        Outcome { refusal }
    }

    fn remember_holders(&mut self) {
        for (number, id) in self.ids.iter().enumerate() {
            for (who, investor) in self.platform.investors.iter().enumerate() {
                if self.folded.shares(id, investor) > 0 {
                    self.holders[number].insert(who);
                }
            }
        }
    }

    /// The call of a command; None for what is no call, which is done here.
    fn prepare(&self, command: &Command) -> Option<Call> {
        let p = &self.platform;
        let env = &p.env;
        let (escrow, distributor) = (&p.escrow.address, &p.distributor.address);
        let id = |number: &usize| self.ids[*number].clone();
        let who = |number: &usize| self.person(*number);
        let everybody = || HostVec::from_slice(env, &p.investors);
        let none: Option<BytesN<32>> = None;
        let (contract, function, arguments): (&Address, &str, HostVec<Val>) = match command {
            Command::Approve(i) => (escrow, "approve", (&p.verifier, id(i)).into_val(env)),
            Command::Reject(i) => (escrow, "reject", (&p.verifier, id(i), p.bytes(9)).into_val(env)),
            Command::Publish(i) => (escrow, "publish", (self.seller(*i), id(i)).into_val(env)),
            Command::Acknowledge(i) => (escrow, "acknowledge", (&p.debtor, id(i)).into_val(env)),
            Command::Fund(i, by, amount) => (escrow, "fund_escrow", (who(by), id(i), *amount).into_val(env)),
            Command::Close(i) => (escrow, "close_funding", (self.seller(*i), id(i)).into_val(env)),
            Command::Expire(i) => (escrow, "expire", (id(i),).into_val(env)),
            Command::Cancel(i) => (escrow, "cancel", (self.seller(*i), id(i)).into_val(env)),
            Command::Release(i) => (escrow, "release", (id(i),).into_val(env)),
            Command::Pay(i, amount) => (
                escrow,
                "record_payment",
                (&p.debtor, id(i), *amount, none).into_val(env),
            ),
            Command::PaySettling(i) => {
                let due = p.escrow.amount_due(&id(i));
                (escrow, "record_payment", (&p.debtor, id(i), due, none).into_val(env))
            }
            Command::PayAsSeller(i, amount) => (
                escrow,
                "record_payment",
                (self.seller(*i), id(i), *amount, none).into_val(env),
            ),
            Command::PayByServicer(i, amount, reference) => {
                let reference = Some(p.bytes(*reference));
                (
                    escrow,
                    "record_payment",
                    (&p.servicer, id(i), *amount, reference).into_val(env),
                )
            }
            Command::MarkDefault(i) => (escrow, "mark_default", (id(i),).into_val(env)),
            Command::WriteOff(i) => (escrow, "write_off", (&p.arbiter, id(i)).into_val(env)),
            Command::Dispute(i, by) => {
                let by = [self.seller(*i), &p.debtor, &p.arbiter, &p.investors[0]][*by];
                (escrow, "dispute", (by, id(i), p.bytes(9)).into_val(env))
            }
            Command::Resolve(i, outcome) => (escrow, "resolve_dispute", (&p.arbiter, id(i), *outcome).into_val(env)),
            Command::Transfer(i, from, to, amount) => {
                return Some(self.call(
                    &p.token(&id(i)).address,
                    "transfer",
                    (who(from), who(to), *amount).into_val(env),
                ))
            }
            Command::Burn(i, from, amount) => {
                return Some(self.call(&p.token(&id(i)).address, "burn", (who(from), *amount).into_val(env)))
            }
            Command::Claim(i, holder) => (distributor, "claim", (id(i), who(holder)).into_val(env)),
            Command::ClaimTo(i, holder, to) => (distributor, "claim_to", (id(i), who(holder), who(to)).into_val(env)),
            Command::Distribute(i) => (distributor, "distribute", (id(i), everybody()).into_val(env)),
            Command::ClaimResidual(i) => (distributor, "claim_residual", (id(i),).into_val(env)),
            Command::ClaimResidualTo(i, to) => (distributor, "claim_residual_to", (id(i), who(to)).into_val(env)),
            Command::CollectFees(asset) => (distributor, "collect_fees", (&self.assets[*asset],).into_val(env)),
            Command::Refund(i, holder) => (escrow, "refund", (id(i), who(holder)).into_val(env)),
            Command::RefundTo(i, holder, to) => (escrow, "refund_to", (id(i), who(holder), who(to)).into_val(env)),
            Command::RefundBatch(i) => (escrow, "refund_batch", (id(i), everybody()).into_val(env)),
            Command::Recover(i, from, to) => {
                let call = (&p.compliance, &p.arbiter, id(i), who(from), who(to));
                (escrow, "recover_position", call.into_val(env))
            }
            Command::Skim(true, asset) => (escrow, "skim", (&self.assets[*asset],).into_val(env)),
            Command::Skim(false, asset) => (distributor, "skim", (&self.assets[*asset],).into_val(env)),
            Command::Decide(decision) => return Some(self.decide(decision)),
            Command::Authorise(asset, account, allowed) => {
                StellarAssetClient::new(env, &self.assets[*asset]).set_authorized(&who(account), allowed);
                return None;
            }
            Command::Donate(to_escrow, asset, amount) => {
                let to = if *to_escrow { escrow } else { distributor };
                TokenClient::new(env, &self.assets[*asset]).transfer(&p.treasury, to, amount);
                return None;
            }
            Command::Pass(seconds) => {
                p.pass(*seconds);
                return None;
            }
            Command::GoTo(i, edge, second) => {
                self.go_to(*i, *edge, *second);
                return None;
            }
        };
        Some(self.call(contract, function, arguments))
    }

    fn decide(&self, decision: &Decision) -> Call {
        let p = &self.platform;
        let env = &p.env;
        let who = |number: &usize| self.person(*number);
        let servicer = || Symbol::new(env, "servicer");
        let until = START + DAY * 3_650;
        let (function, arguments): (&str, HostVec<Val>) = match decision {
            Decision::Ticket(ticket) => {
                let new = Params {
                    ticket: *ticket,
                    ..params()
                };
                ("set_params", (new,).into_val(env))
            }
            Decision::Asset(asset, allowed) => ("set_asset", (&self.assets[*asset], *allowed).into_val(env)),
            Decision::Grant(account) => ("grant_role", (servicer(), who(account)).into_val(env)),
            Decision::Revoke(account) => ("revoke_role", (servicer(), who(account)).into_val(env)),
            Decision::Treasury(own) => {
                let to = if *own { &p.distributor.address } else { &p.treasury };
                return self.call(&p.distributor.address, "set_treasury", (to,).into_val(env));
            }
            Decision::Owner(account) => ("propose_owner", (who(account),).into_val(env)),
            Decision::AcceptOwner => ("accept_owner", ().into_val(env)),
            Decision::Upgrade => ("propose_upgrade", (p.bytes(7),).into_val(env)),
            Decision::CancelUpgrade => ("cancel_upgrade", (&p.guardian,).into_val(env)),
            Decision::TokenCode => ("set_token_wasm", (p.bytes(7),).into_val(env)),
            Decision::CancelTokenCode => ("cancel_token_wasm", (&p.guardian,).into_val(env)),
            Decision::Member(account, seconds) => {
                let until = START + seconds;
                ("set_member", (&p.compliance, who(account), until, false).into_val(env))
            }
            Decision::Freeze(account) => ("set_member", (&p.compliance, who(account), until, true).into_val(env)),
            Decision::Thaw(account) => ("set_member", (&p.compliance, who(account), until, false).into_val(env)),
            Decision::Pause => ("pause", (&p.guardian,).into_val(env)),
            Decision::Unpause => ("unpause", ().into_val(env)),
        };
        self.call(&p.escrow.address, function, arguments)
    }

    /// Goes to the second before an edge, to it, or to the one after, if that is to come within a month: a history
    /// that leaps to its end shows little.
    fn go_to(&self, number: usize, edge: Edge, second: u64) {
        let invoice = self.invoice(number);
        let now = self.platform.now();
        let default_at = invoice.terms.due_at + invoice.terms.grace;
        let frozen = |investor: &Address| self.platform.escrow.member(investor).frozen_at;
        let at = match edge {
            Edge::Deadline => invoice.terms.deadline,
            Edge::ReleaseAt => invoice.release_at,
            Edge::DueAt => invoice.terms.due_at,
            Edge::DefaultAt => default_at,
            Edge::WriteOffAt => default_at + invoice.recovery,
            Edge::DisputeEnd => invoice.disputed_until,
            Edge::LateDay => invoice.terms.due_at + DAY * (invoice.late_days + 1),
            Edge::Thaw => self.platform.investors.iter().map(frozen).max().unwrap_or(0) + DAY * 7,
        };
        let to = (at + second).saturating_sub(1);
        if to > now && to < now + DAY * 31 {
            self.platform.at(to);
        }
    }

    /// Whether an account can be paid in an asset: neither frozen nor de-authorised by the issuer.
    pub fn payable(&self, asset: &Address, account: &Address) -> bool {
        !self.platform.escrow.held(account) && self.authorised(asset, account)
    }

    /// Listings of a natural invoice that are approved and did not end before release.
    pub fn alive(&self, natural: &BytesN<32>) -> usize {
        let ended = [Status::Refunding, Status::Refunded, Status::Cancelled];
        let invoices = (0..INVOICES).map(|number| self.invoice(number));
        invoices
            .filter(|invoice| invoice.terms.natural == *natural && invoice.approved && !ended.contains(&invoice.status))
            .count()
    }
}
