//! `GET` and `POST /authorize` (RFC 6749 3.1).

use axum::extract::{Request, State};
use axum::response::Response;
use flows::RequestContext;
use flows::authorize::{Authorized, Entrance, start};
use protocol::params::Params;
use protocol::prompt::Screen;

use crate::errors;
use crate::extract::{Cookies, Cx, form_params, query_params, set_binding_cookie};
use crate::pages::{departure, silent_departure};
use crate::present;
use crate::state::AppState;

/// The request in the query.
pub(crate) async fn get(State(state): State<AppState>, Cx(cx): Cx, cookies: Cookies, request: Request) -> Response {
    match query_params(&request) {
        Ok(params) => answer(&state, &cx, &params, &cookies, false).await,
        Err(refused) => errors::page::unreadable_query(&state, &cx, &refused),
    }
}

/// The request in a form (OpenID Connect Core 3.1.2.1).
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, cookies: Cookies, request: Request) -> Response {
    match form_params(request).await {
        Ok(params) => answer(&state, &cx, &params, &cookies, true).await,
        Err(refused) => errors::page::unreadable_form(&state, &cx, &refused),
    }
}

async fn answer(
    state: &AppState,
    cx: &RequestContext,
    params: &Params,
    cookies: &Cookies,
    after_post: bool,
) -> Response {
    match Box::pin(start(&state.services, cx, params, cookies.browser())).await {
        Ok(Authorized::Respond(response)) => present::authorization(state, cx, &response, after_post),
        Ok(Authorized::Ask { entrance, state: id, new_binding }) => {
            let mut response = present::redirect(&address_of(&entrance, &id), after_post);
            if let Some(binding) = new_binding {
                set_binding_cookie(state, response.headers_mut(), &binding);
            }
            response
        }
        Err(refused) => errors::page::authorize(state, cx, &refused),
    }
}

/// Where a login begins, which is always at an address of ours: a provider is asked there, and not here.
fn address_of(entrance: &Entrance, id: &str) -> String {
    match entrance {
        Entrance::Page(Screen::Login) => format!("/u/login?state={id}"),
        Entrance::Consent => format!("/u/consent?state={id}"),
        Entrance::Page(Screen::Signup) => format!("/u/signup?state={id}"),
        Entrance::Provider(home) if home.is_silent => silent_departure(id, &home.connection),
        Entrance::Provider(home) => departure(id, &home.connection, None),
    }
}
