//! The discovery document (OpenID Connect Discovery 3, RFC 8414 2). It names what exists, and nothing that Auth0 alone
//! has.

use serde_json::{Value, json};

use crate::authorization::{ResponseMode, ResponseType};
use crate::claims;
use crate::client_metadata::{ClientAlgorithm, GrantType, TokenEndpointAuthMethod};
use crate::dpop;

/// The document for an issuer, trailing slash included. Its endpoints follow from the configured issuer alone, never
/// from a request's `Host` (RFC 8414 6.2). There is one for registration where anybody may register a client.
pub fn document(issuer: &str, takes_registrations: bool) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "pushed_authorization_request_endpoint": at("oauth/par"),
        "token_endpoint": at("oauth/token"),
        "introspection_endpoint": at("oauth/introspect"),
        "revocation_endpoint": at("oauth/revoke"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
        "end_session_endpoint": at("oidc/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "scopes_supported": ["openid", "profile", "email", "phone", "offline_access"],
        "response_types_supported": ResponseType::ALL,
        "response_modes_supported": [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost],
        "grant_types_supported": GrantType::ALL,
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": [
            TokenEndpointAuthMethod::ClientSecretBasic,
            TokenEndpointAuthMethod::ClientSecretPost,
            TokenEndpointAuthMethod::PrivateKeyJwt,
            TokenEndpointAuthMethod::None,
        ],
        "token_endpoint_auth_signing_alg_values_supported": ClientAlgorithm::ALL,
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS,
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": claims::OF_ID_TOKENS,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": ClientAlgorithm::ALL,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if takes_registrations {
        document["registration_endpoint"] = at("oidc/register").into();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelled_as_on_the_wire() {
        let document = document("https://id.example/", false);
        let cases = [
            ("issuer", json!("https://id.example/")),
            (
                "response_types_supported",
                json!([
                    "code",
                    "id_token",
                    "token",
                    "id_token token",
                    "code id_token",
                    "code token",
                    "code id_token token",
                ]),
            ),
            ("response_modes_supported", json!(["query", "fragment", "form_post"])),
            (
                "grant_types_supported",
                json!([
                    "authorization_code",
                    "implicit",
                    "refresh_token",
                    "client_credentials",
                    "password",
                    "http://auth0.com/oauth/grant-type/password-realm",
                ]),
            ),
            (
                "token_endpoint_auth_methods_supported",
                json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]),
            ),
            ("token_endpoint_auth_signing_alg_values_supported", json!(["RS256", "RS384", "PS256"])),
            ("authorization_response_iss_parameter_supported", json!(true)),
            ("dpop_signing_alg_values_supported", json!(["ES256"])),
            ("claims_parameter_supported", json!(true)),
            ("request_parameter_supported", json!(true)),
            ("request_object_signing_alg_values_supported", json!(["RS256", "RS384", "PS256"])),
            ("request_uri_parameter_supported", json!(false)),
        ];
        for (name, expected) in cases {
            assert_eq!(document[name], expected, "{name}");
        }
    }

    #[test]
    fn jw_12_every_endpoint_stands_below_the_issuer() {
        let document = document("https://id.example/tenant/", true);
        let endpoints = [
            ("authorization_endpoint", "https://id.example/tenant/authorize"),
            ("pushed_authorization_request_endpoint", "https://id.example/tenant/oauth/par"),
            ("token_endpoint", "https://id.example/tenant/oauth/token"),
            ("introspection_endpoint", "https://id.example/tenant/oauth/introspect"),
            ("revocation_endpoint", "https://id.example/tenant/oauth/revoke"),
            ("userinfo_endpoint", "https://id.example/tenant/userinfo"),
            ("jwks_uri", "https://id.example/tenant/.well-known/jwks.json"),
            ("end_session_endpoint", "https://id.example/tenant/oidc/logout"),
            ("registration_endpoint", "https://id.example/tenant/oidc/register"),
        ];
        for (name, expected) in endpoints {
            assert_eq!(document[name], expected, "{name}");
        }
    }

    #[test]
    fn the_required_members_are_there() {
        // OpenID Connect Discovery 3.
        let required = [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "response_types_supported",
            "subject_types_supported",
            "id_token_signing_alg_values_supported",
        ];
        let document = document("https://id.example/", false);
        assert_eq!(document.get("registration_endpoint"), None);
        for name in required {
            assert!(document.get(name).is_some(), "{name}");
        }
    }
}
