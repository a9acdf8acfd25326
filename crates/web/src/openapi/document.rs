//! The document as a whole.

use protocol::management_scope::ManagementScope;
use serde_json::{Map, Value, json};

use super::{Routes, Schemas, body};
use crate::{management, router};

/// A part of the HTTP surface with one shape of refusals.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Auth0's Management API v2.
    Management,
    /// OAuth 2.0 and OpenID Connect, where programs call.
    OAuth,
    /// Auth0's endpoints of database connections.
    Database,
    /// Where browsers are sent.
    Page,
}

impl Surface {
    const ALL: [Surface; 4] = [Surface::Management, Surface::OAuth, Surface::Database, Surface::Page];

    /// What the names of its components begin with.
    fn name(self) -> &'static str {
        match self {
            Surface::Management => "Management",
            Surface::OAuth => "OAuth",
            Surface::Database => "Database",
            Surface::Page => "Page",
        }
    }

    /// How it refuses.
    fn refusal(self) -> Value {
        if self == Surface::Page {
            return json!({ "text/html": { "schema": { "type": "string" } } });
        }
        let schema = json!({ "$ref": format!("#/components/schemas/{}Error", self.name()) });
        json!({ "application/json": { "schema": schema } })
    }
}

/// The OpenAPI 3.1 document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for routes in router::authentication_api() {
        describe(&routes, "", |_| "authentication", &mut paths, &mut schemas);
    }
    describe(&management::routes(), management::PREFIX, resource, &mut paths, &mut schemas);
    let mut named = schemas.into_named();
    named.insert("ManagementError".to_owned(), management_error());
    named.insert("OAuthError".to_owned(), oauth_error());
    named.insert("DatabaseError".to_owned(), database_error());
    named.sort_keys();
    let responses = responses(&paths);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Landbridge",
            "summary": "The Authentication API and the Management API v2, in Auth0's dialect.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "version": "0.0.0",
        },
        "servers": [{
            "url": "{issuer}",
            "variables": {
                "issuer": { "default": "http://localhost:3000", "description": "The issuer without its last slash." },
            },
        }],
        "paths": paths,
        "components": {
            "schemas": named,
            "parameters": parameters(),
            "responses": responses,
            "securitySchemes": security_schemes(),
        },
    })
}

fn describe(
    routes: &Routes,
    prefix: &str,
    tag: impl Fn(&'static str) -> &'static str,
    paths: &mut Map<String, Value>,
    schemas: &mut Schemas,
) {
    for (path, descriptions) in routes.descriptions() {
        let operations: Map<_, _> = descriptions
            .iter()
            .map(|(method, how)| {
                let rendered = how(schemas).render(&operation_id(method, path), tag(path));
                ((*method).to_owned(), rendered)
            })
            .collect();
        if !operations.is_empty() {
            paths.insert(format!("{prefix}{path}"), operations.into());
        }
    }
}

/// `get` and `/clients/{id}/credentials` make `get_clients_by_id_credentials`.
fn operation_id(method: &str, path: &str) -> String {
    let word = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => format!("by_{name}"),
        None => part.trim_start_matches('.').replace(['-', '.'], "_"),
    };
    let words = path.split('/').filter(|part| !part.is_empty()).map(word);
    [method.to_owned()].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

/// The first part of a path names the resource.
fn resource(path: &'static str) -> &'static str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Statuses that refuse, with the name of the response for each surface.
const REFUSALS: &[(u16, &str, &str)] = &[
    (400, "BadRequest", "The request does not say what it must."),
    (401, "Unauthorized", "Nobody is known by these credentials."),
    (403, "Forbidden", "The caller may not do this."),
    (404, "NotFound", "There is none."),
    (409, "Conflict", "It would contradict what there is."),
    (413, "ContentTooLarge", "The body is larger than what is read."),
    (415, "UnsupportedMediaType", "The body has a form that is not read here."),
    (429, "TooManyRequests", "A call too many. `Retry-After` says how long to wait."),
    (500, "InternalServerError", "Something went wrong on our side."),
    (
        503,
        "ServiceUnavailable",
        "The server is busy, or a system behind it cannot be asked. `Retry-After` may say how long to wait.",
    ),
];

/// The response for a refusal with this status.
pub(super) fn refusal(surface: Surface, status: u16) -> Value {
    let (_, name, _) = REFUSALS.iter().find(|(known, ..)| *known == status).expect("every refusal is in the table");
    json!({ "$ref": format!("#/components/responses/{}{name}", surface.name()) })
}

/// The responses that some operation refers to.
fn responses(paths: &Map<String, Value>) -> Map<String, Value> {
    let paths = Value::from(paths.clone()).to_string();
    let of = |surface: Surface| {
        REFUSALS.iter().map(move |(_, name, description)| {
            let response = json!({ "description": description, "content": surface.refusal() });
            (format!("{}{name}", surface.name()), response)
        })
    };
    let all = Surface::ALL.into_iter().flat_map(of);
    all.filter(|(name, _)| paths.contains(&format!("/responses/{name}\""))).collect()
}

fn management_error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "statusCode": { "type": "integer", "description": "The status, once more." },
            "error": { "type": "string", "description": "The status in words." },
            "message": { "type": "string", "description": "What is wrong, for people." },
            "errorCode": { "type": "string", "description": "What is wrong, for programs." },
        },
        "required": ["statusCode", "error", "message"],
        "additionalProperties": false,
        "examples": [{
            "statusCode": 404,
            "error": "Not Found",
            "message": "The client does not exist.",
            "errorCode": "inexistent_client",
        }],
    })
}

/// RFC 6749 5.2.
fn oauth_error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error": { "type": "string", "description": "What is wrong, for programs." },
            "error_description": { "type": "string", "description": "What is wrong, for people." },
        },
        "required": ["error"],
        "additionalProperties": false,
        "examples": [{ "error": "invalid_grant", "error_description": "Invalid authorization code" }],
    })
}

/// Auth0's shape of what its database endpoints refuse.
fn database_error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "The kind of error." },
            "code": { "type": "string", "description": "What is wrong, for programs." },
            "description": { "description": "What is wrong, for people; of a weak password, what it lacks." },
            "statusCode": { "type": "integer", "description": "The status, once more." },
        },
        "required": ["code", "description", "statusCode"],
        "examples": [{
            "name": "BadRequestError",
            "code": "invalid_signup",
            "description": "Invalid sign up",
            "statusCode": 400,
        }],
    })
}

/// What many operations read from the query.
fn parameters() -> Value {
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let words = json!({ "type": "array", "items": { "type": "string" }, "maxItems": 100 });
    let mut fields = query("fields", words, "The properties to show, with commas or repeated.");
    fields["explode"] = false.into();
    json!({
        "fields": fields,
        "include_fields": query("include_fields", body::flag(), "`false` shows all but those that `fields` names."),
        "page": query("page", body::whole(0, u64::from(u32::MAX)), "Which page; the first is 0."),
        "per_page": query("per_page", body::whole(1, 100), "How many a page has. 50, if nothing is said."),
        "include_totals": query("include_totals", body::flag(), "Whether to say how many there are in all."),
        "from": query("from", body::text(), "The `next` of the page before."),
        "take": query("take", body::whole(1, 100), "How many to show from there. 50, if nothing is said."),
    })
}

fn security_schemes() -> Value {
    let scopes: Map<_, _> =
        ManagementScope::ALL.iter().map(|scope| (scope.as_str().to_owned(), in_words(*scope).into())).collect();
    json!({
        "management": {
            "type": "oauth2",
            "description": "A token of a machine's own, with `{issuer}/api/v2/` as its audience, as a bearer token.",
            "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
        },
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token that the scope `openid` was granted for.",
        },
        "client_secret_basic": {
            "type": "http",
            "scheme": "basic",
            "description": "The client's id and secret, each in the form of a form's value (RFC 6749 2.3.1).",
        },
    })
}

/// `read:client_keys` makes `Read client keys`.
fn in_words(scope: ManagementScope) -> String {
    let words = scope.as_str().replace([':', '_'], " ");
    words[..1].to_uppercase() + &words[1..]
}
