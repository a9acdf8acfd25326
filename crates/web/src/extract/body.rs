//! Reading parameters from queries and bodies of bounded size.

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header;
use http_body_util::LengthLimitError;
use protocol::params::{MAX_BYTES, Params, ParamsRefused};

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyRefused {
    /// More than its route reads.
    #[error("the body is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The peer stopped sending.
    #[error("the body ended early")]
    CutOff,
    /// Neither a form nor, where that is accepted, JSON.
    #[error("the Content-Type must be application/x-www-form-urlencoded, or application/json where that is accepted")]
    ContentType,
    /// Read, and not understood.
    #[error(transparent)]
    Params(#[from] ParamsRefused),
    /// A field stands in a form twice, and nobody may choose.
    #[error("a field stands in the form twice")]
    Repeated,
}

/// The parameters of a query.
pub(crate) fn query_params(request: &Request) -> Result<Params, ParamsRefused> {
    Params::from_form(request.uri().query().unwrap_or_default().as_bytes())
}

/// The parameters of a form.
pub(crate) async fn form_params(request: Request) -> Result<Params, BodyRefused> {
    if media_type(&request) != Some("application/x-www-form-urlencoded") {
        return Err(BodyRefused::ContentType);
    }
    Ok(Params::from_form(&read_bounded(request.into_body(), MAX_BYTES).await?)?)
}

/// The parameters of a form or of a JSON object: Auth0's SDKs send either.
pub(crate) async fn token_params(request: Request) -> Result<Params, BodyRefused> {
    let is_json = match media_type(&request) {
        Some("application/x-www-form-urlencoded") => false,
        Some("application/json") => true,
        _ => return Err(BodyRefused::ContentType),
    };
    let body = read_bounded(request.into_body(), MAX_BYTES).await?;
    Ok(if is_json { Params::from_json(&body)? } else { Params::from_form(&body)? })
}

/// A JSON object, as it came.
pub(crate) async fn json_body(request: Request) -> Result<flows::management::Body, BodyRefused> {
    if media_type(&request) != Some("application/json") {
        return Err(BodyRefused::ContentType);
    }
    Ok(flows::management::Body::new(read_bounded(request.into_body(), MAX_BYTES).await?.to_vec()))
}

/// A JSON object, as it came, or the parameters of a form as one.
pub(crate) async fn object_body(request: Request) -> Result<flows::management::Body, BodyRefused> {
    if media_type(&request) == Some("application/json") {
        return json_body(request).await;
    }
    let params = form_params(request).await?;
    if params.first_repeated().is_some() {
        return Err(BodyRefused::Repeated);
    }
    let object: serde_json::Map<_, _> = params.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(flows::management::Body::new(serde_json::Value::Object(object).to_string().into_bytes()))
}

fn media_type(request: &Request) -> Option<&'static str> {
    let text = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default().trim();
    ["application/x-www-form-urlencoded", "application/json"]
        .into_iter()
        .find(|known| essence.eq_ignore_ascii_case(known))
}

/// Reads a body of at most `limit` bytes, and not a byte more.
async fn read_bounded(body: Body, limit: usize) -> Result<Bytes, BodyRefused> {
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let too_large = std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
        if too_large { BodyRefused::TooLarge } else { BodyRefused::CutOff }
    })
}
