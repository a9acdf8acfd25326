//! Every route.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::authentication_api::{change_password, signup};
use crate::middleware::Calls;
use crate::oidc::docs;
use crate::openapi::Routes;
use crate::state::AppState;
use crate::{errors, management, middleware, oidc, operations, sign_in};

/// The largest body of a Management API call. Everything else reads at most `protocol::params::MAX_BYTES`.
const MANAGEMENT_BODY_LIMIT: usize = 1024 * 1024;
/// How long a call may take in all. Longer than any source is waited for.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

/// The whole HTTP surface. The listener must provide `ConnectInfo<SocketAddr>`.
pub fn router(state: AppState) -> Router {
    let limited = axum::middleware::from_fn_with_state(state.clone(), middleware::limits::management);
    let calls = Arc::<Calls>::default();
    let management = management::router().layer(DefaultBodyLimit::max(MANAGEMENT_BODY_LIMIT)).layer(limited);
    routes(&state)
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .nest(management::PREFIX, management)
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .layer(
            ServiceBuilder::new()
                .layer(axum::middleware::from_fn_with_state((state.clone(), calls), middleware::context))
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
    described(state)
        .into_iter()
        .chain(provider_routes(state))
        .chain(page_routes(state))
        .chain(download_routes(state))
        .chain(operation_routes())
}

/// What applications and their clients ask, described in the OpenAPI document.
///
/// A new route is a line in one of these tables: path, handler, and the function that describes it.
pub(crate) fn authentication_api() -> [Routes; 5] {
    [unlimited(), authorization(), registration(), from_servers(), from_pages()]
}

fn described(state: &AppState) -> Vec<Route> {
    // Limited within, so that pages can read how they stand, and preflights take nothing.
    let by_address = |methods| middleware::limits::by_address(state, methods);
    let open_to_pages = |methods| middleware::cors::from_pages(state, by_address(methods));
    let [unlimited, authorization, registration, from_servers, from_pages] = authentication_api();
    let authorization =
        authorization.into_paths(|methods| middleware::limits::authorizations_by_address(state, methods));
    let registration = registration.into_paths(|methods| middleware::limits::registrations_by_address(state, methods));
    let limited = from_servers.into_paths(by_address).chain(from_pages.into_paths(open_to_pages));
    unlimited.into_paths(|methods| methods).chain(authorization).chain(registration).chain(limited).collect()
}

fn unlimited() -> Routes {
    Routes::default()
        .get("/.well-known/openid-configuration", oidc::discovery::document, docs::discovery::document)
        .get("/.well-known/oauth-authorization-server", oidc::discovery::document, docs::discovery::document)
        .get("/.well-known/jwks.json", oidc::discovery::jwks, docs::discovery::jwks)
        .get("/v2/logout", oidc::logout::v2, docs::pages::logout)
        .get("/oidc/logout", oidc::logout::oidc_get, docs::pages::end_session)
        .post("/oidc/logout", oidc::logout::oidc_post, docs::pages::end_session_by_form)
}

/// Limited by address, apart from the rest.
fn authorization() -> Routes {
    Routes::default().get("/authorize", oidc::authorize::get, docs::pages::authorize).post(
        "/authorize",
        oidc::authorize::post,
        docs::pages::authorize_by_form,
    )
}

/// Limited by address, apart from the rest as well.
fn registration() -> Routes {
    Routes::default().post("/oidc/register", oidc::registration::post, oidc::registration::docs::post)
}

/// Limited by address.
fn from_servers() -> Routes {
    Routes::default().post("/oauth/par", oidc::par::post, docs::tokens::push).post(
        "/oauth/introspect",
        oidc::introspection::post,
        docs::tokens::introspect,
    )
}

/// Limited by address, and open to the pages of our clients.
fn from_pages() -> Routes {
    Routes::default()
        .post("/oauth/token", oidc::token::post, docs::tokens::token)
        .post("/oauth/revoke", oidc::revocation::post, docs::tokens::revoke)
        .post("/dbconnections/signup", signup::post, signup::docs::post)
        .post("/dbconnections/change_password", change_password::post, change_password::docs::post)
        .get("/userinfo", oidc::userinfo::answer, docs::tokens::userinfo)
        .post("/userinfo", oidc::userinfo::answer, docs::tokens::userinfo)
}

/// Where upstream providers call and send browsers back to.
fn provider_routes(state: &AppState) -> Vec<Route> {
    let by_address = |methods| middleware::limits::page_by_address(state, methods);
    let backchannel = middleware::limits::by_address(state, post(oidc::backchannel::post));
    vec![
        ("/login/callback", by_address(get(sign_in::provider::back).post(sign_in::provider::posted_back))),
        ("/logout/callback", by_address(get(oidc::logout::back))),
        ("/oidc/backchannel-logout/{connection}", backchannel),
    ]
}

/// What people see, and no program should rely on.
fn page_routes(state: &AppState) -> Vec<Route> {
    let by_address = |methods| middleware::limits::page_by_address(state, methods);
    let forms = |methods| middleware::limits::form_by_address(state, methods);
    vec![
        ("/u/login", forms(get(sign_in::login::show).post(sign_in::login::submit))),
        ("/u/login/connection", by_address(get(sign_in::provider::leave))),
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
