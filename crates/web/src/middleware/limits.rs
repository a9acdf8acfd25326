//! How often peers may call, and what they are told of it.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use flows::RequestContext;
use flows::limits::{Limited, Standing, take_authorization, take_call, take_registration};

use crate::errors;
use crate::errors::management::Failure;
use crate::errors::oauth;
use crate::standing::{ask_to_wait, is_told, tell};
use crate::state::AppState;

/// How a caller of the Management API stands, once it is known who it is.
#[derive(Clone, Default)]
pub(crate) struct CallerStanding(Arc<OnceLock<Standing>>);

impl CallerStanding {
    /// What the answer tells instead of how the address stands.
    pub(crate) fn tell(&self, taken: Result<Standing, Limited>) {
        // A call has one caller.
        let _ = self.0.set(taken.unwrap_or_else(|limited| limited.standing));
    }
}

/// Limits an endpoint of the Authentication API by address.
pub(crate) fn by_address(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(axum::middleware::from_fn_with_state(state.clone(), authentication_api))
}

/// Limits a page by address, looking at it included.
pub(crate) fn page_by_address(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(axum::middleware::from_fn_with_state(state.clone(), page))
}

/// Limits what is sent to a page by address. Looking at it takes nothing.
pub(crate) fn form_by_address(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(axum::middleware::from_fn_with_state(state.clone(), form))
}

/// Limits authorization requests by address, and apart from everything else: pages renew their tokens by them, and many
/// people may share an address.
pub(crate) fn authorizations_by_address(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(axum::middleware::from_fn_with_state(state.clone(), authorization))
}

/// Limits registrations by address, far below everything else: what each leaves behind stays.
pub(crate) fn registrations_by_address(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.layer(axum::middleware::from_fn_with_state(state.clone(), registration))
}

async fn form(state: State<AppState>, request: Request, next: Next) -> Response {
    if request.method().is_safe() { next.run(request).await } else { page(state, request, next).await }
}

async fn authentication_api(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let taken = take_call(&state.services, context(&request)).await;
    go_on_or_refuse(taken, request, next).await
}

async fn registration(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let taken = take_registration(&state.services, context(&request)).await;
    go_on_or_refuse(taken, request, next).await
}

async fn go_on_or_refuse(taken: Result<Standing, Limited>, request: Request, next: Next) -> Response {
    match taken {
        Ok(standing) => go_on(standing, request, next).await,
        Err(limited) => oauth::limited(limited).into_response(),
    }
}

async fn page(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let taken = take_call(&state.services, context(&request)).await;
    go_on_or_show(&state, taken, request, next).await
}

async fn authorization(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let taken = take_authorization(&state.services, context(&request)).await;
    go_on_or_show(&state, taken, request, next).await
}

async fn go_on_or_show(state: &AppState, taken: Result<Standing, Limited>, request: Request, next: Next) -> Response {
    match taken {
        Ok(standing) => go_on(standing, request, next).await,
        Err(limited) => {
            let mut response = errors::page::limited(state, context(&request));
            ask_to_wait(response.headers_mut(), limited);
            response
        }
    }
}

async fn go_on(standing: Standing, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // Where a client or an account is limited, its own standing is told already.
    if !is_told(response.headers()) {
        tell(response.headers_mut(), standing);
    }
    response
}

/// Limits the Management API by address until it is known who calls.
pub(crate) async fn management(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match take_call(&state.services, context(&request)).await {
        Ok(of_address) => {
            let of_caller = CallerStanding::default();
            request.extensions_mut().insert(of_caller.clone());
            let mut response = next.run(request).await;
            tell(response.headers_mut(), of_caller.0.get().copied().unwrap_or(of_address));
            response
        }
        Err(limited) => {
            let mut response = Failure::limited(limited).into_response();
            tell(response.headers_mut(), limited.standing);
            response
        }
    }
}

fn context(request: &Request) -> &RequestContext {
    request.extensions().get().expect("the context middleware wraps every route")
}
