//! The scripts' values: from JSON to the host's, and from both to one comparable form.
//!
//! The comparable form is JSON without aliases: addresses as strkeys, 32 bytes as hex, i128 as decimal strings, smaller
//! integers as numbers.

use std::collections::HashMap;

use serde_json::{json, Map as Object, Value};
use sha2::{Digest, Sha256};
use soroban_sdk::xdr::{ScVal, ToXdr};
use soroban_sdk::{Address, BytesN, Env, IntoVal, Map, Symbol, TryFromVal, Val, Vec};

/// Arguments and fields that hold a u32 where the script has a bare number.
const SMALL: [&str; 6] = ["attempt", "outcome", "fee_bps", "late_bps", "late_cap_bps", "seq"];

/// What the names of a script stand for.
pub struct Names {
    pub env: Env,
    pub accounts: HashMap<String, Address>,
    /// Labels of installed code, by contract.
    pub code: HashMap<(String, String), BytesN<32>>,
    /// Unix seconds of the script's time zero.
    pub start: u64,
    pub ledger: u32,
    pub escrow: Address,
}

impl Names {
    /// The address of an account, contract, asset or token.
    pub fn address(&self, alias: &str) -> Address {
        if let Some(path) = alias.strip_prefix("@token:") {
            return self.token(&self.invoice(path));
        }
        self.accounts
            .get(alias)
            .unwrap_or_else(|| panic!("no address for {alias}"))
            .clone()
    }

    fn token(&self, id: &BytesN<32>) -> Address {
        let arguments = (id.clone(),).into_val(&self.env);
        self.env
            .invoke_contract(&self.escrow, &Symbol::new(&self.env, "token_address"), arguments)
    }

    /// The id of `natural/seller/attempt`.
    fn invoice(&self, path: &str) -> BytesN<32> {
        let parts: std::vec::Vec<&str> = path.split('/').collect();
        let seller = self.address(&format!("@{}", parts[1])).to_xdr(&self.env);
        let attempt: u32 = parts[2].parse().unwrap();
        let mut hash = Sha256::new();
        hash.update(sha256(parts[0]));
        hash.update(seller.iter().collect::<std::vec::Vec<u8>>());
        hash.update(attempt.to_be_bytes());
        BytesN::from_array(&self.env, &hash.finalize().into())
    }

    fn bytes(&self, contract: &str, text: &str) -> BytesN<32> {
        if let Some(path) = text.strip_prefix('#') {
            return self.invoice(path);
        }
        let installed = self.code.get(&(contract.to_string(), text.to_string()));
        installed
            .cloned()
            .unwrap_or_else(|| BytesN::from_array(&self.env, &sha256(&text[1..])))
    }

    /// The host's value of an argument or field called `name`, in a call of `contract`.
    pub fn encode(&self, contract: &str, name: &str, value: &Value) -> Val {
        let env = &self.env;
        match value {
            Value::Null => ().into_val(env),
            Value::Bool(flag) => flag.into_val(env),
            Value::Number(number) if SMALL.contains(&name) => {
                u32::try_from(number.as_u64().unwrap()).unwrap().into_val(env)
            }
            Value::Number(number) => number.as_u64().unwrap().into_val(env),
            Value::String(text) => self.encode_text(contract, name, text),
            Value::Array(items) => {
                let mut vector: Vec<Val> = Vec::new(env);
                for item in items {
                    vector.push_back(self.encode(contract, name, item));
                }
                vector.into_val(env)
            }
            Value::Object(fields) => self.encode_object(contract, fields),
        }
    }

    fn encode_text(&self, contract: &str, name: &str, text: &str) -> Val {
        let env = &self.env;
        match text.chars().next() {
            Some('@') => self.address(text).into_val(env),
            Some('#' | '%') => self.bytes(contract, text).into_val(env),
            _ if name == "role" => Symbol::new(env, text).into_val(env),
            _ => text.parse::<i128>().unwrap().into_val(env),
        }
    }

    fn encode_object(&self, contract: &str, fields: &Object<String, Value>) -> Val {
        let env = &self.env;
        if let Some(moment) = fields.get("t") {
            return (self.start + moment.as_u64().unwrap()).into_val(env);
        }
        if let Some(ledger) = fields.get("ledger") {
            return self.ledger_at(ledger.as_i64().unwrap()).into_val(env);
        }
        let mut map: Map<Symbol, Val> = Map::new(env);
        for (name, value) in fields {
            map.set(Symbol::new(env, name), self.encode(contract, name, value));
        }
        map.into_val(env)
    }

    fn ledger_at(&self, offset: i64) -> u32 {
        u32::try_from(i64::from(self.ledger) + offset).unwrap()
    }

    /// A script's value in comparable form.
    pub fn expected(&self, contract: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.chars().next() {
                Some('@') => json!(address_text(&self.address(text))),
                Some('#' | '%') => json!(hex(&self.bytes(contract, text).to_array())),
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.expected(contract, item)).collect(),
            Value::Object(fields) => match (fields.get("t"), fields.get("ledger")) {
                (Some(moment), _) => json!(self.start + moment.as_u64().unwrap()),
                (_, Some(ledger)) => json!(self.ledger_at(ledger.as_i64().unwrap())),
                _ => fields
                    .iter()
                    .map(|(name, field)| (name.clone(), self.expected(contract, field)))
                    .collect::<Object<_, _>>()
                    .into(),
            },
            _ => value.clone(),
        }
    }

    /// A value of the host in comparable form.
    pub fn decode(&self, value: &Val) -> Value {
        plain(&ScVal::try_from_val(&self.env, value).unwrap())
    }
}

/// An XDR value in comparable form.
pub fn plain(value: &ScVal) -> Value {
    match value {
        ScVal::Void => Value::Null,
        ScVal::Bool(flag) => json!(flag),
        ScVal::U32(number) => json!(number),
        ScVal::U64(number) => json!(number),
        ScVal::I128(number) => json!(i128::from(number).to_string()),
        ScVal::Symbol(symbol) => json!(symbol.to_utf8_string_lossy()),
        ScVal::String(text) => json!(text.to_utf8_string_lossy()),
        ScVal::Bytes(bytes) => json!(hex(bytes)),
        ScVal::Address(address) => json!(address.to_string()),
        ScVal::Vec(Some(items)) => items.iter().map(plain).collect(),
        ScVal::Map(Some(entries)) => entries
            .iter()
            .map(|entry| (text(&plain(&entry.key)), plain(&entry.val)))
            .collect::<Object<_, _>>()
            .into(),
        other => panic!("no comparable form of {other:?}"),
    }
}

/// The text of a JSON string.
pub fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_string()
}

/// The comparable form of an address.
pub fn address_text(address: &Address) -> String {
    soroban_sdk::xdr::ScAddress::from(address).to_string()
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
