use model::client::{Client, ClientGrant};
use model::connection::{Connection, PasswordPolicy, Source, SourceKind};
use model::resource_server::{ApiScope, ResourceServer, TokenDialect};
use model::{ClientGrantId, ClientId, ConnectionId, ResourceServerId};
use protocol::client_metadata::{AppType, GrantType, RefreshTokenSettings, TokenEndpointAuthMethod};
use protocol::scope::ScopeSet;
use serde_json::json;

use super::{NOW, at, digest, object};
use crate::clients::ClientSecret;
use crate::connections::StoredConnection;

/// Every optional field empty.
pub(in crate::tests) fn client(id: &str) -> Client {
    Client { grant_types: Vec::new(), ..Client::new(ClientId::new(id), format!("Application {id}"), AppType::Spa, NOW) }
}

/// Every optional field filled.
pub(in crate::tests) fn full_client(id: &str) -> Client {
    Client {
        description: Some("Ledger — «größer»".to_owned()),
        app_type: AppType::RegularWeb,
        is_first_party: false,
        callbacks: vec!["https://app.example/callback".to_owned()],
        allowed_logout_urls: vec!["https://app.example/".to_owned()],
        allowed_origins: vec!["https://app.example".to_owned()],
        web_origins: vec!["https://spa.example".to_owned()],
        grant_types: GrantType::ALL.to_vec(),
        token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretPost,
        refresh_token: RefreshTokenSettings { leeway: Some(0), ..RefreshTokenSettings::default() },
        initiate_login_uri: Some("https://app.example/login".to_owned()),
        logo_uri: Some("https://app.example/logo.png".to_owned()),
        is_token_endpoint_ip_header_trusted: true,
        client_metadata: object(json!({"team": "books"})),
        created_at: at(-5),
        updated_at: at(-1),
        ..client(id)
    }
}

pub(in crate::tests) fn secret(number: u8) -> ClientSecret {
    ClientSecret { sealed: vec![number, 0, 255], digest: digest(number) }
}

pub(in crate::tests) fn api(id: &str) -> ResourceServer {
    ResourceServer {
        id: ResourceServerId::new(id),
        identifier: format!("https://{id}.example/"),
        name: id.to_owned(),
        scopes: vec![
            ApiScope { value: "read".to_owned(), description: None },
            ApiScope { value: "write".to_owned(), description: Some("Change things".to_owned()) },
        ],
        allow_offline_access: true,
        token_lifetime: 86_400,
        token_lifetime_for_web: 7_200,
        token_dialect: TokenDialect::Rfc9068Profile,
        enforce_policies: true,
        skip_consent_for_verifiable_first_party_clients: true,
        is_system: false,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

pub(in crate::tests) fn client_grant(id: &str, client: &str, api: &ResourceServer) -> ClientGrant {
    ClientGrant {
        id: ClientGrantId::new(id),
        client_id: ClientId::new(client),
        audience: api.identifier.clone(),
        scope: ScopeSet::parse("read write"),
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A database connection without a source.
pub(in crate::tests) fn connection(id: &str) -> StoredConnection {
    let connection = Connection::new(ConnectionId::new(id), format!("name-of-{id}"), NOW);
    StoredConnection { connection, source_secret_sealed: None }
}

/// A database connection with a source, and everything else a connection may have.
pub(in crate::tests) fn full_connection(id: &str) -> StoredConnection {
    let source = Source {
        name: "old".to_owned(),
        enabled: true,
        just_in_time: true,
        timeout_ms: 3_000,
        max_concurrency: 8,
        breaker_failures: 5,
        breaker_open_ms: 30_000,
        kind: SourceKind::Auth0 {
            issuer: "https://old.example/".to_owned(),
            client_id: "broker".to_owned(),
            realm: "people".to_owned(),
            read_profiles: true,
        },
    };
    let plain = connection(id);
    let connection = Connection {
        display_name: Some("People".to_owned()),
        realms: vec!["people".to_owned()],
        is_domain_connection: true,
        metadata: object(json!({"owner": "it"})),
        options: object(json!({"depth": {"of": [1, 2, null]}})),
        disable_signup: true,
        brute_force_protection: false,
        password_policy: PasswordPolicy::Excellent,
        source: Some(source),
        created_at: at(-3),
        updated_at: at(-2),
        ..plain.connection
    };
    StoredConnection { connection, source_secret_sealed: Some(vec![0, 1, 2]) }
}
