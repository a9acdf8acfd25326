//! OAuth 2.0 and OpenID Connect in the OpenAPI document.

pub(crate) mod discovery;
pub(crate) mod pages;
pub(crate) mod tokens;

use serde_json::{Value, json};

use crate::openapi::body::{self, Property};

/// The properties by which a client says in the body who it is (RFC 6749 2.3.1, RFC 7521 4.2).
fn credentials() -> [Property; 4] {
    [
        ("client_id", body::text(), "Needed unless the client says who it is in the `Authorization` header."),
        ("client_secret", body::text(), "Of a client with the method `client_secret_post`."),
        (
            "client_assertion_type",
            body::only("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            "Beside `client_assertion`.",
        ),
        ("client_assertion", body::text(), "A JWT that the client has signed (RFC 7523 2.2)."),
    ]
}

/// What an authorization request says (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), with the values of an example.
fn authorization_parameters() -> Vec<(Property, Option<&'static str>)> {
    let modes = ["query", "fragment", "form_post", "web_message"];
    vec![
        (("response_type", body::text(), "`code`, or what else the client may ask for."), Some("code")),
        (("redirect_uri", body::text(), "One of the client's callbacks."), Some("https://shop.example/callback")),
        (("scope", body::text(), "What is asked for."), Some("openid profile email")),
        (("state", body::text(), "Comes back as it is."), Some("af0ifjsldkj")),
        (("nonce", body::text(), "Comes back in the ID token."), Some("n-0S6_WzA2Mj")),
        (("code_challenge", body::text(), "RFC 7636 4.3."), Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
        (("code_challenge_method", body::only("S256"), ""), Some("S256")),
        (("response_mode", body::one_of(&modes), "How the answer travels."), None),
        (("claims", body::text(), "What is asked for claim by claim, as JSON (OpenID Connect Core 5.5)."), None),
        (("audience", body::text(), "The identifier of the API that the access token is for."), None),
        (("prompt", body::text(), "`none`, `login`, `consent`, `select_account` or `create`."), None),
        (("max_age", body::text(), "Seconds after which one signs in again."), None),
        (("login_hint", body::text(), "The address to begin with."), None),
        (("id_token_hint", body::text(), "An ID token of the person who is expected."), None),
        (("screen_hint", body::text(), "`signup` shows the page to sign up."), None),
        (("ui_locales", body::text(), "Languages, the preferred first."), None),
        (("acr_values", body::text(), "What the sign-in must have been."), None),
        (("request", body::text(), "The request as a JWT that the client has signed (RFC 9101)."), None),
        (("connection", body::text(), "The connection to sign in through."), None),
    ]
}

/// The values of the example of an authorization request.
fn authorization_example() -> Value {
    let named = authorization_parameters().into_iter();
    named.filter_map(|((name, ..), value)| Some((name.to_owned(), json!(value?)))).collect()
}
