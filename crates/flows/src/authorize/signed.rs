//! Requests that clients sign, so that no browser can change them (RFC 9101).

use keys::verify_by_client;
use model::client::{Client, SignedRequestObject};
use protocol::authorization::{Refusal, request_object};
use protocol::error::ErrorCode;
use protocol::params::Params;

use crate::{InternalError, RequestContext, Services, client_keys};

/// The parameters of the signed object in a request, which then stand in the place of the request's own; `None` where
/// there is no object and none is demanded.
pub(super) async fn open(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    params: &Params,
) -> Result<Result<Option<Params>, Refusal>, InternalError> {
    Ok(match (params.get("request"), &client.signed_request_object) {
        (None, Some(settings)) if settings.required => {
            refuse(ErrorCode::InvalidRequest, "this client must sign its requests")
        }
        (None, _) => Ok(None),
        (Some(_), None) => refuse(ErrorCode::RequestNotSupported, "this client has no key for signing its requests"),
        (Some(_), Some(_)) if params.first_repeated().is_some() => {
            refuse(ErrorCode::InvalidRequest, "a parameter beside the request object was sent twice")
        }
        (Some(object), Some(settings)) => verify(svc, cx, client, settings, object, params).await?.map(Some),
    })
}

async fn verify(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    settings: &SignedRequestObject,
    object: &str,
    beside: &Params,
) -> Result<Result<Params, Refusal>, InternalError> {
    let keys = client_keys::find(svc, cx, &client.client_id, &settings.credentials).await?;
    let claims = match verify_by_client(&keys, object, &request_object::TYPES) {
        Ok(claims) => claims,
        Err(refused) => return Ok(invalid(&refused.to_string())),
    };
    let (client_id, now) = (client.client_id.as_str(), cx.now.seconds());
    let read = request_object::read(&claims, beside, client_id, &svc.settings.issuer, now);
    Ok(read.or_else(|refused| invalid(&refused.to_string())))
}

fn invalid(why: &str) -> Result<Params, Refusal> {
    let description = format!("the request object was not accepted: {why}");
    Err(Refusal { error: ErrorCode::InvalidRequestObject, description })
}

fn refuse(error: ErrorCode, description: &str) -> Result<Option<Params>, Refusal> {
    Err(Refusal { error, description: description.to_owned() })
}
