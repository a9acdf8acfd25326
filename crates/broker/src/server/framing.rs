//! HTTP/1.1 requests that a proxy in front of us could read differently, so that what one takes for a body is another
//! request for the other.

use axum::body::Body;
use hyper::header::{CONNECTION, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::{Request, Response, StatusCode, Version};

/// Whether it is not certain whom the request is for (RFC 9112 3.2). Lengths that contradict each other do not come this
/// far.
pub(super) fn is_ambiguous<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2 && !has_one_host(request)
}

/// One `Host`, which HTTP/1.0 may leave out, and no other in front of the path.
fn has_one_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, None) => return request.version() < Version::HTTP_11,
        (Some(host), None) => host.as_bytes(),
        _ => return false,
    };
    request.uri().authority().is_none_or(|named| named.as_str().as_bytes().eq_ignore_ascii_case(host))
}

/// Whether nothing more may be read from the connection: the parser forgets a length that was given beside an encoding,
/// and a proxy may have gone by it (RFC 9112 6.1).
pub(super) fn is_last<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2 && request.headers().contains_key(TRANSFER_ENCODING)
}

pub(super) fn refusal() -> Response<Body> {
    closing(Response::builder().status(StatusCode::BAD_REQUEST).body(Body::empty()).expect("a status"))
}

/// The same answer as the last one of its connection.
pub(super) fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
