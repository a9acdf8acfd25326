//! `/u/login/connection`, which sends a browser to an upstream provider, and `/login/callback`, where it comes back.

use axum::extract::{Request, State};
use axum::response::Response;
use flows::authorize::PendingRefused;
use flows::login::federated::{Callback, Departure, FederatedRefused, Next, Refusal, come_back, depart};
use http::{HeaderValue, StatusCode, header};
use url::form_urlencoded::Serializer;

use super::visit::{Opened, Visit};
use crate::errors::{self, WAIT};
use crate::extract::{Cx, form_params};
use crate::pages::{Page, ProviderRefusal, ProviderRefused, SILENT, departure};
use crate::present;
use crate::state::AppState;

/// `GET /u/login/connection`
pub(crate) async fn leave(Opened(visit): Opened) -> Response {
    let (services, cx) = visit.services();
    let wish = Departure {
        state: visit.id(),
        connection: visit.field("connection").unwrap_or_default(),
        is_silent: visit.field(SILENT).is_some(),
        login_hint: visit.field("login_hint"),
    };
    let next = Box::pin(depart(services, cx, &wish, visit.browser())).await;
    follow(&visit, next)
}

/// `GET /login/callback` (OpenID Connect Core 3.1.2.5)
pub(crate) async fn back(Opened(visit): Opened) -> Response {
    let (services, cx) = visit.services();
    let callback = Callback {
        state: visit.field("state").unwrap_or_default(),
        code: visit.field("code"),
        error: visit.field("error"),
        issuer: visit.field("iss"),
        user: visit.field("user"),
    };
    let next = Box::pin(come_back(services, cx, &callback, visit.browser())).await;
    follow(&visit, next)
}

/// What an answer may bring.
const ANSWER: [&str; 5] = ["state", "code", "error", "iss", "user"];

/// `POST /login/callback` (OAuth 2.0 Form Post Response Mode). The form comes from the provider's site, for which
/// browsers keep our cookies back; they send them along where it leads.
pub(crate) async fn posted_back(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    match form_params(request).await {
        Ok(params) => {
            let mut query = Serializer::new(String::new());
            query.extend_pairs(ANSWER.iter().filter_map(|name| Some((name, params.get(name)?))));
            present::redirect(&format!("/login/callback?{}", query.finish()), true)
        }
        Err(refused) => errors::page::unreadable_form(&state, &cx, &refused),
    }
}

fn follow(visit: &Visit, next: Result<Next, PendingRefused>) -> Response {
    count(&next);
    match next {
        Ok(Next::Leave(url)) => present::redirect(&url, false),
        Ok(Next::SignedIn(signed_in)) => visit.signed_in(signed_in, false),
        Ok(Next::Respond(response)) => visit.respond(&response, false),
        Ok(Next::ShowLogin { state }) => {
            let query = Serializer::new(String::new()).append_pair("state", &state).finish();
            present::redirect(&format!("/u/login?{query}"), false)
        }
        Ok(Next::Refused(refusal)) => refused(visit, &refusal),
        Err(refused) => visit.lost(&refused),
    }
}

fn count(next: &Result<Next, PendingRefused>) {
    let result = match next {
        Ok(Next::SignedIn(_)) => "succeeded",
        Ok(Next::Refused(refusal)) => shown(refusal.why).1.key(),
        _ => return,
    };
    metrics::counter!("landbridge_logins_total", "result" => result).increment(1);
}

fn refused(visit: &Visit, refusal: &Refusal) -> Response {
    let (status, shown) = shown(refusal.why);
    let again = refusal.connection.as_deref().filter(|_| may_help(shown));
    let page = ProviderRefused {
        again: again.map(|connection| departure(&refusal.state, connection, None)),
        ..ProviderRefused::new(shown, refusal.provider.as_deref(), &refusal.page, &refusal.state)
    };
    let mut response = visit.render(status, &refusal.page, &Page::ProviderRefused(page));
    say_when(&mut response, refusal.why);
    response
}

/// The page's word for why somebody is not signed in, and the status that goes with it.
fn shown(why: FederatedRefused) -> (StatusCode, ProviderRefusal) {
    match why {
        FederatedRefused::Denied => (StatusCode::FORBIDDEN, ProviderRefusal::Denied),
        FederatedRefused::Failed => (StatusCode::BAD_GATEWAY, ProviderRefusal::Failed),
        FederatedRefused::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, ProviderRefusal::Unavailable),
        FederatedRefused::Throttled { .. } => (StatusCode::TOO_MANY_REQUESTS, ProviderRefusal::Throttled),
        FederatedRefused::Misconfigured => (StatusCode::BAD_GATEWAY, ProviderRefusal::Misconfigured),
        FederatedRefused::TooLate => (StatusCode::BAD_REQUEST, ProviderRefusal::TooLate),
        FederatedRefused::NotBelieved => (StatusCode::BAD_REQUEST, ProviderRefusal::NotBelieved),
        FederatedRefused::Blocked => (StatusCode::FORBIDDEN, ProviderRefusal::Blocked),
        FederatedRefused::Deleted => (StatusCode::FORBIDDEN, ProviderRefusal::Deleted),
        FederatedRefused::TwoPeople => (StatusCode::FORBIDDEN, ProviderRefusal::TwoPeople),
        FederatedRefused::ConnectionClosed => (StatusCode::BAD_REQUEST, ProviderRefusal::ConnectionClosed),
    }
}

/// Whether another try may end otherwise, or by somebody else.
fn may_help(refusal: ProviderRefusal) -> bool {
    !matches!(refusal, ProviderRefusal::Misconfigured | ProviderRefusal::ConnectionClosed)
}

fn say_when(response: &mut Response, why: FederatedRefused) {
    let wait = match why {
        FederatedRefused::Throttled { retry_after } => retry_after.unwrap_or(WAIT),
        FederatedRefused::Unavailable => WAIT,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
}
