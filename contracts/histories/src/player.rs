//! Plays a script line by line and says where the contracts differ from it.

use std::collections::HashMap;

use serde_json::{json, Value};
use soroban_sdk::testutils::{Address as _, EnvTestConfig, Events as _, IssuerFlags, Ledger as _};
use soroban_sdk::token::StellarAssetClient;
use soroban_sdk::xdr::ContractEventBody;
use soroban_sdk::{Address, BytesN, Env, TryFromVal, Val, Vec};

use crate::code::Code;
use crate::signatures::{invoke, sign, Call};
use crate::values::{address_text, plain, text, Names};

const START: u64 = 1_900_000_000;
const LEDGER: u32 = 1_000_000;

/// Functions whose parameters a script gives under another name, in another order or not all: in the contract's order.
const PARAMETERS: [(&str, &str, &[&str]); 4] = [
    ("@token", "accrue", &["amount", "last"]),
    ("@token", "burn_from", &["spender", "from", "amount"]),
    ("@token", "transfer_from", &["spender", "from", "to", "amount"]),
    (
        "@escrow",
        "recover_position",
        &["compliance", "arbiter", "id", "from", "to"],
    ),
];

/// Plays all lines of a script and returns every difference, each with its step.
pub fn play(lines: &[Value], code: &Code) -> std::vec::Vec<String> {
    let mut player = Player::deploy(&lines[0], code);
    for line in &lines[1..] {
        match line["kind"].as_str() {
            Some("step") => player.step(line),
            Some("final") => player.views("final", &line["views"]),
            kind => panic!("a line of kind {kind:?}"),
        }
    }
    player.differences
}

struct Player {
    env: Env,
    names: Names,
    differences: std::vec::Vec<String>,
}

/// What a call gave: a value, or the name of a refusal.
type Outcome = Result<Value, String>;

impl Player {
    fn deploy(header: &Value, code: &Code) -> Player {
        let env = Env::new_with_config(EnvTestConfig {
            capture_snapshot_at_drop: false,
        });
        env.cost_estimate().budget().reset_unlimited();
        env.cost_estimate().disable_resource_limits();
        let lifetime = u32::try_from(header["max_ttl"].as_u64().unwrap()).unwrap();
        env.ledger().with_mut(|ledger| {
            ledger.timestamp = START;
            ledger.sequence_number = LEDGER;
            ledger.max_entry_ttl = lifetime;
            ledger.min_persistent_entry_ttl = lifetime;
        });
        let mut accounts = HashMap::new();
        for alias in strings(&header["accounts"]).chain(["@escrow".into(), "@distributor".into()]) {
            accounts.insert(alias, Address::generate(&env));
        }
        let mut names = Names {
            code: installed(&env, header, code),
            escrow: accounts["@escrow"].clone(),
            env: env.clone(),
            accounts,
            start: START,
            ledger: LEDGER,
        };
        issue_assets(&mut names, header);
        let mut player = Player {
            env,
            names,
            differences: std::vec::Vec::new(),
        };
        player.construct(header, code);
        player
    }

    fn construct(&mut self, header: &Value, code: &Code) {
        let names = &self.names;
        let escrow = &header["constructors"]["@escrow"];
        let distributor = &header["constructors"]["@distributor"];
        let params = names.encode("@escrow", "params", &escrow["params"]);
        let arguments = (
            names.address(&text(&escrow["owner"])),
            names.address(&text(&escrow["distributor"])),
            names.code[&("@escrow".to_string(), text(&escrow["token_wasm"]))].clone(),
            invoice_escrow::Params::try_from_val(&self.env, &params).unwrap(),
        );
        code.deploy_escrow(&self.env, &names.address("@escrow"), arguments);
        let mut seen = self.emitted();
        let arguments = (
            names.address(&text(&distributor["owner"])),
            names.address(&text(&distributor["escrow"])),
            names.address(&text(&distributor["treasury"])),
        );
        code.deploy_distributor(&self.env, &names.address("@distributor"), arguments);
        seen.extend(self.emitted());
        self.compare_events("constructors", &seen, &header["events"]);
    }

    fn step(&mut self, step: &Value) {
        let contract = text(&step["contract"]);
        let label = format!("step {} {contract} {}", step["n"], step["fn"]);
        let now = START + step["at"].as_u64().unwrap();
        self.env.ledger().set_timestamp(now);
        let call = self.call(&contract, step);
        let signers: std::vec::Vec<Address> = strings(&step["caller"])
            .map(|alias| self.names.address(&alias))
            .collect();
        sign(&self.env, &signers, &call, &self.nested(step));
        let outcome = self.invoke(&call);
        let seen = self.emitted();
        self.env.set_auths(&[]);

        self.compare_outcome(&label, &contract, &outcome, &step["expect"]);
        if contract.starts_with("@asset") {
            self.compare_events(&label, &[], &step["events"]);
        } else {
            self.compare_events(&label, &seen, &step["events"]);
        }
        if outcome.is_ok() {
            self.views(&label, &step["views"]);
        }
    }

    fn call(&self, contract: &str, step: &Value) -> Call {
        let function = text(&step["fn"]);
        let given = step["args"].as_object().unwrap();
        let kind = contract.split(':').next().unwrap();
        let listed = PARAMETERS.iter().find(|(of, name, _)| *of == kind && *name == function);
        let mut arguments: Vec<Val> = Vec::new(&self.env);
        match listed {
            Some((_, _, parameters)) => {
                for name in *parameters {
                    let value = given.get(*name).cloned().unwrap_or(json!(false));
                    arguments.push_back(self.names.encode(contract, name, &value));
                }
            }
            None => {
                for (name, value) in given {
                    arguments.push_back(self.names.encode(contract, name, value));
                }
            }
        }
        Call {
            contract: self.names.address(contract),
            function,
            arguments,
        }
    }

    /// The transfers that a call makes on its signer's behalf.
    fn nested(&self, step: &Value) -> std::vec::Vec<Call> {
        let (payer, receiver) = match (step["contract"].as_str(), step["fn"].as_str()) {
            (Some("@escrow"), Some("fund_escrow")) => ("investor", "@escrow"),
            (Some("@escrow"), Some("record_payment")) => ("payer", "@distributor"),
            _ => return std::vec::Vec::new(),
        };
        let arguments = &step["args"];
        let Some(asset) = self.asset_of(&arguments["id"]) else {
            return std::vec::Vec::new();
        };
        let mut transfer: Vec<Val> = Vec::new(&self.env);
        transfer.push_back(self.names.encode("@escrow", "from", &arguments[payer]));
        transfer.push_back(self.names.encode("@escrow", "to", &json!(receiver)));
        transfer.push_back(self.names.encode("@escrow", "amount", &arguments["amount"]));
        vec![Call {
            contract: asset,
            function: "transfer".to_string(),
            arguments: transfer,
        }]
    }

    fn asset_of(&self, id: &Value) -> Option<Address> {
        let id = self.names.encode("@escrow", "id", id);
        let client = invoice_escrow::InvoiceEscrowClient::new(&self.env, &self.names.escrow);
        let id = BytesN::try_from_val(&self.env, &id).unwrap();
        let invoice = client.try_get_invoice(&id).ok()?.ok()?;
        Some(invoice.terms.asset)
    }

    fn invoke(&self, call: &Call) -> Outcome {
        invoke(&self.env, call).map(|value| self.names.decode(&value))
    }

    fn compare_outcome(&mut self, label: &str, contract: &str, outcome: &Outcome, expect: &Value) {
        let right = match (outcome, expect.get("ok")) {
            (Ok(_), Some(Value::Null)) => true,
            (Ok(value), Some(wanted)) => *value == self.names.expected(contract, wanted),
            (Err(name), None) => strings(&expect["any"]).any(|allowed| allowed == *name),
            _ => false,
        };
        if !right {
            self.differ(label, "outcome", &json!(format!("{outcome:?}")), expect);
        }
    }

    /// Events of the platform's contracts, as `(contract, name, topics, data)`, of the latest call.
    fn emitted(&self) -> std::vec::Vec<(String, Value)> {
        let mut seen = std::vec::Vec::new();
        for event in self.env.events().all().events() {
            let contract = soroban_sdk::xdr::ScAddress::Contract(event.contract_id.clone().unwrap()).to_string();
            let ContractEventBody::V0(body) = &event.body;
            let topics: std::vec::Vec<Value> = body.topics.iter().map(plain).collect();
            let event = json!({"name": topics[0], "topics": topics[1..], "data": plain(&body.data)});
            seen.push((contract, event));
        }
        seen
    }

    /// Compares the events of each contract in their order.
    fn compare_events(&mut self, label: &str, seen: &[(String, Value)], wanted: &Value) {
        let wanted: std::vec::Vec<(String, Value)> = wanted
            .as_array()
            .unwrap()
            .iter()
            .map(|event| self.wanted_event(event))
            .collect();
        let assets: std::vec::Vec<String> = self
            .names
            .accounts
            .iter()
            .filter(|(alias, _)| alias.starts_with("@asset"))
            .map(|(_, address)| address_text(address))
            .collect();
        let mut contracts: std::vec::Vec<&String> = seen.iter().chain(&wanted).map(|(contract, _)| contract).collect();
        contracts.sort();
        contracts.dedup();
        contracts.retain(|contract| !assets.contains(contract));
        let mut differences = std::vec::Vec::new();
        for contract in contracts {
            let ours = of(seen, contract);
            let theirs = of(&wanted, contract);
            let alike = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| same(ours, theirs));
            if !alike {
                differences.push((json!(ours), json!(theirs)));
            }
        }
        for (ours, theirs) in differences {
            self.differ(label, "events", &ours, &theirs);
        }
    }

    fn wanted_event(&self, event: &Value) -> (String, Value) {
        let contract = text(&event["contract"]);
        let address = address_text(&self.names.address(&contract));
        let form = json!({
            "name": event["name"],
            "topics": self.names.expected(&contract, &event["topics"]),
            "data": self.names.expected(&contract, &event["data"]),
        });
        (address, form)
    }

    fn views(&mut self, label: &str, views: &Value) {
        for view in views.as_array().unwrap() {
            let contract = text(&view["contract"]);
            let call = self.call(&contract, view);
            let outcome = self.invoke(&call);
            let wanted = self.names.expected(&contract, &view["result"]);
            let ours = outcome.map(|value| self.view(&call.function, value));
            let right = ours.as_ref().is_ok_and(|ours| covers(ours, &wanted));
            if !right {
                let label = format!("{label}, view {contract} {} {}", call.function, view["args"]);
                self.differ(&label, "result", &json!(format!("{ours:?}")), &wanted);
            }
        }
    }

    /// Our views under the names of the script.
    fn view(&self, function: &str, value: Value) -> Value {
        match (function, value) {
            ("solvency", Value::Array(parts)) => {
                json!({"balance": parts[0], "liability": parts[1], "principal": parts[1]})
            }
            ("get_invoice", Value::Object(mut fields)) => {
                let now = self.env.ledger().timestamp();
                let disputed = fields["disputed_until"].as_u64().unwrap() > now;
                fields.insert("disputed".to_string(), json!(disputed));
                Value::Object(fields)
            }
            (_, value) => value,
        }
    }

    fn differ(&mut self, label: &str, what: &str, ours: &Value, wanted: &Value) {
        self.differences
            .push(format!("{label}: {what}\n    ours:   {ours}\n    script: {wanted}"));
    }
}

/// One hash for all labels of a kind; a contract's own code for what it may become.
fn installed(env: &Env, header: &Value, code: &Code) -> HashMap<(String, String), BytesN<32>> {
    let token = code.install_token(env);
    let contracts = [
        ("@escrow", code.install_escrow(env)),
        ("@distributor", code.install_distributor(env)),
    ];
    let mut labels = HashMap::new();
    for (contract, own) in contracts {
        for label in strings(&header["wasms"]["token"]) {
            labels.insert((contract.to_string(), label), token.clone());
        }
        for label in strings(&header["wasms"]["contract"]) {
            labels.insert((contract.to_string(), label), own.clone());
        }
    }
    labels
}

fn issue_assets(names: &mut Names, header: &Value) {
    let env = names.env.clone();
    let issuer = names.address("@issuer");
    env.mock_all_auths();
    for (alias, asset) in header["assets"].as_object().unwrap() {
        if asset["sac"] == json!(false) {
            let code = env.upload(invoice_token::InvoiceToken);
            names.accounts.insert(alias.clone(), other_token(&env, code, &issuer));
            continue;
        }
        let contract = env.register_stellar_asset_contract_v2(issuer.clone());
        contract.issuer().set_flag(IssuerFlags::RevocableFlag);
        let balance: i128 = text(&asset["balance"]).parse().unwrap();
        let client = StellarAssetClient::new(&env, &contract.address());
        for account in strings(&header["accounts"]).filter(|account| account != "@issuer") {
            client.mint(&names.address(&account), &balance);
        }
        names.accounts.insert(alias.clone(), contract.address());
    }
    env.set_auths(&[]);
}

/// A contract that behaves like a token and is no Stellar Asset Contract.
fn other_token(env: &Env, code: BytesN<32>, deployer: &Address) -> Address {
    let arguments = (
        deployer.clone(),
        deployer.clone(),
        BytesN::from_array(env, &[0; 32]),
        7u32,
        soroban_sdk::String::from_str(env, "Fake"),
        soroban_sdk::String::from_str(env, "FAKE"),
    );
    env.deployer()
        .with_address(deployer.clone(), [7; 32])
        .deploy_contract(soroban_sdk::ContractExecutable::Wasm(code), arguments)
}

fn of<'a>(events: &'a [(String, Value)], contract: &str) -> std::vec::Vec<&'a Value> {
    events
        .iter()
        .filter(|(emitter, _)| emitter == contract)
        .map(|(_, event)| event)
        .collect()
}

/// Whether an event of ours says what the script says: tokens may carry a bare amount, or a pair for `approve`.
fn same(ours: &Value, theirs: &Value) -> bool {
    let head = ours["name"] == theirs["name"] && ours["topics"] == theirs["topics"];
    let data = match &ours["data"] {
        Value::String(amount) => json!({ "amount": amount }),
        Value::Array(pair) if pair.len() == 2 => json!({"amount": pair[0], "live_until": pair[1]}),
        Value::Null | Value::Array(_) => json!({}),
        other => present(other),
    };
    head && data == present(&theirs["data"])
}

/// The fields that are not None.
fn present(fields: &Value) -> Value {
    let fields = fields.as_object().expect("a map");
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    present
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Whether a view of ours shows all that the script shows, under the same names.
fn covers(ours: &Value, wanted: &Value) -> bool {
    match (ours, wanted) {
        (Value::Object(ours), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| ours.get(name).is_some_and(|own| covers(own, value))),
        _ => ours == wanted,
    }
}

fn strings(value: &Value) -> impl Iterator<Item = String> + '_ {
    value.as_array().expect("a list").iter().map(text)
}
