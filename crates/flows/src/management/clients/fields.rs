//! The properties of a client, in Auth0's spelling.

use model::client::Client;
use model::{ClientId, Timestamp};
use protocol::client_metadata::{AppType, GrantType};
use protocol::subdomain_wildcards::SubdomainWildcards;
use secrecy::SecretString;

use super::super::body::{BodyInvalid, Fields};
use super::{authentication, check, refresh_token};

/// A client with Auth0's defaults for its kind, and what the request says.
pub(super) fn new_client(
    client_id: ClientId,
    mut fields: Fields,
    wildcards: SubdomainWildcards,
    now: Timestamp,
) -> Result<Client, BodyInvalid> {
    let app_type = fields.take("app_type")?.unwrap_or(AppType::RegularWeb);
    let name: String = fields.require("name")?;
    let mut client = Client::new(client_id, name, app_type, now);
    authentication::apply(&mut client, &mut fields)?;
    if client.is_public() {
        client.grant_types.retain(|grant| *grant != GrantType::ClientCredentials);
    }
    apply(&mut client, fields, wildcards)?;
    Ok(client)
}

/// Puts what the request says into the client, and checks the client as a whole.
pub(super) fn apply(client: &mut Client, mut fields: Fields, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    fields.set("name", &mut client.name)?;
    fields.set_or_clear("description", &mut client.description)?;
    fields.set("app_type", &mut client.app_type)?;
    fields.set("callbacks", &mut client.callbacks)?;
    fields.set("allowed_logout_urls", &mut client.allowed_logout_urls)?;
    fields.set("allowed_origins", &mut client.allowed_origins)?;
    fields.set("web_origins", &mut client.web_origins)?;
    grant_types(client, &mut fields)?;
    authentication::apply(client, &mut fields)?;
    authentication::apply_request_object(client, &mut fields)?;
    jwt_configuration(client, &mut fields)?;
    if let Some(object) = fields.nested("refresh_token")? {
        client.refresh_token = refresh_token::read(object)?;
    }
    fields.set_or_clear("initiate_login_uri", &mut client.initiate_login_uri)?;
    fields.set_or_clear("logo_uri", &mut client.logo_uri)?;
    fields.set("is_token_endpoint_ip_header_trusted", &mut client.is_token_endpoint_ip_header_trusted)?;
    let requires_push = &mut client.require_pushed_authorization_requests;
    fields.set("require_pushed_authorization_requests", requires_push)?;
    fields.set_or_clear("par_request_expiry", &mut client.par_request_expiry)?;
    fields.set("require_proof_of_possession", &mut client.require_proof_of_possession)?;
    if let Some(mut logout) = fields.nested("oidc_logout")? {
        logout.set("backchannel_logout_urls", &mut client.backchannel_logout_urls)?;
        logout.finish()?;
    }
    fields.merge("client_metadata", &mut client.client_metadata)?;
    fields.set("is_first_party", &mut client.is_first_party)?;
    fields.repeat(&["oidc_conformant"], true)?;
    fields.repeat(&["global", "sso_disabled", "cross_origin_authentication"], false)?;
    fields.finish()?;
    check::client(client, wildcards)
}

fn grant_types(client: &mut Client, fields: &mut Fields) -> Result<(), BodyInvalid> {
    let Some(names) = fields.take::<Vec<String>>("grant_types")? else { return Ok(()) };
    let mut grants = Vec::new();
    for name in names {
        let grant = GrantType::from_wire(&name).ok_or_else(|| {
            let known: Vec<_> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
            fields.wrong("grant_types", format!("can only name these: {}", known.join(", ")))
        })?;
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    client.grant_types = grants;
    Ok(())
}

fn jwt_configuration(client: &mut Client, fields: &mut Fields) -> Result<(), BodyInvalid> {
    let Some(mut jwt) = fields.nested("jwt_configuration")? else { return Ok(()) };
    jwt.set("lifetime_in_seconds", &mut client.id_token_lifetime)?;
    jwt.repeat(&["alg"], "RS256")?;
    jwt.repeat(&["secret_encoded"], false)?;
    jwt.finish()
}

/// A secret that the application brings along. It is compared at every token request, so it must not be guessable.
pub(super) fn secret(fields: &mut Fields) -> Result<Option<SecretString>, BodyInvalid> {
    let Some(secret) = fields.take::<String>("client_secret")? else { return Ok(None) };
    let is_plain = secret.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (32..=256).contains(&secret.len()) {
        return Ok(Some(SecretString::from(secret)));
    }
    Err(fields.wrong("client_secret", "must have between 32 and 256 printable ASCII characters without spaces"))
}
