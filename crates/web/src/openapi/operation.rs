//! What one method does at one path.

use std::collections::BTreeMap;

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Map, Value, json};

use super::document::{Surface, refusal};

/// A description in the making.
pub(crate) struct Operation {
    surface: Surface,
    summary: &'static str,
    description: Option<&'static str>,
    /// Each of these lists asks for one of its scopes.
    scopes: Vec<&'static [ManagementScope]>,
    security: Vec<Value>,
    parameters: Vec<Value>,
    request: Option<Value>,
    responses: BTreeMap<u16, Value>,
}

impl Operation {
    /// Of the Management API, for callers with one of these scopes.
    pub(crate) fn management(summary: &'static str, scopes: &'static [ManagementScope]) -> Self {
        let operation = Operation { scopes: vec![scopes], ..Operation::of(Surface::Management, summary) };
        operation.refuses(&[400, 401, 403, 429, 500, 503])
    }

    /// Of OAuth 2.0 or OpenID Connect, for whoever comes with one of these schemes. An empty name stands for anybody.
    pub(crate) fn oauth(summary: &'static str, schemes: &[&str]) -> Self {
        let requirement = |scheme: &&str| if scheme.is_empty() { json!({}) } else { json!({ *scheme: [] }) };
        let security = schemes.iter().map(requirement).collect();
        Operation { security, ..Operation::of(Surface::OAuth, summary) }.refuses(&[429, 500, 503])
    }

    /// Of database connections, for anybody.
    pub(crate) fn database(summary: &'static str) -> Self {
        Operation::of(Surface::Database, summary).refuses(&[400, 429, 500, 503])
    }

    /// Where browsers are sent.
    pub(crate) fn page(summary: &'static str) -> Self {
        Operation::of(Surface::Page, summary).refuses(&[400, 500, 503])
    }

    fn of(surface: Surface, summary: &'static str) -> Self {
        Operation {
            surface,
            summary,
            description: None,
            scopes: Vec::new(),
            security: Vec::new(),
            parameters: Vec::new(),
            request: None,
            responses: BTreeMap::new(),
        }
    }

    /// What a caller cannot see from the shapes.
    pub(crate) fn describe(self, description: &'static str) -> Self {
        Operation { description: Some(description), ..self }
    }

    /// Asks for another scope besides.
    pub(crate) fn and_scope(mut self, scopes: &'static [ManagementScope]) -> Self {
        self.scopes.push(scopes);
        self
    }

    /// A part of the path.
    pub(crate) fn path(mut self, name: &str, description: &str, example: &str) -> Self {
        self.parameters.push(json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": description,
            "schema": { "type": "string" },
            "example": example,
        }));
        self
    }

    /// A header that may be left out.
    pub(crate) fn header(mut self, name: &str, description: &str) -> Self {
        let schema = json!({ "type": "string" });
        self.parameters.push(json!({ "name": name, "in": "header", "description": description, "schema": schema }));
        self
    }

    /// A parameter of the query that may be left out.
    pub(crate) fn query(mut self, name: &str, schema: Value, description: &str) -> Self {
        let mut parameter = json!({ "name": name, "in": "query", "description": description });
        parameter["schema"] = schema;
        self.parameters.push(parameter);
        self
    }

    /// A parameter of the query that must be there.
    pub(crate) fn required_query(self, name: &str, schema: Value, description: &str, example: &str) -> Self {
        let mut operation = self.query_like(name, schema, description, example);
        if let Some(parameter) = operation.parameters.last_mut() {
            parameter["required"] = true.into();
        }
        operation
    }

    /// A parameter of the query that may be left out, with an example.
    pub(crate) fn query_like(mut self, name: &str, schema: Value, description: &str, example: &str) -> Self {
        self = self.query(name, schema, description);
        if let Some(parameter) = self.parameters.last_mut() {
            parameter["example"] = example.into();
        }
        self
    }

    /// A list in the query, with commas or repeated.
    pub(crate) fn query_words(mut self, name: &str, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name,
            "in": "query",
            "description": description,
            "schema": { "type": "array", "items": { "type": "string" }, "maxItems": 100 },
            "style": "form",
            "explode": false,
        }));
        self
    }

    /// `fields` and `include_fields`, by which a caller chooses properties of what is answered.
    pub(crate) fn choosing(mut self) -> Self {
        self.parameters.extend(parameters(&["fields", "include_fields"]));
        self
    }

    /// How a page is asked for by number.
    pub(crate) fn paged(mut self) -> Self {
        self.parameters.extend(parameters(&["page", "per_page", "include_totals"]));
        self.choosing()
    }

    /// How a page is asked for from where another ended.
    pub(crate) fn checkpoints(mut self) -> Self {
        self.parameters.extend(parameters(&["from", "take"]));
        self
    }

    /// How a page is asked for by number or from where another ended.
    pub(crate) fn paged_from(self) -> Self {
        self.checkpoints().paged()
    }

    /// The JSON body, with an example.
    pub(crate) fn takes(self, schema: &Value, example: &Value) -> Self {
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.takes_content(&content).refuses(&[413])
    }

    /// The body as a form or as a JSON object, with named examples.
    pub(crate) fn takes_form(self, schema: &Value, examples: &Value) -> Self {
        let content = json!({ "schema": schema, "examples": examples });
        let forms = json!({ "application/x-www-form-urlencoded": content, "application/json": content });
        self.takes_content(&forms).refuses(&[413, 415])
    }

    /// The body in one of several forms, keyed by media type.
    pub(crate) fn takes_content(self, content: &Value) -> Self {
        Operation { request: Some(json!({ "required": true, "content": content })), ..self }
    }

    /// What is answered where all is well, with an example.
    pub(crate) fn answers(self, status: StatusCode, schema: &Value, example: &Value) -> Self {
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        self.responds(status, &json!({ "description": reason(status), "content": content }))
    }

    /// An answer without a body.
    pub(crate) fn answers_nothing(self, status: StatusCode) -> Self {
        self.responds(status, &json!({ "description": reason(status) }))
    }

    /// A page, as an answer.
    pub(crate) fn shows(self, description: &str) -> Self {
        let content = json!({ "text/html": { "schema": { "type": "string" }, "example": "<!doctype html>…" } });
        self.responds(StatusCode::OK, &json!({ "description": description, "content": content }))
    }

    /// A redirect.
    pub(crate) fn redirects(self, status: StatusCode) -> Self {
        let location = json!({ "description": "Where the browser goes on.", "schema": { "type": "string" } });
        self.responds(status, &json!({ "description": reason(status), "headers": { "Location": location } }))
    }

    /// An answer in the words of the specification.
    pub(crate) fn responds(mut self, status: StatusCode, response: &Value) -> Self {
        self.responses.insert(status.as_u16(), response.clone());
        self
    }

    /// Refusals with these statuses besides those that every operation has.
    pub(crate) fn refuses(mut self, statuses: &[u16]) -> Self {
        self.responses.extend(statuses.iter().map(|status| (*status, refusal(self.surface, *status))));
        self
    }

    /// As it stands in the document.
    pub(super) fn render(self, id: &str, tag: &str) -> Value {
        let mut rendered = json!({ "operationId": id, "tags": [tag], "summary": self.summary });
        let by_scope = security(&self.scopes);
        let responses: Map<_, _> = self.responses.into_iter().map(|(status, it)| (status.to_string(), it)).collect();
        if let Some(description) = self.description {
            rendered["description"] = description.into();
        }
        rendered["security"] = if self.scopes.is_empty() { self.security.into() } else { by_scope.into() };
        if !self.parameters.is_empty() {
            rendered["parameters"] = self.parameters.into();
        }
        if let Some(request) = self.request {
            rendered["requestBody"] = request;
        }
        rendered["responses"] = responses.into();
        rendered
    }
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().expect("we answer with registered statuses")
}

fn parameters(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

/// Every way to take one scope of each list, but for those that take more than another does.
fn security(lists: &[&'static [ManagementScope]]) -> Vec<Value> {
    let mut ways: Vec<Vec<&str>> = vec![Vec::new()];
    for list in lists {
        let extended = |way: &Vec<&'static str>| {
            let way = way.clone();
            let with = move |scope: &ManagementScope| -> Vec<&str> {
                let others = way.iter().copied().filter(|held| *held != scope.as_str());
                others.chain([scope.as_str()]).collect()
            };
            list.iter().map(with).collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(extended).collect();
    }
    let is_within =
        |less: &[&str], way: &[&str]| less.len() < way.len() && less.iter().all(|scope| way.contains(scope));
    let least = ways.iter().filter(|way| !ways.iter().any(|other| is_within(other, way)));
    least.map(|way| json!({ "management": way })).collect()
}
