//! The configuration of one process: defaults, `landbridge.toml`, `LANDBRIDGE__SECTION__KEY`, and `--set KEY=VALUE`,
//! the later ones winning.
//!
//! The structs in `sections` are the one place where a setting is named; what may be written, the reference and the
//! schema are made from them. Start at [`load`].

mod effective;
pub mod environment;
mod error;
mod keys;
mod reference;
mod rules;
mod sections;
mod sources;
#[cfg(test)]
mod tests;
mod values;
mod warnings;

pub(crate) use rules::secret_weakness;

pub use error::{ConfigError, Problem, Unknown};
pub use reference::{REFERENCE, SCHEMA, reference, schema_text};
pub use sections::*;
pub use sources::{Layers, Source, Sources};
pub use values::*;

use keys::{Catalogue, Setting};

/// A configuration that can be used, and where each value comes from.
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Their sources.
    pub layers: Layers,
}

/// Reads, merges and checks every source.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let layers = sources.read(&Catalogue::new())?;
    let config: Config = layers.figment.extract().map_err(|error| ConfigError::Invalid(problems(&layers, error)))?;
    let loaded = Loaded { config, layers };
    let broken: Vec<_> =
        rules::broken(&loaded.config).into_iter().map(|(key, message)| loaded.problem(key, message)).collect();
    if broken.is_empty() { Ok(loaded) } else { Err(ConfigError::Invalid(broken)) }
}

impl Loaded {
    /// What is wrong with a setting, with its source.
    pub fn problem(&self, key: &str, message: impl Into<String>) -> Problem {
        Problem { key: key.to_owned(), source: self.layers.source(key), message: message.into() }
    }
}

/// Why values cannot be read into the structs.
fn problems(layers: &Layers, error: figment::Error) -> Vec<Problem> {
    let catalogue = Catalogue::new();
    let problem = |error: figment::Error| {
        let key = error.path.join(".");
        let source = layers.named(error.metadata.as_ref());
        let message = message(catalogue.setting(&key), &error.kind);
        Problem { key, source, message }
    };
    error.into_iter().map(problem).collect()
}

fn message(setting: Option<&Setting>, kind: &figment::error::Kind) -> String {
    match (setting, kind) {
        (Some(setting), _) if setting.is_secret => "it is not text".to_owned(),
        (Some(setting), figment::error::Kind::UnknownVariant(found, _)) => {
            let words: Vec<_> = setting.choices.iter().map(|(word, _)| word.as_str()).collect();
            format!("{found:?} is none of {}", words.join(", "))
        }
        _ => kind.to_string(),
    }
}
