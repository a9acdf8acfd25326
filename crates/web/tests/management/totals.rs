//! How many there are, among few and among many.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;
use testkit::{App, for_each_engine};

use crate::api::{Api, expect};

const ALMOST_A_MINUTE: Duration = Duration::from_secs(59);
const SECOND: Duration = Duration::from_secs(1);

/// Nobody is asked to wait for a thousand hashes.
async fn repeat(app: &App, numbers: RangeInclusive<u32>, insert: &str) {
    let (first, last) = (numbers.start(), numbers.end());
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})");
    app.tamper(&format!("{numbers} {insert}")).await;
}

/// People like Ada, who have just signed in.
async fn add_people(app: &App, numbers: RangeInclusive<u32>) {
    let now = app.now().millis();
    let insert = format!(
        "INSERT INTO users (user_id, email_verified, profile, user_metadata, app_metadata, logins_count, last_login,
                            created_at, updated_at, version)
         SELECT 'auth0|' || n.i, email_verified, profile, user_metadata, app_metadata, 1, {now},
                created_at, updated_at, version
         FROM users, n WHERE user_id = 'auth0|ada'"
    );
    repeat(app, numbers, &insert).await;
}

/// Events like the first, of Ada.
async fn add_events(app: &App, numbers: RangeInclusive<u32>) {
    let insert = "INSERT INTO events (log_id, date, type, user_id, document)
                  SELECT log_id || '-' || n.i, date, type, 'auth0|ada', document
                  FROM (SELECT * FROM events ORDER BY log_id LIMIT 1) AS first, n";
    repeat(app, numbers, insert).await;
}

async fn total(api: &Api, path: &str) -> u64 {
    let page = expect(&api.get(&format!("{path}per_page=1&include_totals=true")).await, 200);
    page["total"].as_u64().expect("a number")
}

async fn with_ada(app: App) -> Api {
    let people = app.add_connection("people", &[], |_| {}).await;
    app.add_user(&people, "auth0|ada", "ada@x.test", None).await;
    Api::on(app).await
}

#[tokio::test]
async fn many_people_are_counted_once_a_minute() {
    for_each_engine(async |app| {
        let api = with_ada(app).await;
        let counted = async || {
            let active: Value = expect(&api.get("/stats/active-users").await, 200);
            (total(&api, "/users?").await, active.as_u64().unwrap())
        };
        add_people(&api.app, 2..=999).await;
        assert_eq!(counted().await, (999, 998));
        add_people(&api.app, 1000..=1000).await;
        assert_eq!(counted().await, (1000, 999), "few are counted each time");
        add_people(&api.app, 1001..=1001).await;
        assert_eq!(counted().await, (1001, 1000));
        add_people(&api.app, 1002..=1003).await;
        api.app.advance(ALMOST_A_MINUTE);
        assert_eq!(counted().await, (1001, 1000), "for a minute");
        assert_eq!(total(&api, "/users?sort=created_at:-1&q=*&").await, 1001, "everybody is everybody");
        assert_eq!(total(&api, "/users?q=user_id:%22auth0%7C1003%22&").await, 1);
        assert_eq!(total(&api, "/users?q=email_verified:*&").await, 1003, "what is found is counted each time");
        api.app.advance(SECOND);
        assert_eq!(counted().await, (1003, 1002));
        api.app.tamper("DELETE FROM users WHERE last_login IS NOT NULL").await;
        assert_eq!(counted().await, (1, 0));
    })
    .await;
}

#[tokio::test]
async fn many_events_are_counted_once_a_minute() {
    for_each_engine(async |app| {
        let api = with_ada(app).await;
        let missing = 1000 - u32::try_from(total(&api, "/logs?").await).unwrap();
        add_events(&api.app, 1..=missing).await;
        assert_eq!(total(&api, "/logs?").await, 1000, "few are counted each time");
        add_events(&api.app, missing + 1..=missing + 1).await;
        assert_eq!(total(&api, "/logs?").await, 1001);
        add_events(&api.app, missing + 2..=missing + 2).await;
        api.app.advance(ALMOST_A_MINUTE);
        assert_eq!(total(&api, "/logs?").await, 1001, "for a minute");
        let of_ada = u64::from(missing) + 2;
        assert_eq!(total(&api, "/logs?q=user_id:%22auth0%7Cada%22&").await, of_ada);
        assert_eq!(total(&api, "/users/auth0%7Cada/logs?").await, of_ada, "what one did is counted each time");
        api.app.advance(SECOND);
        assert_eq!(total(&api, "/logs?").await, 1002);
    })
    .await;
}
