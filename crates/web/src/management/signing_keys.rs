//! `/keys/signing`.

pub(crate) mod docs;

use axum::response::IntoResponse;
use flows::management::signing_keys::{self, ShownKey};
use model::Timestamp;
use model::signing_key::KeyState;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, all, created, one};
use super::call::{Call, Id};

/// A signing key as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
#[expect(clippy::struct_excessive_bools, reason = "this is the shape that clients read")]
struct KeyBody<'a> {
    kid: &'a str,
    cert: &'a str,
    pkcs7: &'a str,
    fingerprint: &'a str,
    thumbprint: &'a str,
    current: bool,
    next: bool,
    previous: bool,
    revoked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl<'a> From<&'a ShownKey> for KeyBody<'a> {
    fn from(ShownKey { key, certificate }: &'a ShownKey) -> Self {
        KeyBody {
            kid: &key.kid,
            cert: &certificate.pem,
            pkcs7: &certificate.pkcs7,
            fingerprint: &certificate.fingerprint,
            thumbprint: &certificate.thumbprint,
            current: key.state == KeyState::Current,
            next: key.state == KeyState::Next,
            previous: key.state == KeyState::Previous,
            revoked: key.state == KeyState::Revoked,
            current_since: key.current_since,
            current_until: key.current_until,
            revoked_at: key.revoked_at,
        }
    }
}

/// What is shown of a key that has just been changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangedSigningKey")]
struct ChangedBody<'a> {
    kid: &'a str,
    cert: &'a str,
}

impl<'a> From<&'a ShownKey> for ChangedBody<'a> {
    fn from(shown: &'a ShownKey) -> Self {
        ChangedBody { kid: &shown.key.kid, cert: &shown.certificate.pem }
    }
}

/// `GET /keys/signing`
pub(crate) async fn list(call: Call) -> Answer {
    let keys = signing_keys::list(&call.services, &call.caller).await?;
    all(&keys, KeyBody::from, &call.query)
}

/// `GET /keys/signing/{kid}`
pub(crate) async fn get(call: Call, Id(kid): Id) -> Answer {
    let key = signing_keys::get(&call.services, &call.caller, &kid).await?;
    one(&KeyBody::from(&key), &call.query)
}

/// `POST /keys/signing/rotate`
pub(crate) async fn rotate(call: Call) -> Answer {
    let current = signing_keys::rotate(&call.services, &call.cx, &call.caller).await?;
    Ok(created(&ChangedBody::from(&current)))
}

/// `PUT /keys/signing/{kid}/revoke`
pub(crate) async fn revoke(call: Call, Id(kid): Id) -> Answer {
    let revoked = signing_keys::revoke(&call.services, &call.cx, &call.caller, &kid).await?;
    Ok(axum::Json(ChangedBody::from(&revoked)).into_response())
}
