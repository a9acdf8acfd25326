//! An OpenID provider whose answers a test can bend.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::key::{KEYS, access_token_hash, code_challenge};

type Parameters = HashMap<String, String>;

/// Far enough away for every test that does not speak of expiry.
const EXPIRES_AT: u64 = 4_102_444_800;

/// What the provider does, and what was done to it.
pub(crate) struct Conduct {
    /// Claims put over those of an honest ID token; null takes a claim away.
    pub(crate) id_token: Value,
    /// The same for the discovery document.
    pub(crate) discovery: Value,
    /// The person userinfo speaks about.
    pub(crate) userinfo_sub: &'static str,
    /// `iss` of authorization responses, if it is not the issuer.
    pub(crate) iss: Option<&'static str>,
    /// Whether authorization responses carry `iss`.
    pub(crate) sends_iss: bool,
    /// What to answer at the authorization endpoint instead of a code.
    pub(crate) authorization_error: Option<&'static str>,
    /// What to answer at the token endpoint instead of tokens.
    pub(crate) token_error: Option<&'static str>,
    /// Which key is published, and which one signs in its name.
    pub(crate) published_key: usize,
    pub(crate) signing_key: usize,
    /// Every request to the token endpoint, and its `Authorization`.
    pub(crate) token_requests: Vec<(Parameters, Option<String>)>,
    authorizations: HashMap<String, Parameters>,
    refresh_token: u32,
}

pub(crate) struct Provider {
    pub(crate) issuer: String,
    conduct: Mutex<Conduct>,
}

impl Provider {
    pub(crate) async fn start() -> Arc<Self> {
        let (provider, listener) = Provider::bind().await;
        provider.clone().serve(listener);
        provider
    }

    /// A provider that hangs up on whoever comes first.
    pub(crate) async fn start_late() -> Arc<Self> {
        let (provider, listener) = Provider::bind().await;
        let late = Arc::clone(&provider);
        tokio::spawn(async move {
            drop(listener.accept().await);
            late.serve(listener);
        });
        provider
    }

    async fn bind() -> (Arc<Self>, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/", listener.local_addr().unwrap());
        let conduct = Conduct {
            id_token: json!({}),
            discovery: json!({}),
            userinfo_sub: "auth0|ada",
            iss: None,
            sends_iss: true,
            authorization_error: None,
            token_error: None,
            published_key: 0,
            signing_key: 0,
            token_requests: Vec::new(),
            authorizations: HashMap::new(),
            refresh_token: 0,
        };
        (Arc::new(Provider { issuer, conduct: Mutex::new(conduct) }), listener)
    }

    fn serve(self: Arc<Self>, listener: TcpListener) {
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    pub(crate) fn conduct(&self) -> MutexGuard<'_, Conduct> {
        self.conduct.lock().unwrap()
    }

    fn id_token(&self, conduct: &Conduct, nonce: Option<&str>, access_token: &str) -> String {
        let honest = json!({
            "iss": self.issuer, "sub": "auth0|ada", "aud": "harbour", "iat": 1_700_000_000, "exp": EXPIRES_AT,
            "nonce": nonce, "at_hash": access_token_hash(access_token), "name": "Ada <b>Lovelace</b>",
            "email": "ada@example.com", "email_verified": true, "updated_at": "2026-01-02T03:04:05.678Z",
            "https://example.com/role": ["captain"],
        });
        let kid = KEYS[conduct.published_key].id();
        KEYS[conduct.signing_key].sign(kid, &overlaid(honest, &conduct.id_token))
    }
}

fn overlaid(honest: Value, changes: &Value) -> Value {
    let mut fields: Map<String, Value> = serde_json::from_value(honest).unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    fields.into()
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    let honest = json!({
        "issuer": provider.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
        "jwks_uri": at("jwks"), "userinfo_endpoint": at("userinfo"), "end_session_endpoint": at("oidc/logout"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"], "authorization_response_iss_parameter_supported": true,
    });
    Json(overlaid(honest, &provider.conduct().discovery))
}

async fn jwks(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({"keys": [KEYS[provider.conduct().published_key].jwk()]}))
}

async fn authorize(State(provider): State<Arc<Provider>>, Query(request): Query<Parameters>) -> Redirect {
    let mut url = Url::parse(&request["redirect_uri"]).unwrap();
    let mut conduct = provider.conduct();
    url.query_pairs_mut().append_pair("state", &request["state"]);
    if conduct.sends_iss {
        url.query_pairs_mut().append_pair("iss", conduct.iss.unwrap_or(&provider.issuer));
    }
    if let Some(description) = conduct.authorization_error {
        url.query_pairs_mut().append_pair("error", "access_denied").append_pair("error_description", description);
    } else {
        let code = format!("code-{}", conduct.authorizations.len());
        url.query_pairs_mut().append_pair("code", &code);
        conduct.authorizations.insert(code, request);
    }
    Redirect::to(url.as_str())
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, Form(request): Form<Parameters>) -> Response {
    let mut conduct = provider.conduct();
    let authorization = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    conduct.token_requests.push((request.clone(), authorization));
    if let Some(description) = conduct.token_error {
        return refused(description);
    }
    let nonce = match request["grant_type"].as_str() {
        "authorization_code" => match redeem(&mut conduct, &request) {
            Some(nonce) => Some(nonce),
            None => return refused("no such code"),
        },
        _ if request["refresh_token"] == conduct.current_refresh_token() => None,
        _ => return refused("no such refresh token"),
    };
    conduct.refresh_token += 1;
    let access_token = format!("access-{}", conduct.refresh_token);
    Json(json!({
        "token_type": "Bearer", "expires_in": 3600, "scope": "openid profile email",
        "id_token": provider.id_token(&conduct, nonce.as_deref(), &access_token),
        "access_token": access_token, "refresh_token": conduct.current_refresh_token(),
    }))
    .into_response()
}

impl Conduct {
    fn current_refresh_token(&self) -> String {
        format!("refresh-{}", self.refresh_token)
    }
}

/// Gives back the nonce, if the code, the redirect URI and the PKCE verifier fit together.
fn redeem(conduct: &mut Conduct, request: &Parameters) -> Option<String> {
    let authorization = conduct.authorizations.remove(&request["code"])?;
    let fits = authorization["code_challenge_method"] == "S256"
        && authorization["code_challenge"] == code_challenge(&request["code_verifier"])
        && authorization["redirect_uri"] == request["redirect_uri"];
    fits.then(|| authorization["nonce"].clone())
}

fn refused(description: &str) -> Response {
    let body = json!({"error": "invalid_grant", "error_description": description});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let conduct = provider.conduct();
    let expected = format!("Bearer access-{}", conduct.refresh_token);
    if headers.get(AUTHORIZATION).is_none_or(|value| *value != *expected) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let claims = json!({"sub": conduct.userinfo_sub, "nickname": "the countess", "https://example.com/deck": 7});
    Json(claims).into_response()
}
