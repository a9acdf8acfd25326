//! The authorization endpoint as an ordered table of small named checks.

use super::limits::first_overlong;
use super::{AuthorizationRequest, Prompt, ResponseMode, ResponseType, is_registered};
use crate::claims::{ClaimsMalformed, ClaimsRequest};
use crate::client_metadata::{AppType, GrantType};
use crate::dpop::is_thumbprint;
use crate::error::ErrorCode;
use crate::params::Params;
use crate::pkce;
use crate::scope::ScopeSet;
use crate::subdomain_wildcards::{SubdomainWildcards, is_pattern};

/// By which `acr_values` demand a second factor (OpenID Provider Authentication Policy Extension 1.0 4).
const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// The facts about a client that the checks need.
#[derive(Clone, Copy, Debug)]
pub struct ClientRules<'a> {
    /// Its redirect URIs.
    pub callbacks: &'a [String],
    /// Origins that may receive a `web_message`.
    pub web_origins: &'a [String],
    /// Whether the wildcards among both count.
    pub wildcards: SubdomainWildcards,
    /// Its kind.
    pub app_type: AppType,
    /// The grants it names.
    pub grant_types: &'a [GrantType],
    /// Whether it cannot keep a secret.
    pub is_public: bool,
    /// Whether it may not bring this request the way it came: by a browser instead of ahead (RFC 9126 5).
    pub must_push: bool,
}

impl ClientRules<'_> {
    fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }
}

/// Why a request is refused. Whether the client may be told is a property of the refusal (RFC 6749 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub error: ErrorCode,
    /// One sentence for developers.
    pub description: String,
}

fn refuse(error: ErrorCode, description: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal { error, description: description.into() })
}

/// Where the answer goes, or why nothing may be sent anywhere: without a redirect URI that is the client's own, the
/// refusal is shown to the person.
pub fn find_redirect_uri(params: &Params, client: &ClientRules<'_>) -> Result<String, Refusal> {
    let unusable =
        |description: &str| Refusal { error: ErrorCode::InvalidRequest, description: description.to_owned() };
    if params.is_repeated("client_id") || params.is_repeated("redirect_uri") {
        return Err(unusable("client_id and redirect_uri may be sent only once"));
    }
    match (params.get("redirect_uri"), client.callbacks) {
        (Some(uri), callbacks) if is_registered(uri, callbacks, client.app_type, client.wildcards) => {
            Ok(uri.to_owned())
        }
        (Some(_), _) => Err(unusable("the redirect_uri is not one of this client's callbacks")),
        (None, [only]) if !is_pattern(only) => Ok(only.clone()),
        (None, _) => Err(unusable("redirect_uri is required, since this client has not exactly one callback")),
    }
}

/// One named check.
#[derive(Clone, Copy)]
pub struct Check {
    /// Its name, for tests and traces.
    pub name: &'static str,
    run: fn(&Params, &ClientRules<'_>) -> Result<(), Refusal>,
}

macro_rules! checks {
    ($($name:ident),* $(,)?) => { &[$(Check { name: stringify!($name), run: $name },)*] };
}

/// Every check of a request whose redirect URI is good, in the order in which they are made.
pub const CHECKS: &[Check] = checks![
    no_parameter_twice,
    no_overlong_value,
    nothing_is_named_by_reference,
    sent_ahead_where_demanded,
    response_type_is_known,
    response_type_is_allowed,
    response_mode_is_known,
    tokens_stay_out_of_the_query,
    answers_reach_the_client,
    scope_is_readable,
    claims_are_readable,
    no_context_that_nobody_reaches,
    prompt_is_known,
    prompt_none_stands_alone,
    no_second_factor_without_a_page,
    max_age_is_a_number,
    challenge_is_s256,
    public_clients_use_pkce,
    dpop_jkt_is_a_thumbprint,
    id_tokens_need_a_nonce,
];

/// Runs every check and reads the request. The refusal may be sent to the redirect URI.
pub fn check(params: &Params, client: &ClientRules<'_>, redirect_uri: String) -> Result<AuthorizationRequest, Refusal> {
    for check in CHECKS {
        (check.run)(params, client)?;
    }
    let text = |name: &str| params.get(name).map(str::to_owned);
    let response_type = response_type(params).expect("response_type_is_known has passed");
    Ok(AuthorizationRequest {
        client_id: text("client_id").unwrap_or_default(),
        redirect_uri,
        redirect_uri_was_sent: params.get("redirect_uri").is_some(),
        response_type,
        response_mode: response_mode(params, response_type).expect("response_mode_is_known has passed"),
        scope: ScopeSet::parse(params.get("scope").unwrap_or_default()),
        state: text("state"),
        nonce: text("nonce"),
        code_challenge: text("code_challenge"),
        dpop_jkt: text("dpop_jkt"),
        audience: text("audience"),
        claims: claims(params).and_then(Result::ok).unwrap_or_default(),
        prompt: prompts(params).filter_map(Prompt::from_wire).collect(),
        max_age: params.get("max_age").and_then(|seconds| seconds.parse().ok()),
        login_hint: text("login_hint"),
        id_token_hint: text("id_token_hint"),
        screen_hint: text("screen_hint"),
        ui_locales: text("ui_locales"),
        connection: text("connection"),
        connection_scope: text("connection_scope"),
        organization: text("organization"),
    })
}

/// How a refusal travels when the request itself may be the problem: as asked where that is readable and reaches
/// `redirect_uri`, else in the query, for it carries no secret.
pub fn refusal_mode(params: &Params, redirect_uri: &str, client: &ClientRules<'_>) -> ResponseMode {
    let asked = response_type(params).and_then(|response_type| response_mode(params, response_type));
    asked.filter(|mode| mode.reaches(redirect_uri, client)).unwrap_or(ResponseMode::Query)
}

fn response_type(params: &Params) -> Option<ResponseType> {
    ResponseType::from_wire(params.get("response_type")?)
}

fn response_mode(params: &Params, response_type: ResponseType) -> Option<ResponseMode> {
    match params.get("response_mode") {
        Some(mode) => ResponseMode::from_wire(mode),
        None if response_type.is_front_channel() => Some(ResponseMode::Fragment),
        None => Some(ResponseMode::Query),
    }
}

fn prompts(params: &Params) -> impl Iterator<Item = &str> {
    params.get("prompt").unwrap_or_default().split_ascii_whitespace()
}

fn no_parameter_twice(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match params.first_repeated() {
        Some(name) => refuse(ErrorCode::InvalidRequest, format!("the parameter {} was sent twice", shown(name))),
        None => Ok(()),
    }
}

fn no_overlong_value(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match first_overlong(params) {
        Some(name) => refuse(ErrorCode::InvalidRequest, format!("the value of {} is too long", shown(name))),
        None => Ok(()),
    }
}

/// A parameter's name as it may appear in a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(40).collect()
}

/// What was sent ahead or signed has been put in the place of the parameters before they are checked.
fn nothing_is_named_by_reference(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    if params.has("request_uri") {
        let description = "nothing is fetched: request_uri must be one that /oauth/par gave out";
        return refuse(ErrorCode::InvalidRequestUri, description);
    }
    Ok(())
}

fn sent_ahead_where_demanded(_: &Params, client: &ClientRules<'_>) -> Result<(), Refusal> {
    if client.must_push {
        return refuse(ErrorCode::InvalidRequest, "this client must send its requests ahead, to /oauth/par");
    }
    Ok(())
}

fn response_type_is_known(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match (params.get("response_type"), response_type(params)) {
        (None, _) => refuse(ErrorCode::InvalidRequest, "response_type is required"),
        (Some(_), None) => refuse(
            ErrorCode::UnsupportedResponseType,
            "response_type must be code, id_token, token, or several of them",
        ),
        (Some(_), Some(_)) => Ok(()),
    }
}

fn response_type_is_allowed(params: &Params, client: &ClientRules<'_>) -> Result<(), Refusal> {
    let Some(asked) = response_type(params) else { return Ok(()) };
    let needed = [
        asked.brings_code().then_some(GrantType::AuthorizationCode),
        asked.is_front_channel().then_some(GrantType::Implicit),
    ];
    match needed.into_iter().flatten().find(|grant| !client.allows(*grant)) {
        Some(missing) => {
            let missing = missing.as_str();
            let description = format!("this response_type needs the grant type {missing} on the client");
            refuse(ErrorCode::UnauthorizedClient, description)
        }
        None => Ok(()),
    }
}

fn response_mode_is_known(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match params.get("response_mode").map(ResponseMode::from_wire) {
        Some(None) => {
            refuse(ErrorCode::InvalidRequest, "response_mode must be query, fragment, form_post or web_message")
        }
        _ => Ok(()),
    }
}

fn tokens_stay_out_of_the_query(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    let asked = params.get("response_mode").and_then(ResponseMode::from_wire);
    if response_type(params).is_some_and(ResponseType::is_front_channel) && asked == Some(ResponseMode::Query) {
        return refuse(ErrorCode::InvalidRequest, "tokens are never sent in a query; use form_post");
    }
    Ok(())
}

/// Found out after the login, it would leave the person on a page that leads nowhere.
fn answers_reach_the_client(params: &Params, client: &ClientRules<'_>) -> Result<(), Refusal> {
    let Some(asked) = params.get("response_mode").and_then(ResponseMode::from_wire) else { return Ok(()) };
    match find_redirect_uri(params, client) {
        Ok(redirect_uri) if !asked.reaches(&redirect_uri, client) => refuse(
            ErrorCode::InvalidRequest,
            match asked {
                ResponseMode::WebMessage => {
                    "web_message needs the redirect_uri's origin among the client's web_origins"
                }
                _ => "response_mode=form_post needs an http or https redirect_uri; leave response_mode out",
            },
        ),
        _ => Ok(()),
    }
}

fn scope_is_readable(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    let legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let readable = params.get("scope").unwrap_or_default().bytes().all(|byte| byte == b' ' || legal(byte));
    if readable { Ok(()) } else { refuse(ErrorCode::InvalidScope, "scope holds characters that no scope may have") }
}

fn claims(params: &Params) -> Option<Result<ClaimsRequest, ClaimsMalformed>> {
    params.get("claims").map(ClaimsRequest::parse)
}

fn claims_are_readable(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match claims(params) {
        Some(Err(malformed)) => refuse(ErrorCode::InvalidRequest, malformed.to_string()),
        _ => Ok(()),
    }
}

/// Sign-ins have no context class yet, so what is essential cannot be met, and the client must hear so rather than take
/// one sign-in for another (OpenID Connect Core 5.5.1.1).
fn no_context_that_nobody_reaches(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match claims(params) {
        Some(Ok(claims)) if claims.demands_context() => refuse(
            ErrorCode::UnmetAuthenticationRequirements,
            "no sign-in here has one of the acr values that claims demands",
        ),
        _ => Ok(()),
    }
}

fn prompt_is_known(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    if prompts(params).all(|prompt| Prompt::from_wire(prompt).is_some()) {
        return Ok(());
    }
    refuse(ErrorCode::InvalidRequest, "prompt must be none, login, consent, select_account or create")
}

fn prompt_none_stands_alone(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    if prompts(params).any(|prompt| prompt == "none") && prompts(params).count() > 1 {
        return refuse(ErrorCode::InvalidRequest, "prompt=none cannot be combined with another prompt");
    }
    Ok(())
}

/// Nobody has a second factor here yet, so a silent request that demands one cannot be met, and its client must hear so
/// rather than take one factor for two. The words are those that Auth0's SDKs look for.
fn no_second_factor_without_a_page(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    let demands = params.get("acr_values").unwrap_or_default().split_ascii_whitespace().any(|acr| acr == MULTI_FACTOR);
    if demands && prompts(params).any(|prompt| prompt == "none") {
        return refuse(ErrorCode::InteractionRequired, "Multifactor authentication required");
    }
    Ok(())
}

fn max_age_is_a_number(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match params.get("max_age").map(str::parse::<u64>) {
        Some(Err(_)) => refuse(ErrorCode::InvalidRequest, "max_age must be a whole number of seconds"),
        _ => Ok(()),
    }
}

fn challenge_is_s256(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) => Ok(()),
        (Some(challenge), Some("S256")) if pkce::is_challenge(challenge) => Ok(()),
        (Some(_), Some("S256")) => refuse(ErrorCode::InvalidRequest, "the code_challenge is malformed"),
        (None, Some(_)) => refuse(ErrorCode::InvalidRequest, "code_challenge_method came without a code_challenge"),
        (Some(_), _) => refuse(ErrorCode::InvalidRequest, "code_challenge_method must be S256"),
    }
}

fn dpop_jkt_is_a_thumbprint(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    match params.get("dpop_jkt") {
        Some(text) if !is_thumbprint(text) => {
            refuse(ErrorCode::InvalidRequest, "dpop_jkt must be the SHA-256 thumbprint of a key")
        }
        _ => Ok(()),
    }
}

fn public_clients_use_pkce(params: &Params, client: &ClientRules<'_>) -> Result<(), Refusal> {
    let needs_proof = client.is_public && response_type(params).is_some_and(ResponseType::brings_code);
    if needs_proof && params.get("code_challenge").is_none() {
        return refuse(ErrorCode::InvalidRequest, "a client without a secret must send a code_challenge (PKCE)");
    }
    Ok(())
}

fn id_tokens_need_a_nonce(params: &Params, _: &ClientRules<'_>) -> Result<(), Refusal> {
    if response_type(params).is_some_and(ResponseType::brings_id_token) && params.get("nonce").is_none() {
        return refuse(ErrorCode::InvalidRequest, "nonce is required for an ID token through the browser");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
