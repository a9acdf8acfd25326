//! What a request may be granted: the API it is for and the scopes that survive.

use model::client::Client;
use model::connection::Connection;
use model::resource_server::ResourceServer;
use protocol::authorization::{AuthorizationRequest, Refusal};
use protocol::client_metadata::GrantType;
use protocol::error::ErrorCode;
use protocol::scope::ScopeSet;
use store::{Read, StoreError};

use crate::{InternalError, Services, Settings, dpop};

/// Whether a scope describes the person instead of an API (OpenID Connect Core 5.4).
pub(crate) fn is_standard(scope: &str) -> bool {
    ["openid", "profile", "email", "phone", "address"].contains(&scope)
}

/// Replaces audience and scope of a request by what will be granted. Scopes nobody offers are dropped, as Auth0 does.
pub(super) async fn settle(
    svc: &Services,
    client: &Client,
    request: AuthorizationRequest,
) -> Result<Result<AuthorizationRequest, (AuthorizationRequest, Refusal)>, InternalError> {
    let mut db = svc.store.read().await?;
    if let Some(name) = &request.connection
        && !may_use(&mut db, client, name).await?
    {
        let refusal =
            Refusal { error: ErrorCode::InvalidRequest, description: "the connection was not found".to_owned() };
        return Ok(Err((request, refusal)));
    }
    match find_api(&mut db, &svc.settings, request.audience.as_deref()).await? {
        Ok(api) if request.response_type.brings_access_token() && dpop::is_required(client, api.as_ref()) => {
            let refusal = Refusal {
                error: ErrorCode::InvalidRequest,
                description: "this access token must be bound to a key, and so cannot travel through the browser"
                    .to_owned(),
            };
            Ok(Err((request, refusal)))
        }
        Ok(api) => {
            let scope = grantable(client, api.as_ref(), &request.scope);
            let audience = api.map(|api| api.identifier);
            Ok(Ok(AuthorizationRequest { audience, scope, ..request }))
        }
        Err(unknown) => {
            let refusal =
                Refusal { error: ErrorCode::AccessDenied, description: format!("Service not found: {}", unknown.0) };
            Ok(Err((request, refusal)))
        }
    }
}

async fn may_use(db: &mut impl Read, client: &Client, name: &str) -> Result<bool, StoreError> {
    let found = store::connections::find_by_name(db, name).await?.map(|stored| stored.connection);
    Ok(found.is_some_and(|connection: Connection| connection.is_enabled_for(&client.client_id)))
}

/// The audience names no API of ours.
pub(crate) struct UnknownAudience(pub(crate) String);

/// The API a request is for: the one it names, else the tenant's default; none means userinfo alone.
pub(crate) async fn find_api(
    db: &mut impl Read,
    settings: &Settings,
    audience: Option<&str>,
) -> Result<Result<Option<ResourceServer>, UnknownAudience>, StoreError> {
    let audience = match audience {
        Some(audience) => Some(audience.to_owned()),
        None => store::settings::tenant(db).await?.default_audience,
    };
    let Some(audience) = audience.filter(|audience| *audience != settings.userinfo_audience()) else {
        return Ok(Ok(None));
    };
    let found = store::resource_servers::find(db, &audience).await?;
    Ok(found.filter(|api| api.identifier == audience).map(Some).ok_or(UnknownAudience(audience)))
}

/// The part of `asked` that a user can grant this client for this API. Management scopes are never among it: they
/// are for machines.
pub(crate) fn grantable(client: &Client, api: Option<&ResourceServer>, asked: &ScopeSet) -> ScopeSet {
    let may_stay_offline = client.allows(GrantType::RefreshToken) && api.is_none_or(|api| api.allow_offline_access);
    asked.filtered(|scope| match scope {
        "offline_access" => may_stay_offline,
        scope if is_standard(scope) => true,
        scope => api.is_some_and(|api| !api.is_system && api.offers(scope)),
    })
}
