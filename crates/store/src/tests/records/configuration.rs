use model::client::{Client, ClientGrant};
use model::connection::{Connection, PasswordPolicy, Source, SourceKind};
use model::provider::{
    ClientAuthentication, EmailVerification, FixedEndpoints, ParameterValue, ProfileField, Provider, ProviderEndpoints,
    ProviderLogout, ProviderProtocol, RootAttributes, UserIdForm,
};
use model::resource_server::{ApiScope, ResourceServer, TokenDialect};
use model::{ClientGrantId, ClientId, ConnectionId, CredentialId, ResourceServerId};
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
        private_key_jwt_credentials: vec![CredentialId::new("cred_1")],
        refresh_token: RefreshTokenSettings { leeway: Some(0), ..RefreshTokenSettings::default() },
        initiate_login_uri: Some("https://app.example/login".to_owned()),
        logo_uri: Some("https://app.example/logo.png".to_owned()),
        is_token_endpoint_ip_header_trusted: true,
        backchannel_logout_urls: vec!["https://app.example/backchannel-logout".to_owned()],
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
        proof_of_possession: None,
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
    Connection::new(ConnectionId::new(id), format!("name-of-{id}"), NOW).into()
}

fn provider() -> Provider {
    Provider {
        protocol: ProviderProtocol::GitHub,
        issuer: "https://github.example".to_owned(),
        endpoints: ProviderEndpoints::Fixed(FixedEndpoints {
            token: "https://github.example/t".to_owned(),
            ..FixedEndpoints::default()
        }),
        client_id: "landbridge".to_owned(),
        client_authentication: ClientAuthentication::SignedSecret {
            team_id: "team".to_owned(),
            key_id: "key".to_owned(),
        },
        scope: vec!["openid".to_owned()],
        pkce: true,
        form_post: true,
        reauthenticates: true,
        parameters: [("acr_values".to_owned(), ParameterValue::Alias("acr_values".to_owned()))].into(),
        required_claims: [("hd".to_owned(), vec!["acme.example".to_owned()])].into(),
        subject_claim: "oid".to_owned(),
        attributes: [(ProfileField::GivenName, "first".to_owned())].into(),
        email_verification: EmailVerification::Assumed,
        user_id_form: UserIdForm::Kept,
        root_attributes: RootAttributes::NeverOnLogin,
        asks_silently: true,
        logout: ProviderLogout::Auth0,
        domain_aliases: vec!["acme.example".to_owned()],
        icon_url: Some("https://acme.example/icon.png".to_owned()),
    }
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
        provider: Some(provider()),
        show_as_button: Some(false),
        created_at: at(-3),
        updated_at: at(-2),
        ..plain.connection
    };
    StoredConnection {
        connection,
        source_secret_sealed: Some(vec![0, 1, 2]),
        provider_secret_sealed: Some(vec![3, 4, 5]),
    }
}
