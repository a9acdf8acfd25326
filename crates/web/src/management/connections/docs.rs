//! `/connections` in the OpenAPI document.

use http::StatusCode;
use model::connection::PasswordPolicy;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::{ConnectionBody, EnabledClient, Status};
use crate::management::Length;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

const ID: &str = "con_0aZ3bY6cX9dW2eV5";
const READ: &[ManagementScope] = &[ManagementScope::ReadConnections];
const UPDATE: &[ManagementScope] = &[ManagementScope::UpdateConnections];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List connections", READ)
        .query_words("strategy", "Only connections of these kinds.")
        .query("name", body::text(), "Only the connection of this name.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<ConnectionBody>("connections", Length::Hidden), &json!([example()]))
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let own = [
        (
            "name",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", "maxLength": 128 }),
            "Its name, which never changes.",
        ),
        ("strategy", body::text(), "`auth0` for a database, or the kind of provider."),
    ];
    let example = json!({
        "name": "customers",
        "strategy": "auth0",
        "options": {
            "passwordPolicy": "good",
            "disable_signup": true,
            "source": {
                "strategy": "auth0",
                "domain": "tenant.eu.auth0.com",
                "client_id": "Xc5kPvB9sQ2LrN8tYw3HfJ7mDz4gKa6E",
                "client_secret": "the secret of our client there",
                "realm": "Username-Password-Authentication",
            },
        },
        "enabled_clients": ["shop"],
    });
    Operation::management("Create a connection", &[ManagementScope::CreateConnections])
        .takes(&body::object(&["name", "strategy"], own.into_iter().chain(changeable(schemas))), &example)
        .answers(StatusCode::CREATED, &schemas.of::<ConnectionBody>(), &self::example())
        .refuses(&[409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a connection", READ)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<ConnectionBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    one("Change a connection", UPDATE)
        .describe("`options` is replaced as a whole, but for a source it does not mention.")
        .choosing()
        .takes(
            &body::object(&[], changeable(schemas)),
            &json!({ "display_name": "Customers", "options": { "passwordPolicy": "good" } }),
        )
        .answers(StatusCode::OK, &schemas.chosen::<ConnectionBody>(), &example())
        .refuses(&[404, 409])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete a connection with its users", &[ManagementScope::DeleteConnections])
        .answers_nothing(StatusCode::NO_CONTENT)
}

pub(crate) fn status(schemas: &mut Schemas) -> Operation {
    one("Ask whether people can sign in through a connection", READ)
        .describe("404 with the code `connection_offline` where its source is not asked at the moment.")
        .answers(StatusCode::OK, &schemas.of::<Status>(), &json!({ "online": true }))
        .refuses(&[404])
}

pub(crate) fn list_clients(schemas: &mut Schemas) -> Operation {
    one("List the clients that may use a connection", READ)
        .query("from", body::text(), "The `next` of the page before.")
        .query("take", body::whole(1, 1000), "How many to show. 50, if nothing is said.")
        .choosing()
        .answers(
            StatusCode::OK,
            &schemas.checkpoint::<EnabledClient>("clients"),
            &json!({ "clients": [{ "client_id": "shop" }] }),
        )
        .refuses(&[404])
}

pub(crate) fn update_clients(_: &mut Schemas) -> Operation {
    let change = body::object(
        &["client_id", "status"],
        [("client_id", body::text(), "The client."), ("status", body::flag(), "Whether it may use the connection.")],
    );
    one("Let clients use a connection, or no longer", UPDATE)
        .describe("All of the changes are made, or none.")
        .takes(&body::list(&change, 50), &json!([{ "client_id": "shop", "status": true }]))
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

pub(crate) fn delete_users(_: &mut Schemas) -> Operation {
    one("Delete the connection's user with an address", &[ManagementScope::DeleteUsers])
        .required_query("email", body::text(), "The address, in any case.", "ann@example.com")
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the connection.", ID)
}

fn changeable(schemas: &mut Schemas) -> [Property; 7] {
    let options = json!({ "anyOf": [
        database_options(schemas),
        { "description": "Of a provider, in Auth0's spelling.", "type": "object", "required": ["client_id"] },
    ] });
    [
        ("display_name", body::or_null(body::text_of(1, 128)), "What its button says."),
        ("options", options, "How people sign in through it."),
        ("enabled_clients", body::list(&body::text(), 1000), "The ids of the clients that may use it."),
        ("realms", body::list(&body::text_of(1, 128), 10), "Names for the password grant with a realm."),
        ("is_domain_connection", body::flag(), "Whether clients that register themselves may use it."),
        ("metadata", body::or_null(body::free()), "At most ten texts of the operator's own, merged."),
        ("show_as_button", body::or_null(body::flag()), "Of a provider: whether pages show a button."),
    ]
}

fn database_options(schemas: &mut Schemas) -> Value {
    let mut options = body::object(
        &[],
        [
            ("disable_signup", body::flag(), "Whether nobody can sign up."),
            ("brute_force_protection", body::flag(), "Whether wrong passwords count."),
            ("passwordPolicy", body::or_null(schemas.of::<PasswordPolicy>()), "What new passwords must be."),
            ("source", body::or_null(source()), "Where its people come from. Landbridge's own."),
            ("import_mode", body::only(false), ""),
            ("enabledDatabaseCustomization", body::only(false), ""),
            ("requires_username", body::only(false), ""),
        ],
    );
    options["description"] = "Of a database.".into();
    options
}

fn source() -> Value {
    body::object(
        &["strategy", "client_id", "realm"],
        [
            ("strategy", body::only("auth0"), ""),
            ("name", body::text_of(1, 128), "The connection's name, if nothing is said."),
            ("issuer", body::text(), "Who answers there. This or `domain` must be there."),
            ("domain", body::text(), "The same as Auth0's SDKs ask for it."),
            ("client_id", body::text_of(1, 256), "Our client there."),
            ("client_secret", body::text_of(1, 1024), "Its secret. Never shown again."),
            ("realm", body::text_of(1, 256), "The connection there."),
            ("read_profiles", body::flag(), "Whether profiles are read through the Management API there."),
            ("enabled", body::flag(), "Whether it is asked."),
            ("just_in_time", body::flag(), "Whether people nobody knows here may be there."),
            ("timeout_ms", body::whole(100, 30_000), "How long it is waited for."),
            ("max_concurrency", body::whole(1, 1000), "How many calls there are at once."),
            ("breaker_failures", body::whole(1, 1000), "After how many failures it is left alone."),
            ("breaker_open_ms", body::whole(100, 3_600_000), "For how long."),
        ],
    )
}

fn example() -> Value {
    json!({
        "id": ID,
        "name": "Username-Password-Authentication",
        "strategy": "auth0",
        "options": { "disable_signup": false, "brute_force_protection": true, "passwordPolicy": "good" },
        "enabled_clients": ["shop"],
        "realms": ["Username-Password-Authentication"],
        "is_domain_connection": false,
    })
}
