//! The entries that the ledger must hold by what the events say, and those that it holds: everything the three
//! contracts remember but allowances.

use std::collections::BTreeMap;

use soroban_sdk::xdr::{ContractDataDurability, LedgerEntryData, ScAddress, ScVal};
use soroban_sdk::{Address, BytesN, Env, IntoVal, Map, String as HostString, Symbol, TryFromVal, Val};
use stellarsettle_histories::platform::Platform;

use crate::administration::Administration;
use crate::event::Id;
use crate::fold::Fold;

/// Values by contract and key; what is in an instance counts like entries of their own.
pub type Entries = BTreeMap<(ScAddress, ScVal), ScVal>;

/// What the platform's contracts and the tokens of its invoices hold.
pub fn held(p: &Platform, fold: &Fold) -> Entries {
    let tokens = fold.invoices.values().map(|invoice| &invoice.token);
    let ours: Vec<ScAddress> = tokens
        .chain([&p.escrow.address, &p.distributor.address])
        .map(ScAddress::from)
        .collect();
    let mut entries = Entries::new();
    for (_, (entry, _)) in p.env.to_ledger_snapshot().ledger_entries {
        let LedgerEntryData::ContractData(data) = entry.data else {
            continue;
        };
        if data.durability != ContractDataDurability::Persistent || !ours.contains(&data.contract) {
            continue;
        }
        match data.val {
            ScVal::ContractInstance(instance) => {
                let storage = instance.storage.map(|storage| storage.0.to_vec()).unwrap_or_default();
                let kept = storage
                    .into_iter()
                    .map(|one| ((data.contract.clone(), one.key), one.val));
                entries.extend(kept);
            }
            value => drop(entries.insert((data.contract, data.key), value)),
        }
    }
    entries
}

/// What they must hold by the events.
pub fn told(p: &Platform, fold: &Fold) -> Entries {
    let mut ledger = Ledger {
        env: &p.env,
        entries: Entries::new(),
    };
    ledger.escrow(p, fold);
    ledger.distributor(p, fold);
    for id in fold.invoices.keys() {
        ledger.token(p, fold, id);
    }
    ledger.entries
}

struct Ledger<'a> {
    env: &'a Env,
    entries: Entries,
}

impl Ledger<'_> {
    fn put(&mut self, contract: &Address, key: impl IntoVal<Env, Val>, value: impl IntoVal<Env, Val>) {
        let scval = |value: Val| ScVal::try_from_val(self.env, &value).expect("a value of the ledger");
        let (key, value) = (scval(key.into_val(self.env)), scval(value.into_val(self.env)));
        self.entries.insert((contract.into(), key), value);
    }

    /// A key without parts.
    fn put_alone<Value: IntoVal<Env, Val>>(&mut self, contract: &Address, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.put(contract, (Symbol::new(self.env, name),), value);
        }
    }

    /// A key with one part.
    fn put_of(&mut self, contract: &Address, name: &str, part: impl IntoVal<Env, Val>, value: impl IntoVal<Env, Val>) {
        let part: Val = part.into_val(self.env);
        self.put(contract, (Symbol::new(self.env, name), part), value);
    }

    fn id(&self, id: &Id) -> BytesN<32> {
        BytesN::from_array(self.env, id)
    }

    fn administration(&mut self, contract: &Address, told: &Administration) {
        self.put_alone(contract, "Owner", told.owner.clone());
        self.put_alone(contract, "PendingOwner", told.pending_owner.clone());
        self.put_alone(contract, "PendingUpgrade", told.pending_upgrade.clone());
        self.put_alone(contract, "Paused", told.paused.then_some(true));
        self.put_alone(contract, "Params", told.params.clone());
        self.put_alone(contract, "TokenCode", told.token_code.clone());
        self.put_alone(contract, "NextTokenCode", told.next_token_code.clone());
        self.put_alone(contract, "Treasury", told.treasury.clone());
        for (role, account) in &told.roles {
            let key = (Symbol::new(self.env, "Role"), Symbol::new(self.env, role), account);
            self.put(contract, key, ());
        }
        for asset in &told.assets {
            self.put_of(contract, "Asset", asset, ());
        }
    }

    fn escrow(&mut self, p: &Platform, fold: &Fold) {
        let escrow = &p.escrow.address;
        self.administration(escrow, &fold.escrow);
        self.put_alone(escrow, "Distributor", Some(&p.distributor.address));
        for (account, member) in &fold.members {
            self.put_of(escrow, "Member", account, member.clone());
        }
        for (id, invoice) in &fold.invoices {
            self.put_of(escrow, "Invoice", self.id(id), invoice.clone());
        }
        for (natural, id) in &fold.listings {
            self.put_of(escrow, "Listing", self.id(natural), self.id(id));
        }
        for (asset, principal) in &fold.principal {
            self.put_of(escrow, "Principal", asset, *principal);
        }
        for (id, reference) in &fold.references {
            let key = (Symbol::new(self.env, "Receipt"), self.id(id), self.id(reference));
            self.put(escrow, key, ());
        }
    }

    fn distributor(&mut self, p: &Platform, fold: &Fold) {
        let distributor = &p.distributor.address;
        self.administration(distributor, &fold.distributor);
        self.put_alone(distributor, "Escrow", Some(&p.escrow.address));
        for (id, pool) in &fold.pools {
            self.put_of(distributor, "Pool", self.id(id), pool.clone());
        }
        for (asset, account) in &fold.accounts {
            let value = self.amounts([
                ("liability", account.liability),
                ("fees", account.fees),
                ("collected", account.collected),
            ]);
            self.put_of(distributor, "Account", asset, value);
        }
    }

    fn token(&mut self, p: &Platform, fold: &Fold, id: &Id) {
        let token = &fold.invoices[id].token;
        let digits: String = id[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let named = |label: &str| HostString::from_str(self.env, &format!("{label}{digits}")).into_val(self.env);
        let config: Map<Symbol, Val> = self.fields([
            ("escrow", p.escrow.address.into_val(self.env)),
            ("distributor", p.distributor.address.into_val(self.env)),
            ("invoice", self.id(id).into_val(self.env)),
            ("decimals", 7u32.into_val(self.env)),
            ("name", named("Invoice ")),
            ("symbol", named("INV-")),
        ]);
        self.put_alone(token, "Config", Some(config));
        let totals = fold.totals.get(id).map(|totals| {
            self.amounts([
                ("supply", totals.supply),
                ("index", totals.index),
                ("carry", totals.carry),
            ])
        });
        self.put_alone(token, "Totals", totals);
        for ((of, holder), position) in &fold.positions {
            if of == id {
                self.put_of(token, "Position", holder, position.clone());
            }
        }
    }

    fn amounts<const N: usize>(&self, fields: [(&str, i128); N]) -> Map<Symbol, Val> {
        self.fields(fields.map(|(name, amount)| (name, amount.into_val(self.env))))
    }

    fn fields<const N: usize>(&self, fields: [(&str, Val); N]) -> Map<Symbol, Val> {
        Map::from_array(
            self.env,
            fields.map(|(name, value)| (Symbol::new(self.env, name), value)),
        )
    }
}
