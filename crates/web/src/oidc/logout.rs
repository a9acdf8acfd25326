//! `/v2/logout` and `/oidc/logout`.

use axum::extract::{Request, State};
use axum::response::Response;
use flows::RequestContext;
use flows::client_face::ClientFace;
use flows::csrf;
use flows::logout::{LoggedOut, LogoutRefused, LogoutRequest, come_back, oidc, v2 as auth0};
use http::StatusCode;
use protocol::params::Params;

use crate::errors;
use crate::extract::{Cookies, Cx, clear_session_cookie, form_params, is_same_origin, query_params};
use crate::pages::{self, LogoutConfirm, Onward, Page, PageClient};
use crate::present;
use crate::state::AppState;

/// That it is there is what counts; Auth0's SDKs send it without a value.
const FEDERATED: &str = "federated";

/// Auth0's logout.
pub(crate) async fn v2(State(state): State<AppState>, Cx(cx): Cx, cookies: Cookies, request: Request) -> Response {
    let params = match query_params(&request) {
        Ok(params) => params,
        Err(refused) => return errors::page::unreadable_query(&state, &cx, &refused),
    };
    let request = LogoutRequest {
        client_id: text(&params, "client_id"),
        return_to: text(&params, "returnTo"),
        is_federated: params.has(FEDERATED),
        ..LogoutRequest::default()
    };
    let outcome = auth0(&state.services, &cx, &request, cookies.browser()).await;
    answer(&state, &cx, outcome, false)
}

/// The standard's logout, asked for by a link.
pub(crate) async fn oidc_get(
    State(state): State<AppState>,
    Cx(cx): Cx,
    cookies: Cookies,
    request: Request,
) -> Response {
    match query_params(&request) {
        Ok(params) => oidc_logout(&state, &cx, &cookies, &params, false).await,
        Err(refused) => errors::page::unreadable_query(&state, &cx, &refused),
    }
}

/// The same by a form: a client's, or our own question come back.
pub(crate) async fn oidc_post(
    State(state): State<AppState>,
    Cx(cx): Cx,
    cookies: Cookies,
    request: Request,
) -> Response {
    let is_same_origin = is_same_origin(&state.services, request.headers());
    match form_params(request).await {
        // A client's form comes from elsewhere; the answer to our question does not.
        Ok(params) if params.has("confirm") && !is_same_origin => errors::page::foreign_form(&state, &cx, None),
        Ok(params) => oidc_logout(&state, &cx, &cookies, &params, true).await,
        Err(refused) => errors::page::unreadable_form(&state, &cx, &refused),
    }
}

async fn oidc_logout(
    state: &AppState,
    cx: &RequestContext,
    cookies: &Cookies,
    params: &Params,
    after_post: bool,
) -> Response {
    let answered = params.get("confirm").filter(|_| after_post);
    if answered.is_some() && !csrf::is_ours(&state.services, cookies.browser().session, params.get("csrf")) {
        return errors::page::foreign_form(state, cx, None);
    }
    if answered == Some("no") {
        return present::page(state, cx, StatusCode::OK, &Page::StillSignedIn, &[]);
    }
    let request = LogoutRequest {
        client_id: text(params, "client_id"),
        return_to: text(params, "post_logout_redirect_uri"),
        id_token_hint: text(params, "id_token_hint"),
        logout_hint: text(params, "logout_hint"),
        state: text(params, "state"),
        is_federated: params.has(FEDERATED),
        is_confirmed: answered == Some("yes"),
    };
    match oidc(&state.services, cx, &request, cookies.browser()).await {
        Ok(LoggedOut::Confirm { client_name, user }) => {
            let question = Question { client_name: client_name.as_deref(), user: user.as_deref(), params };
            confirm(state, cx, cookies, &question)
        }
        outcome => answer(state, cx, outcome, after_post),
    }
}

/// `GET /logout/callback`, where a browser comes back that signed out at a provider.
pub(crate) async fn back(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let params = query_params(&request).unwrap_or_default();
    match come_back(&state.services, &cx, params.get("state").unwrap_or_default()) {
        Some(url) => present::redirect(&url, false),
        None => stay(&state, &cx, None),
    }
}

struct Question<'a> {
    client_name: Option<&'a str>,
    user: Option<&'a str>,
    params: &'a Params,
}

/// Parameters that travel through our question and back.
const CARRIED: [&str; 5] = ["client_id", "post_logout_redirect_uri", "id_token_hint", "logout_hint", "state"];

fn confirm(state: &AppState, cx: &RequestContext, cookies: &Cookies, question: &Question<'_>) -> Response {
    let csrf = csrf::token(&state.services, cookies.browser().session.unwrap_or_default());
    let carried = CARRIED.iter().filter_map(|name| Some(((*name).to_owned(), text(question.params, name)?)));
    let federated = question.params.has(FEDERATED).then(|| (FEDERATED.to_owned(), String::new()));
    let page = Page::LogoutConfirm(LogoutConfirm {
        client: question.client_name.map(|name| PageClient { name, logo: None }),
        user: question.user,
        csrf: &csrf,
        fields: carried.chain(federated).collect(),
    });
    let leads_to: Vec<&str> = question.params.get("post_logout_redirect_uri").into_iter().collect();
    present::page(state, cx, StatusCode::OK, &page, &leads_to)
}

fn answer(
    state: &AppState,
    cx: &RequestContext,
    outcome: Result<LoggedOut, LogoutRefused>,
    after_post: bool,
) -> Response {
    let is_over = !matches!(outcome, Err(LogoutRefused::InvalidHint | LogoutRefused::Internal(_)));
    let mut response = match outcome {
        Ok(LoggedOut::Return(url)) => present::redirect(&url, after_post),
        // A browser that followed a form is held to the places its page names; on a page it begins anew.
        Ok(LoggedOut::Detour(url)) if after_post => onward(state, cx, url),
        Ok(LoggedOut::Detour(url)) => present::redirect(&url, false),
        // Only the standard's logout asks, and it has shown its question.
        Ok(LoggedOut::Confirm { .. }) => stay(state, cx, None),
        Ok(LoggedOut::Stay { client }) => stay(state, cx, client.as_ref()),
        Err(refused) => errors::page::logout(state, cx, &refused),
    };
    if is_over {
        clear_session_cookie(state, response.headers_mut());
    }
    response
}

fn onward(state: &AppState, cx: &RequestContext, href: String) -> Response {
    present::page(state, cx, StatusCode::OK, &Page::Onward(Onward { href }), &[])
}

fn stay(state: &AppState, cx: &RequestContext, client: Option<&ClientFace>) -> Response {
    let page = Page::LoggedOut(pages::LoggedOut::by(client));
    present::page(state, cx, StatusCode::OK, &page, &[])
}

fn text(params: &Params, name: &str) -> Option<String> {
    params.get(name).map(str::to_owned)
}
