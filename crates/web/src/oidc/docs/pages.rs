//! What browsers are sent to.

use http::StatusCode;
use serde_json::{Value, json};

use super::{authorization_example, authorization_parameters};
use crate::openapi::{Operation, Schemas, body};

pub(crate) fn authorize(_: &mut Schemas) -> Operation {
    let operation = authorization().required_query("client_id", body::text(), "The client.", "shop");
    let request_uri = "Of a request that was sent ahead, instead of the rest (RFC 9126 4).";
    let operation = operation.query("request_uri", body::text(), request_uri);
    let parameters = authorization_parameters().into_iter();
    let described = parameters.fold(operation, |operation, ((name, schema, description), example)| match example {
        Some(example) => operation.query_like(name, schema, description, example),
        None => operation.query(name, schema, description),
    });
    described.redirects(StatusCode::FOUND)
}

pub(crate) fn authorize_by_form(_: &mut Schemas) -> Operation {
    let own = [("client_id", body::text(), "The client.")];
    let parameters = authorization_parameters().into_iter().map(|(property, _)| property);
    let schema = body::open_object(&["client_id"], own.into_iter().chain(parameters));
    let mut example = authorization_example();
    example["client_id"] = "shop".into();
    authorization().takes_content(&form(&schema, &example)).redirects(StatusCode::SEE_OTHER).refuses(&[413, 415])
}

fn authorization() -> Operation {
    Operation::page("Ask for authorization")
        .describe(
            "RFC 6749 4.1.1 and OpenID Connect Core 3.1.2.1. A browser is sent to a page of ours, or back to the \
             client with the answer.",
        )
        .shows("The answer, for `form_post` and `web_message`.")
        .refuses(&[429])
}

pub(crate) fn logout(_: &mut Schemas) -> Operation {
    let url = "One of the client's `allowed_logout_urls`; without `client_id`, of the tenant's.";
    Operation::page("Sign out, in Auth0's way")
        .query_like("client_id", body::text(), "The client whose logout URLs count.", "shop")
        .query_like("returnTo", body::text(), url, "https://shop.example/")
        .shows("That one is signed out.")
        .redirects(StatusCode::FOUND)
}

pub(crate) fn end_session(_: &mut Schemas) -> Operation {
    let parameters = logout_parameters().into_iter();
    let described = parameters.fold(session_end(), |operation, (name, description, example)| match example {
        Some(example) => operation.query_like(name, body::text(), description, example),
        None => operation.query(name, body::text(), description),
    });
    described.redirects(StatusCode::FOUND)
}

pub(crate) fn end_session_by_form(_: &mut Schemas) -> Operation {
    let properties = logout_parameters().into_iter().map(|(name, description, _)| (name, body::text(), description));
    let schema = body::open_object(&[], properties);
    let example = json!({ "client_id": "shop", "post_logout_redirect_uri": "https://shop.example/" });
    let described = session_end().takes_content(&form(&schema, &example));
    described.redirects(StatusCode::SEE_OTHER).refuses(&[403, 413, 415])
}

fn session_end() -> Operation {
    Operation::page("Sign out, in the standard's way")
        .describe("OpenID Connect RP-Initiated Logout 1.0.")
        .shows("That one is signed out, or the question whether to.")
}

fn logout_parameters() -> [(&'static str, &'static str, Option<&'static str>); 5] {
    [
        ("id_token_hint", "An ID token of the person who is signed in. Without one, a page asks.", None),
        ("client_id", "The client.", Some("shop")),
        ("post_logout_redirect_uri", "One of the client's `allowed_logout_urls`.", Some("https://shop.example/")),
        ("state", "Comes back as it is.", None),
        ("logout_hint", "The `sid` of the session.", None),
    ]
}

fn form(schema: &Value, example: &Value) -> Value {
    json!({ "application/x-www-form-urlencoded": { "schema": schema, "example": example } })
}
