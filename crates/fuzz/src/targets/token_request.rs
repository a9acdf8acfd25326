//! The parameters of a token request, as a form and as JSON, and the client's own header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::client_authentication::{BodyFields, Proof, present};
use protocol::params::{MAX_BYTES, MAX_PARAMETERS, Params};
use protocol::token;
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

const SECRETS: [&str; 4] = ["code", "code_verifier", "refresh_token", "password"];

pub(crate) fn check(input: &[u8]) {
    for params in [Params::from_form(input), Params::from_json(input)].into_iter().flatten() {
        check_bounds(&params);
        check_printed(&params);
        check_read(&params);
        check_client(&params);
    }
    if let Ok(text) = std::str::from_utf8(input) {
        check_header(text);
    }
}

fn check_bounds(params: &Params) {
    assert!(params.iter().count() <= MAX_PARAMETERS);
    for (name, value) in params.iter() {
        assert!(!name.contains('\0') && !value.contains('\0'));
        assert_eq!(params.get(name), Some(value).filter(|value| !value.is_empty()));
    }
}

/// What is printed reads the same again. A repeated parameter is not printed twice.
fn check_printed(params: &Params) {
    if params.first_repeated().is_some() {
        return;
    }
    let form = Serializer::new(String::new()).extend_pairs(params.iter()).finish();
    let object: Map<String, Value> = params.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let json = Value::Object(object).to_string();
    if form.len().max(json.len()) <= MAX_BYTES {
        assert_eq!(Params::from_form(form.as_bytes()).as_ref(), Ok(params));
        assert_eq!(Params::from_json(json.as_bytes()).as_ref(), Ok(params));
    }
}

fn check_read(params: &Params) {
    let Ok(request) = token::parse(|name| params.get(name)) else { return };
    let grant_type = serde_json::to_value(request.grant_type()).expect("a name");
    let asked = params.get("grant_type").expect("it was read");
    assert!(grant_type == asked || asked == "password", "{asked} was read as {grant_type}");
    let shown = format!("{request:?}");
    for secret in SECRETS.iter().filter_map(|name| params.get(name)).filter(|secret| secret.len() > 30) {
        let is_elsewhere = params.iter().any(|(name, value)| !SECRETS.contains(&name) && value.contains(secret));
        assert!(is_elsewhere || !shown.contains(secret), "a secret is shown: {shown}");
    }
}

/// One method at a time, whoever is named by it (RFC 6749 2.3).
fn check_client(params: &Params) {
    let body = BodyFields::of(params);
    if let Ok(presented) = present(None, body) {
        assert!(!presented.client_id.is_empty());
        assert!(!(body.client_secret.is_some() && body.client_assertion.is_some()));
        assert!(body.client_id.is_none_or(|id| id == presented.client_id));
    }
}

fn check_header(text: &str) {
    let Ok(presented) = present(Some(text), BodyFields::default()) else { return };
    let Proof::Basic(secret) = &presented.proof else { panic!("another method than the header's") };
    assert!(!presented.client_id.is_empty() && !presented.client_id.contains('\0'));
    let secret = secret.as_ref().map_or("", |secret| secret.expose());
    let part = |text: &str| Serializer::new(String::new()).append_key_only(text).finish();
    let header = format!("Basic {}", STANDARD.encode(format!("{}:{}", part(&presented.client_id), part(secret))));
    let again = present(Some(&header), BodyFields::default()).expect("it was printed");
    assert_eq!(again.client_id, presented.client_id);
    assert_eq!(again.proof.secret().map_or("", |secret| secret.expose()), secret);
}
