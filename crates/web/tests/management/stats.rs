//! `/stats` and `/users/{id}/logs`.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{App, for_each_engine, native};

use crate::api::{Api, each, expect, expect_refusal};

const PASSWORD: &str = "correct horse battery";

/// Ada signs in twice on one day and Bob once on the next.
async fn with_sign_ins(app: &App) {
    let client = app.add_client("app", |_| {}).await;
    let connection = app.add_connection("people", &[&client], |_| {}).await;
    for name in ["ada", "bob", "cid"] {
        app.add_user(&connection, &format!("auth0|{name}"), &format!("{name}@x.test"), Some(native(PASSWORD))).await;
    }
    for (name, hours) in [("ada", 1), ("ada", 15), ("bob", 24)] {
        let answer = app.browser().log_in(&client.request(), &format!("{name}@x.test"), PASSWORD).await.answer();
        assert!(answer.fields.contains_key("code"));
        app.advance(Duration::from_hours(hours));
    }
}

#[tokio::test]
async fn days_are_counted_from_midnight_to_midnight() {
    for_each_engine(async |app| {
        with_sign_ins(&app).await;
        let api = Api::on(app).await;
        let counted = async |query: &str| {
            let days = expect(&api.get(&format!("/stats/daily{query}")).await, 200);
            let see = |day: &Value| (day["date"].as_str().unwrap()[..10].to_owned(), day["logins"].as_i64().unwrap());
            days.as_array().unwrap().iter().map(see).collect::<Vec<_>>()
        };
        let day = |date: &str, logins| (date.to_owned(), logins);
        assert_eq!(counted("").await, [day("2027-01-15", 2), day("2027-01-16", 1)]);
        assert_eq!(counted("?from=20270115&to=20270115").await, [day("2027-01-15", 2)]);
        assert_eq!(counted("?from=20270116").await, [day("2027-01-16", 1)]);
        assert_eq!(counted("?from=20270201&to=20270101").await, []);
        let first = &expect(&api.get("/stats/daily").await, 200)[0];
        assert_eq!((&first["signups"], &first["leaked_passwords"]), (&json!(0), &json!(0)));
        for query in ["from=2027-01-15", "to=today", "from=20270230", "from=2027\u{e9}"] {
            let query = query.replace('\u{e9}', "%C3%A9");
            assert_eq!(
                expect(&api.get(&format!("/stats/daily?{query}")).await, 400)["errorCode"],
                "invalid_query_string"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn who_signed_in_within_thirty_days_is_active() {
    for_each_engine(async |app| {
        with_sign_ins(&app).await;
        let api = Api::on(app.clone()).await;
        assert_eq!(expect(&api.get("/stats/active-users").await, 200), json!(2));
        app.advance(Duration::from_hours(24 * 28 + 12));
        let api = Api::on(app.clone()).await;
        assert_eq!(expect(&api.get("/stats/active-users").await, 200), json!(1));
    })
    .await;
}

#[tokio::test]
async fn a_person_s_events_are_listed_without_those_of_others() {
    for_each_engine(async |app| {
        with_sign_ins(&app).await;
        let api = Api::on(app).await;
        let path = "/users/auth0%7Cada/logs?include_totals=true";
        let page = expect(&api.get(&format!("{path}&per_page=1")).await, 200);
        assert_eq!((&page["length"], &page["start"]), (&json!(1), &json!(0)));
        let all = expect(&api.get(path).await, 200);
        assert_eq!(all["total"], page["total"]);
        let users = each(&all["logs"], "user_id");
        assert!(users.iter().all(|id| *id == "auth0|ada") && users.len() >= 2);
        let dates = |logs: &Value| each(logs, "date").into_iter().map(str::to_owned).collect::<Vec<_>>();
        let mut newest_first = dates(&all["logs"]);
        let oldest_first = dates(&expect(&api.get("/users/auth0%7Cada/logs?sort=date:1").await, 200));
        newest_first.reverse();
        assert_eq!(newest_first, oldest_first);
        assert_eq!(expect(&api.get("/users/nobody/logs").await, 200), json!([]));
        let refused = api.get("/users/nobody/logs?sort=type:1").await;
        let message = "Query validation error: sort must be date:-1 or date:1";
        expect_refusal(&refused, 400, Some("invalid_query_string"), message);
    })
    .await;
}
