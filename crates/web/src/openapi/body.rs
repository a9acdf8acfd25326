//! Schemas of bodies that are read: each property as the flow that reads it takes it.

use serde_json::{Map, Value, json};

/// A property: its name, what it may be, and what it is for.
pub(crate) type Property = (&'static str, Value, &'static str);

/// An object with these properties and no others, of which some must be there.
pub(crate) fn object(required: &[&str], properties: impl IntoIterator<Item = Property>) -> Value {
    let properties: Map<_, _> = properties.into_iter().map(described).collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

/// The same, where properties that nobody knows are passed over.
pub(crate) fn open_object(required: &[&str], properties: impl IntoIterator<Item = Property>) -> Value {
    let mut object = object(required, properties);
    object["additionalProperties"] = true.into();
    object
}

fn described((name, mut schema, description): Property) -> (String, Value) {
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    (name.to_owned(), schema)
}

/// A text.
pub(crate) fn text() -> Value {
    json!({ "type": "string" })
}

/// A text of this many characters.
pub(crate) fn text_of(least: u64, most: u64) -> Value {
    json!({ "type": "string", "minLength": least, "maxLength": most })
}

/// One of some texts.
pub(crate) fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// A web address.
pub(crate) fn uri() -> Value {
    json!({ "type": "string", "format": "uri", "maxLength": 2048 })
}

/// Yes or no.
pub(crate) fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number within bounds.
pub(crate) fn whole(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A list.
pub(crate) fn list(items: &Value, most: impl Into<Option<u64>>) -> Value {
    let mut list = json!({ "type": "array", "items": items });
    if let Some(most) = most.into() {
        list["maxItems"] = most.into();
    }
    list
}

/// A list of texts.
pub(crate) fn texts() -> Value {
    list(&text(), None)
}

/// An object of the caller's own.
pub(crate) fn free() -> Value {
    json!({ "type": "object" })
}

/// The same, or `null`, which takes away what is there.
pub(crate) fn or_null(mut schema: Value) -> Value {
    let Some(one) = schema.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return json!({ "anyOf": [schema, { "type": "null" }] });
    };
    schema["type"] = json!([one, "null"]);
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

/// What is shown and may be sent back, but cannot say anything else here.
pub(crate) fn only(value: impl Into<Value>) -> Value {
    json!({ "const": value.into() })
}
