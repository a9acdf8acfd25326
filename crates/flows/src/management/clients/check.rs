//! What a client must be like, whoever saved it and however.

use model::ClientId;
use model::client::Client;
use protocol::authorization::{RedirectUriRefused, check_registration};
use protocol::client_metadata::{AppType, GrantType, RotationType};
use protocol::logout::check_logout_url;
use protocol::subdomain_wildcards::SubdomainWildcards;

use super::super::body::BodyInvalid;
use super::super::text::{check_count, check_length, check_origin, check_range, check_string_pairs, check_web_url};
use crate::Services;

const MOST_URLS: usize = 100;
/// Each is called at each logout.
const MOST_BACKCHANNEL_URLS: usize = 5;
const LONGEST_URL: usize = 2048;
const LONGEST_ID_TOKEN_LIFETIME: u64 = 2_592_000;

/// An id that an application brings along must travel in URLs, in HTTP Basic and in `azp` as it is.
pub(super) fn client_id(id: &ClientId) -> Result<(), BodyInvalid> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let text = id.as_str();
    if (1..=64).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(());
    }
    Err(BodyInvalid::wrong("client_id", "must have between 1 and 64 letters, digits, - or _"))
}

pub(super) fn client(client: &Client, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    check_length("name", &client.name, 1..=200)?;
    if client.name.contains(['<', '>']) {
        return Err(BodyInvalid::wrong("name", "must not contain < or >"));
    }
    if let Some(description) = &client.description {
        check_length("description", description, 0..=140)?;
    }
    check_urls(client, wildcards)?;
    check_range("jwt_configuration.lifetime_in_seconds", client.id_token_lifetime, 1..=LONGEST_ID_TOKEN_LIFETIME)?;
    if let Some(seconds) = client.par_request_expiry {
        check_range("par_request_expiry", seconds, 10..=600)?;
    }
    check_string_pairs("client_metadata", &client.client_metadata, 10)?;
    if client.is_public() && client.allows(GrantType::ClientCredentials) {
        let problem = "must not name client_credentials for a client that does not authenticate";
        return Err(BodyInvalid::wrong("grant_types", problem));
    }
    let takes_passwords = client.allows(GrantType::Password) || client.allows(GrantType::PasswordRealm);
    if takes_passwords && !client.is_first_party {
        let problem = "must not name a password grant for a third-party client: it has no page to ask for consent on";
        return Err(BodyInvalid::wrong("grant_types", problem));
    }
    if client.app_type == AppType::Spa && client.refresh_token.rotation_type == RotationType::NonRotating {
        return Err(BodyInvalid::wrong(
            "refresh_token.rotation_type",
            "must be rotating for a single-page application",
        ));
    }
    Ok(())
}

/// Addresses that we call, as far as that can be told without calling them.
pub(super) fn backchannel_logout_urls(svc: &Services, client: &Client) -> Result<(), BodyInvalid> {
    let path = "oidc_logout.backchannel_logout_urls";
    check_count(path, &client.backchannel_logout_urls, MOST_BACKCHANNEL_URLS)?;
    for (index, url) in client.backchannel_logout_urls.iter().enumerate() {
        let checked = svc.upstreams.check_application_url(url);
        checked.map_err(|refused| BodyInvalid::wrong(format!("{path}[{index}]"), refused.to_string()))?;
    }
    Ok(())
}

fn check_urls(client: &Client, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    each("callbacks", &client.callbacks, |path, uri| {
        redirect(path, uri, check_registration(uri, client.app_type, wildcards))
    })?;
    each("allowed_logout_urls", &client.allowed_logout_urls, |path, uri| {
        redirect(path, uri, check_logout_url(uri, wildcards))
    })?;
    each("allowed_origins", &client.allowed_origins, |path, origin| check_origin(path, origin, wildcards))?;
    each("web_origins", &client.web_origins, |path, origin| check_origin(path, origin, wildcards))?;
    if let Some(uri) = &client.initiate_login_uri {
        check_web_url("initiate_login_uri", uri, &["https"])?;
    }
    if let Some(uri) = &client.logo_uri {
        check_web_url("logo_uri", uri, &["https", "http"])?;
    }
    Ok(())
}

fn each(path: &str, urls: &[String], check: impl Fn(&str, &str) -> Result<(), BodyInvalid>) -> Result<(), BodyInvalid> {
    check_count(path, urls, MOST_URLS)?;
    urls.iter().enumerate().try_for_each(|(index, url)| check(&format!("{path}[{index}]"), url))
}

fn redirect(path: &str, uri: &str, checked: Result<(), RedirectUriRefused>) -> Result<(), BodyInvalid> {
    checked.map_err(|refused| BodyInvalid::wrong(path, refused.to_string()))?;
    if uri.len() > LONGEST_URL {
        return Err(BodyInvalid::wrong(path, format!("must not be longer than {LONGEST_URL} bytes")));
    }
    Ok(())
}
