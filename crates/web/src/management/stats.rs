//! `/stats`.

pub(crate) mod docs;

use axum::Json;
use axum::response::IntoResponse;
use flows::management::stats::{self, Daily};
use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, all};
use super::call::Call;

/// A day as Auth0 shows it. What it tells is counted anew each time.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DailyStats")]
struct DailyBody {
    date: Timestamp,
    logins: i64,
    signups: i64,
    leaked_passwords: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// `GET /stats/daily`
pub(crate) async fn daily(call: Call) -> Answer {
    let days = stats::daily(&call.services, &call.cx, &call.caller, &call.query).await?;
    let now = call.cx.now;
    let see = |day: &Daily| DailyBody {
        date: day.date,
        logins: day.logins,
        signups: day.signups,
        leaked_passwords: day.leaked_passwords,
        created_at: day.date,
        updated_at: now,
    };
    all(&days, see, &call.query)
}

/// `GET /stats/active-users`
pub(crate) async fn active_users(call: Call) -> Answer {
    Ok(Json(stats::active_users(&call.services, &call.cx, &call.caller).await?).into_response())
}
