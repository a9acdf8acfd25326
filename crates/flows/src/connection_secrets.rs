//! What our clients prove themselves with at those whom a connection asks. It is written once, sealed for the connection,
//! and shown to nobody.

use secrecy::SecretString;
use store::connections::StoredConnection;

use crate::error::OrInternal;
use crate::{InternalError, Services};

const SOURCE: &str = "source secret";
const PROVIDER: &str = "provider secret";

/// Our client secret at the connection's source, if it has a source.
pub(crate) fn of_source(svc: &Services, stored: &StoredConnection) -> Result<Option<SecretString>, InternalError> {
    open(svc, SOURCE, stored, stored.source_secret_sealed.as_deref())
}

/// Our client secret at the connection's provider, if it has one; for Apple, the private key that makes one.
pub(crate) fn of_provider(svc: &Services, stored: &StoredConnection) -> Result<Option<SecretString>, InternalError> {
    open(svc, PROVIDER, stored, stored.provider_secret_sealed.as_deref())
}

/// Gives the connection another secret at its source.
pub(crate) fn put_of_source(svc: &Services, stored: &mut StoredConnection, secret: &str) {
    stored.source_secret_sealed = Some(seal(svc, SOURCE, stored, secret));
}

/// Gives the connection another secret at its provider.
pub(crate) fn put_of_provider(svc: &Services, stored: &mut StoredConnection, secret: &str) {
    stored.provider_secret_sealed = Some(seal(svc, PROVIDER, stored, secret));
}

fn open(
    svc: &Services,
    purpose: &'static str,
    stored: &StoredConnection,
    sealed: Option<&[u8]>,
) -> Result<Option<SecretString>, InternalError> {
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = svc.sealer.open(purpose, stored.connection.id.as_str(), sealed);
    let opened = opened.or_internal("opening the secret of a connection")?;
    let text = std::str::from_utf8(&opened).or_internal("opening the secret of a connection")?;
    Ok(Some(SecretString::from(text)))
}

fn seal(svc: &Services, purpose: &'static str, stored: &StoredConnection, secret: &str) -> Vec<u8> {
    svc.sealer.seal(&*svc.entropy, purpose, stored.connection.id.as_str(), secret.as_bytes())
}
