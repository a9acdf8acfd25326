//! `/jobs` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::JobBody;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

/// The job of the examples.
pub(crate) const ID: &str = "job_4Tz8mWq1XcV6bNs3";

pub(crate) fn verification_email(schemas: &mut Schemas) -> Operation {
    let client = ("client_id", body::text(), "The client that the link leads back to.");
    let properties = whom().into_iter().chain([client]);
    Operation::management("Send a link to confirm an address", &[ManagementScope::UpdateUsers])
        .takes(&body::object(&["user_id"], properties), &json!({ "user_id": USER_ID }))
        .answers(StatusCode::CREATED, &schemas.of::<JobBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn import_users(schemas: &mut Schemas) -> Operation {
    let flag = || body::one_of(&["true", "false"]);
    let properties = [
        ("users", body::text(), "The file: an array of users in Auth0's form, of at most 500 KB."),
        ("connection_id", body::text(), "The id of a database connection."),
        ("upsert", flag(), "Whether users that there are are changed."),
        ("external_id", body::text_of(0, 255), "The caller's own name for the job."),
        (
            "send_completion_email",
            flag(),
            "Whether a mail to the tenant's `support_email`, if it has one, tells of the end; it does unless this is `false`.",
        ),
    ];
    let schema = body::object(&["users", "connection_id"], properties);
    let example = json!({
        "users": "[{\"email\":\"cy@example.com\",\"email_verified\":true}]",
        "connection_id": "con_0aZ3bY6cX9dW2eV5",
    });
    Operation::management("Import users", &[ManagementScope::CreateUsers])
        .takes_content(&json!({ "multipart/form-data": { "schema": schema, "example": example } }))
        .answers(StatusCode::ACCEPTED, &schemas.of::<JobBody>(), &self::example())
        .refuses(&[413])
}

pub(crate) fn export_users(schemas: &mut Schemas) -> Operation {
    let field = body::object(
        &["name"],
        [
            ("name", body::text_of(0, 255), "The path of the property."),
            ("export_as", body::text_of(0, 255), "What it is called in the file."),
        ],
    );
    let properties = [
        ("connection_id", body::text(), "Only users of this connection."),
        ("format", body::one_of(&["json", "csv"]), "`json` is one object a line."),
        ("limit", body::whole(0, u64::from(u32::MAX)), "How many at the most."),
        ("fields", body::list(&field, 30), "What is told of each."),
    ];
    let example = json!({ "format": "csv", "fields": [{ "name": "email", "export_as": "address" }] });
    Operation::management("Export users", &[ManagementScope::ReadUsers])
        .describe("The job then tells a link that is good once and for a minute.")
        .takes(&body::object(&[], properties), &example)
        .answers(StatusCode::OK, &schemas.of::<JobBody>(), &self::example())
}

pub(crate) fn errors(schemas: &mut Schemas) -> Operation {
    let rows = json!({ "type": "array", "items": { "type": "object" } });
    let example = json!([{
        "user": { "email": "not an address" },
        "errors": [{ "code": "INVALID_FORMAT", "message": "…", "path": "email" }],
    }]);
    Operation::management("Ask what a job could not do", &[ManagementScope::CreateUsers, ManagementScope::ReadUsers])
        .describe("Of a job that failed as a whole, the job.")
        .path("id", "The id of the job.", ID)
        .answers(StatusCode::OK, &json!({ "anyOf": [rows, schemas.of::<JobBody>()] }), &example)
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

/// Who is meant.
pub(crate) fn whom() -> [Property; 2] {
    let identity = body::object(
        &[],
        [
            ("user_id", body::text(), "Its id, without the provider."),
            ("provider", body::text(), "`auth0`."),
            ("connection_id", body::text(), "The id of its connection."),
        ],
    );
    [("user_id", body::text(), "The id of the user."), ("identity", identity, "Must be the user's own.")]
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    Operation::management("Ask how far a job is", &[ManagementScope::CreateUsers, ManagementScope::ReadUsers])
        .describe("A job that was done a day ago is not there any more.")
        .path("id", "The id of the job.", ID)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<JobBody>(), &example())
        .refuses(&[404])
}

fn example() -> Value {
    json!({
        "id": ID,
        "status": "pending",
        "created_at": "2026-01-31T12:00:00.000Z",
        "type": "verification_email",
    })
}
