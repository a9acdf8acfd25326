//! The operations of the document, and calls as it describes them.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::Value;
use url::form_urlencoded;

use super::world::World;
use crate::api::in_path;

/// Where the document keeps what it names.
const COMPONENTS: &str = "#/components/";

/// What stands between the parts of a form.
const BOUNDARY: &str = "boundary";

/// One method at one path.
pub(crate) struct Operation {
    pub(super) method: Method,
    pub(crate) path: String,
    pub(super) described: Value,
}

impl Operation {
    /// Every one that the document has.
    pub(crate) fn all(document: &Value) -> Vec<Operation> {
        let paths = document["paths"].as_object().expect("paths");
        let of_path = |(path, methods): (&String, &Value)| {
            let methods = methods.as_object().expect("methods").clone();
            let path = path.clone();
            methods.into_iter().map(move |(method, described)| Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                described,
            })
        };
        paths.iter().flat_map(of_path).collect()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn is_of_management(&self) -> bool {
        self.path.starts_with("/api/v2/")
    }

    /// The parameters in this place, each with its name and what is said of it.
    pub(super) fn parameters<'a>(&'a self, document: &'a Value, place: &str) -> Vec<&'a Value> {
        let all = self.described["parameters"].as_array().into_iter().flatten();
        all.map(|parameter| resolved(document, parameter)).filter(|parameter| parameter["in"] == place).collect()
    }

    /// The schema and the example of the JSON body.
    pub(super) fn json_body(&self) -> Option<(&Value, &Value)> {
        let content = &self.described["requestBody"]["content"]["application/json"];
        content.is_object().then(|| (&content["schema"], &content["example"]))
    }

    /// The example of a form with a file in it (RFC 7578).
    pub(super) fn multipart(&self) -> Option<&Value> {
        self.described["requestBody"]["content"]["multipart/form-data"].get("example")
    }

    /// The media type and the value of every example of a body; one without a value where there is no body.
    pub(super) fn bodies(&self) -> Vec<Option<(&str, &Value)>> {
        let Some(content) = self.described["requestBody"]["content"].as_object() else { return vec![None] };
        let examples = content.iter().flat_map(|(media_type, form)| {
            let named = form["examples"].as_object().into_iter().flat_map(|named| named.values());
            let values = named.map(|example| &example["value"]).chain(form.get("example"));
            values.map(move |value| Some((media_type.as_str(), value)))
        });
        examples.collect()
    }

    /// What is said of an answer with this status.
    pub(super) fn response<'a>(&'a self, document: &'a Value, status: u16) -> Option<&'a Value> {
        self.described["responses"].get(status.to_string()).map(|response| resolved(document, response))
    }

    /// The path and query of the example, on this server.
    pub(super) fn example_uri(&self, document: &Value, world: &World) -> String {
        let mut uri = self.path.clone();
        for parameter in self.parameters(document, "path") {
            let name = parameter["name"].as_str().expect("a name");
            let value = parameter["example"].as_str().unwrap_or_else(|| panic!("{} has no example", self.name()));
            uri = uri.replace(&format!("{{{name}}}"), &in_path(&world.real(value)));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for parameter in self.parameters(document, "query") {
            if let Some(value) = parameter["example"].as_str() {
                query.append_pair(parameter["name"].as_str().expect("a name"), &world.real(value));
            }
        }
        let query = query.finish();
        if query.is_empty() { uri } else { format!("{uri}?{query}") }
    }

    /// The example, as a call of the Management API by this token, if any, with this body.
    pub(crate) fn call(&self, uri: &str, token: Option<&str>, body: Option<&Value>) -> Request<Body> {
        let mut request = Request::builder().method(self.method.clone()).uri(uri);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let (media_type, text) = match self.multipart() {
            Some(example) => (format!("multipart/form-data; boundary={BOUNDARY}"), parts(body.unwrap_or(example))),
            None => ("application/json".to_owned(), body.map(Value::to_string).unwrap_or_default()),
        };
        request.header(header::CONTENT_TYPE, media_type).body(Body::from(text)).expect("a path")
    }
}

fn parts(value: &Value) -> String {
    let fields = value.as_object().expect("a form has fields").iter();
    let part = |(name, value): (&String, &Value)| {
        let text = value.as_str().expect("a field is a text");
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    fields.map(part).chain([format!("--{BOUNDARY}--\r\n")]).collect()
}

/// What a reference leads to, or the value itself.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let place = reference.strip_prefix(COMPONENTS).unwrap_or_else(|| panic!("{reference} leads elsewhere"));
    document.pointer(&format!("/components/{place}")).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}
