//! What a fault plan says: which faults, and which requests they meet.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Methods that faults can meet; `dev_` methods and the friendbot never fail on purpose.
const METHODS: [&str; 12] = [
    "getHealth",
    "getNetwork",
    "getVersionInfo",
    "getLatestLedger",
    "getFeeStats",
    "getLedgerEntries",
    "simulateTransaction",
    "sendTransaction",
    "getTransaction",
    "getTransactions",
    "getLedgers",
    "getEvents",
];

/// Fields of a rule that say when it applies; all others belong to its fault.
const WHEN: [&str; 9] = [
    "methods",
    "replica",
    "fromLedger",
    "untilLedger",
    "after",
    "span",
    "every",
    "chance",
    "times",
];

/// A seed and the rules it plays out.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    pub seed: u64,
    pub rules: Vec<Rule>,
}

/// A fault and the requests it meets.
#[derive(Debug, PartialEq)]
pub struct Rule {
    pub when: When,
    pub fault: Fault,
    /// As it was written.
    pub text: Map<String, Value>,
}

/// Which requests a rule meets. Counts are of requests that fit `methods`, `replica` and
/// the ledgers.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    /// Empty for all.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Only requests to `/replica/NAME`; without one, all.
    pub replica: Option<String>,
    /// From this last closed ledger on.
    #[serde(default)]
    pub from_ledger: u32,
    /// Up to and including this last closed ledger.
    #[serde(default = "no_end")]
    pub until_ledger: u32,
    /// So many requests pass first.
    #[serde(default)]
    pub after: u64,
    /// Then only so many are looked at.
    pub span: Option<u64>,
    /// Of these, every n-th.
    #[serde(default = "one")]
    pub every: u64,
    /// And of those this share, by the seed.
    #[serde(default = "always")]
    pub chance: f64,
    /// At most so many are hit.
    pub times: Option<u64>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    tag = "fault",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// The answer is late, by `ms` and up to `jitterMs` more.
    Latency {
        ms: u64,
        #[serde(default)]
        jitter_ms: u64,
    },
    /// A JSON-RPC error; with `applied` the request was carried out all the same.
    Error {
        #[serde(default = "internal_error")]
        code: i32,
        #[serde(default = "planned")]
        message: String,
        data: Option<Value>,
        #[serde(default)]
        applied: bool,
    },
    /// An HTTP status without a body.
    Status {
        status: u16,
        /// Seconds in a `Retry-After` header.
        retry_after: Option<u32>,
        #[serde(default)]
        applied: bool,
    },
    /// The connection is cut instead of an answer.
    Cut {
        #[serde(default)]
        applied: bool,
    },
    /// The body breaks off after this share of its bytes.
    Truncate {
        #[serde(default = "half")]
        keep: f64,
    },
    /// A page of HTML with status 200, as a proxy in trouble sends it.
    Garbage {},
    /// A page of events without events; its cursor moves as far as no event is lost.
    EmptyPage {},
    /// A page of events without events; its cursor stays.
    StillPage {},
    /// A page that ends inside a ledger, where one has several events.
    ShortPage {},
    /// The page before, once more.
    DuplicatePage {},
    /// A page in another order.
    ShuffledPage {},
    /// Another truth than that of the ledger, the same at every request.
    Disagree {
        how: Disagreement,
        /// The share of events or ledgers it is about.
        #[serde(default = "tenth")]
        share: f64,
    },
    /// As if the last so many ledgers had not closed yet.
    Stale { ledgers: u32 },
    /// As if only the last so many ledgers were kept.
    Forget { ledgers: u32 },
    /// The network begins anew: the same passphrase, another history.
    Reset {},
}

/// In which way a replica disagrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Disagreement {
    /// Events are missing.
    Missing,
    /// Events have another transaction, ledgers another hash.
    Changed,
}

const fn no_end() -> u32 {
    u32::MAX
}
const fn one() -> u64 {
    1
}
const fn always() -> f64 {
    1.0
}
const fn half() -> f64 {
    0.5
}
const fn tenth() -> f64 {
    0.1
}
const fn internal_error() -> i32 {
    crate::rpc::error::INTERNAL
}
fn planned() -> String {
    "a planned fault".to_owned()
}

impl Plan {
    /// Reads a plan: `{"seed": 7, "rules": [...]}`. Neither is needed.
    ///
    /// # Errors
    /// What is wrong with it, and in which rule.
    pub fn read(value: &Value) -> Result<Self, String> {
        let fields = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            _ => return Err("a fault plan is an object with seed and rules".to_owned()),
        };
        if let Some(other) = fields.keys().find(|name| !matches!(name.as_str(), "seed" | "rules")) {
            return Err(format!("a fault plan has seed and rules, not {other}"));
        }
        let seed = match fields.get("seed") {
            None => 0,
            Some(seed) => seed.as_u64().ok_or("seed is a whole number from 0")?,
        };
        let rules = match fields.get("rules") {
            None => &[][..],
            Some(Value::Array(rules)) => rules,
            Some(_) => return Err("rules is a list".to_owned()),
        };
        let read =
            |(number, rule): (usize, &Value)| Rule::read(rule).map_err(|error| format!("rule {number}: {error}"));
        Ok(Self {
            seed,
            rules: rules.iter().enumerate().map(read).collect::<Result<_, _>>()?,
        })
    }
}

impl Rule {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(text) = value else {
            return Err("not an object".to_owned());
        };
        let (when, fault): (Map<_, _>, Map<_, _>) = text
            .clone()
            .into_iter()
            .partition(|(name, _)| WHEN.contains(&name.as_str()));
        let when: When = serde_json::from_value(Value::Object(when)).map_err(|error| error.to_string())?;
        let fault: Fault = serde_json::from_value(Value::Object(fault)).map_err(|error| error.to_string())?;
        when.check()?;
        fault.check()?;
        Ok(Self {
            when,
            fault,
            text: text.clone(),
        })
    }
}

impl When {
    /// Whether a request is one that is counted.
    pub fn fits(&self, method: &str, replica: &str, ledger: u32) -> bool {
        let named = METHODS.contains(&method) && (self.methods.is_empty() || self.methods.iter().any(|m| m == method));
        let there = self.replica.as_ref().is_none_or(|name| name == replica);
        named && there && self.from_ledger <= ledger && ledger <= self.until_ledger
    }

    fn check(&self) -> Result<(), String> {
        if let Some(other) = self.methods.iter().find(|name| !METHODS.contains(&name.as_str())) {
            return Err(format!("{other} is no method that faults meet: {}", METHODS.join(", ")));
        }
        if self.every == 0 {
            return Err("every counts from 1".to_owned());
        }
        check_share("chance", self.chance)
    }
}

impl Fault {
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Truncate { keep } => check_share("keep", *keep),
            Self::Disagree { share, .. } => check_share("share", *share),
            Self::Status { status, .. } if !(400..600).contains(status) => {
                Err("status is one of an error, 400 to 599".to_owned())
            }
            Self::Forget { ledgers: 0 } => Err("at least one ledger is kept".to_owned()),
            _ => Ok(()),
        }
    }
}

fn check_share(name: &str, share: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&share) {
        Ok(())
    } else {
        Err(format!("{name} is a share from 0 to 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(rule: Value) -> String {
        Plan::read(&json!({"rules": [rule]})).unwrap_err()
    }

    #[test]
    fn a_rule_is_a_fault_and_when_it_comes() {
        let plan = json!({"seed": 3, "rules": [{"fault": "latency", "ms": 5, "methods": ["getEvents"], "every": 2}]});
        let plan = Plan::read(&plan).unwrap();
        let [rule] = plan.rules.as_slice() else {
            panic!("one rule")
        };
        assert_eq!(rule.fault, Fault::Latency { ms: 5, jitter_ms: 0 });
        assert!(rule.when.fits("getEvents", "", 9) && !rule.when.fits("getHealth", "", 9));
        assert_eq!((plan.seed, rule.when.every, rule.when.chance), (3, 2, 1.0));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        assert!(refusal(json!({"fault": "latency", "ms": 5, "when": 1})).contains("rule 0: unknown field `when`"));
        assert!(refusal(json!({"fault": "flood"})).contains("unknown variant `flood`"));
        assert!(refusal(json!({"fault": "cut", "methods": ["dev_close"]})).contains("dev_close is no method"));
        assert!(refusal(json!({"fault": "cut", "chance": 1.5})).contains("chance is a share"));
        assert!(refusal(json!({"fault": "cut", "every": 0})).contains("every counts from 1"));
        assert!(refusal(json!({"fault": "status", "status": 200})).contains("400 to 599"));
        assert!(Plan::read(&json!({"errorEvery": 2}))
            .unwrap_err()
            .contains("not errorEvery"));
    }
}
