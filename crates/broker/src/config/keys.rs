//! Which settings exist: the leaves of the schema that is made from the structs.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Config;

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    /// Its path with dots, such as `server.listen`.
    pub(super) key: String,
    /// How its value is written.
    pub(super) kind: Kind,
    /// Must never be shown, and never be given on the command line.
    pub(super) is_secret: bool,
    /// What it is for.
    pub(super) description: String,
    /// Its value when nothing is said, if it then has one.
    pub(super) default: Option<Value>,
    /// The words it takes, each with its meaning, if it takes only some.
    pub(super) choices: Vec<(String, String)>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As text.
    Text,
    /// As a whole number.
    Number,
    /// As `true` or `false`.
    Flag,
    /// As a list of texts.
    List,
}

/// A section and what it says of itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    /// Its path with dots.
    pub(super) key: String,
    /// What it is for.
    pub(super) description: String,
}

/// Every setting and section, in the order of the structs.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalogue {
    /// The sections, the outer ones first.
    pub(super) sections: Vec<Section>,
    /// The settings.
    pub(super) settings: Vec<Setting>,
}

/// The JSON schema of the configuration file.
pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "Landbridge configuration".into());
    schema.to_value()
}

impl Catalogue {
    /// Read from the schema.
    pub(super) fn new() -> Self {
        let mut catalogue = Catalogue::default();
        catalogue.collect("", &schema());
        catalogue
    }

    /// The setting of this name.
    pub(super) fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    /// Whether there is a section of this name.
    pub(super) fn has_section(&self, key: &str) -> bool {
        self.sections.iter().any(|section| section.key == key)
    }

    /// The name that was most likely meant.
    pub(super) fn nearest(&self, key: &str) -> Option<&str> {
        let names = || self.settings.iter().map(|s| s.key.as_str()).chain(self.sections.iter().map(|s| s.key.as_str()));
        let in_another_section = names().find(|name| name.strip_suffix(key).is_some_and(|rest| rest.ends_with('.')));
        let by_distance = names().map(|name| (strsim::damerau_levenshtein(name, key), name)).min();
        // Further away than a third of its letters it is another word.
        let misspelt = by_distance.filter(|(distance, name)| *distance <= name.len().div_ceil(3)).map(|(_, name)| name);
        in_another_section.or(misspelt)
    }

    fn collect(&mut self, prefix: &str, schema: &Value) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if schema["properties"].is_object() {
                self.sections.push(Section { key: key.clone(), description: description(schema) });
                self.collect(&key, schema);
            } else {
                self.settings.push(setting(key, schema));
            }
        }
    }
}

fn setting(key: String, schema: &Value) -> Setting {
    Setting {
        key,
        kind: kind(schema),
        is_secret: schema["writeOnly"] == true,
        description: description(schema),
        default: schema.get("default").filter(|value| !value.is_null()).cloned(),
        choices: schema["oneOf"].as_array().into_iter().flatten().filter_map(Value::as_object).map(choice).collect(),
    }
}

fn kind(schema: &Value) -> Kind {
    match schema["type"].as_str() {
        Some("integer") => Kind::Number,
        Some("boolean") => Kind::Flag,
        Some("array") => Kind::List,
        _ => Kind::Text,
    }
}

fn choice(schema: &Map<String, Value>) -> (String, String) {
    let text = |key| schema.get(key).and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    (text("const"), text("description"))
}

fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promised_names_exist() {
        let catalogue = Catalogue::new();
        for key in [
            "server.issuer",
            "server.listen",
            "server.tls.certificate",
            "server.tls.key",
            "server.trusted_proxies",
            "database.url",
            "redis.url",
            "secrets.master_key",
            "secrets.master_key_file",
            "bootstrap.management_client_id",
            "bootstrap.management_client_secret",
            "bootstrap.management_client_secret_file",
            "compatibility.token_error_status",
            "compatibility.subdomain_wildcards",
        ] {
            assert!(catalogue.setting(key).is_some(), "{key} is missing");
        }
    }

    #[test]
    fn a_setting_knows_how_it_is_written() {
        let catalogue = Catalogue::new();
        for (key, kind, default) in [
            ("server.listen", Kind::Text, Value::from("127.0.0.1:3000")),
            ("server.trusted_proxies", Kind::List, Value::Array(Vec::new())),
            ("database.readers", Kind::Number, Value::from(8)),
            ("outgoing.allow_http", Kind::Flag, Value::from(false)),
            ("hashing.memory", Kind::Text, Value::from("19MiB")),
        ] {
            let setting = catalogue.setting(key).expect(key);
            assert_eq!((setting.kind, setting.default.clone()), (kind, Some(default)), "{key}");
        }
        let choices = &catalogue.setting("log.format").expect("a setting").choices;
        assert_eq!(choices[1], ("json".to_owned(), "One JSON object for each line.".to_owned()));
    }

    #[test]
    fn what_has_a_file_form_is_secret_and_the_other_way_round() {
        let catalogue = Catalogue::new();
        for setting in &catalogue.settings {
            let has_file_form = catalogue.setting(&format!("{}_file", setting.key)).is_some();
            assert_eq!(setting.is_secret, has_file_form, "{}", setting.key);
        }
    }

    #[test]
    fn every_setting_and_section_is_described() {
        let catalogue = Catalogue::new();
        for setting in &catalogue.settings {
            assert!(setting.description.ends_with('.'), "{}: {:?}", setting.key, setting.description);
        }
        for section in &catalogue.sections {
            assert!(section.description.ends_with('.'), "{}: {:?}", section.key, section.description);
        }
    }

    #[test]
    fn the_nearest_name_is_found_across_typing_mistakes_and_sections() {
        let catalogue = Catalogue::new();
        for (typed, meant) in [
            ("server.lisen", Some("server.listen")),
            ("sever.listen", Some("server.listen")),
            ("database.reader", Some("database.readers")),
            ("servr", Some("server")),
            ("issuer", Some("server.issuer")),
            ("tls.key", Some("server.tls.key")),
            ("server.tls.cert", Some("server.tls.key")),
            ("listen_address_of_the_server", None),
            ("x", None),
        ] {
            assert_eq!(catalogue.nearest(typed), meant, "{typed}");
        }
    }
}
