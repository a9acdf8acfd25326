//! The three shapes of a list.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::for_each_engine;

use crate::api::{Api, each, expect};

const LISTS: [(&str, &str); 6] = [
    ("/clients", "clients"),
    ("/client-grants", "client_grants"),
    ("/resource-servers", "resource_servers"),
    ("/connections", "connections"),
    ("/users", "users"),
    ("/logs", "logs"),
];

fn arrays(object: &Value) -> usize {
    object.as_object().expect("an object").values().filter(|value| value.is_array()).count()
}

#[tokio::test]
async fn every_list_has_the_shape_that_was_asked_for() {
    let api = Api::new().await;
    for (path, name) in LISTS {
        let plain = expect(&api.get(path).await, 200);
        let count = plain.as_array().expect("a list").len();
        let totals = expect(&api.get(&format!("{path}?page=0&per_page=50&include_totals=true")).await, 200);
        assert_eq!((&totals["start"], &totals["limit"]), (&json!(0), &json!(50)), "{path}");
        assert!(totals["total"].is_u64() && totals[name].is_array(), "{path}: {totals}");
        assert_eq!((arrays(&totals), totals.get("length").is_some()), (1, ["users", "logs"].contains(&name)), "{path}");
        assert_eq!(expect(&api.get(&format!("{path}?page=9&per_page=100")).await, 200), json!([]), "{path}");
        if name == "logs" {
            continue;
        }
        let checkpoint = expect(&api.get(&format!("{path}?include_totals=true&take=50")).await, 200);
        assert_eq!(checkpoint, json!({name: plain}), "{path}");
        assert_eq!(totals["total"], count, "{path}");
    }
}

#[tokio::test]
async fn ad_07_what_is_out_of_bounds_is_refused() {
    let api = Api::new().await;
    for (path, _) in LISTS {
        for query in [
            "page=-1",
            "per_page=0",
            "per_page=101",
            "per_page=1000000000",
            "take=0",
            "take=101",
            "from=%27",
            "from=x&take=5",
            "include_totals=maybe",
            "page=1&page=2",
            "page=0;DROP%20TABLE%20users",
        ] {
            let refused = expect(&api.get(&format!("{path}?{query}")).await, 400);
            assert_eq!(refused["errorCode"], "invalid_query_string", "{path}?{query}");
        }
    }
    for path in ["/users", "/logs"] {
        let refused = expect(&api.get(&format!("{path}?page=10&per_page=100")).await, 400);
        assert_eq!(refused["errorCode"], "invalid_query_string");
    }
    assert_eq!(expect(&api.get("/clients?page=1000&unknown=1").await, 200), json!([]));
}

#[tokio::test]
async fn checkpoints_visit_every_row_once_even_where_ages_are_equal() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let people = api.app.add_connection("people", &[], |_| {}).await;
        for number in 0..7 {
            api.app.add_user(&people, &format!("auth0|{number}"), &format!("{number}@x.test"), None).await;
            if number % 3 == 0 {
                api.app.advance(Duration::from_millis(1));
            }
        }
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let page = expect(&api.get(&format!("/users?take=2{from}")).await, 200);
            seen.extend(each(&page["users"], "email").into_iter().map(str::to_owned));
            match page["next"].as_str() {
                Some(next) => from = format!("&from={next}"),
                None => break,
            }
        }
        assert_eq!(seen, (0..7).map(|number| format!("{number}@x.test")).collect::<Vec<_>>());
        let second = expect(&api.get("/users?page=1&per_page=3&include_totals=true&fields=email").await, 200);
        let users = json!([{"email": "3@x.test"}, {"email": "4@x.test"}, {"email": "5@x.test"}]);
        assert_eq!(second, json!({"start": 3, "limit": 3, "length": 3, "total": 7, "users": users}));
    })
    .await;
}
