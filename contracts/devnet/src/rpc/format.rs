//! How XDR values are shown: in base64, or as the JSON that stellar-xdr gives them.

use crate::encoding::{base64, from_own_xdr, xdr_base64};
use serde::Serialize;
use serde_json::{json, Map, Value};
use soroban_env_host::xdr::{ReadXdr, WriteXdr};

/// What the client asked for with `xdrFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Base64,
    Json,
}

impl Format {
    /// The one of two field names that this format goes under.
    pub const fn name(self, base64: &'static str, json: &'static str) -> &'static str {
        match self {
            Self::Base64 => base64,
            Self::Json => json,
        }
    }

    /// A value in this format.
    pub fn value<T: WriteXdr + Serialize>(self, value: &T) -> Value {
        match self {
            Self::Base64 => Value::String(xdr_base64(value)),
            // Values of the ledger have text keys only, so they always become JSON.
            Self::Json => serde_json::to_value(value).unwrap_or_default(),
        }
    }

    /// Values in this format.
    pub fn list<'a, T: WriteXdr + Serialize + 'a>(self, values: impl IntoIterator<Item = &'a T>) -> Value {
        values.into_iter().map(|value| self.value(value)).collect()
    }

    /// A value of which the XDR is at hand, in this format.
    pub fn encoded<T: ReadXdr + Serialize>(self, bytes: &[u8]) -> Value {
        match self {
            Self::Base64 => Value::String(base64(bytes)),
            Self::Json => json!(from_own_xdr::<T>(bytes)),
        }
    }

    /// Puts a value under the name that fits: `envelope` becomes `envelopeXdr` or `envelopeJson`.
    pub fn insert(self, fields: &mut Map<String, Value>, name: &str, value: Value) {
        fields.insert(format!("{name}{}", self.name("Xdr", "Json")), value);
    }
}
