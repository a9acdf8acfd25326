//! `/logs`.

use std::time::Duration;

use serde_json::json;
use testkit::for_each_engine;

use crate::api::{Api, each, expect, expect_refusal};

/// A broker with five writes in its log, a second apart.
async fn with_writes(api: &Api) {
    for number in 0..5 {
        api.app.advance(Duration::from_secs(1));
        expect(&api.post("/clients", json!({"name": "x", "client_id": format!("c{number}")})).await, 201);
    }
}

#[tokio::test]
async fn events_are_listed_newest_first_and_found_one_by_one() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        with_writes(&api).await;
        let page = expect(&api.get("/logs?q=type:%22sapi%22&per_page=2&include_totals=true").await, 200);
        assert_eq!(
            (&page["start"], &page["limit"], &page["length"], &page["total"]),
            (&json!(0), &json!(2), &json!(2), &json!(5))
        );
        let ids: Vec<_> =
            page["logs"].as_array().unwrap().iter().map(|event| event["details"]["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["c4", "c3"]);
        let event = &page["logs"][0];
        assert_eq!(
            (&event["type"], &event["client_id"], &event["ip"]),
            (&json!("sapi"), &json!("bootstrap"), &json!("203.0.113.7"))
        );
        let path = format!("/logs/{}", event["log_id"].as_str().unwrap());
        assert_eq!(expect(&api.get(&path).await, 200), *event);
        expect_refusal(&api.get("/logs/900").await, 404, Some("inexistent_log"), "The log event does not exist.");
        let oldest = expect(&api.get("/logs?q=type:sapi&sort=date:1&per_page=1").await, 200);
        assert_eq!(oldest[0]["details"]["id"], "c0");
        assert_eq!(expect(&api.get("/logs?q=client_id:%22nobody%22").await, 200), json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_reader_goes_from_event_to_event() {
    let api = Api::new().await;
    with_writes(&api).await;
    let (mut seen, mut from) = (Vec::new(), String::new());
    loop {
        let answer = api.get(&format!("/logs?take=2{from}")).await;
        let events = expect(&answer, 200);
        let link = answer.header("link").expect("a link to what follows").to_owned();
        let next = link.split_once("?from=").and_then(|(_, rest)| rest.split_once('&')).expect("a log id").0.to_owned();
        assert_eq!(link, format!("<https://id.test/api/v2/logs?from={next}&take=2>; rel=\"next\""));
        from = format!("&from={next}");
        if each(&events, "log_id").is_empty() {
            break assert_eq!(seen.last(), Some(&next));
        }
        seen.extend(each(&events, "log_id").into_iter().map(str::to_owned));
    }
    assert!(seen.is_sorted());
    assert_eq!(seen.len(), api.app.events().await.len());
}

#[tokio::test]
async fn ad_07_what_cannot_be_asked_is_refused() {
    let api = Api::new().await;
    for query in [
        "q=type:%22sapi%22%20OR%20type:%22s%22",
        "q=ip:%22x%22",
        "q=type:s*",
        "sort=date",
        "sort=type:1",
        "from=abc",
        "from=900%27",
        "take=0",
        "take=101",
        "page=-1",
        "page=20&per_page=50",
    ] {
        assert_eq!(
            expect(&api.get(&format!("/logs?{query}")).await, 400)["errorCode"],
            "invalid_query_string",
            "{query}"
        );
    }
}
