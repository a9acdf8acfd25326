//! What is logged.

use std::fmt;
use std::str::FromStr;

use tracing_subscriber::filter::Targets;

use super::{Malformed, text_setting};

/// A level, or levels by module: `info`, `info,flows=debug`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter {
    text: String,
    targets: Targets,
}

text_setting!(LogFilter, { "type": "string" });

impl LogFilter {
    /// The filter as the subscriber wants it.
    pub fn targets(&self) -> Targets {
        self.targets.clone()
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        "info".parse().expect("a level is a filter")
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for LogFilter {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let refuse = || {
            Malformed::new(format!(
                "{text:?} is not a level (error, warn, info, debug, trace, off) or levels by module such as info,flows=debug"
            ))
        };
        // A lone word that is no level would be taken as a module's name and silence everything else.
        let has_level = text.split(',').any(|part| !part.contains('=') && is_level(part));
        let targets = text.parse::<Targets>().map_err(|_| refuse())?;
        if has_level { Ok(LogFilter { text: text.to_owned(), targets }) } else { Err(refuse()) }
    }
}

fn is_level(word: &str) -> bool {
    ["error", "warn", "info", "debug", "trace", "off"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_filter_has_a_level_for_everything() {
        for text in ["info", "off", "info,flows=debug", "flows=trace,warn"] {
            check_taken::<LogFilter>(text);
        }
        for text in ["", "loud", "flows=debug", "info,flows=loud"] {
            let expected = format!(
                "{text:?} is not a level (error, warn, info, debug, trace, off) or levels by module such as \
                 info,flows=debug"
            );
            check_refused::<LogFilter>(text, &expected);
        }
    }
}
