//! The document says what it means.

use std::collections::HashSet;

use serde_json::Value;

use super::operation::{Operation, resolved};
use super::{assert_valid, validator};

#[test]
fn every_schema_is_one() {
    let document = web::openapi::document();
    for schema in schemas(&document) {
        assert!(jsonschema::meta::is_valid(schema), "{schema:#}");
        validator(&document, schema);
    }
}

/// Every schema at the top of a place that has one.
fn schemas(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(object) => {
            let own = object.get("schema").into_iter();
            let named = object.get("schemas").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
            own.chain(named).chain(object.values().flat_map(schemas)).collect()
        }
        Value::Array(items) => items.iter().flat_map(schemas).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = web::openapi::document();
    for operation in Operation::all(&document) {
        for content in contents(&document, &operation) {
            let examples = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
            for example in content.get("example").into_iter().chain(examples) {
                assert_valid(&document, &content["schema"], example, &operation.name());
            }
        }
    }
}

#[test]
fn every_body_has_an_example() {
    let document = web::openapi::document();
    let refusals = document["components"]["responses"].as_object().expect("responses").values();
    let refusals: Vec<_> =
        refusals.flat_map(|refusal| refusal["content"].as_object().expect("content").values()).collect();
    for operation in Operation::all(&document) {
        let is_refusal = |content: &&Value| refusals.contains(content);
        for content in contents(&document, &operation).into_iter().filter(|content| !is_refusal(content)) {
            let has_one = content.get("example").is_some() || content.get("examples").is_some();
            assert!(has_one, "{} has no example of {content}", operation.name());
        }
    }
}

/// What an operation reads and answers, in each form.
fn contents<'a>(document: &'a Value, operation: &'a Operation) -> Vec<&'a Value> {
    let responses = operation.described["responses"].as_object().expect("responses").values();
    let bodies = responses.map(|response| resolved(document, response)).chain([&operation.described["requestBody"]]);
    bodies.filter_map(|body| body["content"].as_object()).flat_map(|content| content.values()).collect()
}

#[test]
fn every_operation_has_a_name_of_its_own_and_describes_its_path() {
    let document = web::openapi::document();
    let mut names = HashSet::new();
    for operation in Operation::all(&document) {
        let id = operation.described["operationId"].as_str().expect("an id");
        assert!(names.insert(id.to_owned()), "{id}");
        let described: Vec<_> = operation.parameters(&document, "path").iter().map(|it| it["name"].clone()).collect();
        let in_path: Vec<_> = operation.path.split('/').filter_map(|part| part.strip_prefix('{')).collect();
        let in_path: Vec<_> = in_path.iter().map(|name| Value::from(name.trim_end_matches('}'))).collect();
        assert_eq!(described, in_path, "{}", operation.name());
    }
}
