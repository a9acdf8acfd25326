//! Requests that wait while somebody signs in. Only a secret id travels through the pages, never the parameters.

use keys::{OpaqueToken, TokenKind, secrets_match};
use model::Timestamp;
use model::client::Client;
use model::grant::Digest;
use protocol::authorization::{AuthorizationRequest, ResponseMode};
use protocol::locales::from_ui_locales;
use store::connections::StoredConnection;
use store::pending_authorizations::PendingAuthorization;
use store::{Read, StoreError};

use super::{AuthorizeRefused, Authorized, Entrance};
use crate::client_face::ClientFace;
use crate::login::federated::{ProviderButton, buttons, has_domains};
use crate::signup::offers_signup;
use crate::tickets::password_reset::offers_reset;
use crate::{InternalError, RequestContext, Services};

/// A saved request, found again by the browser that brought it.
pub struct Pending {
    /// Its name in the addresses of pages.
    pub(crate) state: String,
    /// When it came.
    pub(crate) started_at: Timestamp,
    pub(crate) request: AuthorizationRequest,
    pub(crate) client: Client,
    /// The database connection in which the person signs in; none where the client has none.
    pub(crate) connection: Option<StoredConnection>,
    /// The connections with a provider at which the person may sign in instead, oldest first.
    pub(crate) providers: Vec<StoredConnection>,
    /// Whether a new password may be asked for by mail.
    pub(crate) may_reset: bool,
}

/// Why a saved request cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum PendingRefused {
    /// It was never here, or waited too long.
    #[error("the sign-in page has expired")]
    Expired {
        /// Who asked; where that is not known any more, what stands in for them, if anything does.
        client: Option<ClientFace>,
    },
    /// Another browser brought it, or this one lost its cookies.
    #[error("the sign-in page belongs to another browser")]
    OtherBrowser {
        /// Who asked.
        client: ClientFace,
    },
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl PendingRefused {
    /// Who asked, where that is known.
    pub fn client(self) -> Option<ClientFace> {
        match self {
            PendingRefused::Expired { client } => client,
            PendingRefused::OtherBrowser { client } => Some(client),
            PendingRefused::Internal(_) => None,
        }
    }
}

impl From<StoreError> for PendingRefused {
    fn from(error: StoreError) -> Self {
        PendingRefused::Internal(error.into())
    }
}

/// What a login or sign-up page shows of the request behind it.
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or not")]
#[derive(Clone, Debug)]
pub struct LoginPage {
    /// The application.
    pub client: ClientFace,
    /// What to fill in.
    pub login_hint: Option<String>,
    /// Whether a password may be typed.
    pub takes_passwords: bool,
    /// Whether the domain of an address may lead to a provider.
    pub knows_domains: bool,
    /// The providers that have a button.
    pub providers: Vec<ProviderButton>,
    /// Whether people may sign up.
    pub may_sign_up: bool,
    /// Whether people may ask for a new password.
    pub may_reset: bool,
    /// Where the form's answer may lead, for the page's content security policy: the redirect URI first, then the
    /// client's other addresses.
    pub leads_to: Vec<String>,
    /// Languages asked for.
    pub ui_locales: Option<String>,
    /// How strong a new password must be.
    pub password_policy: model::connection::PasswordPolicy,
    /// How the answer will travel.
    pub response_mode: ResponseMode,
}

impl LoginPage {
    /// The call as the person reads: what the application asks for in `ui_locales` comes before what the browser does.
    pub fn reading(&self, cx: &RequestContext) -> RequestContext {
        let asked = self.ui_locales.as_deref().map(from_ui_locales).unwrap_or_default();
        RequestContext { languages: [asked, cx.languages.clone()].concat(), ..cx.clone() }
    }
}

impl Pending {
    /// What a page shows of it.
    pub fn page(&self) -> LoginPage {
        let connection = self.connection.as_ref().map(|stored| &stored.connection);
        LoginPage {
            client: self.face(),
            login_hint: self.request.login_hint.clone(),
            takes_passwords: self.connection.is_some(),
            knows_domains: has_domains(&self.providers),
            providers: buttons(&self.providers),
            may_sign_up: self.connection.as_ref().is_some_and(offers_signup),
            may_reset: self.may_reset,
            leads_to: self.leads_to(),
            ui_locales: self.request.ui_locales.clone(),
            password_policy: connection.map(|connection| connection.password_policy).unwrap_or_default(),
            response_mode: self.request.response_mode,
        }
    }

    pub(crate) fn face(&self) -> ClientFace {
        ClientFace::signing_in(&self.client)
    }

    fn leads_to(&self) -> Vec<String> {
        let Client { callbacks, web_origins, allowed_logout_urls, .. } = &self.client;
        let own = callbacks.iter().chain(web_origins).chain(allowed_logout_urls);
        std::iter::once(&self.request.redirect_uri).chain(own).cloned().collect()
    }
}

/// Saves a request and says where its login begins.
pub(super) async fn save(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: AuthorizationRequest,
    binding: Option<&str>,
    entrance: Entrance,
) -> Result<Authorized, AuthorizeRefused> {
    let id = OpaqueToken::from_random(svc.random());
    let (binding, is_new) = match binding.and_then(OpaqueToken::parse) {
        Some(known) => (known, false),
        None => (OpaqueToken::from_random(svc.random()), true),
    };
    let pending = PendingAuthorization {
        browser_digest: binding.digest(TokenKind::Pending),
        client_id: client.client_id.clone(),
        request,
        started_at: cx.now,
        expires_at: cx.now.plus(svc.settings.pending_lifetime),
    };
    let mut tx = svc.store.write().await?;
    if !store::pending_authorizations::insert(&mut tx, &id.digest(TokenKind::Pending), &pending).await? {
        return Err(AuthorizeRefused::UnknownClient);
    }
    tx.commit().await?;
    let new_binding = is_new.then(|| binding.text().to_string());
    Ok(Authorized::Ask { entrance, state: id.text().to_string(), new_binding })
}

/// Finds a saved request. The browser must be the one that brought it.
pub async fn find(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    binding: Option<&str>,
) -> Result<Pending, PendingRefused> {
    let mut db = svc.store.read().await?;
    let saved = match OpaqueToken::parse(state) {
        Some(id) => saved(&mut db, &id.digest(TokenKind::Pending)).await?,
        None => None,
    };
    let Some((pending, client)) = saved else {
        let client = ClientFace::of_nobody(&store::settings::tenant(&mut db).await?);
        return Err(PendingRefused::Expired { client });
    };
    if cx.now >= pending.expires_at {
        return Err(PendingRefused::Expired { client: Some(ClientFace::signing_in(&client)) });
    }
    let presented = binding.and_then(OpaqueToken::parse).map(|binding| binding.digest(TokenKind::Pending));
    if !presented.is_some_and(|presented| secrets_match(&pending.browser_digest, &presented)) {
        return Err(PendingRefused::OtherBrowser { client: ClientFace::signing_in(&client) });
    }
    let (connection, providers) = accepted(&mut db, &client, &pending.request).await?;
    let may_reset = connection.as_ref().is_some_and(|stored| offers_reset(svc, &stored.connection));
    let (state, started_at) = (state.to_owned(), pending.started_at);
    Ok(Pending { state, started_at, request: pending.request, client, connection, providers, may_reset })
}

/// A saved request, expired or not, and the client it is from.
async fn saved(db: &mut impl Read, digest: &Digest) -> Result<Option<(PendingAuthorization, Client)>, StoreError> {
    let Some(pending) = store::pending_authorizations::find(db, digest).await? else { return Ok(None) };
    let client = store::clients::find(db, &pending.client_id).await?;
    Ok(client.map(|stored| (pending, stored.client)))
}

/// Where a client's people may sign in: the database connection that the request names, else the oldest enabled one;
/// and the connections with a provider, in the same way.
async fn accepted(
    db: &mut impl Read,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<(Option<StoredConnection>, Vec<StoredConnection>), StoreError> {
    let accepted = store::connections::for_client(db, &client.client_id, request.connection.as_deref()).await?;
    let (databases, others): (Vec<_>, Vec<_>) =
        accepted.into_iter().partition(|stored| stored.connection.is_database());
    let providers = others.into_iter().filter(|stored| stored.connection.provider.is_some()).collect();
    Ok((databases.into_iter().next(), providers))
}
