//! `/dbconnections/signup` in the OpenAPI document.

use http::StatusCode;
use serde_json::json;

use super::NewUserBody;
use crate::openapi::{Operation, Schemas, body};

pub(crate) fn post(schemas: &mut Schemas) -> Operation {
    let properties = [
        ("client_id", body::text(), "The client."),
        ("connection", body::text(), "The name of a database connection of this client."),
        ("email", body::text(), "One plain address."),
        ("password", body::text(), "Within the connection's policy."),
        ("username", body::text(), "Without white space."),
        ("phone_number", body::text(), "E.164, with its plus sign."),
        ("name", body::text(), ""),
        ("nickname", body::text(), ""),
        ("given_name", body::text(), ""),
        ("family_name", body::text(), ""),
        ("picture", body::text(), ""),
        ("user_metadata", body::free(), "At most ten texts. Only in JSON."),
    ];
    let required = ["client_id", "connection", "email", "password"];
    let example = json!({
        "client_id": "shop",
        "connection": "Username-Password-Authentication",
        "email": "bob@example.com",
        "password": "Tr1cky enough",
    });
    let answer = json!({ "_id": "5f2b8c4e9d1a7f3b6c0e2d41", "email": "bob@example.com", "email_verified": false });
    Operation::database("Sign up without a page")
        .describe("Nobody is signed in by it.")
        .takes_form(&body::open_object(&required, properties), &json!({ "bob": { "value": example } }))
        .answers(StatusCode::OK, &schemas.of::<NewUserBody>(), &answer)
}
