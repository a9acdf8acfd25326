//! Every documented example is answered as documented.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::Value;
use testkit::Answer;
use url::form_urlencoded;

use super::assert_valid;
use super::operation::Operation;
use super::world::{ACCESS_TOKEN, World};

/// DL-05 as well: whatever changes something is told of by then.
#[tokio::test]
async fn dl_05_management_examples_are_answered_as_documented_and_told_of() {
    let document = web::openapi::document();
    let shared = World::new().await;
    for operation in Operation::all(&document).into_iter().filter(Operation::is_of_management) {
        // Who only looks leaves the world as it was.
        let own = if operation.method == Method::GET { None } else { Some(World::new().await) };
        let world = own.as_ref().unwrap_or(&shared);
        let uri = operation.example_uri(&document, world);
        let body = operation.json_body().map(|(_, example)| example).or(operation.multipart());
        let body = body.map(|example| world.real_value(example));
        let (before, told_before) = (world.api.app.dump().await, world.api.app.events().await.len());
        let answer = world.api.app.call(operation.call(&uri, Some(&world.api.token), body.as_ref())).await;
        assert!(answer.status.is_success(), "{}: {} {}", operation.name(), answer.status, answer.body);
        assert_documented(&document, &operation, &answer);
        let is_told_of = world.api.app.events().await.len() > told_before;
        assert!(is_told_of || world.api.app.dump().await == before, "{} leaves no event", operation.name());
    }
}

#[tokio::test]
async fn authentication_examples_are_answered_as_documented() {
    let document = web::openapi::document();
    for operation in Operation::all(&document).into_iter().filter(|operation| !operation.is_of_management()) {
        for body in operation.bodies() {
            let world = World::new().await;
            let answer = world.api.app.call(call(&operation, &document, &world, body)).await;
            let has_worked = answer.status.is_success() || answer.status.is_redirection();
            assert!(has_worked, "{} with {body:?}: {} {}", operation.name(), answer.status, answer.body);
            assert_documented(&document, &operation, &answer);
        }
    }
}

fn call(operation: &Operation, document: &Value, world: &World, body: Option<(&str, &Value)>) -> Request<Body> {
    let request = Request::builder().method(operation.method.clone()).uri(operation.example_uri(document, world));
    let needs_token = operation.described["security"][0]["access_token"].is_array();
    let token = needs_token.then(|| format!("Bearer {}", world.real(ACCESS_TOKEN)));
    let request = token.into_iter().fold(request, |request, token| request.header(header::AUTHORIZATION, token));
    let Some((media_type, value)) = body else { return request.body(Body::empty()).expect("a path") };
    let value = world.real_value(value);
    let text = if media_type == "application/json" { value.to_string() } else { as_form(&value) };
    request.header(header::CONTENT_TYPE, media_type).body(Body::from(text)).expect("a path")
}

fn as_form(value: &Value) -> String {
    let fields = value.as_object().expect("a form has fields");
    let fields = fields.iter().map(|(name, value)| (name, value.as_str().expect("a field is a text")));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Panics unless the operation is documented to answer so.
#[track_caller]
pub(super) fn assert_documented(document: &Value, operation: &Operation, answer: &Answer) {
    let name = operation.name();
    let Some(response) = operation.response(document, answer.status.as_u16()) else {
        panic!("{name} is not documented to answer {}", answer.status)
    };
    let Some(content) = response["content"].as_object() else {
        return assert!(answer.body.is_empty(), "{name} is not documented to have a body: {}", answer.body);
    };
    let media_type = answer.header("content-type").expect("a body has a type");
    let essence = media_type.split(';').next().unwrap_or_default();
    let form = content.get(essence).unwrap_or_else(|| panic!("{name} is not documented to answer {essence}"));
    if essence == "application/json" {
        let schema = &form["schema"];
        // What was not asked to choose properties shows them all.
        let whole = whole(schema);
        assert_valid(document, &whole, &answer.json(), &name);
    }
}

/// The schema without the way out for records of which properties were chosen.
fn whole(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let kept = |(name, value): (&String, &Value)| (name.clone(), whole(value));
            Value::Object(object.iter().map(kept).collect())
        }
        Value::Array(items) => {
            let is_kept = |item: &&Value| item["$ref"] != "#/components/schemas/ChosenProperties";
            Value::Array(items.iter().filter(is_kept).map(whole).collect())
        }
        value => value.clone(),
    }
}

/// DL-05: a change and its event are one write. Where the event cannot be written, whatever stops it, nothing of the
/// change is; so the process may end at any moment between the two.
#[tokio::test]
async fn dl_05_no_change_is_kept_without_its_event() {
    let document = web::openapi::document();
    let world = World::new().await;
    let app = &world.api.app;
    let before = app.dump().await;
    app.refuse_events(true).await;
    let is_change = |operation: &Operation| operation.is_of_management() && operation.method != Method::GET;
    for operation in Operation::all(&document).into_iter().filter(is_change) {
        let name = operation.name();
        let uri = operation.example_uri(&document, &world);
        let body = operation.json_body().map(|(_, example)| example).or(operation.multipart());
        let body = body.map(|example| world.real_value(example));
        let answer = app.call(operation.call(&uri, Some(&world.api.token), body.as_ref())).await;
        // What is so already needs neither change nor event.
        println!("{name} answers {} where no event is recorded", answer.status);
        assert!(answer.status == 500 || answer.status.is_success(), "{name}: {} {}", answer.status, answer.body);
        app.assert_unchanged_since(&before).await;
    }
}
