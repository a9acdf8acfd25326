//! Every route.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
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
    Router::new()
        .merge(oidc_routes(&state))
        .merge(page_routes())
        .merge(operation_routes())
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

fn oidc_routes(state: &AppState) -> Router<AppState> {
    // Limited within, so that pages can read how they stand, and preflights take nothing.
    let by_address = |methods| middleware::limits::by_address(state, methods);
    let from_pages = |methods| middleware::cors::from_pages(state, by_address(methods));
    Router::new()
        .route("/.well-known/openid-configuration", get(oidc::discovery::document))
        .route("/.well-known/oauth-authorization-server", get(oidc::discovery::document))
        .route("/.well-known/jwks.json", get(oidc::discovery::jwks))
        .route("/authorize", get(oidc::authorize::get).post(oidc::authorize::post))
        .route("/oauth/par", by_address(post(oidc::par::post)))
        .route("/oauth/token", from_pages(post(oidc::token::post)))
        .route("/oauth/introspect", by_address(post(oidc::introspection::post)))
        .route("/oauth/revoke", from_pages(post(oidc::revocation::post)))
        .route("/dbconnections/signup", from_pages(post(authentication_api::signup::post)))
        .route("/dbconnections/change_password", from_pages(post(authentication_api::change_password::post)))
        .route("/userinfo", from_pages(get(oidc::userinfo::answer).post(oidc::userinfo::answer)))
        .route("/v2/logout", get(oidc::logout::v2))
        .route("/oidc/logout", get(oidc::logout::oidc_get).post(oidc::logout::oidc_post))
        .route("/oidc/backchannel-logout/{connection}", by_address(post(oidc::backchannel::post)))
        .route("/logout/callback", get(oidc::logout::back))
}

fn page_routes() -> Router<AppState> {
    Router::new()
        .route("/u/login", get(sign_in::login::show).post(sign_in::login::submit))
        .route("/u/login/connection", get(sign_in::provider::leave))
        .route("/login/callback", get(sign_in::provider::back).post(sign_in::provider::posted_back))
        .route("/u/signup", get(sign_in::signup::show).post(sign_in::signup::submit))
        .route("/u/reset-password/request", get(sign_in::reset_request::show).post(sign_in::reset_request::submit))
        .route("/u/reset-verify", get(sign_in::new_password::show).post(sign_in::new_password::submit))
        .route("/u/reset-verify/again", post(sign_in::new_password::send_again))
        .route("/u/email-verification", get(sign_in::verification::show).post(sign_in::verification::submit))
        .route("/u/email-verification/again", post(sign_in::verification::send_again))
        .route("/u/assets/{name}", get(sign_in::asset))
}

fn operation_routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .route("/metrics", get(operations::metrics))
}
