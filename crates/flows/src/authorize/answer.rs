//! Answering a request for a person who is signed in.

use keys::{OpaqueToken, TokenKind};
use model::FamilyId;
use model::client::Client;
use model::event::EventType;
use model::grant::{AuthorizationCode, TokenFamily};
use protocol::authorization::{AuthorizationRequest, AuthorizationResponse, Prompt, ResponseType};
use protocol::error::ErrorCode;
use store::{StoreError, WriteTx};

use crate::events::event;
use crate::sessions::{self, LiveSession};
use crate::tokens::{self, IdTokenFacts};
use crate::{InternalError, RequestContext, Services};

/// Everything an answer is made from.
pub(crate) struct Answering<'a> {
    pub(crate) client: &'a Client,
    pub(crate) request: &'a AuthorizationRequest,
    pub(crate) live: &'a LiveSession,
}

/// Mints what the request asked for and answers it.
///
/// A saved request may be answered again until it expires: each time somebody proves who they are anew, and a double
/// click on the button of the login page, of which the browser shows the second answer, must end well.
pub(crate) async fn give(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
) -> Result<AuthorizationResponse, InternalError> {
    let prepared = prepare(svc, cx, answering)?;
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    let mut tx = svc.store.write().await?;
    let session = &answering.live.session;
    if !sessions::touch(&mut tx, session, &tenant, cx.now).await? {
        let (request, issuer) = (answering.request, &svc.settings.issuer);
        return Ok(AuthorizationResponse::refusal(request, issuer, ErrorCode::LoginRequired, "Login required"));
    }
    prepared.store(&mut tx).await?;
    store::sessions::add_client(&mut tx, &session.sid, &answering.client.client_id).await?;
    if answering.request.prompts(Prompt::None) {
        let user = &answering.live.user;
        event(svc, cx, EventType::SilentAuthSucceeded).client(answering.client).user(user).record(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(AuthorizationResponse::success(answering.request, &svc.settings.issuer, prepared.fields()))
}

/// An answer that is made and not yet stored.
enum Prepared {
    Code { secret: OpaqueToken, code: Box<AuthorizationCode>, family: Box<TokenFamily> },
    IdToken(String),
}

fn prepare(svc: &Services, cx: &RequestContext, answering: &Answering<'_>) -> Result<Prepared, InternalError> {
    let Answering { client, request, live, .. } = answering;
    match request.response_type {
        ResponseType::Code => {
            let family = family_of(svc, cx, answering);
            let code = AuthorizationCode {
                family_id: family.id.clone(),
                client_id: client.client_id.clone(),
                redirect_uri: request.redirect_uri_was_sent.then(|| request.redirect_uri.clone()),
                code_challenge: request.code_challenge.clone(),
                nonce: request.nonce.clone(),
                expires_at: cx.now.plus(svc.settings.code_lifetime),
                consumed_at: None,
            };
            let secret = OpaqueToken::from_random(svc.random());
            Ok(Prepared::Code { secret, code: Box::new(code), family: Box::new(family) })
        }
        ResponseType::IdToken => {
            let facts = IdTokenFacts {
                nonce: request.nonce.as_deref(),
                sid: Some(live.session.sid.as_str()),
                authenticated_at: live.session.authenticated_at,
                amr: &live.session.amr,
                access_token: None,
            };
            tokens::sign_id_token(svc, cx, client, &live.user, &request.scope, &facts).map(Prepared::IdToken)
        }
    }
}

fn family_of(svc: &Services, cx: &RequestContext, answering: &Answering<'_>) -> TokenFamily {
    let Answering { client, request, live, .. } = answering;
    TokenFamily {
        id: FamilyId::from_random(svc.random()),
        user_id: live.user.user_id.clone(),
        client_id: client.client_id.clone(),
        sid: Some(live.session.sid.clone()),
        audience: request.audience.clone(),
        scope: request.scope.clone(),
        authenticated_at: live.session.authenticated_at,
        amr: live.session.amr.clone(),
        created_at: cx.now,
        revoked_at: None,
        revoked_reason: None,
    }
}

impl Prepared {
    async fn store(&self, tx: &mut WriteTx) -> Result<(), StoreError> {
        let Prepared::Code { secret, code, family } = self else { return Ok(()) };
        store::families::insert(tx, family, code.expires_at).await?;
        store::authorization_codes::insert(tx, &secret.digest(TokenKind::Code), code).await
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Prepared::Code { secret, .. } => vec![("code", secret.text().to_string())],
            Prepared::IdToken(token) => vec![("id_token", token.clone())],
        }
    }
}

/// Records that a silent request could not be answered.
pub(super) async fn record_silent_refusal(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    description: &str,
) -> Result<(), StoreError> {
    event(svc, cx, EventType::SilentAuthFailed).client(client).describe(description).record_alone(svc).await
}
