//! Where values come from, the later ones winning: defaults, the file, the environment, the command line.

use std::fmt;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::environment::Variable;
use super::keys::{Catalogue, Kind, Setting};
use super::{ConfigError, Problem, Unknown};

/// The file that is read when none is named, if it exists.
const DEFAULT_FILE: &str = "landbridge.toml";

/// Everything that may hold settings.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file that was asked for; otherwise [`DEFAULT_FILE`].
    pub file: Option<PathBuf>,
    /// Our environment variables.
    pub environment: Vec<Variable>,
    /// `KEY=VALUE` from the command line.
    pub overrides: Vec<String>,
}

/// Values from one place.
struct Layer {
    source: Source,
    values: Dict,
}

/// A place where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// The command line.
    CommandLine,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(path) => path.display().fmt(f),
            Source::Variable(name) => f.write_str(name),
            Source::CommandLine => f.write_str("--set"),
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Sources {
    /// Reads all of them into layers. Names that are no setting are refused, all of them at once.
    pub(super) fn read(&self, catalogue: &Catalogue) -> Result<Layers, ConfigError> {
        let mut layers = Layers { figment: Figment::new(), sources: Vec::new() };
        let mut unknown = Vec::new();
        if let Some((path, table)) = self.read_file()? {
            find_unknown(catalogue, "", &table, &mut |key| unknown.push(Unknown::new(catalogue, key, path.display())));
            let values = Value::serialize(table).expect("TOML has no value that figment lacks");
            layers.add(Source::File(path), values.into_dict().expect("a TOML document is a table"));
        }
        let mut problems = Vec::new();
        for (source, key, text) in self.single_values()? {
            match catalogue.setting(&key) {
                None => unknown.push(Unknown::new(catalogue, key, &source)),
                Some(setting) => match value(setting, &source, &text) {
                    Ok(value) => layers.add(source, figment::util::nest(&key, value).into_dict().unwrap_or_default()),
                    Err(message) => problems.push(Problem { key, source, message }),
                },
            }
        }
        if !unknown.is_empty() {
            return Err(ConfigError::Unknown(unknown));
        }
        if problems.is_empty() { Ok(layers) } else { Err(ConfigError::Invalid(problems)) }
    }

    fn read_file(&self) -> Result<Option<(PathBuf, toml::Table)>, ConfigError> {
        let path = self.file.clone().unwrap_or_else(|| DEFAULT_FILE.into());
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text).map(|table| Some((path, table))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.file.is_none() => Ok(None),
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    fn single_values(&self) -> Result<Vec<(Source, String, String)>, ConfigError> {
        let variables = self
            .environment
            .iter()
            .map(|variable| Ok((Source::Variable(variable.name.clone()), variable.key(), variable.value.clone())));
        let overrides = self.overrides.iter().map(|text| match text.split_once('=') {
            Some((key, value)) => Ok((Source::CommandLine, key.trim().to_owned(), value.to_owned())),
            None => Err(ConfigError::NoValue { text: text.clone() }),
        });
        variables.chain(overrides).collect()
    }
}

/// The error of the TOML parser quotes the line, in which there may be a secret; only its place is told.
fn parse(path: &Path, text: &str) -> Result<toml::Table, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        ConfigError::NotToml { path: path.to_owned(), line: before.matches('\n').count() + 1, message }
    })
}

fn find_unknown(catalogue: &Catalogue, prefix: &str, table: &toml::Table, report: &mut dyn FnMut(String)) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) if catalogue.has_section(&key) => find_unknown(catalogue, &key, inner, report),
            _ if catalogue.has_section(&key) || catalogue.setting(&key).is_some() => {}
            _ => report(key),
        }
    }
}

/// A value from a place where everything is text.
fn value(setting: &Setting, source: &Source, text: &str) -> Result<Value, String> {
    if setting.is_secret && *source == Source::CommandLine {
        return Err("the command line can be read by every user of this machine; use the file, the environment, or \
                    the form with _file"
            .to_owned());
    }
    if text.is_empty() {
        return Err("it is empty; remove it to use the default".to_owned());
    }
    match setting.kind {
        Kind::Text => Ok(Value::from(text)),
        Kind::Number => text.parse::<u64>().map(Value::from).map_err(|_| format!("{text:?} is not a whole number")),
        Kind::Flag => text.parse::<bool>().map(Value::from).map_err(|_| format!("{text:?} is not true or false")),
        Kind::List => Ok(text.split(',').map(|part| Value::from(part.trim())).collect::<Vec<_>>().into()),
    }
}

/// The sources, one upon the other.
pub struct Layers {
    pub(super) figment: Figment,
    /// In the order in which they were added.
    sources: Vec<Source>,
}

impl Layers {
    fn add(&mut self, source: Source, values: Dict) {
        self.figment = std::mem::take(&mut self.figment).merge(Layer { source: source.clone(), values });
        self.sources.push(source);
    }

    /// Where the value of this setting comes from.
    pub fn source(&self, key: &str) -> Source {
        self.named(self.figment.find_metadata(key))
    }

    /// Which source figment means.
    pub(super) fn named(&self, metadata: Option<&Metadata>) -> Source {
        let name = metadata.map(|metadata| metadata.name.as_ref());
        self.sources.iter().find(|source| Some(source.to_string().as_str()) == name).cloned().unwrap_or(Source::Default)
    }

    /// The configuration file, if one was read.
    pub fn file(&self) -> Option<&Path> {
        self.sources.iter().find_map(|source| match source {
            Source::File(path) => Some(path.as_path()),
            _ => None,
        })
    }
}
