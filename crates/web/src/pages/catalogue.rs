//! What the pages say, in each language.
//!
//! A language is one file, `locales/TAG.json`: a flat object from message key to text, in which `{name}` stands for an
//! argument. Every language has the keys of English, and each message the same arguments.

use std::collections::{BTreeMap, BTreeSet};

use super::PagesError;
use super::files::PageFiles;

/// The language that is complete by definition.
pub(crate) const REFERENCE: &str = "en";

/// The messages of one language.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue(BTreeMap<String, String>);

impl Catalogue {
    /// The message of that key with its arguments put in; the error names what is missing.
    pub(crate) fn message(&self, key: &str, argument: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let text = self.0.get(key).ok_or_else(|| unknown(key))?;
        let mut message = String::with_capacity(text.len());
        for part in parts(text) {
            match part {
                Part::Text(text) => message.push_str(text),
                Part::Argument(name) => {
                    let value = argument(name).ok_or_else(|| format!("message `{key}` needs `{name}`"))?;
                    message.push_str(&isolated(&value));
                }
            }
        }
        Ok(message)
    }

    /// The keys of all messages.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn arguments(&self, key: &str) -> BTreeSet<&str> {
        let text = self.0.get(key).map(String::as_str).unwrap_or_default();
        parts(text).filter_map(|part| if let Part::Argument(name) = part { Some(name) } else { None }).collect()
    }

    /// Says in which message this language departs from the reference.
    fn departure_from(&self, reference: &Catalogue) -> Option<String> {
        let missing = reference.0.keys().find(|key| !self.0.contains_key(*key));
        let surplus = self.0.keys().find(|key| !reference.0.contains_key(*key));
        let different = self.0.keys().find(|key| self.arguments(key) != reference.arguments(key));
        missing
            .map(|key| format!("message `{key}` is missing"))
            .or_else(|| surplus.map(|key| format!("message `{key}` is not one of ours")))
            .or_else(|| different.map(|key| format!("message `{key}` has other arguments than in English")))
    }
}

/// Names the key if it can be one: a template may have put a value of the page in its place, and those hold tokens.
fn unknown(key: &str) -> String {
    let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'));
    if is_key { format!("there is no message `{key}`") } else { "there is no such message".to_owned() }
}

/// All languages, those of `replaced` laid over ours message by message.
pub(crate) fn read(embedded: &PageFiles, replaced: &PageFiles) -> Result<BTreeMap<String, Catalogue>, PagesError> {
    let mut catalogues = BTreeMap::new();
    lay_over(&mut catalogues, embedded)?;
    let reference = catalogues.get(REFERENCE).cloned().expect("English is part of the binary");
    lay_over(&mut catalogues, replaced)?;
    for (locale, catalogue) in &catalogues {
        if let Some(reason) = catalogue.departure_from(&reference) {
            return Err(PagesError::Messages { locale: locale.clone(), reason });
        }
    }
    Ok(catalogues)
}

fn lay_over(catalogues: &mut BTreeMap<String, Catalogue>, files: &PageFiles) -> Result<(), PagesError> {
    for (path, file) in files {
        let Some(name) = path.strip_prefix("locales/") else { continue };
        let unusable = |reason: String| PagesError::Unusable { file: file.origin.clone(), reason };
        let locale = name.strip_suffix(".json").ok_or_else(|| unusable("a language is a .json file".to_owned()))?;
        let messages: BTreeMap<String, String> =
            serde_json::from_str(file.text()?).map_err(|error| unusable(error.to_string()))?;
        catalogues.entry(locale.to_owned()).or_default().0.extend(messages);
    }
    Ok(())
}

/// The first of these languages that is among those by tag, be it only as its base (`de` for `de-at`); else English.
pub(crate) fn best<'a, T>(known: &'a BTreeMap<String, T>, wanted: &[String]) -> (&'a str, &'a T) {
    let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let found = wanted.iter().find_map(|tag| known.get_key_value(tag).or_else(|| known.get_key_value(&base(tag))));
    let (tag, language) = found.or_else(|| known.get_key_value(REFERENCE)).expect("English is part of the binary");
    (tag, language)
}

enum Part<'a> {
    Text(&'a str),
    Argument(&'a str),
}

/// Splits a text at its `{name}`s. A brace without its partner is text.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    text.split_inclusive('}').flat_map(|piece| match piece.strip_suffix('}').and_then(|open| open.rsplit_once('{')) {
        Some((before, name)) => [Part::Text(before), Part::Argument(name)],
        None => [Part::Text(piece), Part::Text("")],
    })
}

/// Keeps a value from reordering the sentence around it (Unicode UAX #9): its own direction marks go, and text that
/// may run the other way stands between isolates. Plain ASCII is left as it is.
fn isolated(value: &str) -> String {
    if value.is_ascii() {
        return value.to_owned();
    }
    let plain: String = value.chars().filter(|letter| !is_direction_mark(*letter)).collect();
    format!("\u{2068}{plain}\u{2069}")
}

fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::files::{PageFile, PageFiles};
    use super::{Catalogue, read};

    fn language(locale: &str, json: &str) -> (String, PageFile) {
        let name = format!("locales/{locale}.json");
        (name.clone(), PageFile { origin: name, bytes: Cow::Owned(json.as_bytes().to_vec()) })
    }

    fn layer(files: &[(&str, &str)]) -> PageFiles {
        files.iter().map(|(locale, json)| language(locale, json)).collect()
    }

    fn check(replaced: &[(&str, &str)], expected: Result<(), &str>) {
        let embedded = layer(&[("en", r#"{"a": "A", "b": "B {x}"}"#)]);
        let read = read(&embedded, &layer(replaced)).map(drop).map_err(|error| error.to_string());
        assert_eq!(read, expected.map_err(str::to_owned));
    }

    #[test]
    fn every_language_has_the_messages_and_arguments_of_english() {
        check(&[("de", r#"{"a": "Ä", "b": "{x} B"}"#)], Ok(()));
        check(&[("de", r#"{"a": "Ä"}"#)], Err("locales/de.json: message `b` is missing"));
        let surplus = r#"{"a": "Ä", "b": "{x}", "c": ""}"#;
        check(&[("de", surplus)], Err("locales/de.json: message `c` is not one of ours"));
        check(&[("en", r#"{"c": ""}"#)], Err("locales/en.json: message `c` is not one of ours"));
        let different = r#"{"a": "Ä", "b": "{y}"}"#;
        check(&[("de", different)], Err("locales/de.json: message `b` has other arguments than in English"));
    }

    #[test]
    fn a_later_layer_replaces_single_messages() {
        let embedded = layer(&[("en", r#"{"a": "A", "b": "B"}"#)]);
        let catalogues = read(&embedded, &layer(&[("en", r#"{"b": "changed"}"#)])).expect("complete");
        let say = |key| catalogues["en"].message(key, |_| None);
        assert_eq!((say("a"), say("b")), (Ok("A".to_owned()), Ok("changed".to_owned())));
    }

    fn render(text: &str, value: Option<&str>) -> Result<String, String> {
        Catalogue([("key".to_owned(), text.to_owned())].into()).message("key", |_| value.map(str::to_owned))
    }

    #[test]
    fn arguments_are_put_in_once_and_kept_apart() {
        assert_eq!(render("Back to {app}.", Some("My {app}")), Ok("Back to My {app}.".to_owned()));
        assert_eq!(render("{app} and {app}", Some("x")), Ok("x and x".to_owned()));
        assert_eq!(render("half { open } shut", Some("x")), Ok("half x shut".to_owned()));
        assert_eq!(render("no } brace {", Some("x")), Ok("no } brace {".to_owned()));
        assert_eq!(render("to {app}", Some("ab\u{202e}cdé")), Ok("to \u{2068}abcdé\u{2069}".to_owned()));
        assert_eq!(render("to {app}", None), Err("message `key` needs `app`".to_owned()));
    }

    #[test]
    fn a_missing_message_is_an_error() {
        let said = Catalogue::default().message("login.title", |_| None);
        assert_eq!(said, Err("there is no message `login.title`".to_owned()));
        let said = Catalogue::default().message("q83vEjRWeJCrze8SNFZ4kKvN", |_| None);
        assert_eq!(said, Err("there is no such message".to_owned()), "a value of the page is told");
    }
}
