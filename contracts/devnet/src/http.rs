//! HTTP: JSON-RPC at `/`, friendbot at `/friendbot`.

use crate::{
    faults::{broken, Breakage},
    rpc::error::{RpcError, INTERNAL, INVALID_REQUEST, PARSE_ERROR},
    worker::{Reply, Worker},
};
use axum::{
    body::{to_bytes, Body},
    extract::{Request, State},
    http::{header, HeaderMap, HeaderValue, Method, StatusCode},
    response::Response,
    Router,
};
use serde_json::{json, value::RawValue, Map, Value};
use std::{borrow::Cow, collections::HashMap, time::Duration};

/// Largest request body, in bytes.
const MAX_BODY: usize = 512 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Site {
    pub worker: Worker,
    /// Whether each call is written to stderr.
    pub log: bool,
}

/// All routes.
pub fn router(site: Site) -> Router {
    Router::new().fallback(serve).with_state(site)
}

async fn serve(State(site): State<Site>, request: Request) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let path = request.uri().path().to_owned();
    let mut response = match (path.as_str(), replica_of(&path)) {
        _ if is_preflight => plain(StatusCode::NO_CONTENT, ""),
        ("/friendbot", _) => {
            let address = query_value(&request, "addr=");
            serve_friendbot(&site, address).await
        }
        (_, Some(replica)) => serve_rpc(&site, replica, request).await,
        _ => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
    };
    allow_any_origin(response.headers_mut(), is_preflight);
    response
}

fn allow_any_origin(headers: &mut HeaderMap, is_preflight: bool) {
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, any.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    }
}

/// Whose JSON-RPC a path is: that of the ledger, `/`, or of a replica by name.
fn replica_of(path: &str) -> Option<&str> {
    match path {
        "/" => Some(""),
        path => path.strip_prefix("/replica/").filter(|name| !name.is_empty()),
    }
}

async fn serve_rpc(site: &Site, replica: &str, request: Request) -> Response {
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    if !is_json(request.headers()) {
        return plain(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content-type must be application/json\n",
        );
    }
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY).await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "http: request body too large\n");
    };
    let Ok(body) = serde_json::from_slice::<Box<RawValue>>(&body) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "[-32700] invalid request value\n");
    };
    answer_body(site, replica, &body).await
}

async fn answer_body(site: &Site, replica: &str, body: &RawValue) -> Response {
    let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(body.get()) else {
        let Outcome { answer, breakage } = answer_one(site, replica, body).await;
        return respond(answer, breakage);
    };
    let mut answers = Vec::new();
    let mut breakage = None;
    for item in &items {
        let outcome = answer_one(site, replica, item).await;
        answers.extend(outcome.answer);
        breakage = breakage.or(outcome.breakage);
    }
    let body = (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")));
    respond(body, breakage)
}

fn respond(body: Option<String>, breakage: Option<Breakage>) -> Response {
    match (body, breakage) {
        (body, Some(breakage)) => broken(&breakage, &body.unwrap_or_else(|| "null".to_owned())),
        (Some(body), None) => json_response(StatusCode::OK, body),
        (None, None) => plain(StatusCode::NO_CONTENT, ""),
    }
}

/// What comes of one request.
struct Outcome {
    /// JSON; nothing for a notification: nobody waits for an answer.
    answer: Option<String>,
    /// How the answer is to fail on its way.
    breakage: Option<Breakage>,
}

/// A well-formed request.
struct Call {
    id: Value,
    method: String,
    params: Value,
}

async fn answer_one(site: &Site, replica: &str, request: &RawValue) -> Outcome {
    let id = id_text(request);
    let call = match serde_json::from_str(request.get()).map_err(|_| (Value::Null, not_an_object())) {
        Ok(request) => read_call(request),
        Err(refusal) => Err(refusal),
    };
    let call = match call {
        Ok(call) => call,
        Err((known, error)) => {
            let id = if known.is_null() { "null" } else { id };
            return Outcome {
                answer: Some(answer_text(id, "error", &error.to_json())),
                breakage: None,
            };
        }
    };
    let started = crate::clock::wall_ms();
    let method = call.method.clone();
    let reply = site.worker.call(replica.to_owned(), call.method, call.params).await;
    let reply = reply.unwrap_or_else(|| Reply {
        outcome: Err(RpcError::new(INTERNAL, "the ledger has stopped; start it again")),
        delay: Duration::ZERO,
        breakage: None,
    });
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    if site.log {
        let fault = reply
            .breakage
            .as_ref()
            .map_or(String::new(), |breakage| format!(", {breakage:?}"));
        eprintln!("{method} {} ms{fault}", crate::worker::since_ms(started));
    }
    let answer = match reply.outcome {
        _ if call.id.is_null() => None,
        Ok(result) => Some(answer_text(id, "result", &result)),
        Err(error) => Some(answer_text(id, "error", &error.to_json())),
    };
    Outcome {
        answer,
        breakage: reply.breakage,
    }
}

/// The id of a request as it stands there: a number of any size comes back digit by digit.
fn id_text(request: &RawValue) -> &str {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(request.get()).unwrap_or_default();
    fields.get("id").map_or("null", |id| id.get())
}

fn answer_text(id: &str, outcome: &str, value: &Value) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{outcome}\":{value}}}")
}

fn not_an_object() -> RpcError {
    RpcError::new(PARSE_ERROR, "request is not a JSON object")
}

fn read_call(request: Value) -> Result<Call, (Value, RpcError)> {
    let refuse = |id: &Value, message: &str| {
        let error = RpcError::new(INVALID_REQUEST, message);
        (id.clone(), error)
    };
    let mut fields = match request {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        _ => return Err((Value::Null, not_an_object())),
    };
    let id = fields.remove("id").unwrap_or(Value::Null);
    if !matches!(id, Value::Null | Value::Number(_) | Value::String(_)) {
        return Err(refuse(&Value::Null, "invalid request ID"));
    }
    if fields.remove("jsonrpc") != Some(json!("2.0")) {
        return Err(refuse(&id, "invalid version marker"));
    }
    let method = match fields.remove("method") {
        Some(Value::String(method)) if !method.is_empty() => method,
        None | Some(Value::Null | Value::String(_)) => {
            return Err(refuse(&id, "empty method name"));
        }
        Some(_) => return Err(refuse(&id, "invalid method name")),
    };
    let params = fields.remove("params").unwrap_or(Value::Null);
    if !matches!(params, Value::Null | Value::Array(_) | Value::Object(_)) {
        return Err(refuse(&id, "parameters must be array or object"));
    }
    if !fields.is_empty() {
        return Err(refuse(&id, "extra fields in request"));
    }
    Ok(Call { id, method, params })
}

async fn serve_friendbot(site: &Site, address: String) -> Response {
    match site.worker.fund(address).await {
        Some(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            json_response(status, answer.body.to_string())
        }
        None => plain(StatusCode::SERVICE_UNAVAILABLE, ""),
    }
}

/// The value behind a prefix such as `addr=` in the query, or nothing.
fn query_value(request: &Request, prefix: &str) -> String {
    let query = request.uri().query().unwrap_or("");
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(prefix))
        .unwrap_or("")
        .to_owned()
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn json_response(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    if !text.is_empty() {
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
