//! Answers that fail on their way.

use super::Breakage;
use axum::{
    body::{Body, Bytes, HttpBody},
    http::{header, HeaderValue, StatusCode},
    response::Response,
};
use http_body::Frame;
use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{sleep, Sleep};

/// How long the first part of a body has to reach the client before the connection ends.
const FLUSH: Duration = Duration::from_millis(20);
/// What a proxy in trouble says.
const PROXY_PAGE: &str = "<html><head><title>Service temporarily unavailable</title></head><body></body></html>\n";

/// The response in the place of one with this body.
pub fn broken(breakage: &Breakage, body: &str) -> Response {
    match breakage {
        Breakage::Cut => Response::new(Body::new(BreakingBody::after(Bytes::new()))),
        Breakage::Truncate { keep } => truncated(body, *keep),
        Breakage::Status { status, retry_after } => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            if let Some(seconds) = retry_after {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            response
        }
        Breakage::Garbage => with_type(Body::from(PROXY_PAGE), "text/html; charset=utf-8"),
        Breakage::Error { .. } => with_type(Body::from(body.to_owned()), "application/json"),
    }
}

/// Promises the whole body and sends a part.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn truncated(body: &str, keep: f64) -> Response {
    let length = ((body.len() as f64 * keep) as usize).min(body.len().saturating_sub(1));
    let part = Bytes::copy_from_slice(body.as_bytes().get(..length).unwrap_or_default());
    let mut response = with_type(Body::new(BreakingBody::after(part)), "application/json");
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}

fn with_type(body: Body, kind: &'static str) -> Response {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A body that ends in an error, which cuts the connection.
struct BreakingBody {
    part: Option<Bytes>,
    pause: Pin<Box<Sleep>>,
}

impl BreakingBody {
    /// Sends this part before; an empty one leaves the client without any answer.
    fn after(part: Bytes) -> Self {
        let pause = if part.is_empty() { Duration::ZERO } else { FLUSH };
        Self {
            part: (!part.is_empty()).then_some(part),
            pause: Box::pin(sleep(pause)),
        }
    }
}

impl HttpBody for BreakingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(part) = self.part.take() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        let cut = io::Error::from(io::ErrorKind::ConnectionReset);
        self.pause.as_mut().poll(context).map(|()| Some(Err(cut)))
    }
}
