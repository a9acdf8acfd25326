//! What must be in the database before anybody can administer it.

use model::client::{Client, ClientGrant};
use model::event::EventType;
use model::resource_server::{ApiScope, ResourceServer, TokenDialect};
use model::{ClientGrantId, ClientId, ResourceServerId, Timestamp};
use protocol::client_metadata::{AppType, GrantType, TokenEndpointAuthMethod};
use protocol::management_scope::ManagementScope;
use protocol::scope::ScopeSet;
use secrecy::{ExposeSecret, SecretString};
use store::WriteTx;
use store::clients::{ClientSecret, StoredClient};

use crate::client_authentication::seal_secret;
use crate::events::event;
use crate::{InternalError, RequestContext, Services};

/// A machine client that may do everything, named in the configuration.
#[derive(Clone, Debug)]
pub struct BootstrapClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// Creates the Management API and, where one is configured, the bootstrap client; brings both up to date.
pub(crate) async fn ensure(
    svc: &Services,
    cx: &RequestContext,
    bootstrap: Option<BootstrapClient>,
) -> Result<(), InternalError> {
    let mut tx = svc.store.write().await?;
    let changed = |what: &'static str| event(svc, cx, EventType::ManagementWrite).describe(what);
    if ensure_management_api(svc, &mut tx, cx.now).await? {
        changed("Brought the Management API up to date at start").record(&mut tx).await?;
    }
    if let Some(bootstrap) = bootstrap
        && ensure_client(svc, &mut tx, &bootstrap, cx.now).await?
    {
        let written = changed("Created or repaired the bootstrap client at start");
        written.detail("id", bootstrap.client_id).record(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether anything of it was not as it must be.
async fn ensure_management_api(svc: &Services, tx: &mut WriteTx, now: Timestamp) -> Result<bool, InternalError> {
    let identifier = svc.settings.management_audience();
    let scopes = ManagementScope::ALL.iter().map(|scope| ApiScope { value: scope.to_string(), description: None });
    let scopes: Vec<_> = scopes.collect();
    match store::resource_servers::find(tx, &identifier).await? {
        Some(api) if api.scopes == scopes => return Ok(false),
        Some(api) => {
            store::resource_servers::update(tx, &ResourceServer { scopes, updated_at: now, ..api }).await?;
        }
        None => {
            let api = ResourceServer {
                id: ResourceServerId::from_random(svc.random()),
                identifier,
                name: "Landbridge Management API".to_owned(),
                scopes,
                allow_offline_access: false,
                token_lifetime: 86_400,
                token_lifetime_for_web: 7_200,
                token_dialect: TokenDialect::AccessToken,
                enforce_policies: false,
                skip_consent_for_verifiable_first_party_clients: false,
                proof_of_possession: None,
                is_system: true,
                created_at: now,
                updated_at: now,
                version: 1,
            };
            store::resource_servers::insert(tx, &api).await?;
        }
    }
    Ok(true)
}

/// Whether anything of it was not as it must be.
async fn ensure_client(
    svc: &Services,
    tx: &mut WriteTx,
    bootstrap: &BootstrapClient,
    now: Timestamp,
) -> Result<bool, InternalError> {
    let client_id = ClientId::new(&bootstrap.client_id);
    let secret = seal_secret(svc, &client_id, bootstrap.client_secret.expose_secret());
    let is_changed = match store::clients::find(tx, &client_id).await? {
        None => store::clients::insert(tx, &machine_client(&client_id, now), Some(&secret)).await?,
        Some(stored) => repair(tx, stored, &secret).await?,
    };
    Ok(ensure_grant(svc, tx, &client_id, now).await? || is_changed)
}

/// The configured client must be able to come in, whatever was changed about it through the API.
async fn repair(tx: &mut WriteTx, stored: StoredClient, secret: &ClientSecret) -> Result<bool, InternalError> {
    let has_secret = has_secret(&stored, secret);
    let mut client = stored.client;
    if !has_secret {
        store::clients::set_secret(tx, &client.client_id, Some(secret)).await?;
        client.version += 1;
    }
    let is_able = is_able(&client);
    if !is_able {
        enable(&mut client);
        store::clients::update(tx, &client).await?;
    }
    Ok(!has_secret || !is_able)
}

/// Whether its secret alone brings it a token that the Management API takes.
fn is_able(client: &Client) -> bool {
    use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretPost};
    let is_asked_for_secret = matches!(client.token_endpoint_auth_method, ClientSecretBasic | ClientSecretPost);
    is_asked_for_secret && client.allows(GrantType::ClientCredentials) && !client.require_proof_of_possession
}

fn enable(client: &mut Client) {
    if !client.allows(GrantType::ClientCredentials) {
        client.grant_types.push(GrantType::ClientCredentials);
    }
    client.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost;
    client.private_key_jwt_credentials.clear();
    client.require_proof_of_possession = false;
}

/// Sealing the same secret twice gives different bytes; the digest tells whether it is the same.
fn has_secret(stored: &StoredClient, secret: &ClientSecret) -> bool {
    stored.secret.as_ref().is_some_and(|held| held.digest == secret.digest)
}

async fn ensure_grant(
    svc: &Services,
    tx: &mut WriteTx,
    client_id: &ClientId,
    now: Timestamp,
) -> Result<bool, InternalError> {
    let audience = svc.settings.management_audience();
    let scope: ScopeSet = ManagementScope::ALL.iter().map(|scope| scope.as_str()).collect();
    if let Some(grant) = store::client_grants::find_for(tx, client_id, &audience).await? {
        if grant.scope == scope {
            return Ok(false);
        }
        store::client_grants::set_scope(tx, &grant.id, &scope, now).await?;
    } else {
        let id = ClientGrantId::from_random(svc.random());
        let client_id = client_id.clone();
        let grant = ClientGrant { id, client_id, audience, scope, created_at: now, updated_at: now };
        store::client_grants::insert(tx, &grant).await?;
    }
    Ok(true)
}

fn machine_client(client_id: &ClientId, now: Timestamp) -> Client {
    let description = "Created from the configuration (bootstrap.management_client_id).";
    Client {
        description: Some(description.to_owned()),
        ..Client::new(client_id.clone(), "Bootstrap management client", AppType::NonInteractive, now)
    }
}
