//! The values in effect, as `landbridge config show` prints them.

use std::fmt::Write;

use serde_json::Value;

use super::keys::{Catalogue, Setting};
use super::{Loaded, Source};

impl Loaded {
    /// One line for each setting, in TOML, with its source. A secret is replaced by its source.
    pub fn effective(&self) -> String {
        let values = serde_json::to_value(&self.config).expect("settings are texts, numbers, flags and lists");
        let lines: Vec<_> = Catalogue::new().settings.iter().map(|setting| self.line(setting, &values)).collect();
        let width = lines.iter().map(|(text, _)| text.len()).filter(|length| *length < 60).max().unwrap_or_default();
        lines.iter().fold(String::new(), |mut page, (text, source)| {
            writeln!(page, "{text:width$}  # {source}").expect("a string takes everything");
            page
        })
    }

    fn line(&self, setting: &Setting, values: &Value) -> (String, String) {
        let key = &setting.key;
        let source = self.layers.source(key);
        let text = match values.pointer(&format!("/{}", key.replace('.', "/"))).unwrap_or(&Value::Null) {
            Value::Null if setting.is_secret && source != Source::Default => format!("{key} = \"from {source}\""),
            Value::Null => format!("# {key}"),
            value => format!("{key} = {value}"),
        };
        let is_unset = text.starts_with('#');
        (text, if is_unset { "not set".to_owned() } else { source.to_string() })
    }
}
