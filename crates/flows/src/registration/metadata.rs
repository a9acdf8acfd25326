//! What a client says of itself (RFC 7591 2, OpenID Connect Dynamic Client Registration 2). Metadata that nobody here
//! knows is passed over, as it must be.

use model::address::has_unseen;
use model::client::Client;
use model::{ClientId, Timestamp};
use protocol::client_metadata::{AppType, GrantType, TokenEndpointAuthMethod};
use protocol::management_scope::ManagementScope;
use protocol::subdomain_wildcards::{SubdomainWildcards, is_pattern};
use protocol::this_machine::stays_on_this_machine;
use url::Url;

use super::RegistrationRefused;
use crate::management::body::Fields;
use crate::management::{Body, BodyInvalid, clients};

/// Passed over, these would leave the client believing what is not so; taken, they would let a stranger choose ids and
/// secrets, or have us call and trust addresses of theirs.
const NOT_TAKEN: [&str; 8] = [
    "client_id",
    "client_secret",
    "jwks",
    "jwks_uri",
    "sector_identifier_uri",
    "request_uris",
    "backchannel_logout_uri",
    "initiate_login_uri",
];
/// What there is no choice of.
const FIXED: [(&str, &str); 2] = [("id_token_signed_response_alg", "RS256"), ("subject_type", "public")];
/// As many as an application has places, and no more than are cheap to keep for strangers.
const MOST_REDIRECT_URIS: usize = 10;
/// What a client may do that nobody has vouched for: nothing without a person.
const GRANTS: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];

impl From<BodyInvalid> for RegistrationRefused {
    /// The record's properties are called otherwise here.
    fn from(invalid: BodyInvalid) -> Self {
        match &invalid {
            BodyInvalid::Wrong { path, problem } if path == "name" => {
                RegistrationRefused::Metadata(format!("client_name {problem}"))
            }
            BodyInvalid::Wrong { path, problem } if path.starts_with("callbacks") => RegistrationRefused::RedirectUri(
                format!("{} {problem}", path.replacen("callbacks", "redirect_uris", 1)),
            ),
            _ => RegistrationRefused::Metadata(invalid.to_string()),
        }
    }
}

/// The client that the body describes.
pub(super) fn read(id: ClientId, body: &Body, now: Timestamp) -> Result<Client, RegistrationRefused> {
    let mut fields = body.object()?;
    refuse_what_is_not_taken(&mut fields)?;
    let method = fields.take("token_endpoint_auth_method")?.unwrap_or(TokenEndpointAuthMethod::ClientSecretPost);
    let app_type = app_type(&mut fields, method)?;
    let name: Option<String> = fields.take("client_name")?;
    // People read it beside what they are asked to allow.
    if name.as_deref().is_some_and(has_unseen) {
        return Err(BodyInvalid::wrong("name", "must not contain characters that nobody sees").into());
    }
    let name = name.unwrap_or_else(|| id.to_string());
    let callbacks = redirect_uris(&mut fields)?;
    let client = Client {
        is_first_party: false,
        token_endpoint_auth_method: method,
        grant_types: grant_types(&mut fields)?,
        logo_uri: logo_uri(&mut fields, &callbacks)?,
        callbacks,
        ..Client::new(id, name, app_type, now)
    };
    clients::check(&client, SubdomainWildcards::Off)?;
    check_schemes(&client.callbacks)?;
    Ok(client)
}

fn refuse_what_is_not_taken(fields: &mut Fields) -> Result<(), BodyInvalid> {
    if let Some(name) = NOT_TAKEN.into_iter().find(|name| fields.has(name)) {
        return Err(BodyInvalid::wrong(name, "cannot be chosen here"));
    }
    for (name, only) in FIXED {
        if fields.take::<String>(name)?.is_some_and(|asked| asked != only) {
            return Err(BodyInvalid::wrong(name, format!("can only be {only}")));
        }
    }
    if fields.take::<Vec<String>>("response_types")?.is_some_and(|types| types != ["code"]) {
        return Err(BodyInvalid::wrong("response_types", "can only be [\"code\"]"));
    }
    let scope: Option<String> = fields.take("scope")?;
    let is_for_machines = |word: &str| ManagementScope::ALL.iter().any(|scope| scope.as_str() == word);
    if scope.is_some_and(|scope| scope.split_ascii_whitespace().any(is_for_machines)) {
        return Err(BodyInvalid::wrong("scope", "must not name a scope of the Management API"));
    }
    Ok(())
}

fn app_type(fields: &mut Fields, method: TokenEndpointAuthMethod) -> Result<AppType, BodyInvalid> {
    match fields.take::<String>("application_type")?.as_deref() {
        Some("native") => Ok(AppType::Native),
        None | Some("web") if method == TokenEndpointAuthMethod::None => Ok(AppType::Spa),
        None | Some("web") => Ok(AppType::RegularWeb),
        Some(_) => Err(BodyInvalid::wrong("application_type", "can only be web or native")),
    }
}

fn grant_types(fields: &mut Fields) -> Result<Vec<GrantType>, BodyInvalid> {
    let Some(asked) = fields.take::<Vec<String>>("grant_types")? else { return Ok(GRANTS.to_vec()) };
    let is_offered = |name: &String| GRANTS.iter().any(|grant| grant.as_str() == name);
    let brings_codes = asked.iter().any(|name| name == GrantType::AuthorizationCode.as_str());
    if !brings_codes || !asked.iter().all(is_offered) {
        let problem = "must name authorization_code, and can besides name refresh_token alone";
        return Err(BodyInvalid::wrong("grant_types", problem));
    }
    Ok(GRANTS.into_iter().filter(|grant| asked.iter().any(|name| grant.as_str() == name)).collect())
}

fn redirect_uris(fields: &mut Fields) -> Result<Vec<String>, RegistrationRefused> {
    let refused = |problem: String| RegistrationRefused::RedirectUri(problem);
    let listed: Option<Vec<String>> = fields.take("redirect_uris").map_err(|invalid| refused(invalid.to_string()))?;
    let listed = listed.unwrap_or_default();
    if !(1..=MOST_REDIRECT_URIS).contains(&listed.len()) {
        return Err(refused(format!("redirect_uris must have between 1 and {MOST_REDIRECT_URIS} entries")));
    }
    for (index, uri) in listed.iter().enumerate() {
        if is_pattern(uri) {
            return Err(refused(format!("redirect_uris[{index}] must not contain a wildcard")));
        }
        if is_readable_on_the_way(uri) {
            return Err(refused(format!(
                "redirect_uris[{index}] must be https, unless it is on the person's own machine"
            )));
        }
    }
    Ok(listed)
}

/// A scheme of an application's own is a domain turned round (RFC 8252 7.1, 8.6). Those without a period belong to the
/// programs on people's machines, and an answer would start them.
fn check_schemes(redirect_uris: &[String]) -> Result<(), RegistrationRefused> {
    let scheme = |uri: &String| uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_of_nobody = |scheme: String| !matches!(scheme.as_str(), "http" | "https") && !scheme.contains('.');
    match redirect_uris.iter().position(|uri| is_of_nobody(scheme(uri))) {
        None => Ok(()),
        Some(index) => Err(RegistrationRefused::RedirectUri(format!(
            "redirect_uris[{index}] must have a domain turned round as its scheme, such as com.example.app"
        ))),
    }
}

fn is_readable_on_the_way(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && !stays_on_this_machine(&url))
}

/// Pages show the picture to people who sign in, and it must not let others look on.
fn logo_uri(fields: &mut Fields, redirect_uris: &[String]) -> Result<Option<String>, BodyInvalid> {
    let Some(logo) = fields.take::<String>("logo_uri")? else { return Ok(None) };
    let host = |uri: &str| Url::parse(uri).ok().filter(|url| url.scheme() == "https")?.host_str().map(str::to_owned);
    let own = host(&logo).filter(|logo| redirect_uris.iter().any(|uri| host(uri).as_ref() == Some(logo)));
    match own {
        Some(_) => Ok(Some(logo)),
        None => Err(BodyInvalid::wrong("logo_uri", "must be an https URL at the host of one of the redirect_uris")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    /// Reads what is registered with a redirect URI, and these changes.
    fn read_changed(changes: &Value) -> Result<Client, RegistrationRefused> {
        let mut metadata = json!({"redirect_uris": ["https://app.example/cb"]});
        metadata.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        read(ClientId::new("made-up"), &Body::new(metadata.to_string().into_bytes()), NOW)
    }

    #[test]
    fn what_is_left_out_is_as_auth0_has_it() {
        let client = read_changed(&json!({"unknown": 5, "is_first_party": true, "contacts": ["a@b.c"]})).unwrap();
        let expected = Client {
            is_first_party: false,
            callbacks: vec!["https://app.example/cb".to_owned()],
            grant_types: GRANTS.to_vec(),
            ..Client::new(ClientId::new("made-up"), "made-up", AppType::RegularWeb, NOW)
        };
        assert_eq!(client, expected);
        assert_eq!(client.token_endpoint_auth_method, TokenEndpointAuthMethod::ClientSecretPost);
    }

    #[test]
    fn what_is_said_is_taken() {
        let client = read_changed(&json!({
            "client_name": "Somebody's", "token_endpoint_auth_method": "none", "application_type": "native",
            "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb", "https://app.example/cb"],
            "grant_types": ["refresh_token", "authorization_code", "authorization_code"], "response_types": ["code"],
            "scope": "openid email", "id_token_signed_response_alg": "RS256", "subject_type": "public",
            "logo_uri": "https://app.example/logo.png",
        }))
        .unwrap();
        assert_eq!((client.name.as_str(), client.app_type), ("Somebody's", AppType::Native));
        assert!(client.is_public() && !client.is_first_party);
        assert_eq!((client.callbacks.len(), client.grant_types), (3, GRANTS.to_vec()));
        assert_eq!(client.logo_uri.as_deref(), Some("https://app.example/logo.png"));
        let page = read_changed(&json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]}));
        let page = page.unwrap();
        assert_eq!((page.app_type, page.grant_types), (AppType::Spa, vec![GrantType::AuthorizationCode]));
    }

    #[test]
    fn ad_10_az_06_redirect_uris_are_held_to_more_than_an_operator_s() {
        for (uris, message) in [
            (json!(null), "redirect_uris must be an array of strings, but is null"),
            (json!("https://app.example/cb"), "redirect_uris must be an array of strings, but is a string"),
            (json!([]), "redirect_uris must have between 1 and 10 entries"),
            (json!(["https://*.app.example/cb"]), "redirect_uris[0] must not contain a wildcard"),
            (
                json!(["https://app.example/cb", "http://app.example/cb"]),
                "redirect_uris[1] must be https, unless it is on the person's own machine",
            ),
            (
                json!(["JavaScript:alert(1)"]),
                "redirect_uris[0] must not use the scheme of a script, a document or a file",
            ),
            (json!(["data:text/html,x"]), "redirect_uris[0] must not use the scheme of a script, a document or a file"),
            (json!(["https://app.example/cb#x"]), "redirect_uris[0] must not have a fragment"),
            (json!(["https://a@app.example/cb"]), "redirect_uris[0] must not contain user information"),
            (json!(["com.example.app:/cb"]), "redirect_uris[0] may use its own scheme only for a native application"),
            (json!(["/cb"]), "redirect_uris[0] must be an absolute URI with a scheme and, for http and https, a host"),
            (
                json!([format!("https://app.example/{}", "x".repeat(2048))]),
                "redirect_uris[0] must not be longer than 2048 bytes",
            ),
            (json!(vec!["https://app.example/cb"; 11]), "redirect_uris must have between 1 and 10 entries"),
        ] {
            match read_changed(&json!({ "redirect_uris": uris })) {
                Err(RegistrationRefused::RedirectUri(found)) => assert_eq!(found, message),
                other => panic!("{uris}: {:?}", other.map(|client| client.callbacks)),
            }
        }
    }

    #[track_caller]
    fn check_native(uri: &str, refused: bool) {
        let change = json!({"application_type": "native", "redirect_uris": ["https://app.example/cb", uri]});
        let message = "redirect_uris[1] must have a domain turned round as its scheme, such as com.example.app";
        let told = match read_changed(&change) {
            Ok(_) => None,
            Err(RegistrationRefused::RedirectUri(told)) => Some(told),
            Err(other) => panic!("{uri}: {other}"),
        };
        assert_eq!(told.as_deref(), refused.then_some(message), "{uri}");
    }

    #[test]
    fn ad_10_an_application_of_a_stranger_starts_no_program_but_itself() {
        for uri in ["mailto:ada", "tel:112", "search-ms:query=x", "Intent://x", "myapp://cb"] {
            check_native(uri, true);
        }
        for uri in ["com.example.app:/cb", "COM.example.app:/cb", "http://127.0.0.1:1234/cb", "https://app.example/2"] {
            check_native(uri, false);
        }
    }

    #[test]
    fn ad_10_what_a_stranger_cannot_be_is_refused() {
        for (change, message) in [
            (json!({"client_id": "shop"}), "client_id cannot be chosen here"),
            (
                json!({"token_endpoint_auth_method": "none", "client_secret": "s"}),
                "client_secret cannot be chosen here",
            ),
            (json!({"jwks": {"keys": []}}), "jwks cannot be chosen here"),
            (json!({"jwks_uri": "https://evil.example/"}), "jwks_uri cannot be chosen here"),
            (json!({"sector_identifier_uri": "https://evil.example/"}), "sector_identifier_uri cannot be chosen here"),
            (
                json!({"token_endpoint_auth_method": "private_key_jwt"}),
                "token_endpoint_auth_method must be one of none, client_secret_post, client_secret_basic, but is a string",
            ),
            (
                json!({"logo_uri": "https://evil.example/logo.png"}),
                "logo_uri must be an https URL at the host of one of the redirect_uris",
            ),
            (
                json!({"logo_uri": "http://app.example/logo.png"}),
                "logo_uri must be an https URL at the host of one of the redirect_uris",
            ),
            (
                json!({"grant_types": ["authorization_code", "password"]}),
                "grant_types must name authorization_code, and can besides name refresh_token alone",
            ),
            (
                json!({"grant_types": ["client_credentials"]}),
                "grant_types must name authorization_code, and can besides name refresh_token alone",
            ),
            (json!({"response_types": ["code", "token"]}), "response_types can only be [\"code\"]"),
            (json!({"scope": "openid read:users"}), "scope must not name a scope of the Management API"),
            (json!({"id_token_signed_response_alg": "none"}), "id_token_signed_response_alg can only be RS256"),
            (json!({"subject_type": "pairwise"}), "subject_type can only be public"),
            (json!({"application_type": "toaster"}), "application_type can only be web or native"),
            (json!({"client_name": "<b>"}), "client_name must not contain < or >"),
            (json!({"client_name": ""}), "client_name must have between 1 and 200 characters"),
            (json!({"client_name": "Bank\u{202e}x"}), "client_name must not contain characters that nobody sees"),
            (json!({"client_name": 5}), "client_name must be a string, but is an integer"),
        ] {
            match read_changed(&change) {
                Err(RegistrationRefused::Metadata(found)) => assert_eq!(found, message),
                other => panic!("{change}: {:?}", other.map(|client| client.name)),
            }
        }
    }
}
