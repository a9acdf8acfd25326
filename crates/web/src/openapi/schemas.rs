//! Schemas of what is answered, made from the types that are written.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::management::Length;

/// Where the document keeps schemas that have a name.
const PLACE: &str = "/components/schemas";

/// The schemas of one document.
pub(crate) struct Schemas(SchemaGenerator);

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = PLACE.into();
            settings.contract = Contract::Serialize;
            settings.meta_schema = None;
        });
        Schemas(settings.into_generator())
    }

    /// The schema of a type, always whole.
    pub(crate) fn of<T: JsonSchema>(&mut self) -> Value {
        self.0.subschema_for::<T>().to_value()
    }

    /// The schema of a record of which `fields` may choose properties.
    pub(crate) fn chosen<T: JsonSchema>(&mut self) -> Value {
        json!({ "anyOf": [self.of::<T>(), { "$ref": format!("#{PLACE}/ChosenProperties") }] })
    }

    /// An array of such records.
    pub(crate) fn all<T: JsonSchema>(&mut self) -> Value {
        json!({ "type": "array", "items": self.chosen::<T>() })
    }

    /// A page of such records in the three shapes that a query can ask for.
    pub(crate) fn page<T: JsonSchema>(&mut self, name: &str, length: Length) -> Value {
        let plain = self.all::<T>();
        let count = || json!({ "type": "integer", "minimum": 0 });
        let mut totals = json!({ "start": count(), "limit": count(), "total": count(), name: plain });
        if length == Length::Shown {
            totals["length"] = count();
        }
        let names: Vec<_> = totals.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        json!({ "anyOf": [
            plain,
            {
                "description": "With `include_totals`.",
                "type": "object", "properties": totals, "required": names, "additionalProperties": false,
            },
            from_checkpoint(name, &plain),
        ] })
    }

    /// A page of such records in the only shape of a list that knows no page numbers.
    pub(crate) fn checkpoint<T: JsonSchema>(&mut self, name: &str) -> Value {
        from_checkpoint(name, &self.all::<T>())
    }

    /// Every schema that was named.
    pub(super) fn into_named(mut self) -> Map<String, Value> {
        let mut named = self.0.take_definitions(true);
        named.values_mut().for_each(absent_is_not_null);
        named.insert(
            "ChosenProperties".to_owned(),
            json!({ "description": "The properties that `fields` chose.", "type": "object" }),
        );
        named.sort_keys();
        named
    }
}

fn from_checkpoint(name: &str, records: &Value) -> Value {
    json!({
        "description": "With `from` or `take`. Without `next`, this is the last page.",
        "type": "object",
        "properties": { "next": { "type": "string" }, name: records },
        "required": [name],
        "additionalProperties": false,
    })
}

/// What is left out where there is none is never `null`.
fn absent_is_not_null(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if !required.contains(&name.as_str().into()) {
            drop_null(property);
        }
    }
}

fn drop_null(property: &mut Value) {
    if let Some(types) = property.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            property["type"] = only.clone();
        }
    }
    let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    choices.retain(|choice| *choice != json!({ "type": "null" }));
    if let ([only], Some(object)) = (choices.clone().as_slice(), property.as_object_mut()) {
        object.remove("anyOf");
        object.extend(only.as_object().cloned().unwrap_or_default());
    }
}
