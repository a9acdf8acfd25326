//! Every route.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::state::AppState;
use crate::{authentication_api, errors, management, middleware, oidc, operations, sign_in};

/// The largest body of a Management API call. Everything else reads at most `protocol::params::MAX_BYTES`.
const MANAGEMENT_BODY_LIMIT: usize = 1024 * 1024;
/// How long a call may take in all. Longer than any source is waited for.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

/// The whole HTTP surface. The listener must provide `ConnectInfo<SocketAddr>`.
pub fn router(state: AppState) -> Router {
    let limited = axum::middleware::from_fn_with_state(state.clone(), middleware::limits::management);
    let management = management::router().layer(DefaultBodyLimit::max(MANAGEMENT_BODY_LIMIT)).layer(limited);
    routes(&state)
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .nest("/api/v2", management)
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .layer(
            ServiceBuilder::new()
                .layer(axum::middleware::from_fn_with_state(state.clone(), middleware::context))
                .layer(axum::middleware::from_fn_with_state(state.clone(), middleware::headers))
                .layer(CatchPanicLayer::custom(errors::after_panic))
                .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, CALL_TIMEOUT)),
        )
        .with_state(state)
}

/// A path, and what can be asked there. Whatever checks a secret is limited by address, which a test asks of each path.
type Route = (&'static str, MethodRouter<AppState>);

/// Every path outside the Management API.
pub fn paths(state: &AppState) -> Vec<&'static str> {
    routes(state).map(|(path, _)| path).collect()
}

fn routes(state: &AppState) -> impl Iterator<Item = Route> {
    oidc_routes(state).into_iter().chain(page_routes(state)).chain(download_routes(state)).chain(operation_routes())
}

fn oidc_routes(state: &AppState) -> Vec<Route> {
    // Limited within, so that pages can read how they stand, and preflights take nothing.
    let by_address = |methods| middleware::limits::by_address(state, methods);
    let from_pages = |methods| middleware::cors::from_pages(state, by_address(methods));
    vec![
        ("/.well-known/openid-configuration", get(oidc::discovery::document)),
        ("/.well-known/oauth-authorization-server", get(oidc::discovery::document)),
        ("/.well-known/jwks.json", get(oidc::discovery::jwks)),
        ("/authorize", get(oidc::authorize::get).post(oidc::authorize::post)),
        ("/oauth/par", by_address(post(oidc::par::post))),
        ("/oauth/token", from_pages(post(oidc::token::post))),
        ("/oauth/introspect", by_address(post(oidc::introspection::post))),
        ("/oauth/revoke", from_pages(post(oidc::revocation::post))),
        ("/dbconnections/signup", from_pages(post(authentication_api::signup::post))),
        ("/dbconnections/change_password", from_pages(post(authentication_api::change_password::post))),
        ("/userinfo", from_pages(get(oidc::userinfo::answer).post(oidc::userinfo::answer))),
        ("/v2/logout", get(oidc::logout::v2)),
        ("/oidc/logout", get(oidc::logout::oidc_get).post(oidc::logout::oidc_post)),
        ("/oidc/backchannel-logout/{connection}", by_address(post(oidc::backchannel::post))),
        ("/logout/callback", middleware::limits::page_by_address(state, get(oidc::logout::back))),
    ]
}

fn page_routes(state: &AppState) -> Vec<Route> {
    let by_address = |methods| middleware::limits::page_by_address(state, methods);
    let forms = |methods| middleware::limits::form_by_address(state, methods);
    vec![
        ("/u/login", forms(get(sign_in::login::show).post(sign_in::login::submit))),
        ("/u/login/connection", by_address(get(sign_in::provider::leave))),
        ("/login/callback", by_address(get(sign_in::provider::back).post(sign_in::provider::posted_back))),
        ("/u/signup", forms(get(sign_in::signup::show).post(sign_in::signup::submit))),
        ("/u/reset-password/request", forms(get(sign_in::reset_request::show).post(sign_in::reset_request::submit))),
        ("/u/reset-verify", forms(get(sign_in::new_password::show).post(sign_in::new_password::submit))),
        ("/u/reset-verify/again", forms(post(sign_in::new_password::send_again))),
        ("/u/email-verification", forms(get(sign_in::verification::show).post(sign_in::verification::submit))),
        ("/u/email-verification/again", forms(post(sign_in::verification::send_again))),
        ("/u/consent", forms(get(sign_in::consent::show).post(sign_in::consent::submit))),
        ("/u/assets/{name}", get(sign_in::asset)),
    ]
}

fn download_routes(state: &AppState) -> Vec<Route> {
    // A link serves once, and only asking for its head would spend it.
    let once = get(management::users_download::get).head(errors::method_not_allowed);
    vec![("/downloads/{token}", middleware::limits::by_address(state, once))]
}

fn operation_routes() -> Vec<Route> {
    vec![
        ("/healthz", get(operations::healthz)),
        ("/readyz", get(operations::readyz)),
        ("/metrics", get(operations::metrics)),
    ]
}
