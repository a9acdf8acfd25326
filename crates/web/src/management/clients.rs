//! `/clients`.

pub(crate) mod docs;

use flows::management::clients::{self, ShownClient};
use http::StatusCode;
use model::client::{Client, SignedRequestObject};
use model::{ClientId, CredentialId, JsonObject};
use protocol::client_metadata::{AppType, GrantType, RefreshTokenSettings, TokenEndpointAuthMethod};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::answer::{Answer, Length, created, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A client as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Client")]
struct ClientBody<'a> {
    client_id: &'a ClientId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    app_type: AppType,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<&'a str>,
    callbacks: &'a [String],
    allowed_logout_urls: &'a [String],
    allowed_origins: &'a [String],
    web_origins: &'a [String],
    grant_types: &'a [GrantType],
    /// `null` where `client_authentication_methods` says it.
    token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_authentication_methods: Option<AuthenticationMethods<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_request_object: Option<SignedRequestObjectBody<'a>>,
    jwt_configuration: JwtConfiguration,
    refresh_token: &'a RefreshTokenSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<&'a str>,
    is_token_endpoint_ip_header_trusted: bool,
    require_pushed_authorization_requests: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    par_request_expiry: Option<u64>,
    require_proof_of_possession: bool,
    oidc_logout: OidcLogout<'a>,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    client_metadata: &'a JsonObject,
    #[serde(flatten)]
    fixed: Fixed,
}

#[derive(Serialize, JsonSchema)]
struct AuthenticationMethods<'a> {
    private_key_jwt: Credentials<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Credentials<'a> {
    credentials: Vec<CredentialReference<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignedRequestObject")]
struct SignedRequestObjectBody<'a> {
    required: bool,
    #[serde(flatten)]
    credentials: Credentials<'a>,
}

#[derive(Serialize, JsonSchema)]
struct CredentialReference<'a> {
    id: &'a CredentialId,
}

impl<'a> Credentials<'a> {
    fn of(ids: &'a [CredentialId]) -> Self {
        Credentials { credentials: ids.iter().map(|id| CredentialReference { id }).collect() }
    }
}

impl<'a> AuthenticationMethods<'a> {
    fn of(client: &'a Client) -> Self {
        AuthenticationMethods { private_key_jwt: Credentials::of(&client.private_key_jwt_credentials) }
    }
}

impl<'a> From<&'a SignedRequestObject> for SignedRequestObjectBody<'a> {
    fn from(signed: &'a SignedRequestObject) -> Self {
        SignedRequestObjectBody { required: signed.required, credentials: Credentials::of(&signed.credentials) }
    }
}

#[derive(Serialize, JsonSchema)]
struct OidcLogout<'a> {
    backchannel_logout_urls: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct JwtConfiguration {
    lifetime_in_seconds: u64,
    alg: &'static str,
    secret_encoded: bool,
}

/// What tools read and what is the same for almost every client here.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of Auth0's `clients`")]
#[derive(Serialize, JsonSchema)]
struct Fixed {
    global: bool,
    is_first_party: bool,
    oidc_conformant: bool,
    sso_disabled: bool,
    cross_origin_authentication: bool,
}

impl<'a> From<&'a ShownClient> for ClientBody<'a> {
    fn from(shown: &'a ShownClient) -> Self {
        let client = &shown.client;
        let method = client.token_endpoint_auth_method;
        let is_signing = method == TokenEndpointAuthMethod::PrivateKeyJwt;
        ClientBody {
            client_id: &client.client_id,
            name: &client.name,
            description: client.description.as_deref(),
            client_secret: shown.secret.as_ref().map(ExposeSecret::expose_secret),
            app_type: client.app_type,
            logo_uri: client.logo_uri.as_deref(),
            callbacks: &client.callbacks,
            allowed_logout_urls: &client.allowed_logout_urls,
            allowed_origins: &client.allowed_origins,
            web_origins: &client.web_origins,
            grant_types: &client.grant_types,
            token_endpoint_auth_method: (!is_signing).then_some(method),
            client_authentication_methods: is_signing.then(|| AuthenticationMethods::of(client)),
            signed_request_object: client.signed_request_object.as_ref().map(SignedRequestObjectBody::from),
            jwt_configuration: JwtConfiguration {
                lifetime_in_seconds: client.id_token_lifetime,
                alg: "RS256",
                secret_encoded: false,
            },
            refresh_token: &client.refresh_token,
            initiate_login_uri: client.initiate_login_uri.as_deref(),
            is_token_endpoint_ip_header_trusted: client.is_token_endpoint_ip_header_trusted,
            require_pushed_authorization_requests: client.require_pushed_authorization_requests,
            par_request_expiry: client.par_request_expiry,
            require_proof_of_possession: client.require_proof_of_possession,
            oidc_logout: OidcLogout { backchannel_logout_urls: &client.backchannel_logout_urls },
            client_metadata: &client.client_metadata,
            fixed: Fixed {
                global: shown.is_global,
                is_first_party: client.is_first_party,
                oidc_conformant: true,
                sso_disabled: false,
                cross_origin_authentication: false,
            },
        }
    }
}

/// `GET /clients`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = clients::list(&call.services, &call.caller, &call.query).await?;
    page("clients", &listing, ClientBody::from, &call.query, Length::Hidden)
}

/// `POST /clients`
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let client = clients::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&ClientBody::from(&client)))
}

/// `GET /clients/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let client = clients::get(&call.services, &call.caller, &ClientId::new(id)).await?;
    one(&ClientBody::from(&client), &call.query)
}

/// `PATCH /clients/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let client = clients::update(&call.services, &call.cx, &call.caller, &ClientId::new(id), &body).await?;
    one(&ClientBody::from(&client), &call.query)
}

/// `DELETE /clients/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    clients::delete(&call.services, &call.cx, &call.caller, &ClientId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /clients/{id}/rotate-secret`
pub(crate) async fn rotate_secret(call: Call, Id(id): Id) -> Answer {
    let client = clients::rotate_secret(&call.services, &call.cx, &call.caller, &ClientId::new(id)).await?;
    one(&ClientBody::from(&client), &call.query)
}
