//! A browser leaves for a provider.

use keys::{OpaqueToken, TokenKind};
use model::grant::Digest;
use model::provider::{ParameterValue, Provider};
use protocol::authorization::{AuthorizationRequest, Prompt};
use protocol::pkce::challenge_of;
use serde::{Deserialize, Serialize};
use store::connections::StoredConnection;
use store::provider_sign_ins::ProviderSignIn;
use upstream::sign_in::{SignInProblem, SignInRequest};

use super::access::Access;
use super::leg::{Leg, Next};
use super::refused::FederatedRefused;
use crate::authorize::{PendingRefused, find_pending};
use crate::error::OrInternal;
use crate::sessions::Browser;
use crate::{InternalError, RequestContext, Services};

const PURPOSE: &str = "provider sign-in";

/// Who is sent where.
pub struct Departure<'a> {
    /// Names the pending authorization.
    pub state: &'a str,
    /// The connection.
    pub connection: &'a str,
    /// Only to see whether the person is signed in there.
    pub is_silent: bool,
    /// Whom to fill in there, where it was typed here.
    pub login_hint: Option<&'a str>,
}

/// What belongs to a sign-in elsewhere and only we may know.
#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    /// The id of the pending authorization.
    pub(super) pending: String,
    pub(super) nonce: String,
    pub(super) code_verifier: String,
    pub(super) asked_anew: bool,
    pub(super) max_age: Option<u64>,
}

/// Sends a browser to a provider.
pub async fn depart(
    svc: &Services,
    cx: &RequestContext,
    departure: &Departure<'_>,
    browser: Browser<'_>,
) -> Result<Next, PendingRefused> {
    let pending = find_pending(svc, cx, departure.state, browser.binding).await?;
    let is_silent = departure.is_silent || pending.request.prompts(Prompt::None);
    let stored = pending.providers.iter().find(|stored| stored.connection.name == departure.connection);
    let connection = stored.map(|stored| &stored.connection);
    let leg = Leg { pending: &pending, state: departure.state, connection, is_silent };
    let access = stored.map(|stored| Access::to(svc, cx, stored)).transpose()?.flatten();
    let (Some(stored), Some(access)) = (stored, access) else {
        return Ok(leg.end(svc, cx, FederatedRefused::ConnectionClosed, "not_enabled").await?);
    };
    let ticket =
        Ticket { state: OpaqueToken::from_random(svc.random()), secrets: Secrets::new(svc, access.provider(), &leg) };
    match authorization_url(svc, cx, &access, &leg, &ticket, departure.login_hint).await {
        Ok(url) => {
            if !ticket.remember(svc, cx, stored, browser, is_silent).await? {
                return Ok(leg.end(svc, cx, FederatedRefused::ConnectionClosed, "not_enabled").await?);
            }
            Ok(Next::Leave(url))
        }
        Err(problem) => Ok(leg.end(svc, cx, problem.into(), problem.as_str()).await?),
    }
}

async fn authorization_url(
    svc: &Services,
    cx: &RequestContext,
    access: &Access<'_>,
    leg: &Leg<'_>,
    ticket: &Ticket,
    typed: Option<&str>,
) -> Result<String, SignInProblem> {
    let request = &leg.pending.request;
    let asked = SignInRequest {
        state: &ticket.state.text(),
        nonce: &ticket.secrets.nonce,
        code_challenge: &challenge_of(&ticket.secrets.code_verifier),
        login_hint: typed.or(request.login_hint.as_deref()),
        prompt: prompt(access.provider(), leg),
        max_age: ticket.secrets.max_age,
        further_scope: request.connection_scope.as_deref(),
        parameters: &parameters(access.provider(), request),
    };
    svc.upstreams.authorization_url(&access.registration(), &asked, cx.now).await.map(String::from)
}

/// What the provider is to do about a person who is signed in there.
fn prompt(provider: &Provider, leg: &Leg<'_>) -> Option<&'static str> {
    let request = &leg.pending.request;
    if leg.is_silent {
        Some("none")
    } else if request.prompts(Prompt::Login) && provider.reauthenticates {
        Some("login")
    } else if request.prompts(Prompt::SelectAccount) {
        Some("select_account")
    } else {
        None
    }
}

/// The connection's own parameters, and what of the client's request it lets through.
fn parameters(provider: &Provider, request: &AuthorizationRequest) -> Vec<(String, String)> {
    let sent = |alias: &str| match alias {
        "audience" => request.audience.clone(),
        "login_hint" => request.login_hint.clone(),
        "organization" => request.organization.clone(),
        "ui_locales" => request.ui_locales.clone(),
        _ => None,
    };
    let value = |value: &ParameterValue| match value {
        ParameterValue::Value(text) => Some(text.clone()),
        ParameterValue::Alias(alias) => sent(alias),
    };
    provider.parameters.iter().filter_map(|(name, own)| Some((name.clone(), value(own)?))).collect()
}

/// What a browser leaves with, and what stays here of it.
struct Ticket {
    state: OpaqueToken,
    secrets: Secrets,
}

impl Secrets {
    fn new(svc: &Services, provider: &Provider, leg: &Leg<'_>) -> Self {
        let random = || OpaqueToken::from_random(svc.random()).text().to_string();
        Secrets {
            pending: leg.state.to_owned(),
            nonce: random(),
            code_verifier: random(),
            asked_anew: prompt(provider, leg) == Some("login"),
            max_age: leg.pending.request.max_age.filter(|_| provider.reauthenticates),
        }
    }

    /// Opens what was sealed when the browser left.
    pub(super) fn open(svc: &Services, digest: &Digest, sign_in: &ProviderSignIn) -> Result<Self, InternalError> {
        let opened = svc.sealer.open(PURPOSE, &hex::encode(digest), &sign_in.secrets_sealed);
        serde_json::from_slice(&opened.or_internal("opening a sign-in elsewhere")?)
            .or_internal("reading a sign-in elsewhere")
    }

    fn seal(&self, svc: &Services, digest: &Digest) -> Vec<u8> {
        let text = serde_json::to_vec(self).expect("texts and numbers are JSON");
        svc.sealer.seal(&*svc.entropy, PURPOSE, &hex::encode(digest), &text)
    }
}

impl Ticket {
    /// `false` means that the connection is gone.
    async fn remember(
        &self,
        svc: &Services,
        cx: &RequestContext,
        stored: &StoredConnection,
        browser: Browser<'_>,
        is_silent: bool,
    ) -> Result<bool, InternalError> {
        let binding = browser.binding.and_then(OpaqueToken::parse);
        let binding =
            binding.ok_or("a pending authorization without a browser").or_internal("leaving for a provider")?;
        let digest = self.state.digest(TokenKind::ProviderSignIn);
        let sign_in = ProviderSignIn {
            browser_digest: binding.digest(TokenKind::Pending),
            connection_id: stored.connection.id.clone(),
            secrets_sealed: self.secrets.seal(svc, &digest),
            is_silent,
            started_at: cx.now,
            expires_at: cx.now.plus(svc.settings.pending_lifetime),
        };
        let mut tx = svc.store.write().await?;
        let is_kept = store::provider_sign_ins::insert(&mut tx, &digest, &sign_in).await?;
        if is_kept {
            tx.commit().await?;
        }
        Ok(is_kept)
    }
}
