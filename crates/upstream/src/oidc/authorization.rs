//! The authorization request we send browsers with (OpenID Connect Core 3.1.2.1).

use url::Url;

use crate::sign_in::{Registration, SignInRequest};

/// The endpoint with the request in its query, beside what it already has there (RFC 6749 3.1).
pub(crate) fn url(endpoint: &Url, registration: &Registration<'_>, request: &SignInRequest<'_>) -> Url {
    let mut url = endpoint.clone();
    let own = parameters(registration, request);
    let is_free = |name: &str| own.iter().all(|(taken, _)| *taken != name);
    let kept: Vec<(String, String)> = endpoint.query_pairs().filter(|(name, _)| is_free(name)).map(owned).collect();
    let further = request.parameters.iter().filter(|(name, _)| is_free(name));
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(own.iter().map(|(name, value)| (*name, value.as_str())))
        .extend_pairs(further.map(|(name, value)| (name.as_str(), value.as_str())));
    url
}

fn owned((name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), value.into_owned())
}

fn parameters(registration: &Registration<'_>, request: &SignInRequest<'_>) -> Vec<(&'static str, String)> {
    let provider = registration.provider;
    let mut own = vec![
        ("response_type", "code".to_owned()),
        ("client_id", provider.client_id.clone()),
        ("redirect_uri", registration.redirect_uri.to_owned()),
        ("scope", scope(&provider.scope, request.further_scope)),
        ("state", request.state.to_owned()),
        ("nonce", request.nonce.to_owned()),
    ];
    if provider.pkce {
        own.push(("code_challenge", request.code_challenge.to_owned()));
        own.push(("code_challenge_method", "S256".to_owned()));
    }
    if provider.form_post {
        own.push(("response_mode", "form_post".to_owned()));
    }
    let optional = [
        ("login_hint", request.login_hint.map(str::to_owned)),
        ("prompt", request.prompt.map(str::to_owned)),
        ("max_age", request.max_age.map(|age| age.to_string())),
    ];
    own.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    own
}

/// The configured scopes, then those of the request that are not among them.
fn scope(configured: &[String], further: Option<&str>) -> String {
    let mut all: Vec<&str> = configured.iter().map(String::as_str).collect();
    for scope in further.into_iter().flat_map(|text| text.split([' ', ','])).filter(|scope| !scope.is_empty()) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all.join(" ")
}
