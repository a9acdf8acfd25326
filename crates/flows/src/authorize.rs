//! The authorization endpoint (RFC 6749 3.1): from a request to an answer, by way of a login where one is needed.

mod answer;
pub(crate) mod audience;
mod pending;
mod pushed;
mod received;
mod signed;

use model::ClientId;
use model::client::Client;
use model::user::User;
use protocol::authorization::{
    self, AuthorizationRequest, AuthorizationResponse, ClientRules, Prompt, Refusal, find_redirect_uri, refusal_mode,
};
use protocol::claims::RequestedClaims;
use protocol::consent::is_unverifiable;
use protocol::error::ErrorCode;
use protocol::params::Params;
use protocol::prompt::{Screen, SessionFacts, Step, next_step};
use store::StoreError;
use store::connections::StoredConnection;

use self::received::{Received, Sent};
use crate::client_face::ClientFace;
use crate::consent;
use crate::error::OrInternal;
use crate::login::federated::{Home, home_of_request};
use crate::sessions::{self, Browser, LiveSession};
use crate::signing_keys::{self, OwnTokenRefused};
use crate::{InternalError, RequestContext, Services};

pub use pending::{LoginPage, Pending, PendingRefused, find as find_pending};
pub use pushed::{PushRefused, Pushed, push};

pub(crate) use answer::{Answering, give};

/// What the browser is to do.
#[derive(Debug)]
pub enum Authorized {
    /// Take this answer to the client.
    Respond(AuthorizationResponse),
    /// Show a page on which a person can prove who they are, or lead them to where they can.
    Ask {
        /// Where it begins.
        entrance: Entrance,
        /// Names the saved request in the page's address.
        state: String,
        /// A new secret that binds the request to this browser, where it had none.
        new_binding: Option<String>,
    },
}

/// Where a login begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// On a page of ours.
    Page(Screen),
    /// At a provider.
    Provider(Home),
    /// Nowhere: the person is signed in, and must be asked what they allow.
    Consent,
}

/// Why nothing can be sent to any client.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeRefused {
    /// No such client, or none was named.
    #[error("unknown client")]
    UnknownClient,
    /// The request that was sent ahead is not there: it was named before, has expired, or is another client's.
    #[error("the request_uri is unknown, was used before, or has expired")]
    Pushed {
        /// Who asks.
        client: ClientFace,
    },
    /// The redirect URI is not the client's.
    #[error("{}", .refusal.description)]
    RedirectUri {
        /// What is wrong with it.
        refusal: Refusal,
        /// Who asks.
        client: ClientFace,
    },
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<store::StoreError> for AuthorizeRefused {
    fn from(error: store::StoreError) -> Self {
        AuthorizeRefused::Internal(error.into())
    }
}

/// Takes an authorization request.
pub async fn start(
    svc: &Services,
    cx: &RequestContext,
    params: &Params,
    browser: Browser<'_>,
) -> Result<Authorized, AuthorizeRefused> {
    let client = find_client(svc, params).await?;
    let Received { params, sent, flaw } = received::receive(svc, cx, &client, params).await?;
    let rules = rules_of(svc, &client, sent);
    let redirect_uri = find_redirect_uri(&params, &rules)
        .map_err(|refusal| AuthorizeRefused::RedirectUri { refusal, client: ClientFace::signing_in(&client) })?;
    let checked = flaw.map_or_else(|| authorization::check(&params, &rules, redirect_uri.clone()), Err);
    let request = match checked {
        Ok(request) => request,
        Err(refusal) => return Ok(Authorized::Respond(refused(svc, &params, &rules, &redirect_uri, refusal))),
    };
    let request = match audience::settle(svc, &client, request).await? {
        Ok(request) => within_consent(&client, request),
        Err((request, refusal)) => return Ok(respond_refusal(svc, &request, refusal.error, refusal.description)),
    };
    advance(svc, cx, &client, request, browser).await
}

/// Whoever is not known to be the operator's own is told what people are asked about, and those are scopes.
fn within_consent(client: &Client, mut request: AuthorizationRequest) -> AuthorizationRequest {
    let is_known =
        client.is_first_party && !is_unverifiable(&request.redirect_uri, client.app_type, client.is_public());
    if !is_known {
        request.claims.told = RequestedClaims::default();
    }
    request
}

async fn find_client(svc: &Services, params: &Params) -> Result<Client, AuthorizeRefused> {
    let id = params.get("client_id").filter(|_| !params.is_repeated("client_id"));
    let id = ClientId::new(id.ok_or(AuthorizeRefused::UnknownClient)?);
    let found = store::clients::find(&mut svc.store.read().await?, &id).await?;
    found.map(|stored| stored.client).ok_or(AuthorizeRefused::UnknownClient)
}

fn rules_of<'a>(svc: &Services, client: &'a Client, sent: Sent) -> ClientRules<'a> {
    ClientRules {
        callbacks: &client.callbacks,
        web_origins: &client.web_origins,
        wildcards: svc.settings.subdomain_wildcards,
        app_type: client.app_type,
        grant_types: &client.grant_types,
        is_public: client.is_public(),
        must_push: client.require_pushed_authorization_requests && sent == Sent::ByBrowser,
    }
}

/// The answer to a request that failed a check although its redirect URI is good.
fn refused(
    svc: &Services,
    params: &Params,
    rules: &ClientRules<'_>,
    redirect_uri: &str,
    refusal: Refusal,
) -> AuthorizationResponse {
    let state =
        params.get("state").filter(|_| !params.is_repeated("state") && !authorization::is_overlong(params, "state"));
    AuthorizationResponse::refused_check(
        redirect_uri,
        refusal_mode(params, redirect_uri, rules),
        state,
        &svc.settings.issuer,
        refusal.error,
        refusal.description,
    )
}

fn respond_refusal(
    svc: &Services,
    request: &AuthorizationRequest,
    error: ErrorCode,
    description: impl Into<String>,
) -> Authorized {
    Authorized::Respond(AuthorizationResponse::refusal(request, &svc.settings.issuer, error, description))
}

/// Answers a fresh request from the browser's session, or saves it and asks for a page.
async fn advance(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: AuthorizationRequest,
    browser: Browser<'_>,
) -> Result<Authorized, AuthorizeRefused> {
    let (accepted, live) = session_of(svc, cx, client, &request, browser).await?;
    let facts = match &live {
        Some(live) => Some(session_facts(svc, &request, live, false).await?),
        None => None,
    };
    let home = home_of_request(&accepted, &request, live.is_some());
    match (next_step(&request, facts, cx.now.millis()), home, live) {
        (Step::Finish, _, Some(live)) => {
            match conclude(svc, cx, &Answering { client, request: &request, live: &live }).await? {
                Conclusion::Respond(response) => Ok(Authorized::Respond(response)),
                Conclusion::AskConsent => {
                    pending::save(svc, cx, client, request, browser.binding, Entrance::Consent).await
                }
            }
        }
        (Step::Refuse(..) | Step::Login(_), Some(home), _) => {
            pending::save(svc, cx, client, request, browser.binding, Entrance::Provider(home)).await
        }
        (Step::Refuse(error, description), None, _) => {
            // A browser that was never here asks like this on every visit, and so can anybody, without end; a made-up
            // cookie makes no difference.
            if sessions::is_known(&mut svc.store.read().await?, browser.session).await? {
                answer::record_silent_refusal(svc, cx, client, description).await?;
            }
            Ok(respond_refusal(svc, &request, error, description))
        }
        (Step::Login(screen), None, _) => {
            pending::save(svc, cx, client, request, browser.binding, Entrance::Page(screen)).await
        }
        (Step::Finish, _, None) => Err("finished without a session").or_internal("deciding the next step")?,
    }
}

/// What comes of a request for somebody who is signed in.
#[derive(Debug)]
pub enum Conclusion {
    /// Take this answer to the client.
    Respond(AuthorizationResponse),
    /// Ask the person what they allow first.
    AskConsent,
}

/// Answers a request for somebody who is signed in, unless they must be asked first.
pub(crate) async fn conclude(
    svc: &Services,
    cx: &RequestContext,
    answering: &Answering<'_>,
) -> Result<Conclusion, InternalError> {
    let Answering { client, request, live } = answering;
    // Nobody is asked what they allow for an answer that they will not get.
    if !answering.is_about_whom_it_may_be() || !consent::is_needed(svc, client, request, &live.user.user_id).await? {
        return Ok(Conclusion::Respond(give(svc, cx, answering).await?));
    }
    if !request.prompts(Prompt::None) {
        return Ok(Conclusion::AskConsent);
    }
    let why = "Consent required";
    answer::record_silent_refusal(svc, cx, client, why).await?;
    let issuer = &svc.settings.issuer;
    Ok(Conclusion::Respond(AuthorizationResponse::refusal(request, issuer, ErrorCode::ConsentRequired, why)))
}

/// The connections of a client that a request accepts, and the browser's session where it may serve the request.
async fn session_of(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &AuthorizationRequest,
    browser: Browser<'_>,
) -> Result<(Vec<StoredConnection>, Option<LiveSession>), StoreError> {
    let mut db = svc.store.read().await?;
    let accepted = store::connections::for_client(&mut db, &client.client_id, request.connection.as_deref()).await?;
    let live = sessions::find_live(&mut db, browser.session, cx.now).await?;
    let live = live.filter(|live| may_serve(&accepted, live));
    Ok((accepted, live))
}

/// The browser's session, where it may serve the request.
pub(crate) async fn live_for(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &AuthorizationRequest,
    browser: Browser<'_>,
) -> Result<Option<LiveSession>, StoreError> {
    Ok(session_of(svc, cx, client, request, browser).await?.1)
}

/// Whether the session's user comes from one of these connections. A login at one client is none at another that is for
/// other people.
fn may_serve(accepted: &[StoredConnection], live: &LiveSession) -> bool {
    let mut accepted = accepted.iter().map(|stored| &stored.connection);
    accepted.any(|own| live.user.identities.iter().any(|identity| identity.connection_id == own.id))
}

/// What the prompt rules need to know of a session, which was made for this request or was there before it came.
pub(crate) async fn session_facts(
    svc: &Services,
    request: &AuthorizationRequest,
    live: &LiveSession,
    is_made_for_it: bool,
) -> Result<SessionFacts, InternalError> {
    Ok(SessionFacts {
        authenticated_at_ms: live.session.authenticated_at.millis(),
        authenticated_for_this_request: is_made_for_it,
        matches_hints: matches_hints(svc, request, &live.user).await?,
    })
}

/// Whether this is the person that `id_token_hint`, `login_hint` and `claims` name, where they were sent.
pub(crate) async fn matches_hints(
    svc: &Services,
    request: &AuthorizationRequest,
    user: &User,
) -> Result<bool, InternalError> {
    if !request.claims.accepts(user.user_id.as_str()) {
        return Ok(false);
    }
    if let Some(hint) = &request.id_token_hint
        && hinted_subject(svc, hint).await?.as_deref() != Some(user.user_id.as_str())
    {
        return Ok(false);
    }
    let Some(hint) = &request.login_hint else { return Ok(true) };
    Ok(is_known_as(user, hint))
}

fn is_known_as(user: &User, hint: &str) -> bool {
    let hint = model::address::FoldedEmail::of(hint);
    let profile = &user.profile;
    [&profile.email, &profile.username].into_iter().flatten().any(|own| model::address::FoldedEmail::of(own) == hint)
}

/// The subject of one of our ID tokens, expired or not; `None` for anything else (OpenID Connect Core 3.1.2.1).
pub(crate) async fn hinted_subject(svc: &Services, hint: &str) -> Result<Option<String>, InternalError> {
    let claims = match signing_keys::verify(svc, hint, &["JWT"]).await {
        Ok(claims) => claims,
        Err(OwnTokenRefused::Untrusted(_)) => return Ok(None),
        Err(OwnTokenRefused::Internal(error)) => return Err(error),
    };
    let ours = claims.get("iss").and_then(serde_json::Value::as_str) == Some(svc.settings.issuer.as_str());
    // An access token is no hint: only ID tokens name exactly one client as their audience and carry a session.
    let is_id_token = claims.contains_key("auth_time") && claims.get("aud").is_some_and(serde_json::Value::is_string);
    let subject = claims.get("sub").and_then(serde_json::Value::as_str);
    Ok(subject.filter(|_| ours && is_id_token).map(str::to_owned))
}
