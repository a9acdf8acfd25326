//! `/tenants/settings` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::TenantSettingsBody;
use crate::openapi::{Operation, Schemas, body};

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    Operation::management("Show the tenant's settings", &[ManagementScope::ReadTenantSettings]).choosing().answers(
        StatusCode::OK,
        &schemas.chosen::<TenantSettingsBody>(),
        &example(),
    )
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    Operation::management("Change the tenant's settings", &[ManagementScope::UpdateTenantSettings])
        .describe("Live sessions keep the end they were given.")
        .choosing()
        .takes(&changeable(), &json!({ "friendly_name": "Example", "session_lifetime": 168 }))
        .answers(StatusCode::OK, &schemas.chosen::<TenantSettingsBody>(), &example())
}

fn changeable() -> Value {
    let hours = || json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 8760 });
    body::object(
        &[],
        [
            ("friendly_name", body::text_of(1, 128), "What pages and mails call the tenant."),
            (
                "support_email",
                body::or_null(body::text()),
                "Where a mail tells of an import that is over, if whoever began it asks for that.",
            ),
            (
                "default_audience",
                body::or_null(body::text()),
                "The identifier of the API that tokens are for where a request names none.",
            ),
            (
                "default_directory",
                body::or_null(body::text()),
                "The name of the database connection for the password grant without a realm.",
            ),
            (
                "default_redirection_uri",
                body::or_null(body::uri()),
                "Where a page leads that was opened without an application; https.",
            ),
            ("allowed_logout_urls", body::list(&body::text(), 100), "Where a browser may go from `/v2/logout`."),
            ("session_lifetime", hours(), "Hours after which everybody signs in again."),
            ("idle_session_lifetime", hours(), "Hours without a visit after which one signs in again."),
            ("log_retention_days", body::whole(1, 3650), "Days for which the log is kept. Landbridge's own."),
            ("flags", flags(), "What is switched on. Those that are left out stay."),
        ],
    )
}

fn flags() -> Value {
    let registration = "Whether anybody may register a client at `/oidc/register` (RFC 7591).";
    body::object(&[], [("enable_dynamic_client_registration", body::flag(), registration)])
}

fn example() -> Value {
    json!({
        "friendly_name": "Example",
        "allowed_logout_urls": [],
        "session_lifetime": 168.0,
        "idle_session_lifetime": 72.0,
        "log_retention_days": 30,
        "flags": { "enable_dynamic_client_registration": false },
    })
}
