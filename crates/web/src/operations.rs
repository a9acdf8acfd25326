//! What operators and their machines ask.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flows::health::Reach;
use http::{StatusCode, header};

use crate::extract::Cx;
use crate::state::AppState;

/// `GET /healthz`: the process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the process can reach what it needs.
pub(crate) async fn readyz(State(state): State<AppState>) -> Response {
    match flows::health::ready(&state.services).await {
        Ok(Reach::Alone | Reach::Together) => "ready\n".into_response(),
        // Taking every node out of service would be far worse than limits of each alone.
        Ok(Reach::CutOff) => "ready, without Redis\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached\n").into_response()
        }
    }
}

/// `GET /metrics`, for peers in the networks the operator names; for others the address does not exist.
pub(crate) async fn metrics(State(state): State<AppState>, Cx(cx): Cx) -> Response {
    let is_allowed = cx.peer.is_some_and(|peer| state.settings.metrics_networks.iter().any(|net| net.contains(&peer)));
    match &state.metrics {
        Some(render) if is_allowed => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
