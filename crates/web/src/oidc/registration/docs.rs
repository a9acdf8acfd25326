//! `/oidc/register` in the OpenAPI document.

use http::StatusCode;
use serde_json::json;

use super::RegisteredBody;
use crate::openapi::{Operation, Schemas, body};

pub(crate) fn post(schemas: &mut Schemas) -> Operation {
    let methods = ["none", "client_secret_post", "client_secret_basic"];
    let properties = [
        ("redirect_uris", body::list(&body::text(), 10), "https, unless on the person's own machine."),
        ("client_name", body::text_of(1, 200), "What people read when they are asked what they allow."),
        ("token_endpoint_auth_method", body::one_of(&methods), "`client_secret_post` where it is left out."),
        ("grant_types", body::list(&body::one_of(&["authorization_code", "refresh_token"]), 2), "Both where left out."),
        ("response_types", body::list(&body::only("code"), 1), "`code` alone."),
        (
            "application_type",
            body::one_of(&["web", "native"]),
            "`native` may have redirect URIs of its own scheme, such as `com.example.app:/callback`.",
        ),
        ("logo_uri", body::uri(), "At the host of one of the `redirect_uris`."),
    ];
    let example = json!({
        "client_name": "A friend's application",
        "redirect_uris": ["https://friend.example/callback"],
        "token_endpoint_auth_method": "none",
    });
    let answer = json!({
        "client_id": "8SXWY6j3afl2CP5ntwEOpMdPxxy49Gt2",
        "client_id_issued_at": 1_800_000_000,
        "client_name": "A friend's application",
        "application_type": "web",
        "redirect_uris": ["https://friend.example/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    });
    Operation::oauth("Register a client", &[])
        .describe(
            "RFC 7591 3. Refused with 403 unless the tenant's flag `enable_dynamic_client_registration` is on. The \
             client is a third party, and may use the connections with `is_domain_connection`. Metadata that is not \
             known is passed over.",
        )
        .takes(&body::open_object(&["redirect_uris"], properties), &example)
        .answers(StatusCode::CREATED, &schemas.of::<RegisteredBody>(), &answer)
        .refuses(&[400, 403, 415])
}
