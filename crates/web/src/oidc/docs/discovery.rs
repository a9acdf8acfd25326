//! The documents that clients read before anything else.

use http::StatusCode;
use serde_json::json;

use crate::openapi::body::text;
use crate::openapi::{Operation, Schemas};

pub(crate) fn document(_: &mut Schemas) -> Operation {
    let schema = json!({
        "type": "object",
        "properties": {
            "issuer": text(),
            "authorization_endpoint": text(),
            "token_endpoint": text(),
            "userinfo_endpoint": text(),
            "jwks_uri": text(),
            "end_session_endpoint": text(),
        },
        "required": ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
    });
    let example = json!({
        "issuer": "https://id.example/",
        "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/oauth/token",
        "userinfo_endpoint": "https://id.example/userinfo",
        "jwks_uri": "https://id.example/.well-known/jwks.json",
        "end_session_endpoint": "https://id.example/oidc/logout",
    });
    Operation::oauth("Discover the endpoints", &[]).describe("OpenID Connect Discovery 3 and RFC 8414 2.").answers(
        StatusCode::OK,
        &schema,
        &example,
    )
}

pub(crate) fn jwks(_: &mut Schemas) -> Operation {
    let key = json!({
        "type": "object",
        "properties": { "kty": text(), "use": text(), "alg": text(), "kid": text(), "n": text(), "e": text() },
        "required": ["kty", "kid", "n", "e"],
    });
    let schema = json!({
        "type": "object",
        "properties": { "keys": { "type": "array", "items": key } },
        "required": ["keys"],
        "additionalProperties": false,
    });
    let example = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "previous", "n": "0vx7…", "e": "AQAB" });
    Operation::oauth("Read the keys that sign tokens", &[]).describe("RFC 7517 5.").answers(
        StatusCode::OK,
        &schema,
        &json!({ "keys": [example] }),
    )
}
