//! `/dbconnections/change_password` in the OpenAPI document.

use http::StatusCode;
use serde_json::json;

use crate::openapi::{Operation, Schemas, body};

pub(crate) fn post(_: &mut Schemas) -> Operation {
    let properties = [
        ("client_id", body::text(), "The client that the link leads back to."),
        ("connection", body::text(), "The name of a database connection."),
        ("email", body::text(), "Whose password; this or `username` must be there."),
        ("username", body::text(), "Whose password."),
    ];
    let example = json!({
        "client_id": "shop",
        "connection": "Username-Password-Authentication",
        "email": "ann@example.com",
    });
    let content = json!({ "text/html": {
        "schema": { "type": "string" },
        "example": "We've just sent you an email to reset your password.",
    } });
    Operation::database("Have a link sent to choose a new password")
        .describe("The answer is the same whether anybody has the address.")
        .takes_form(&body::open_object(&["connection"], properties), &json!({ "ann": { "value": example } }))
        .responds(
            StatusCode::OK,
            &json!({ "description": "Said of a mail, if there was anybody.", "content": content }),
        )
}
