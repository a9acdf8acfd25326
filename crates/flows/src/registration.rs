//! Clients that register themselves (RFC 7591 3), in Auth0's dialect: without a token of any kind, and never as the
//! operator's own.

mod metadata;

use model::ClientId;
use model::client::Client;
use model::event::EventType;
use secrecy::{ExposeSecret, SecretString};
use store::connections::ConnectionFilter;
use store::{Page, StoreError, WriteTx};

use crate::client_authentication::seal_secret;
use crate::error::OrInternal;
use crate::events::event;
use crate::management::Body;
use crate::management::clients::new_secret;
use crate::{InternalError, RequestContext, Services};

/// A client that has just been registered.
pub struct Registered {
    /// The record.
    pub client: Client,
    /// Its secret, where it has one.
    pub secret: Option<SecretString>,
}

/// Why nothing was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationRefused {
    /// The operator has not switched it on.
    #[error("dynamic client registration is off")]
    Off,
    /// A redirect URI cannot be one.
    #[error("{0}")]
    RedirectUri(String),
    /// Something else cannot be, or is not for everybody to say.
    #[error("{0}")]
    Metadata(String),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for RegistrationRefused {
    fn from(error: StoreError) -> Self {
        RegistrationRefused::Internal(error.into())
    }
}

/// Registers a client. It may use the connections that are for everybody, and people are asked what they allow it.
pub async fn register(svc: &Services, cx: &RequestContext, body: &Body) -> Result<Registered, RegistrationRefused> {
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    if !tenant.flags.enable_dynamic_client_registration {
        return Err(RegistrationRefused::Off);
    }
    let client = metadata::read(ClientId::from_random(svc.random()), body, cx.now)?;
    let secret = (!client.is_public()).then(|| new_secret(svc));
    let sealed = secret.as_ref().map(|secret| seal_secret(svc, &client.client_id, secret.expose_secret()));
    let mut tx = svc.store.write().await?;
    if !store::clients::insert(&mut tx, &client, sealed.as_ref()).await? {
        Err("a random id is taken").or_internal("registering a client")?;
    }
    enable_domain_connections(&mut tx, &client.client_id).await?;
    let registered = event(svc, cx, EventType::ClientRegistered).client(&client);
    registered.detail("redirect_uris", client.callbacks.clone()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(Registered { client, secret })
}

/// Those that the operator has opened to applications of others.
async fn enable_domain_connections(tx: &mut WriteTx, client_id: &ClientId) -> Result<(), StoreError> {
    let all = Page::Offset { skip: 0, limit: u32::MAX };
    let connections = store::connections::list(tx, &ConnectionFilter::default(), &all).await?;
    for stored in connections.iter().filter(|stored| stored.connection.is_domain_connection) {
        store::connections::set_enabled(tx, &stored.connection.id, client_id, true).await?;
    }
    Ok(())
}
