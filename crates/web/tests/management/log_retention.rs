//! How long the log keeps events.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{App, for_each_engine};

use crate::api::{Api, each, expect};

const DAY: Duration = Duration::from_hours(24);

/// An event in the log: a change of the tenant's settings.
async fn change(app: &App, settings: Value) {
    let api = Api::on(app.clone()).await;
    expect(&api.patch("/tenants/settings", settings).await, 200);
    app.seal_events().await;
}

/// How many such changes the log still knows after a sweep.
async fn remembered(app: &App) -> usize {
    app.sweep().await;
    let api = Api::on(app.clone()).await;
    each(&expect(&api.get("/logs?q=type:%22sapi%22").await, 200), "log_id").len()
}

#[tokio::test]
async fn events_stay_for_thirty_days_unless_the_tenant_says_otherwise() {
    for_each_engine(async |app| {
        change(&app, json!({"friendly_name": "One"})).await;
        app.advance(DAY * 10);
        change(&app, json!({"friendly_name": "Two"})).await;
        app.advance(DAY * 20);
        assert_eq!(remembered(&app).await, 2, "thirty days old");
        let before = app.dump().await;
        app.advance(Duration::from_millis(1));
        assert_eq!(remembered(&app).await, 1);
        app.assert_unchanged_since(&before).await;
        change(&app, json!({"log_retention_days": 60})).await;
        app.advance((DAY * 40).saturating_sub(Duration::from_millis(1)));
        assert_eq!(remembered(&app).await, 2);
        change(&app, json!({"log_retention_days": 1})).await;
        assert_eq!(remembered(&app).await, 1, "a shorter time counts for what is there");
    })
    .await;
}
