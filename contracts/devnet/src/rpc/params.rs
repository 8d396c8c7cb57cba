//! Reading parameters: by name only, `null` is as good as absent, and a wrong
//! type is reported in the words of the decoder that stellar-rpc uses.

use super::{error::RpcError, format::Format};
use serde_json::{Map, Value};

/// The parameters of one request, or a part of them.
pub struct Params<'a> {
    fields: Option<&'a Map<String, Value>>,
    /// Name of the type in messages, for instance `GetEventsRequest`.
    type_name: &'static str,
    /// Path of this part inside the request, with a trailing dot, or empty.
    path: String,
}

impl<'a> Params<'a> {
    /// The parameters of a request.
    ///
    /// # Errors
    /// If they are neither an object nor absent.
    pub fn of(value: &'a Value, type_name: &'static str) -> Result<Self, RpcError> {
        match value {
            Value::Null => Ok(Self::absent(type_name)),
            Value::Object(fields) => Ok(Self {
                fields: Some(fields),
                type_name,
                path: String::new(),
            }),
            other => Err(RpcError::wrong_type(format!(
                "json: cannot unmarshal {} into Go value of type protocol.{type_name}",
                kind(other)
            ))),
        }
    }

    const fn absent(type_name: &'static str) -> Self {
        Self {
            fields: None,
            type_name,
            path: String::new(),
        }
    }

    /// A field that is there and not `null`.
    pub fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    /// A nested object; an absent one has no fields.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn object(&self, name: &str, type_name: &'static str) -> Result<Params<'a>, RpcError> {
        match self.field(name) {
            None => Ok(Self::absent(type_name)),
            Some(Value::Object(fields)) => Ok(Self {
                fields: Some(fields),
                type_name,
                path: format!("{}{name}.", self.path),
            }),
            Some(other) => Err(self.mismatch(name, kind(other), &format!("protocol.{type_name}"))),
        }
    }

    /// A text; absent is empty.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn text(&self, name: &str) -> Result<&'a str, RpcError> {
        match self.field(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.mismatch(name, kind(other), "string")),
        }
    }

    /// A truth value; absent is false.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn truth(&self, name: &str) -> Result<bool, RpcError> {
        match self.field(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(other) => Err(self.mismatch(name, kind(other), "bool")),
        }
    }

    /// A number from 0 to 2^32 - 1; absent is 0.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn uint32(&self, name: &str) -> Result<u32, RpcError> {
        let number = self.unsigned(name, "uint32")?;
        u32::try_from(number).map_err(|_| self.mismatch(name, &format!("number {number}"), "uint32"))
    }

    /// A number from 0 to 2^64 - 1; absent is 0. `type_name` is the type in messages.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn unsigned(&self, name: &str, type_name: &str) -> Result<u64, RpcError> {
        match self.field(name) {
            None => Ok(0),
            Some(Value::Number(number)) => number
                .as_u64()
                .ok_or_else(|| self.mismatch(name, &format!("number {number}"), type_name)),
            Some(other) => Err(self.mismatch(name, kind(other), type_name)),
        }
    }

    /// A list; absent is empty. `type_name` is the type in messages.
    ///
    /// # Errors
    /// If the field is something else.
    pub fn list(&self, name: &str, type_name: &str) -> Result<&'a [Value], RpcError> {
        match self.field(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(other) => Err(self.mismatch(name, kind(other), type_name)),
        }
    }

    /// A list of texts; absent is empty.
    ///
    /// # Errors
    /// If the field or an item is something else.
    pub fn texts(&self, name: &str) -> Result<Vec<&'a str>, RpcError> {
        self.list(name, "[]string")?
            .iter()
            .map(|item| match item {
                Value::String(text) => Ok(text.as_str()),
                Value::Null => Ok(""),
                other => Err(self.mismatch(name, kind(other), "string")),
            })
            .collect()
    }

    /// The format XDR values are asked for in; base64 unless told.
    ///
    /// # Errors
    /// If there is no such format.
    pub fn format(&self) -> Result<Format, RpcError> {
        match self.text("xdrFormat")? {
            "" | "base64" => Ok(Format::Base64),
            "json" => Ok(Format::Json),
            other => Err(RpcError::invalid_params(format!(
                "got '{other}': expected base64, json for optional 'xdrFormat'"
            ))),
        }
    }

    fn mismatch(&self, name: &str, found: &str, expected: &str) -> RpcError {
        RpcError::wrong_type(format!(
            "json: cannot unmarshal {found} into Go struct field {}.{}{name} of type {expected}",
            self.type_name, self.path
        ))
    }
}

/// What a JSON value is called in messages.
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
