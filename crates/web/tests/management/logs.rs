//! `/logs`.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use testkit::{App, RelyingParty, for_each_deployment, for_each_engine};
use tokio::task::JoinSet;

use crate::api::{Api, each, expect, expect_refusal, in_path, machine};

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
async fn the_log_is_searched_by_every_field_that_is_documented() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        with_writes(&api).await;
        expect(&api.get("/users").await, 200);
        for (q, expected) in [
            ("type:sapi", 5),
            ("type:s*", 6),
            ("type:(fp OR sapi)", 5),
            ("client_id:bootstrap AND NOT type:sapi", 1),
            ("client_name:\"Bootstrap\"", 0),
            ("ip:203.0.113.7", 6),
            ("ip:\"203.0.113.8\"", 0),
            ("description:\"Create client\"", 5),
            ("description:\"create client\"", 0),
            ("_exists_:user_id", 0),
            ("NOT _exists_:user_id", 6),
            ("date:2027-01-15", 6),
            ("date:{* TO 2027-01-15}", 0),
            ("date:[2027-01-15T08:00:04 TO *] AND type:sapi", 2),
            ("hostname:x OR strategy:x OR strategy_type:x OR user_name:x OR connection:x", 0),
            ("sapi", 5),
        ] {
            let found = expect(&api.get(&format!("/logs?include_totals=true&q={}", in_path(q))).await, 200);
            assert_eq!(found["total"], expected, "{q}");
            assert_eq!(found["logs"].as_array().map(Vec::len), Some(expected), "{q}");
        }
    })
    .await;
}

/// What a reader is given who goes on from here (`&from=…`, or nothing at the beginning), and where it goes on next.
async fn read_on(api: &Api, from: &str) -> (Vec<String>, String) {
    let answer = api.get(&format!("/logs?take=2{from}")).await;
    let events = expect(&answer, 200);
    let link = answer.header("link").expect("a link to what follows").to_owned();
    let next = link.split_once("?from=").and_then(|(_, rest)| rest.split_once('&')).expect("a log id").0.to_owned();
    assert_eq!(link, format!("<https://id.test/api/v2/logs?from={next}&take=2>; rel=\"next\""));
    (each(&events, "log_id").into_iter().map(str::to_owned).collect(), next)
}

#[tokio::test]
async fn a_reader_goes_from_event_to_event() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        with_writes(&api).await;
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let (events, next) = read_on(&api, &from).await;
            if events.is_empty() {
                break assert_eq!(seen.last(), Some(&next));
            }
            seen.extend(events);
            from = format!("&from={next}");
        }
        assert!(seen.is_sorted());
        assert_eq!(seen.len(), api.app.events().await.len());
    })
    .await;
}

const AUDIENCE: &str = "https://id.test/api/v2/";

/// Many calls that end in another order than they began in.
fn tokens_at_once(nodes: &[App; 2], client: &RelyingParty) -> JoinSet<StatusCode> {
    let mut calls = JoinSet::new();
    for index in 0..200 {
        let (node, client) = (nodes[index % 2].clone(), client.clone());
        calls.spawn(async move {
            let fields = [("grant_type", "client_credentials"), ("audience", AUDIENCE)];
            node.token(&client.with_credentials(&fields)).await.status
        });
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_meets_each_event_of_many_calls_at_once_exactly_once() {
    for_each_deployment(async |nodes| {
        let api = Api::on(nodes[0].clone()).await;
        let client = machine(&api.app, "machine").await;
        api.app.add_client_grant(&client, AUDIENCE, "read:logs").await;
        let mut calls = tokens_at_once(&nodes, &client);
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            while let Some(status) = calls.try_join_next() {
                assert_eq!(status.unwrap(), 200);
            }
            let were_over = calls.is_empty();
            let (events, next) = read_on(&api, &from).await;
            if events.is_empty() && were_over {
                break;
            }
            seen.extend(events);
            from = format!("&from={next}");
        }
        let recorded: Vec<_> = api.app.events().await.into_iter().map(|event| event.log_id.to_string()).collect();
        assert!(recorded.len() >= 200);
        seen.sort();
        assert_eq!(seen, recorded);
    })
    .await;
}

#[tokio::test]
async fn ad_07_what_cannot_be_asked_is_refused() {
    let api = Api::new().await;
    for query in [
        "q=type:%22sapi%22%20OR",
        "q=details.id:%22x%22",
        "q=document:x",
        "q=date:yesterday",
        "search=type:",
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
    for (q, name) in [("details.id:x", "details.id"), ("type:s* OR _exists_:document", "document")] {
        let message = format!("Query validation error: q names {name}, which cannot be searched");
        let refused = api.get(&format!("/logs?q={}", in_path(q))).await;
        expect_refusal(&refused, 400, Some("invalid_query_string"), &message);
    }
}

/// Who may do everything may not do this.
#[tokio::test]
async fn nobody_alters_the_log_through_the_api() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        with_writes(&api).await;
        let before = api.app.events().await;
        let id = before[0].log_id.as_str();
        for path in ["/logs".to_owned(), format!("/logs/{id}"), format!("/logs?q=log_id:{id}")] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let refused = api.send(method.clone(), &path, Some(json!({"type": "s"}))).await;
                expect_refusal(&refused, 405, None, "This path does not know this method.");
            }
        }
        assert_eq!(api.app.events().await, before);
    })
    .await;
}

/// DL-04: what somebody typed and what their browser calls itself stand in one event, as they came, and in JSON alone.
#[tokio::test]
async fn dl_04_what_strangers_type_makes_no_event_of_its_own() {
    const TYPED: &str = "a\r\n{\"type\":\"s\"}\u{1b}[2J\"\u{202e}@x.test";
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let client = api.app.add_client("shop", |_| {}).await;
        api.app.add_connection("people", &[&client], |_| {}).await;
        let mut browser = api.app.browser().sending("user-agent", "x\" \\u000a{\"type\":\"s\"}");
        browser.log_in(&client.request(), TYPED, "wrong").await.page();
        let [event] = &api.app.events_of("fu").await[..] else { panic!("one event") };
        assert_eq!(event.user_name.as_deref(), Some(TYPED));
        let told = api.get(&format!("/logs/{}", event.log_id.as_str())).await;
        assert!(told.body.lines().count() == 1 && !told.body.contains(['\r', '\u{1b}']), "{}", told.body);
        assert_eq!(expect(&told, 200)["user_agent"], "x\" \\u000a{\"type\":\"s\"}");
        assert!(api.app.events_of("s").await.is_empty());
    })
    .await;
}
