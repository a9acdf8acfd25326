//! Which client is calling, and whether it is (RFC 6749 2.3).

use keys::secrets_match;
use model::ClientId;
use model::client::Client;
use protocol::client_authentication::assertion::AssertionRefused;
use protocol::client_authentication::{AuthenticationRefused, Presented, Proof};
use protocol::client_metadata::TokenEndpointAuthMethod;
use store::StoreError;
use store::clients::{ClientSecret, StoredClient};

use crate::limits::{self, Limited, Subject};
use crate::{InternalError, RequestContext, Services};

mod assertion;

const SECRET_PURPOSE: &str = "client secret";

/// Why a client is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientRefused {
    /// The request names no client, or names it in two ways.
    #[error(transparent)]
    Unreadable(#[from] AuthenticationRefused),
    /// No such client. From outside this looks like the next.
    #[error("unknown client")]
    Unknown,
    /// The client authenticates in another way, or what it presents does not prove who it is.
    #[error("wrong secret, wrong key or wrong method")]
    WrongSecret,
    /// It is, and has called too often.
    #[error("the client has called too often")]
    Limited(Limited),
    /// The client signed its assertion, but the assertion does not say what it must.
    #[error(transparent)]
    Assertion(#[from] AssertionRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for ClientRefused {
    fn from(error: StoreError) -> Self {
        ClientRefused::Internal(error.into())
    }
}

/// Finds the client and has it prove who it is.
///
/// Basic and body are both accepted from a client with a secret, whichever of the two it is registered for: SDKs
/// choose for themselves, and neither is weaker than the other. A client that signs assertions has no other way.
pub async fn authenticate(svc: &Services, cx: &RequestContext, presented: &Presented) -> Result<Client, ClientRefused> {
    let id = ClientId::new(&presented.client_id);
    let mut db = svc.store.read().await?;
    let found = store::clients::find(&mut db, &id).await?;
    drop(db);
    let given = presented.proof.secret().map(|secret| digest(svc, &id, secret.expose()));
    let StoredClient { client, secret } = found.ok_or(ClientRefused::Unknown)?;
    let mut assertion = None;
    let believed = match (client.token_endpoint_auth_method, &presented.proof) {
        (TokenEndpointAuthMethod::PrivateKeyJwt, Proof::Assertion(text)) => {
            assertion = Some(assertion::verify(svc, cx, &client, text.expose()).await?);
            true
        }
        (TokenEndpointAuthMethod::None, Proof::Name) => true,
        (
            TokenEndpointAuthMethod::ClientSecretPost | TokenEndpointAuthMethod::ClientSecretBasic,
            Proof::Post(_) | Proof::Basic(_),
        ) => given.zip(secret).is_some_and(|(given, held)| secrets_match(&held.digest, &given)),
        _ => false,
    };
    if !believed {
        return Err(ClientRefused::WrongSecret);
    }
    // A name alone proves nothing: were public clients limited, any stranger could shut one out.
    if !client.is_public() {
        limits::take(svc, cx, &Subject::Client(&client.client_id)).await.map_err(ClientRefused::Limited)?;
    }
    // After the limit, so that a call too many spends no assertion.
    if let Some(assertion) = assertion {
        assertion.use_up(svc).await?;
    }
    Ok(client)
}

/// A secret as it is stored: sealed, to be shown again, and as a digest, to be compared.
pub fn seal_secret(svc: &Services, id: &ClientId, secret: &str) -> ClientSecret {
    ClientSecret {
        sealed: svc.sealer.seal(&*svc.entropy, SECRET_PURPOSE, id.as_str(), secret.as_bytes()),
        digest: digest(svc, id, secret),
    }
}

/// A secret as it was given out, for those who may read it again.
pub(crate) fn open_secret(svc: &Services, id: &ClientId, secret: &ClientSecret) -> Result<String, InternalError> {
    use crate::error::OrInternal;
    let opened = svc.sealer.open(SECRET_PURPOSE, id.as_str(), &secret.sealed).or_internal("opening a client secret")?;
    String::from_utf8(opened.to_vec()).or_internal("opening a client secret")
}

/// Bound to the client, so that two clients with one secret have two digests.
fn digest(svc: &Services, id: &ClientId, secret: &str) -> [u8; 32] {
    svc.sealer.keyed_digest(SECRET_PURPOSE, format!("{id}\n{secret}").as_bytes())
}
