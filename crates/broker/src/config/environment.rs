//! The only place that reads the environment.

use std::ffi::OsString;

use super::ConfigError;

/// What the names of our variables begin with. Sections and words are separated by two underscores.
pub const PREFIX: &str = "LANDBRIDGE__";

/// One of our variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its whole name.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

/// Our variables of this process, in the order of their names.
pub fn variables() -> Result<Vec<Variable>, ConfigError> {
    ours(std::env::vars_os())
}

fn ours(all: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Vec<Variable>, ConfigError> {
    let named = all.into_iter().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let mut ours = named
        .filter(|(name, _)| name.starts_with(PREFIX))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok(Variable { name, value }),
            Err(_) => Err(ConfigError::NotText { name }),
        })
        .collect::<Result<Vec<_>, _>>()?;
    ours.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ours)
}

impl Variable {
    /// The setting it names, in lower case and with dots.
    pub fn key(&self) -> String {
        self.name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn only_variables_with_the_prefix_are_ours() {
        let all = [("LANDBRIDGE_CONFIG", "a"), ("HOME", "b"), ("LANDBRIDGE__SERVER__LISTEN", "c")];
        let found = ours(all.map(|(name, value)| (name.into(), value.into()))).unwrap();
        assert_eq!(found, [Variable { name: "LANDBRIDGE__SERVER__LISTEN".to_owned(), value: "c".to_owned() }]);
        assert_eq!(found[0].key(), "server.listen");
    }

    #[test]
    fn a_value_that_is_not_text_is_named() {
        let value = OsString::from_vec(vec![0xff]);
        let refused = ours([("LANDBRIDGE__DATABASE__URL".into(), value)]).unwrap_err();
        assert_eq!(refused.to_string(), "the environment variable LANDBRIDGE__DATABASE__URL is not UTF-8 text");
    }
}
