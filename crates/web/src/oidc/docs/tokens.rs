//! What applications and their servers call.

use http::StatusCode;
use protocol::client_metadata::GrantType;
use protocol::token::TokenResponse;
use serde_json::{Value, json};

use super::{authorization_example, authorization_parameters, credentials};
use crate::openapi::{Operation, Schemas, body};

const SECRET: &str = "the-secret-of-the-shop-that-nobody-guesses";
const ACCESS_TOKEN: &str = "mF_9.B5f-4.1JqM";
/// A client says who it is in the header, or in the body.
const BY_CLIENTS: &[&str] = &["client_secret_basic", ""];

pub(crate) fn token(schemas: &mut Schemas) -> Operation {
    let own = [
        ("grant_type", schemas.of::<GrantType>(), "What is exchanged."),
        ("code", body::text(), "`authorization_code`: the code."),
        ("redirect_uri", body::text(), "`authorization_code`: as in the authorization request."),
        ("code_verifier", body::text(), "`authorization_code`: RFC 7636 4.5."),
        ("refresh_token", body::text(), "`refresh_token`: the token."),
        ("audience", body::text(), "The identifier of the API that the access token is for."),
        ("scope", body::text(), "What is asked for."),
        ("username", body::text(), "`password`: as typed."),
        ("password", body::text(), "`password`: as typed."),
        ("realm", body::text(), "`password-realm`: the connection."),
    ];
    let schema = body::open_object(&["grant_type"], own.into_iter().chain(credentials()));
    let example = json!({
        "access_token": ACCESS_TOKEN,
        "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
        "id_token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHwxIn0.c2lnbmF0dXJl",
        "scope": "openid profile email offline_access",
        "expires_in": 86400,
        "token_type": "Bearer",
    });
    Operation::oauth("Exchange a grant for tokens", BY_CLIENTS)
        .describe("RFC 6749 3.2. `compatibility.token_error_status` chooses between the RFC's 400 and Auth0's 403.")
        .header("DPoP", "A proof of the key that the tokens shall be bound to (RFC 9449 5).")
        .takes_form(&schema, &token_examples())
        .answers(StatusCode::OK, &schemas.of::<TokenResponse>(), &example)
        .refuses(&[400, 401, 403])
}

fn token_examples() -> Value {
    let by_the_shop = |mut example: Value| {
        example["client_id"] = "shop".into();
        example["client_secret"] = SECRET.into();
        json!({ "value": example })
    };
    json!({
        "authorization_code": by_the_shop(json!({
            "grant_type": "authorization_code",
            "code": "SplxlOBeZQQYbYS6WxSbIA",
            "redirect_uri": "https://shop.example/callback",
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        })),
        "refresh_token": by_the_shop(json!({
            "grant_type": "refresh_token",
            "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
        })),
        "client_credentials": { "value": {
            "grant_type": "client_credentials",
            "client_id": "machine",
            "client_secret": "the-secret-of-the-machine-that-nobody-guesses",
            "audience": "https://api.example/",
        } },
        "password-realm": by_the_shop(json!({
            "grant_type": "http://auth0.com/oauth/grant-type/password-realm",
            "realm": "Username-Password-Authentication",
            "username": "ann@example.com",
            "password": "Tr1cky enough",
            "scope": "openid",
        })),
    })
}

pub(crate) fn push(_: &mut Schemas) -> Operation {
    let own = authorization_parameters().into_iter().map(|(property, _)| property);
    let schema = body::open_object(&["response_type"], own.chain(credentials()));
    let mut example = authorization_example();
    example["client_id"] = "shop".into();
    example["client_secret"] = SECRET.into();
    let pushed = json!({
        "type": "object",
        "properties": { "request_uri": body::text(), "expires_in": { "type": "integer" } },
        "required": ["request_uri", "expires_in"],
        "additionalProperties": false,
    });
    let answer = json!({
        "request_uri": "urn:ietf:params:oauth:request_uri:bwc4JK-ESC0w8acc191e-Y1LTC2",
        "expires_in": 30,
    });
    Operation::oauth("Send an authorization request ahead", BY_CLIENTS)
        .describe("RFC 9126 2. The browser then names the `request_uri` instead.")
        .takes_form(&schema, &json!({ "code": { "value": example } }))
        .answers(StatusCode::CREATED, &pushed, &answer)
        .refuses(&[400, 401])
}

pub(crate) fn introspect(_: &mut Schemas) -> Operation {
    let active = json!({
        "type": "object",
        "properties": {
            "active": { "const": true },
            "client_id": body::text(),
            "sub": body::text(),
            "scope": body::text(),
            "aud": { "type": ["string", "array"], "items": body::text() },
            "iss": body::text(),
            "exp": { "type": "integer" },
            "iat": { "type": "integer" },
            "token_type": body::text(),
            "cnf": { "type": "object", "properties": { "jkt": body::text() } },
        },
        "required": ["active", "client_id", "sub", "iss"],
    });
    let inactive = body::object(&["active"], [("active", body::only(false), "Not good now, or never was.")]);
    let example = json!({
        "active": true,
        "client_id": "shop",
        "sub": "auth0|5f2b8c4e9d1a7f3b6c0e2d41",
        "iss": "https://id.example/",
        "exp": 1_800_000_000,
    });
    Operation::oauth("Ask whether a token is good", BY_CLIENTS)
        .describe("RFC 7662 2. A client without a secret may not ask.")
        .takes_form(&about_a_token(), &token_example())
        .answers(StatusCode::OK, &json!({ "anyOf": [active, inactive] }), &example)
        .refuses(&[400, 401])
}

pub(crate) fn revoke(_: &mut Schemas) -> Operation {
    Operation::oauth("Revoke a token", BY_CLIENTS)
        .describe("RFC 7009 2. What descends from the same grant goes with it; a token nobody knows is fine.")
        .takes_form(&about_a_token(), &token_example())
        .answers_nothing(StatusCode::OK)
        .refuses(&[400, 401])
}

fn about_a_token() -> Value {
    let own = [
        ("token", body::text(), "An access token or a refresh token."),
        ("token_type_hint", body::text(), "Passed over: a token says itself what it is."),
    ];
    body::open_object(&["token"], own.into_iter().chain(credentials()))
}

fn token_example() -> Value {
    json!({ "token": { "value": { "token": ACCESS_TOKEN, "client_id": "shop", "client_secret": SECRET } } })
}

pub(crate) fn userinfo(_: &mut Schemas) -> Operation {
    let schema = json!({
        "type": "object",
        "properties": {
            "sub": body::text(),
            "email": body::text(),
            "email_verified": body::flag(),
            "name": body::text(),
        },
        "required": ["sub"],
    });
    let example = json!({
        "sub": "auth0|5f2b8c4e9d1a7f3b6c0e2d41",
        "email": "ann@example.com",
        "email_verified": true,
        "name": "Ann",
    });
    let refusal = |words: &str| {
        json!({
            "description": "`WWW-Authenticate` says what is wrong with the token (RFC 6750 3).",
            "content": { "text/plain": { "schema": { "type": "string" }, "example": words } },
        })
    };
    Operation::oauth("Read the claims of the person who signed in", &["access_token"])
        .describe("OpenID Connect Core 5.3. The token travels in the `Authorization` header and nowhere else.")
        .answers(StatusCode::OK, &schema, &example)
        .responds(StatusCode::BAD_REQUEST, &refusal("Bad Request"))
        .responds(StatusCode::UNAUTHORIZED, &refusal("Unauthorized"))
}
