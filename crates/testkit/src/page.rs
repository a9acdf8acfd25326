//! Just enough HTML to fill in the forms of our own pages as a browser does.

use http::{HeaderMap, StatusCode};

use crate::Answer;

/// A page the browser shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address within the issuer, query included.
    pub path: String,
    /// How it was answered.
    pub status: StatusCode,
    /// With which headers.
    pub headers: HeaderMap,
    /// Its text.
    pub html: String,
}

impl Page {
    pub(crate) fn new(path: &str, answer: Answer) -> Self {
        Page { path: path.to_owned(), status: answer.status, headers: answer.headers, html: answer.body }
    }

    /// The page's first form.
    #[track_caller]
    pub fn form(&self) -> Form {
        self.find_form().unwrap_or_else(|| panic!("{} {} has no form: {}", self.status, self.path, self.html))
    }

    /// The same, where there may be none.
    pub fn find_form(&self) -> Option<Form> {
        let form = tags(&self.html, "form").next()?;
        let end = self.html[form.end..].find("</form>").map_or(self.html.len(), |length| form.end + length);
        let inside = &self.html[form.end..end];
        let fields = tags(inside, "input").filter_map(|input| {
            let value = input.attribute("value").unwrap_or_default();
            Some((input.attribute("name")?, value))
        });
        Some(Form {
            method: form.attribute("method").unwrap_or_default(),
            action: form.attribute("action").unwrap_or_default(),
            fields: fields.collect(),
        })
    }

    /// Where its links lead.
    pub fn links(&self) -> Vec<String> {
        tags(&self.html, "a").filter_map(|link| link.attribute("href")).collect()
    }

    /// What a reader sees, without what differs from one rendering to the next: the request id and the nonces, and
    /// the secrets of the form.
    pub fn text(&self) -> String {
        let mut html = self.html.clone();
        for secret in self.find_form().iter().flat_map(|form| &form.fields) {
            if matches!(secret.0.as_str(), "state" | "csrf") {
                html = html.replace(&secret.1, "");
            }
        }
        let id = self.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        html.replace(id, "")
    }

    /// Whether the page says this, as readers see it.
    pub fn says(&self, text: &str) -> bool {
        decoded(&self.html).contains(text)
    }
}

/// A form, to be filled in and submitted.
#[derive(Clone, Debug)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// Where it goes.
    pub action: String,
    /// Names and values in the order of the page. Buttons are not among them.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Types a value into a field that must be there.
    #[must_use]
    #[track_caller]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(known, _)| known == name);
        value.clone_into(&mut field.unwrap_or_else(|| panic!("the form has no field {name:?}")).1);
        self
    }

    /// Presses a button, or adds a field that the page does not have.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a field holds.
    #[track_caller]
    pub fn value(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map_or_else(|| panic!("the form has no field {name:?}"), |(_, value)| value)
    }

    /// Names and values, to be sent.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// An opening tag.
struct Tag<'a> {
    attributes: &'a str,
    /// Where what follows it begins.
    end: usize,
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        let start = self.attributes.find(&format!(" {name}=\""))? + name.len() + 3;
        let value = &self.attributes[start..];
        Some(decoded(&value[..value.find('"')?]))
    }
}

/// The opening tags of this name. Our templates put attributes in double quotes and escape `>` in them.
fn tags<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
    let opening = format!("<{name}");
    let starts: Vec<_> = html.match_indices(&opening).map(|(at, found)| at + found.len()).collect();
    starts.into_iter().filter(|start| html[*start..].starts_with([' ', '>', '\n'])).filter_map(|start| {
        let length = html[start..].find('>')?;
        Some(Tag { attributes: &html[start..start + length], end: start + length + 1 })
    })
}

fn decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let entity = after.split_once(';').and_then(|(entity, rest)| Some((character(entity)?, rest)));
        decoded.push(entity.map_or('&', |(character, _)| character));
        rest = entity.map_or(after, |(_, rest)| rest);
    }
    decoded + rest
}

fn character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page { path: "/".into(), status: StatusCode::OK, headers: HeaderMap::new(), html: html.to_owned() }
    }

    #[test]
    fn a_form_is_read_with_its_hidden_values_and_without_its_buttons() {
        let page = page(
            r#"<formula><form method="post" action="&#x2f;u&#x2f;login"><input type="hidden" name="state" value="a&amp;b">
               <input id="username" name="username"
               value=""><button name="action" value="default">Go</button></form><input name="outside">"#,
        );
        let form = page.form().fill("username", "ada");
        assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/u/login"));
        assert_eq!(form.pairs(), [("state", "a&b"), ("username", "ada")]);
    }

    #[test]
    fn entities_are_decoded_once_and_a_lone_ampersand_stays() {
        assert_eq!(decoded("&amp;lt; &lt;b&gt; &#39;&#x27; a&b &unknown;"), "&lt; <b> '' a&b &unknown;");
    }
}
