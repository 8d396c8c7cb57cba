//! Pages that are not what they should be, made from good ones.

use super::{
    dice::Dice,
    plan::{Disagreement, Fault},
};
use crate::{encoding::sha256, ledger::events::EventId};
use serde_json::{json, Value};

/// Whether a method answers in pages that can be changed.
pub fn is_page(method: &str) -> bool {
    list_name(method).is_some()
}

/// The member that holds the page's items.
fn list_name(method: &str) -> Option<&'static str> {
    match method {
        "getEvents" => Some("events"),
        "getLedgers" => Some("ledgers"),
        "getTransactions" => Some("transactions"),
        _ => None,
    }
}

/// Changes a page; false if the fault finds nothing in it to change. `number` is that of
/// the request, for faults that differ from one to the next.
pub fn disturb(fault: &Fault, method: &str, params: &Value, page: &mut Value, dice: Dice, number: u64) -> bool {
    let changed = match (fault, method) {
        (Fault::EmptyPage {}, "getEvents") => empty(params, page, true),
        (Fault::StillPage {}, "getEvents") => empty(params, page, false),
        (Fault::ShortPage {}, "getEvents") => shorten(page, dice, number),
        (Fault::ShuffledPage {}, _) => shuffle(method, page, dice, number),
        (Fault::Disagree { how, share }, _) => disagree(*how, *share, method, page, dice),
        _ => None,
    };
    changed.is_some()
}

fn id_of(event: &Value) -> Option<EventId> {
    EventId::parse(event.get("id")?.as_str()?)
}

/// Where a request for events stood: its cursor, or just before its first ledger.
fn before(params: &Value) -> Option<EventId> {
    let cursor = params.get("pagination").and_then(|pagination| pagination.get("cursor"));
    if let Some(id) = cursor.and_then(Value::as_str).and_then(EventId::parse) {
        return Some(id);
    }
    let start = u32::try_from(params.get("startLedger")?.as_u64()?).ok()?;
    Some(EventId::end_of(start.saturating_sub(1)))
}

/// Takes all events away. A cursor that moves stops before the ledger of the first. A page
/// stays as it is where its cursor would lie before the oldest ledger: nobody could follow it.
fn empty(params: &Value, page: &mut Value, moves: bool) -> Option<()> {
    // Another fault may have put the events in another order.
    let first = page.get("events")?.as_array()?.iter().filter_map(id_of).min()?;
    let stays = before(params)?;
    let cursor = if moves {
        stays.max(EventId::end_of(first.ledger.saturating_sub(1)))
    } else {
        stays
    };
    if u64::from(cursor.ledger) < page.get("oldestLedger")?.as_u64()? {
        return None;
    }
    page["events"] = json!([]);
    page["cursor"] = json!(cursor.to_string());
    Some(())
}

/// Ends the page between two events of one ledger.
fn shorten(page: &mut Value, dice: Dice, number: u64) -> Option<()> {
    let events = page.get_mut("events")?.as_array_mut()?;
    let ids: Vec<EventId> = events.iter().filter_map(id_of).collect();
    let inside: Vec<usize> = ids
        .iter()
        .zip(ids.iter().skip(1))
        .zip(1..)
        .filter(|((one, next), _)| one.ledger == next.ledger)
        .map(|(_, length)| length)
        .collect();
    let length = *inside.get(dice.below(inside.len(), &number.to_be_bytes()))?;
    events.truncate(length);
    let last = *ids.get(length.checked_sub(1)?)?;
    page["cursor"] = json!(last.to_string());
    Some(())
}

/// Puts the items in another order.
fn shuffle(method: &str, page: &mut Value, dice: Dice, number: u64) -> Option<()> {
    let items = page.get_mut(list_name(method)?)?.as_array_mut()?;
    if items.len() < 2 {
        return None;
    }
    let order = items.clone();
    for last in (1..items.len()).rev() {
        let purpose = [number.to_be_bytes(), u64::try_from(last).unwrap_or(0).to_be_bytes()].concat();
        items.swap(last, dice.below(last + 1, &purpose));
    }
    if *items == order {
        items.rotate_left(1);
    }
    Some(())
}

/// Leaves events out, or changes what events and ledgers are known by.
fn disagree(how: Disagreement, share: f64, method: &str, page: &mut Value, dice: Dice) -> Option<()> {
    let items = page.get_mut(list_name(method)?)?.as_array_mut()?;
    let (key, told) = match method {
        "getEvents" => ("id", "txHash"),
        "getLedgers" => ("hash", "hash"),
        _ => return None,
    };
    let is_chosen = |item: &Value| {
        let name = item.get(key).and_then(Value::as_str).unwrap_or_default();
        dice.includes(share, name.as_bytes())
    };
    match how {
        Disagreement::Missing if method == "getEvents" => {
            let count = items.len();
            items.retain(|item| !is_chosen(item));
            (items.len() < count).then_some(())
        }
        Disagreement::Missing => None,
        Disagreement::Changed => {
            let chosen: Vec<&mut Value> = items.iter_mut().filter(|item| is_chosen(item)).collect();
            let any = !chosen.is_empty();
            for item in chosen {
                let truth = item.get(told).and_then(Value::as_str).unwrap_or_default();
                item[told] = json!(hex::encode(sha256(truth.as_bytes())));
            }
            any.then_some(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DICE: Dice = Dice { seed: 1, rule: 0 };

    fn event(ledger: u32, index: u32) -> Value {
        let mut id = EventId::start_of(ledger);
        id.transaction = 1;
        id.index = index;
        json!({"id": id.to_string(), "txHash": "aa"})
    }

    fn page() -> Value {
        json!({"events": [event(5, 0), event(6, 0), event(6, 1), event(7, 0)], "cursor": "far", "oldestLedger": 2})
    }

    fn disturbed(fault: &Fault, params: &Value) -> Value {
        let mut page = page();
        assert!(disturb(fault, "getEvents", params, &mut page, DICE, 1));
        page
    }

    #[test]
    fn an_empty_page_loses_nothing_of_a_shuffled_one() {
        let mut page = page();
        page["events"].as_array_mut().unwrap().reverse();
        let params = json!({"startLedger": 3});
        assert!(disturb(&Fault::EmptyPage {}, "getEvents", &params, &mut page, DICE, 1));
        assert_eq!(page["cursor"], disturbed(&Fault::EmptyPage {}, &params)["cursor"]);
    }

    #[test]
    fn an_empty_page_moves_on_as_far_as_nothing_is_lost() {
        let moved = disturbed(&Fault::EmptyPage {}, &json!({"startLedger": 3}));
        assert_eq!(
            moved,
            json!({"events": [], "cursor": EventId::end_of(4).to_string(), "oldestLedger": 2})
        );
        let cursor = event(5, 0)["id"].clone();
        let mut rest = json!({"events": [event(5, 1)], "cursor": "far", "oldestLedger": 2});
        let params = json!({"pagination": {"cursor": cursor}});
        assert!(disturb(&Fault::EmptyPage {}, "getEvents", &params, &mut rest, DICE, 1));
        assert_eq!(rest, json!({"events": [], "cursor": cursor, "oldestLedger": 2}));
    }

    #[test]
    fn a_still_page_does_not_move() {
        let still = disturbed(&Fault::StillPage {}, &json!({"startLedger": 3}));
        assert_eq!(still["cursor"], EventId::end_of(2).to_string());
        let mut oldest = page();
        assert!(!disturb(
            &Fault::StillPage {},
            "getEvents",
            &json!({"startLedger": 2}),
            &mut oldest,
            DICE,
            1
        ));
    }

    #[test]
    fn a_short_page_ends_inside_a_ledger() {
        let short = disturbed(&Fault::ShortPage {}, &json!({}));
        assert_eq!(short["events"].as_array().unwrap().len(), 2);
        assert_eq!(short["cursor"], event(6, 0)["id"]);
    }

    #[test]
    fn a_shuffled_page_has_the_same_events() {
        let shuffled = disturbed(&Fault::ShuffledPage {}, &json!({}));
        assert_ne!(shuffled, page());
        let mut events = shuffled["events"].as_array().unwrap().clone();
        events.sort_by_key(|event| event["id"].as_str().unwrap().to_owned());
        assert_eq!(json!(events), page()["events"]);
    }

    #[test]
    fn a_replica_is_true_to_its_own_truth() {
        let missing = Fault::Disagree {
            how: Disagreement::Missing,
            share: 0.5,
        };
        let first = disturbed(&missing, &json!({}));
        assert_eq!(first, disturbed(&missing, &json!({})));
        assert!(first["events"].as_array().unwrap().len() < 4);
        let changed = Fault::Disagree {
            how: Disagreement::Changed,
            share: 1.0,
        };
        assert_ne!(disturbed(&changed, &json!({}))["events"][0]["txHash"], "aa");
    }

    #[test]
    fn what_has_no_page_is_left_alone() {
        let mut health = json!({"status": "healthy"});
        assert!(!disturb(
            &Fault::ShuffledPage {},
            "getHealth",
            &json!({}),
            &mut health,
            DICE,
            1
        ));
        let mut none = json!({"events": [], "cursor": "far"});
        assert!(!disturb(
            &Fault::EmptyPage {},
            "getEvents",
            &json!({"startLedger": 3}),
            &mut none,
            DICE,
            1
        ));
        assert_eq!(none["cursor"], "far");
    }
}
