//! Requests that clients send ahead, so that no browser can read or change them (RFC 9126).

use keys::{OpaqueToken, TokenKind};
use model::client::Client;
use model::event::EventType;
use protocol::authorization::{self, Refusal, find_redirect_uri};
use protocol::client_authentication::Presented;
use protocol::params::Params;
use store::StoreError;
use store::pushed_authorizations::PushedAuthorization;

use super::received::Sent;
use super::{AuthorizeRefused, audience, rules_of, signed};
use crate::client_authentication::{ClientRefused, authenticate};
use crate::client_face::ClientFace;
use crate::dpop::{self, DpopRefused, PresentedProof};
use crate::events::event;
use crate::{InternalError, RequestContext, Services};

/// What stands before the one-time name of a request (RFC 9126 2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// For how many seconds a request waits for a browser, where its client says nothing else.
const DEFAULT_EXPIRY_SECONDS: u64 = 30;
/// What proves who the client is; it is not kept with the request.
const CREDENTIALS: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// A request that was kept.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// By which a browser names it, once.
    pub request_uri: String,
    /// For how many seconds it is kept.
    pub expires_in: u64,
}

/// Why a request is not kept.
#[derive(Debug, thiserror::Error)]
pub enum PushRefused {
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientRefused),
    /// It would be refused from a browser as well.
    #[error("{}", .0.description)]
    Request(Refusal),
    /// The proof that came with it proves nothing.
    #[error(transparent)]
    Dpop(#[from] DpopRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for PushRefused {
    fn from(error: StoreError) -> Self {
        PushRefused::Internal(error.into())
    }
}

/// Checks a request as if a browser had brought it, and keeps it under a one-time name (RFC 9126 2).
pub async fn push(
    svc: &Services,
    cx: &RequestContext,
    presented: &Presented,
    params: &Params,
    proof: Option<PresentedProof<'_>>,
) -> Result<Pushed, PushRefused> {
    let client = authenticate(svc, cx, presented).await?;
    let acceptable = acceptable(svc, cx, &client, without_credentials(&client, params)).await?;
    match acceptable {
        Ok(parameters) => {
            let parameters = bound_to_key(svc, cx, parameters, proof).await?;
            keep(svc, cx, &client, parameters).await
        }
        Err(refusal) => {
            let failed = event(svc, cx, EventType::PushedAuthorizationFailed).client(&client);
            failed.describe(refusal.description.as_str()).record_alone(svc).await?;
            Err(PushRefused::Request(refusal))
        }
    }
}

fn without_credentials(client: &Client, params: &Params) -> Params {
    let asked = params.iter().filter(|(name, _)| !CREDENTIALS.contains(name));
    let named = std::iter::once(("client_id", client.client_id.as_str())).chain(asked);
    let pairs = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Params::from_pairs(pairs).expect("the request was within the bounds with its credentials")
}

/// The parameters that count, those of a signed object where there is one (RFC 9126 3).
async fn acceptable(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    sent: Params,
) -> Result<Result<Params, Refusal>, InternalError> {
    let params = match signed::open(svc, cx, client, &sent).await? {
        Ok(signed) => signed.unwrap_or(sent),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rules = rules_of(svc, client, Sent::Ahead);
    let checked = find_redirect_uri(&params, &rules).and_then(|uri| authorization::check(&params, &rules, uri));
    Ok(match checked {
        Ok(request) => audience::settle(svc, client, request).await?.map(|_| params).map_err(|(_, refusal)| refusal),
        Err(refusal) => Err(refusal),
    })
}

/// A proof beside the request means the same as naming its key (RFC 9449 10.1).
async fn bound_to_key(
    svc: &Services,
    cx: &RequestContext,
    parameters: Params,
    proof: Option<PresentedProof<'_>>,
) -> Result<Params, DpopRefused> {
    let Some(proof) = proof else { return Ok(parameters) };
    let jkt = dpop::accept(svc, cx, &proof, None).await?;
    match parameters.get("dpop_jkt") {
        Some(named) if named == jkt => Ok(parameters),
        Some(_) => Err(DpopRefused::AnotherKey),
        None => {
            let asked = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let bound = asked.chain([("dpop_jkt".to_owned(), jkt)]);
            Ok(Params::from_pairs(bound).expect("a request with its credentials had room for a thumbprint"))
        }
    }
}

async fn keep(svc: &Services, cx: &RequestContext, client: &Client, parameters: Params) -> Result<Pushed, PushRefused> {
    let expires_in = client.par_request_expiry.unwrap_or(DEFAULT_EXPIRY_SECONDS);
    let expires_at = cx.now.plus(std::time::Duration::from_secs(expires_in));
    let name = OpaqueToken::from_random(svc.random());
    let pushed = PushedAuthorization { client_id: client.client_id.clone(), parameters, expires_at };
    let mut tx = svc.store.write().await?;
    if !store::pushed_authorizations::insert(&mut tx, &name.digest(TokenKind::Pushed), &pushed).await? {
        return Err(ClientRefused::Unknown.into());
    }
    tx.commit().await?;
    Ok(Pushed { request_uri: format!("{URN}{}", *name.text()), expires_in })
}

/// The request that a browser names, which no other can name any more; `None` where it names none of this kind. What
/// else the browser brings does not count (RFC 9126 4).
pub(super) async fn take(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    params: &Params,
) -> Result<Option<Params>, AuthorizeRefused> {
    let Some(name) = params.get("request_uri").and_then(|uri| uri.strip_prefix(URN)) else { return Ok(None) };
    let unusable = || AuthorizeRefused::Pushed { client: ClientFace::signing_in(client) };
    let name = OpaqueToken::parse(name).filter(|_| !params.is_repeated("request_uri")).ok_or_else(unusable)?;
    let digest = name.digest(TokenKind::Pushed);
    let found = store::pushed_authorizations::find(&mut svc.store.read().await?, &digest).await?;
    let own = found.filter(|pushed| pushed.client_id == client.client_id && cx.now < pushed.expires_at);
    let own = own.ok_or_else(unusable)?;
    let mut tx = svc.store.write().await?;
    if !store::pushed_authorizations::consume(&mut tx, &digest).await? {
        return Err(unusable());
    }
    tx.commit().await?;
    Ok(Some(own.parameters))
}
