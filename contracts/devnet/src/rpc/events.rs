//! getEvents.

use super::{error::RpcError, format::Format, go_xdr, params::Params, Service, Window};
use crate::{
    encoding::{base64_bytes, contract_from_text, contract_text, xdr},
    ledger::{
        events::{EventId, EventRecord},
        history::ClosedLedger,
    },
};
use serde_json::{json, Value};
use soroban_env_host::xdr::{ContractEventV0, ContractId};

const DEFAULT_PAGE: u64 = 100;
const MAX_FILTERS: usize = 5;
const MAX_CONTRACTS: usize = 5;
const MAX_TOPIC_FILTERS: usize = 5;
const MAX_SEGMENTS: usize = 4;

/// One place of a topic filter.
#[derive(Debug, PartialEq)]
enum Segment {
    Any,
    /// XDR of the value.
    Exactly(Vec<u8>),
}

/// Topics to match, from the first on.
#[derive(Debug, PartialEq)]
struct TopicFilter {
    segments: Vec<Segment>,
    /// More topics may follow.
    open: bool,
}

/// What an event must be like; empty lists ask for nothing.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    kinds: Vec<String>,
    contracts: Vec<ContractId>,
    topics: Vec<TopicFilter>,
}

/// A checked request.
struct Request {
    start: EventId,
    /// The start is a cursor: its own event was delivered already.
    behind_start: bool,
    /// First ledger that is not looked at any more, if the request names one.
    end: Option<u32>,
    filters: Vec<Filter>,
    limit: usize,
    format: Format,
}

pub fn get_events(service: &Service, params: &Value) -> Result<Value, RpcError> {
    let request = read_request(service, params)?;
    let window = service.window();
    if request.start.ledger < window.oldest || request.start.ledger > window.latest {
        return Err(RpcError::invalid_request(format!(
            "startLedger must be within the ledger range: {} - {}",
            window.oldest, window.latest
        )));
    }
    // Exclusive, as in the request; a page never looks further than the scan window.
    let end = request
        .end
        .unwrap_or(u32::MAX)
        .min(request.start.ledger.saturating_add(service.limits.scan))
        .min(window.latest.saturating_add(1));
    let events = find(service, &request, end);
    let cursor = match events.last() {
        Some(Found { event: last, .. }) if events.len() >= request.limit => last.id,
        _ => EventId::end_of(end.saturating_sub(1)),
    };
    Ok(page(&events, cursor, window, request.format))
}

/// An event that matched.
struct Found<'a> {
    ledger: &'a ClosedLedger,
    event: &'a EventRecord,
    body: ContractEventV0,
}

fn find<'a>(service: &'a Service, request: &Request, end: u32) -> Vec<Found<'a>> {
    let last = end.saturating_sub(1);
    service
        .ledger
        .history
        .range(request.start.ledger, last)
        .flat_map(|ledger| ledger.events.iter().map(move |event| (ledger, event)))
        .filter(|(_, event)| {
            if request.behind_start {
                event.id > request.start
            } else {
                event.id >= request.start
            }
        })
        .filter_map(|(ledger, event)| matching(&request.filters, ledger, event))
        .take(request.limit)
        .collect()
}

fn page(events: &[Found<'_>], cursor: EventId, window: Window, format: Format) -> Value {
    let events: Vec<Value> = events.iter().map(|found| event_json(found, format)).collect();
    json!({
        "events": events,
        "cursor": cursor.to_string(),
        "latestLedger": window.latest,
        "oldestLedger": window.oldest,
        "latestLedgerCloseTime": window.latest_time.to_string(),
        "oldestLedgerCloseTime": window.oldest_time.to_string(),
    })
}

fn event_json(found: &Found<'_>, format: Format) -> Value {
    let Found { ledger, event, body } = found;
    let hash = ledger.transactions.get(event.transaction).map(|record| record.hash);
    let mut fields = json!({
        "type": event.kind,
        "ledger": ledger.sequence,
        "ledgerClosedAt": rfc3339(ledger.close_time()),
        "contractId": event.contract.as_ref().map(contract_text).unwrap_or_default(),
        "id": event.id.to_string(),
        "operationIndex": event.id.operation,
        "transactionIndex": event.id.transaction,
        "txHash": hex::encode(hash.unwrap_or_default()),
    });
    if let Some(fields) = fields.as_object_mut() {
        let topics = format.list(body.topics.iter());
        fields.insert(format.name("topic", "topicJson").to_owned(), topics);
        let value = format.value(&body.data);
        fields.insert(format.name("value", "valueJson").to_owned(), value);
    }
    fields
}

/// The event if one of the filters wants it. What needs no decoding is looked at first.
fn matching<'a>(filters: &[Filter], ledger: &'a ClosedLedger, event: &'a EventRecord) -> Option<Found<'a>> {
    let candidates: Vec<&Filter> = filters.iter().filter(|filter| filter.may_want(event)).collect();
    if candidates.is_empty() && !filters.is_empty() {
        return None;
    }
    let body = ledger.event_body(event)?;
    if candidates.iter().all(|filter| !filter.topics.is_empty()) && !candidates.is_empty() {
        let topics: Vec<Vec<u8>> = body.topics.iter().map(xdr).collect();
        if !candidates.iter().any(|filter| filter.wants_topics(&topics)) {
            return None;
        }
    }
    Some(Found { ledger, event, body })
}

impl Filter {
    /// Whether kind and contract are right.
    fn may_want(&self, event: &EventRecord) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == event.kind);
        let is_listed = |contract: &ContractId| self.contracts.contains(contract);
        kind && (self.contracts.is_empty() || event.contract.as_ref().is_some_and(is_listed))
    }

    fn wants_topics(&self, topics: &[Vec<u8>]) -> bool {
        self.topics.iter().any(|filter| filter.matches(topics))
    }
}

impl TopicFilter {
    /// Whether topics, as XDR, are those.
    fn matches(&self, topics: &[Vec<u8>]) -> bool {
        let count_fits = if self.open {
            topics.len() >= self.segments.len()
        } else {
            topics.len() == self.segments.len()
        };
        count_fits
            && self.segments.iter().zip(topics).all(|(segment, topic)| match segment {
                Segment::Any => true,
                Segment::Exactly(wanted) => wanted == topic,
            })
    }
}

fn read_request(service: &Service, params: &Value) -> Result<Request, RpcError> {
    let params = Params::of(params, "GetEventsRequest")?;
    let start_ledger = params.uint32("startLedger")?;
    let end_ledger = params.uint32("endLedger")?;
    let pagination = params.object("pagination", "PaginationOptions")?;
    let pagination = PaginationText {
        cursor: read_cursor(&pagination)?,
        limit: pagination.unsigned("limit", "uint")?,
    };
    let filters = read_filters(&params)?;
    let format = params.format()?;
    if pagination.cursor.is_some() && (start_ledger != 0 || end_ledger != 0) {
        return Err(RpcError::invalid_params("ledger ranges and cursor cannot both be set"));
    }
    if pagination.cursor.is_none() && start_ledger == 0 {
        return Err(RpcError::invalid_params("startLedger must be positive"));
    }
    if filters.len() > MAX_FILTERS {
        return Err(RpcError::invalid_params("maximum 5 filters per request"));
    }
    if pagination.limit > service.limits.events_page {
        return Err(RpcError::invalid_params(format!(
            "limit must not exceed {}",
            service.limits.events_page
        )));
    }
    let limit = match pagination.limit {
        0 => DEFAULT_PAGE.min(service.limits.events_page),
        limit => limit,
    };
    Ok(Request {
        start: pagination.cursor.unwrap_or(EventId::start_of(start_ledger)),
        behind_start: pagination.cursor.is_some(),
        end: (end_ledger > 0).then_some(end_ledger),
        filters,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        format,
    })
}

struct PaginationText {
    cursor: Option<EventId>,
    limit: u64,
}

fn read_cursor(pagination: &Params<'_>) -> Result<Option<EventId>, RpcError> {
    match pagination.text("cursor")? {
        "" => Ok(None),
        text => EventId::parse(text)
            .map(Some)
            .ok_or_else(|| RpcError::wrong_type(format!("invalid event id {text}"))),
    }
}

fn read_filters(params: &Params<'_>) -> Result<Vec<Filter>, RpcError> {
    let list = params.list("filters", "[]protocol.EventFilter")?;
    // Types are checked before any content, so the first fault is that of the decoder.
    let mut checked = Vec::with_capacity(list.len());
    for value in list {
        checked.push(RawFilter::read(value)?);
    }
    if checked.len() > MAX_FILTERS {
        return Err(RpcError::invalid_params("maximum 5 filters per request"));
    }
    (1_usize..)
        .zip(checked)
        .map(|(number, raw)| {
            raw.check()
                .map_err(|fault| RpcError::invalid_params(format!("filter {number} invalid: {fault}")))
        })
        .collect()
}

/// A filter whose parts have the right types.
struct RawFilter<'a> {
    kind: &'a str,
    contracts: Vec<&'a str>,
    topics: Vec<Vec<&'a str>>,
}

impl<'a> RawFilter<'a> {
    fn read(value: &'a Value) -> Result<Self, RpcError> {
        let params = Params::of(value, "EventFilter")?;
        let mut topics = Vec::new();
        for topic in params.list("topics", "[]protocol.TopicFilter")? {
            let Value::Array(segments) = topic else {
                return Err(RpcError::wrong_type(format!(
                    "json: cannot unmarshal {} into Go value of type protocol.TopicFilter",
                    super::params::kind(topic)
                )));
            };
            let mut texts = Vec::with_capacity(segments.len());
            for segment in segments {
                texts.push(segment_text(segment)?);
            }
            topics.push(texts);
        }
        Ok(Self {
            kind: params.text("type")?,
            contracts: params.texts("contractIds")?,
            topics,
        })
    }

    fn check(self) -> Result<Filter, String> {
        let kinds: Vec<String> = self
            .kind
            .split(',')
            .filter(|kind| !kind.is_empty())
            .map(str::to_owned)
            .collect();
        if kinds.iter().any(|kind| kind != "contract" && kind != "system") {
            return Err("filter type invalid: if set, type must be either 'system' or 'contract'".to_owned());
        }
        if self.contracts.len() > MAX_CONTRACTS {
            return Err("maximum 5 contract IDs per filter".to_owned());
        }
        if self.topics.len() > MAX_TOPIC_FILTERS {
            return Err("maximum 5 topics per filter".to_owned());
        }
        let mut contracts = Vec::with_capacity(self.contracts.len());
        for (number, text) in (1_usize..).zip(&self.contracts) {
            contracts.push(contract_from_text(text).ok_or_else(|| format!("contract ID {number} invalid"))?);
        }
        let topics: Result<Vec<_>, _> = (1_usize..)
            .zip(self.topics)
            .map(|(number, segments)| read_topic(&segments).map_err(|fault| format!("topic {number} invalid: {fault}")))
            .collect();
        Ok(Filter {
            kinds,
            contracts,
            topics: topics?,
        })
    }
}

/// A segment's text, if it is a wildcard or decodes as a value.
fn segment_text(segment: &Value) -> Result<&str, RpcError> {
    let Value::String(text) = segment else {
        return Err(RpcError::wrong_type(format!(
            "json: cannot unmarshal {} into Go value of type string",
            super::params::kind(segment)
        )));
    };
    if text == "*" || text == "**" {
        return Ok(text);
    }
    match go_xdr::fault(text) {
        Some(fault) => Err(RpcError::wrong_type(fault)),
        None => Ok(text),
    }
}

fn read_topic(segments: &[&str]) -> Result<TopicFilter, String> {
    let open = segments.last() == Some(&"**");
    let fixed = if open {
        segments.split_last().map_or(segments, |(_, rest)| rest)
    } else {
        segments
    };
    if segments.is_empty() {
        return Err("topic must have at least 1 segment".to_owned());
    }
    if let Some(index) = fixed.iter().position(|segment| *segment == "**") {
        return Err(format!(
            "segment {} invalid: wildcard '**' is only allowed as the last segment",
            index.saturating_add(1)
        ));
    }
    if fixed.len() > MAX_SEGMENTS {
        return Err("topic cannot have more than 4 segments".to_owned());
    }
    let segments = fixed
        .iter()
        .map(|segment| match *segment {
            "*" => Segment::Any,
            exact => Segment::Exactly(base64_bytes(exact).unwrap_or_default()),
        })
        .collect();
    Ok(TopicFilter { segments, open })
}

/// Unix seconds as `2026-11-22T18:00:00Z`.
fn rfc3339(seconds: u64) -> String {
    let days = seconds / 86_400;
    let rest = seconds % 86_400;
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The Gregorian date of a day counted from 1970-01-01, by Howard Hinnant's
/// method: years start in March, so that the leap day is the last of its year.
const fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| base64_bytes(name).unwrap()).collect()
    }

    #[test]
    fn only_an_open_filter_takes_more_topics_than_it_names() {
        let closed = read_topic(&["aaaa", "*"]).unwrap();
        assert!(closed.matches(&topics(&["aaaa", "bbbb"])));
        assert!(!closed.matches(&topics(&["aaaa"])));
        assert!(!closed.matches(&topics(&["aaaa", "bbbb", "cccc"])));
        let open = read_topic(&["aaaa", "**"]).unwrap();
        assert!(open.matches(&topics(&["aaaa"])));
        assert!(open.matches(&topics(&["aaaa", "bbbb", "cccc"])));
        assert!(!open.matches(&topics(&["bbbb"])));
    }

    #[test]
    fn a_topic_filter_has_one_to_four_segments() {
        assert!(read_topic(&[]).is_err());
        assert!(read_topic(&["**", "aaaa"]).is_err());
        assert!(read_topic(&["aaaa", "bbbb", "cccc", "dddd", "**"]).is_ok());
        assert!(read_topic(&["aaaa", "bbbb", "cccc", "dddd", "eeee"]).is_err());
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_366_265), "2026-11-22T16:51:05Z");
        assert_eq!(rfc3339(4_102_444_800), "2100-01-01T00:00:00Z");
    }
}
