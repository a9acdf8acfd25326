//! Answering a request for a person who is signed in.

use keys::{OpaqueToken, TokenKind};
use model::client::Client;
use model::event::EventType;
use model::grant::{AuthorizationCode, TokenFamily};
use model::resource_server::ResourceServer;
use model::{FamilyId, Timestamp};
use protocol::authorization::{AuthorizationRequest, AuthorizationResponse, Prompt};
use protocol::claims::Told;
use protocol::error::ErrorCode;
use protocol::scope::ScopeSet;
use store::{StoreError, WriteTx};

use crate::events::event;
use crate::permissions::{Permitted, permitted};
use crate::sessions::{self, LiveSession};
use crate::tokens::{self, IdTokenFacts, Issue, IssuedAccess};
use crate::{InternalError, RequestContext, Services};

/// Everything an answer is made from.
pub(crate) struct Answering<'a> {
    pub(crate) client: &'a Client,
    pub(crate) request: &'a AuthorizationRequest,
    pub(crate) live: &'a LiveSession,
}

impl Answering<'_> {
    /// Whether the person who is signed in is one whom the request named, if it named any.
    pub(super) fn is_about_whom_it_may_be(&self) -> bool {
        self.request.claims.accepts(self.live.user.user_id.as_str())
    }
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
    let refusal = |error, description: &str| {
        AuthorizationResponse::refusal(answering.request, &svc.settings.issuer, error, description)
    };
    if !answering.is_about_whom_it_may_be() {
        return Ok(refusal(ErrorCode::LoginRequired, "somebody else has signed in than the one that claims names"));
    }
    let mut db = svc.store.read().await?;
    let tenant = store::settings::tenant(&mut db).await?;
    let api = match &answering.request.audience {
        Some(audience) => store::resource_servers::find(&mut db, audience).await?,
        None => None,
    };
    if let (Some(gone), None) = (&answering.request.audience, &api) {
        return Ok(refusal(ErrorCode::AccessDenied, &format!("Service not found: {gone}")));
    }
    drop(db);
    let permitted = permitted_in_browser(svc, answering, api.as_ref()).await?;
    let prepared = prepare(svc, cx, answering, api.as_ref(), permitted)?;
    let mut tx = svc.store.write().await?;
    let session = &answering.live.session;
    // The person first and then their session, as whoever deletes them does.
    let is_stored = prepared.store(&mut tx, cx.now).await?
        && sessions::touch(&mut tx, session, &tenant, cx.now).await?
        && store::sessions::add_client(&mut tx, &session.sid, &answering.client.client_id).await?;
    if !is_stored {
        return Ok(refusal(ErrorCode::LoginRequired, "Login required"));
    }
    if answering.request.prompts(Prompt::None) {
        let user = &answering.live.user;
        event(svc, cx, EventType::SilentAuthSucceeded).client(answering.client).user(user).record(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(AuthorizationResponse::success(answering.request, &svc.settings.issuer, prepared.fields()))
}

/// An answer that is made and not yet stored.
struct Prepared {
    /// What code and access token descend from; none where the answer brings neither.
    family: Option<TokenFamily>,
    code: Option<(OpaqueToken, AuthorizationCode)>,
    access: Option<IssuedAccess>,
    id_token: Option<String>,
    /// What the access token allows.
    scope: ScopeSet,
}

/// What an access token may say that travels through the browser, where the answer brings one. No refresh token does,
/// so there is nothing to go on with offline (OpenID Connect Core 11).
async fn permitted_in_browser(
    svc: &Services,
    answering: &Answering<'_>,
    api: Option<&ResourceServer>,
) -> Result<Permitted, StoreError> {
    let Answering { request, live, .. } = answering;
    let scope = request.scope.filtered(|scope| scope != "offline_access");
    let api = api.filter(|_| request.response_type.brings_access_token());
    permitted(svc, &live.user.user_id, api, &scope).await
}

fn prepare(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
    api: Option<&ResourceServer>,
    permitted: Permitted,
) -> Result<Prepared, InternalError> {
    let asked = answering.request.response_type;
    let family = (asked.brings_code() || asked.brings_access_token()).then(|| family_of(svc, cx, answering));
    let code = family.as_ref().filter(|_| asked.brings_code()).map(|family| code_of(svc, cx, answering, family));
    let access = match family.as_ref().filter(|_| asked.brings_access_token()) {
        Some(family) => Some(access_token(svc, cx, answering, family, api, &permitted)?),
        None => None,
    };
    let mut prepared = Prepared { family, code, access, id_token: None, scope: permitted.scope };
    if asked.brings_id_token() {
        prepared.id_token = Some(id_token(svc, cx, answering, &prepared)?);
    }
    Ok(prepared)
}

fn code_of(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
    family: &TokenFamily,
) -> (OpaqueToken, AuthorizationCode) {
    let request = answering.request;
    let code = AuthorizationCode {
        family_id: family.id.clone(),
        client_id: answering.client.client_id.clone(),
        redirect_uri: request.redirect_uri_was_sent.then(|| request.redirect_uri.clone()),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        expires_at: cx.now.plus(svc.settings.code_lifetime),
        consumed_at: None,
    };
    (OpaqueToken::from_random(svc.random()), code)
}

fn access_token(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
    family: &TokenFamily,
    api: Option<&ResourceServer>,
    permitted: &Permitted,
) -> Result<IssuedAccess, InternalError> {
    let issue = Issue {
        client: answering.client,
        user: &answering.live.user,
        family,
        api,
        permitted,
        nonce: None,
        gty: None,
        refresh: None,
        jkt: None,
    };
    tokens::issue_for_web(svc, cx, &issue)
}

fn id_token(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
    beside: &Prepared,
) -> Result<String, InternalError> {
    let Answering { client, request, live } = answering;
    let code = beside.code.as_ref().map(|(secret, _)| secret.text());
    let facts = IdTokenFacts {
        nonce: request.nonce.as_deref(),
        sid: Some(live.session.sid.as_str()),
        authenticated_at: live.session.authenticated_at,
        amr: &live.session.amr,
        access_token: beside.access.as_ref().map(|access| access.token.as_str()),
        code: code.as_ref().map(|code| code.as_str()),
    };
    let told = Told { scope: &request.scope, requested: &request.claims.told.id_token };
    tokens::sign_id_token(svc, cx, client, &live.user, told, &facts)
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
        claims: request.claims.told.clone(),
        authenticated_at: live.session.authenticated_at,
        amr: live.session.amr.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        created_at: cx.now,
        revoked_at: None,
        revoked_reason: None,
    }
}

impl Prepared {
    /// `false` means that the person or the client has gone.
    async fn store(&self, tx: &mut WriteTx, now: Timestamp) -> Result<bool, StoreError> {
        let Some(family) = &self.family else { return Ok(true) };
        let code_ends_at = self.code.as_ref().map(|(_, code)| code.expires_at);
        if !store::families::insert(tx, family, code_ends_at.unwrap_or(now)).await? {
            return Ok(false);
        }
        if let Some((secret, code)) = &self.code {
            store::authorization_codes::insert(tx, &secret.digest(TokenKind::Code), code).await?;
        }
        if let Some(access) = &self.access {
            access.store(tx, &family.id).await?;
        }
        Ok(true)
    }

    /// RFC 6749 4.1.2 and 4.2.2, OpenID Connect Core 3.2.2.5 and 3.3.2.5.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if let Some(access) = &self.access {
            fields.push(("access_token", access.token.clone()));
            fields.push(("token_type", "Bearer".to_owned()));
            fields.push(("expires_in", access.lifetime.to_string()));
            if !self.scope.is_empty() {
                fields.push(("scope", self.scope.to_string()));
            }
        }
        fields.extend(self.code.iter().map(|(secret, _)| ("code", secret.text().to_string())));
        fields.extend(self.id_token.iter().map(|token| ("id_token", token.clone())));
        fields
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
