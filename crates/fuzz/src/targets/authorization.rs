//! The parameters of an authorization request, and where its answer goes.

use protocol::authorization::{self, AuthorizationRequest, AuthorizationResponse, ClientRules, Refusal, ResponseMode};
use protocol::client_metadata::{AppType, GrantType};
use protocol::params::Params;
use protocol::subdomain_wildcards::SubdomainWildcards;
use url::Url;

const ISSUER: &str = "https://id.example/";

/// Room for every value at its longest, each byte of it escaped.
const MOST_STORED_BYTES: usize = 6 * 64 * 1024;

pub(crate) fn check(input: &[u8]) {
    let Ok(params) = Params::from_form(input) else { return };
    let callbacks = ["https://app.example/cb", "https://app.example/cb?x=1", "com.example.app:/cb"].map(str::to_owned);
    let rules = ClientRules {
        callbacks: &callbacks,
        web_origins: &["https://app.example".to_owned()],
        wildcards: SubdomainWildcards::On,
        app_type: AppType::Native,
        grant_types: &[GrantType::AuthorizationCode, GrantType::Implicit, GrantType::RefreshToken],
        is_public: true,
        must_push: false,
    };
    check_request(&params, &rules);
    check_request(&params, &ClientRules { is_public: false, callbacks: &callbacks[..1], ..rules });
}

fn check_request(params: &Params, client: &ClientRules<'_>) {
    let Ok(redirect_uri) = authorization::find_redirect_uri(params, client) else { return };
    assert!(client.callbacks.contains(&redirect_uri), "{redirect_uri} is not registered");
    match authorization::check(params, client, redirect_uri.clone()) {
        Ok(request) => check_accepted(&request, params, client),
        Err(refusal) => check_refusal(&refusal, params, &redirect_uri, client),
    }
}

fn check_accepted(request: &AuthorizationRequest, params: &Params, client: &ClientRules<'_>) {
    assert_eq!(params.first_repeated(), None, "a parameter counts that was sent twice");
    assert_eq!(request.state.as_deref(), params.get("state"));
    assert_eq!(request.nonce.as_deref(), params.get("nonce"));
    assert!(!client.is_public || !request.response_type.brings_code() || request.code_challenge.is_some());
    assert!(!request.response_type.brings_id_token() || request.nonce.is_some() || request.response_type.brings_code());
    let stored = serde_json::to_string(request).expect("it holds text");
    assert!(stored.len() <= MOST_STORED_BYTES, "{} bytes", stored.len());
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&stored).expect("it was stored"), *request);
    let response = AuthorizationResponse::success(request, ISSUER, vec![("code", "a code".to_owned())]);
    check_way_back(&response, params.get("state"));
}

fn check_refusal(refusal: &Refusal, params: &Params, redirect_uri: &str, client: &ClientRules<'_>) {
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\');
    assert!(is_plain(&refusal.description), "RFC 6749 4.1.2.1 has no room for {:?}", refusal.description);
    let mode = authorization::refusal_mode(params, redirect_uri, client);
    let state = params.get("state");
    let description = refusal.description.clone();
    let response = AuthorizationResponse::refused_check(redirect_uri, mode, state, ISSUER, refusal.error, description);
    check_way_back(&response, state);
}

/// The answer goes where the redirect URI says, and brings what it should.
fn check_way_back(response: &AuthorizationResponse, state: Option<&str>) {
    if !matches!(response.mode, ResponseMode::Query | ResponseMode::Fragment) {
        return;
    }
    let location = Url::parse(&response.location()).expect("an address");
    let mut bare = location.clone();
    bare.set_fragment(None);
    let added = match response.mode {
        ResponseMode::Fragment => location.fragment().unwrap_or_default(),
        _ => location.query().unwrap_or_default(),
    };
    let said: Vec<_> = url::form_urlencoded::parse(added.as_bytes()).collect();
    let says = |name: &str, value: &str| said.iter().filter(|(key, _)| key == name).all(|(_, said)| said == value);
    assert!(says("iss", ISSUER) && state.is_none_or(|state| says("state", state)), "{location}");
    assert_eq!(said.iter().filter(|(key, _)| key == "state").count(), usize::from(state.is_some()), "{location}");
    let registered = Url::parse(&response.redirect_uri).expect("an address");
    assert_eq!((bare.scheme(), bare.host(), bare.path()), (registered.scheme(), registered.host(), registered.path()));
}
