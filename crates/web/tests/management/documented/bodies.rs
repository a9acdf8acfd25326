//! Bodies are read as they are documented: what is documented is known, what must be there is missed, and everything
//! else is refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::operation::{Operation, resolved};
use super::world::World;
use crate::api::expect;

/// A name that no property has.
const NOBODYS: &str = "nobodys_property";

#[tokio::test]
async fn bodies_are_read_as_documented() {
    let document = web::openapi::document();
    let names = every_name(&document);
    for operation in Operation::all(&document).into_iter().filter(Operation::is_of_management) {
        let Some((schema, example)) = operation.json_body() else { continue };
        let world = World::new().await;
        let probe = Probe { document: &document, operation: &operation, world: &world, names: &names };
        let before = world.api.app.dump().await;
        probe.object(schema, &[], &world.real_value(example)).await;
        world.api.app.assert_unchanged_since(&before).await;
    }
}

/// The name of every property that any schema has.
fn every_name(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(object) => {
            let own = object.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
            own.chain([NOBODYS.to_owned()]).chain(object.values().flat_map(every_name)).collect()
        }
        Value::Array(items) => items.iter().flat_map(every_name).collect(),
        _ => BTreeSet::new(),
    }
}

/// A step into a body.
#[derive(Clone)]
enum Step {
    Property(String),
    First,
}

struct Probe<'a> {
    document: &'a Value,
    operation: &'a Operation,
    world: &'a World,
    names: &'a BTreeSet<String>,
}

impl Probe<'_> {
    /// Tries every property of the object at this place of the body, and every other name.
    async fn object(&self, schema: &Value, place: &[Step], body: &Value) {
        let known = known_names(resolved(self.document, schema));
        let schema = first(resolved(self.document, schema));
        if takes(schema, "array") {
            return Box::pin(self.object(&schema["items"], &extended(place, Step::First), body)).await;
        }
        let Some(properties) = schema["properties"].as_object() else { return };
        for (name, property) in properties {
            let place = extended(place, Step::Property(name.clone()));
            self.known(property, &place, body).await;
            Box::pin(self.object(property, &place, body)).await;
        }
        // In what the example lacks, something else may be missed before.
        if body.pointer(&pointer(place)).is_none() {
            return;
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("a name").to_owned();
            self.required(&extended(place, Step::Property(name)), body).await;
        }
        for name in self.names.iter().filter(|name| !known.contains(name.as_str())) {
            self.unknown(&extended(place, Step::Property(name.clone())), body).await;
        }
    }

    /// A value that cannot be is refused for what it is, not for being there.
    async fn known(&self, schema: &Value, place: &[Step], body: &Value) {
        let message = self.refused(place, Some(wrong(resolved(self.document, schema))), body).await;
        assert!(!message.contains("Additional properties"), "{}: {message}", self.operation.name());
        // In what the example lacks, something else may be missed before.
        let object = &place[..place.len() - 1];
        let named = if body.pointer(&pointer(object)).is_some() { place } else { object };
        assert!(message.contains(name(named)), "{}: {message}", self.operation.name());
    }

    async fn required(&self, place: &[Step], body: &Value) {
        let expected = format!("Payload validation error: Missing required property: {}", path(place));
        assert_eq!(self.refused(place, None, body).await, expected, "{}", self.operation.name());
    }

    async fn unknown(&self, place: &[Step], body: &Value) {
        let expected = format!("Payload validation error: Additional properties not allowed: {}", path(place));
        assert_eq!(self.refused(place, Some(json!("x")), body).await, expected, "{}", self.operation.name());
    }

    /// What the server says of the example with another value in this place.
    async fn refused(&self, place: &[Step], value: Option<Value>, body: &Value) -> String {
        let mut body = body.clone();
        put(&mut body, place, value);
        let uri = self.operation.example_uri(self.document, self.world);
        let answer = self.world.api.app.call(self.operation.call(&uri, Some(&self.world.api.token), Some(&body))).await;
        assert_eq!(answer.status, 400, "{} took {body}: {}", self.operation.name(), answer.body);
        let refusal = expect(&answer, 400);
        refusal["message"].as_str().expect("a message").to_owned()
    }
}

fn extended(place: &[Step], step: Step) -> Vec<Step> {
    place.iter().cloned().chain([step]).collect()
}

/// A place as the server names it.
fn path(place: &[Step]) -> String {
    let step = |path: String, step: &Step| match step {
        Step::First => format!("{path}[0]"),
        Step::Property(name) if path.is_empty() => name.clone(),
        Step::Property(name) => format!("{path}.{name}"),
    };
    place.iter().fold(String::new(), step)
}

/// Of alternatives the one that the examples are of.
fn first(schema: &Value) -> &Value {
    schema["anyOf"].get(0).unwrap_or(schema)
}

/// The names that any of the alternatives knows.
fn known_names(schema: &Value) -> BTreeSet<&str> {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten().chain([schema]);
    let properties = alternatives.filter_map(|schema| schema["properties"].as_object());
    properties.flat_map(Map::keys).map(String::as_str).collect()
}

fn takes(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == name),
        one => one == name,
    }
}

/// The name of the last property on the way to a place.
fn name(place: &[Step]) -> &str {
    let mut names = place.iter().rev().filter_map(|step| match step {
        Step::Property(name) => Some(name.as_str()),
        Step::First => None,
    });
    names.next().unwrap_or_default()
}

/// A place as RFC 6901 writes it.
fn pointer(place: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::First => "/0".to_owned(),
        Step::Property(name) => format!("/{name}"),
    };
    place.iter().map(step).collect()
}

/// Something of another type than the schema asks for.
fn wrong(schema: &Value) -> Value {
    if let Some(only) = schema.get("const") {
        return json!(format!("not {only}"));
    }
    if takes(schema, "integer") || takes(schema, "number") { json!("x") } else { json!(5) }
}

/// Puts a value in its place, or takes away what is there. What leads there is made where the example lacks it.
fn put(body: &mut Value, place: &[Step], value: Option<Value>) {
    let Some((step, rest)) = place.split_first() else {
        *body = value.unwrap_or_default();
        return;
    };
    match step {
        Step::First => {
            if !body.is_array() {
                *body = json!([{}]);
            }
            put(&mut body[0], rest, value);
        }
        Step::Property(name) => {
            if !body.is_object() {
                *body = json!({});
            }
            match (rest.is_empty(), value) {
                (true, None) => drop(body.as_object_mut().and_then(|object| object.remove(name))),
                (_, value) => put(&mut body[name], rest, value),
            }
        }
    }
}
