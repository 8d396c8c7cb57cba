//! Faults on demand, by a plan with a seed: the same requests in the same order always
//! meet the same ones.

mod broken;
mod dice;
mod pages;
mod plan;

use crate::ledger::history::View;
pub use broken::broken;
use dice::Dice;
use plan::Fault;
pub use plan::Plan;
use serde_json::{json, Value};
use std::time::Duration;

/// A plan and how far it has come.
#[derive(Default)]
pub struct Faults {
    plan: Plan,
    /// One for each rule.
    counts: Vec<Count>,
}

#[derive(Clone, Default)]
struct Count {
    /// Requests that fitted.
    seen: u64,
    /// Requests that were hit.
    hits: u64,
    /// The last page that passed and its method, to be sent again.
    page: Option<(String, Value)>,
}

/// What is to happen to one request.
#[derive(Debug, Default, PartialEq)]
pub struct Fate {
    /// How long the answer is held back.
    pub delay: Duration,
    /// Which ledgers the answer is given from.
    pub view: View,
    /// The network begins anew first.
    pub reset: bool,
    /// The request is not carried out.
    pub lost: bool,
    pub breakage: Option<Breakage>,
    /// Rules about the page that is answered, and the number each throws its dice with.
    pages: Vec<(usize, u64)>,
}

/// How an answer fails.
#[derive(Debug, Clone, PartialEq)]
pub enum Breakage {
    Error {
        code: i32,
        message: String,
        data: Option<Value>,
    },
    Status {
        status: u16,
        retry_after: Option<u32>,
    },
    Cut,
    Truncate {
        keep: f64,
    },
    Garbage,
}

impl Faults {
    /// Starts a plan from its first request.
    pub fn set(&mut self, plan: Plan) {
        let counts = vec![Count::default(); plan.rules.len()];
        *self = Self { plan, counts };
    }

    /// The plan, with how many requests each rule has seen and hit.
    pub fn report(&self) -> Value {
        let rules = self.plan.rules.iter().zip(&self.counts).map(|(rule, count)| {
            let mut text = rule.text.clone();
            text.insert("seen".to_owned(), json!(count.seen));
            text.insert("hits".to_owned(), json!(count.hits));
            Value::Object(text)
        });
        json!({"seed": self.plan.seed, "rules": rules.collect::<Vec<_>>()})
    }

    /// Decides about the next request, which came while `ledger` was the last closed one.
    pub fn decide(&mut self, method: &str, replica: &str, ledger: u32) -> Fate {
        let mut fate = Fate::default();
        let seed = self.plan.seed;
        for (index, (rule, count)) in self.plan.rules.iter().zip(&mut self.counts).enumerate() {
            if !rule.when.fits(method, replica, ledger) {
                continue;
            }
            count.seen = count.seen.saturating_add(1);
            let number = count.seen;
            let dice = Dice { seed, rule: index };
            if rule.when.picks(number, count.hits, dice) && fate.take(&rule.fault, index, number, dice) {
                count.hits = count.hits.saturating_add(1);
            }
        }
        fate
    }

    /// Changes a result as the fate says, after it was made from the ledger.
    pub fn disturb(&mut self, fate: &Fate, method: &str, params: &Value, result: &mut Value) {
        for (index, number) in &fate.pages {
            let (Some(rule), Some(count)) = (self.plan.rules.get(*index), self.counts.get_mut(*index)) else {
                continue;
            };
            let dice = Dice {
                seed: self.plan.seed,
                rule: *index,
            };
            let hit = match rule.fault {
                Fault::DuplicatePage {} => match count.page.take_if(|(of, _)| of == method) {
                    Some((_, page)) => {
                        *result = page;
                        true
                    }
                    None => false,
                },
                _ => pages::disturb(&rule.fault, method, params, result, dice, *number),
            };
            count.hits = count.hits.saturating_add(u64::from(hit));
        }
        self.remember(method, result);
    }

    /// Keeps the page for those rules that may send it again.
    fn remember(&mut self, method: &str, result: &Value) {
        for (rule, count) in self.plan.rules.iter().zip(&mut self.counts) {
            let wanted = rule.when.methods.is_empty() || rule.when.methods.iter().any(|name| name == method);
            if rule.fault == (Fault::DuplicatePage {}) && wanted && pages::is_page(method) {
                count.page = Some((method.to_owned(), result.clone()));
            }
        }
    }
}

impl plan::When {
    /// Whether the `number`-th fitting request is to be hit, after `hits` others were.
    fn picks(&self, number: u64, hits: u64, dice: Dice) -> bool {
        let Some(place) = number.checked_sub(self.after).filter(|place| *place > 0) else {
            return false;
        };
        self.span.is_none_or(|span| place <= span)
            && place.is_multiple_of(self.every)
            && self.times.is_none_or(|times| hits < times)
            && dice.includes(self.chance, &number.to_be_bytes())
    }
}

impl Fate {
    /// Takes a fault in; false if it comes to nothing, or is only to be tried on the page.
    fn take(&mut self, fault: &Fault, rule: usize, number: u64, dice: Dice) -> bool {
        match fault {
            Fault::Latency { ms, jitter_ms } => {
                let jitter = match jitter_ms {
                    0 => 0,
                    bound => dice.number(&[b"jitter", &number.to_be_bytes()[..]].concat()) % bound,
                };
                self.delay = self
                    .delay
                    .saturating_add(Duration::from_millis(ms.saturating_add(jitter)));
                true
            }
            Fault::Stale { ledgers } => {
                self.view.behind = self.view.behind.max(*ledgers);
                true
            }
            Fault::Forget { ledgers } => {
                self.view.kept = self.view.kept.min(*ledgers);
                true
            }
            Fault::Reset {} => {
                self.reset = true;
                true
            }
            Fault::Error {
                code,
                message,
                data,
                applied,
            } => {
                let (code, message, data) = (*code, message.clone(), data.clone());
                self.break_with(Breakage::Error { code, message, data }, *applied)
            }
            Fault::Status {
                status,
                retry_after,
                applied,
            } => {
                let (status, retry_after) = (*status, *retry_after);
                self.break_with(Breakage::Status { status, retry_after }, *applied)
            }
            Fault::Cut { applied } => self.break_with(Breakage::Cut, *applied),
            Fault::Truncate { keep } => self.break_with(Breakage::Truncate { keep: *keep }, true),
            Fault::Garbage {} => self.break_with(Breakage::Garbage, false),
            Fault::EmptyPage {}
            | Fault::StillPage {}
            | Fault::ShortPage {}
            | Fault::DuplicatePage {}
            | Fault::ShuffledPage {}
            | Fault::Disagree { .. } => {
                self.pages.push((rule, number));
                false
            }
        }
    }

    /// An answer fails in one way only: the first rule that has one wins.
    fn break_with(&mut self, breakage: Breakage, applied: bool) -> bool {
        if self.breakage.is_some() {
            return false;
        }
        self.breakage = Some(breakage);
        self.lost = !applied;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(plan: &Value) -> Faults {
        let mut faults = Faults::default();
        faults.set(Plan::read(plan).unwrap());
        faults
    }

    /// Which of the first `count` requests of a method fail.
    fn failures(faults: &mut Faults, method: &str, count: usize) -> Vec<usize> {
        (1..=count)
            .filter(|_| faults.decide(method, "", 5).breakage.is_some())
            .collect()
    }

    #[test]
    fn counts_pick_requests() {
        let rule = |when: Value| {
            let mut rule = when;
            rule["fault"] = json!("cut");
            faults(&json!({"rules": [rule]}))
        };
        assert_eq!(failures(&mut rule(json!({"every": 2})), "getHealth", 6), [2, 4, 6]);
        assert_eq!(
            failures(&mut rule(json!({"after": 2, "span": 2})), "getHealth", 6),
            [3, 4]
        );
        assert_eq!(failures(&mut rule(json!({"times": 1})), "getHealth", 3), [1]);
        assert!(failures(&mut rule(json!({"methods": ["getEvents"]})), "getHealth", 3).is_empty());
        assert!(failures(&mut rule(json!({"fromLedger": 6})), "getHealth", 3).is_empty());
        assert!(failures(&mut rule(json!({"replica": "b"})), "getHealth", 3).is_empty());
    }

    #[test]
    fn a_seed_always_tells_the_same_story() {
        let story = |seed: u64| {
            let plan = json!({"seed": seed, "rules": [{"fault": "cut", "chance": 0.3}]});
            failures(&mut faults(&plan), "getEvents", 200)
        };
        assert_eq!(story(1), story(1));
        assert_ne!(story(1), story(2));
        assert!((30..90).contains(&story(1).len()));
    }

    #[test]
    fn delays_add_up_and_the_first_breakage_wins() {
        let plan = json!({"rules": [
            {"fault": "latency", "ms": 5},
            {"fault": "latency", "ms": 7, "jitterMs": 3},
            {"fault": "status", "status": 503},
            {"fault": "cut"},
            {"fault": "stale", "ledgers": 2},
        ]});
        let mut faults = faults(&plan);
        let fate = faults.decide("getHealth", "", 5);
        assert!((12..15).contains(&fate.delay.as_millis()));
        assert!(matches!(fate.breakage, Some(Breakage::Status { status: 503, .. })) && fate.lost);
        assert_eq!(fate.view.behind, 2);
        let hits: Vec<u64> = faults.counts.iter().map(|count| count.hits).collect();
        assert_eq!(hits, [1, 1, 1, 0, 1]);
    }

    #[test]
    fn a_page_comes_twice() {
        let mut faults = faults(&json!({"rules": [{"fault": "duplicatePage", "every": 2}]}));
        let answers: Vec<Value> = (1..=4)
            .map(|number| {
                let mut result = json!({"events": [number]});
                let fate = faults.decide("getEvents", "", 5);
                faults.disturb(&fate, "getEvents", &json!({}), &mut result);
                result
            })
            .collect();
        assert_eq!(
            answers,
            [
                json!({"events": [1]}),
                json!({"events": [1]}),
                json!({"events": [3]}),
                json!({"events": [3]})
            ]
        );
        assert_eq!(faults.report()["rules"][0]["hits"], 2);
    }
}
