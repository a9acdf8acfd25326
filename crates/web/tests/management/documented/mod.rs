//! The OpenAPI document, held against the standard and against the running server.

mod bodies;
mod examples;
mod methods;
mod operation;
mod scopes;
mod standard;
mod world;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

pub(crate) use operation::Operation;

/// A validator for a schema of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let root = json!({ "allOf": [schema], "components": document["components"] });
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&root).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// Panics unless the value is as the schema says.
#[track_caller]
fn assert_valid(document: &Value, schema: &Value, value: &Value, what: &str) {
    let problems: Vec<_> = validator(document, schema)
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what}: {problems:#?}\n{value:#}");
}
