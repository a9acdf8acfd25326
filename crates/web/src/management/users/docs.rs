//! `/users` and `/users-by-email` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::UserBody;
use crate::management::Length;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

/// The user of the examples.
pub(crate) const ID: &str = "auth0|5f2b8c4e9d1a7f3b6c0e2d41";
const EMAIL: &str = "ann@example.com";

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List users", &[ManagementScope::ReadUsers])
        .describe(
            "By number, pages reach the first 1000 users; `from` and `take` reach all. The total of more than 1000 without \
             a search is that of at most a minute ago.",
        )
        .query("q", body::text(), "A search in Auth0's syntax.")
        .query("sort", sort(), "By what to sort, and `1` or `-1`. Not with `from` and `take`.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<UserBody>("users", Length::Shown), &json!([example()]))
}

pub(crate) fn by_email(schemas: &mut Schemas) -> Operation {
    Operation::management("List the users with an address", &[ManagementScope::ReadUsers])
        .required_query("email", body::text(), "The address, in any case.", EMAIL)
        .choosing()
        .answers(StatusCode::OK, &schemas.all::<UserBody>(), &json!([example()]))
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let own = [
        ("connection", body::text(), "The name of a database connection."),
        ("password", body::text(), "Within the connection's policy."),
        ("user_id", body::text(), "The id that the user had elsewhere, with or without `auth0|`."),
    ];
    let example = json!({
        "connection": "Username-Password-Authentication",
        "email": "bob@example.com",
        "password": "Tr1cky enough",
        "name": "Bob",
    });
    Operation::management("Create a user with a password", &[ManagementScope::CreateUsers])
        .takes(&body::object(&["connection", "password"], own.into_iter().chain(changeable())), &example)
        .answers(StatusCode::CREATED, &schemas.of::<UserBody>(), &self::example())
        .refuses(&[404, 409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    of_one("Show a user", &[ManagementScope::ReadUsers])
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<UserBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let own = [
        ("password", body::text(), "Alone among the properties that say who the user is at the connection."),
        ("connection", body::text(), "The name of the user's connection."),
        ("client_id", body::text(), "The client that a link in a mail leads back to."),
    ];
    let scopes = &[ManagementScope::UpdateUsers, ManagementScope::UpdateUsersAppMetadata];
    of_one("Change a user", scopes)
        .describe(
            "`update:users_app_metadata` is enough for `app_metadata` alone. Whoever is blocked or gets another \
             password is signed out everywhere.",
        )
        .choosing()
        .takes(
            &body::object(&[], own.into_iter().chain(changeable())),
            &json!({ "name": "Ann", "user_metadata": { "theme": "dark" } }),
        )
        .answers(StatusCode::OK, &schemas.chosen::<UserBody>(), &example())
        .refuses(&[404, 409])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    of_one("Delete a user with everything that is theirs", &[ManagementScope::DeleteUsers])
        .answers_nothing(StatusCode::NO_CONTENT)
}

/// About one user, whom the path names.
pub(crate) fn of_one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the user.", ID)
}

fn changeable() -> [Property; 15] {
    let name = |most| body::or_null(body::text_of(1, most));
    [
        ("email", body::or_null(body::text()), "One plain address."),
        ("email_verified", body::flag(), "Whether it is known to be the user's."),
        ("username", name(128), "Without white space."),
        (
            "phone_number",
            body::or_null(json!({ "type": "string", "pattern": "^\\+[0-9]{1,15}$" })),
            "E.164, with its plus sign.",
        ),
        ("phone_verified", body::flag(), "Whether it is known to be the user's."),
        ("name", name(300), ""),
        ("nickname", name(300), ""),
        ("given_name", name(150), ""),
        ("family_name", name(150), ""),
        ("picture", body::or_null(body::uri()), ""),
        ("blocked", body::or_null(body::flag()), "Whether the user is kept from signing in."),
        ("user_metadata", body::or_null(body::free()), "Merged at the first level; `null` takes a property away."),
        ("app_metadata", body::or_null(body::free()), "The same, for what the user must not change."),
        ("verify_email", body::flag(), "Whether a link to confirm the address is sent."),
        ("verify_phone_number", body::only(false), ""),
    ]
}

fn sort() -> Value {
    json!({ "type": "string", "pattern": "^[a-z_]+:(1|-1)$" })
}

fn example() -> Value {
    json!({
        "user_id": ID,
        "email": EMAIL,
        "email_verified": true,
        "name": "Ann",
        "nickname": "ann",
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
        "identities": [{
            "connection": "Username-Password-Authentication",
            "provider": "auth0",
            "user_id": "5f2b8c4e9d1a7f3b6c0e2d41",
            "isSocial": false,
        }],
        "user_metadata": { "theme": "dark" },
        "last_login": "2026-01-31T12:00:00.000Z",
        "last_ip": "203.0.113.7",
        "logins_count": 3,
    })
}
