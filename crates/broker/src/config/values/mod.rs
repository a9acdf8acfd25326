//! Settings that are more than a word or a number. Each is written as text, read through `FromStr`, whose error says
//! how to write it, and shown through `Display`.

mod database_url;
mod issuer;
mod listen_address;
mod log_filter;
mod network;
mod redis_url;
mod sender;
mod size;
mod smtp_url;
mod span;

pub use database_url::DatabaseUrl;
pub use issuer::Issuer;
pub use listen_address::ListenAddress;
pub use log_filter::LogFilter;
pub use network::Network;
pub use redis_url::RedisUrl;
pub use sender::Sender;
pub use size::Size;
pub use smtp_url::{Security, SmtpUrl};
pub use span::Span;

/// What is wrong with the text of a setting, and how to write it instead. Never quotes a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    fn new(message: impl Into<String>) -> Self {
        Malformed(message.into())
    }
}

/// Reads and shows a type as text wherever settings come from or go to.
macro_rules! text_setting {
    ($type:ident, $($schema:tt)+) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($schema)+)
            }
        }
    };
}
use text_setting;

/// Takes apart a number and its unit, as in `15m` or `19MiB`.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let number = text.strip_suffix(unit)?.parse().ok()?;
    Some((number, unit))
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;
    use std::str::FromStr;

    /// A text that is taken is shown as it was written.
    #[track_caller]
    pub(super) fn check_taken<T: FromStr<Err = super::Malformed> + Display>(text: &str) {
        match text.parse::<T>() {
            Ok(value) => assert_eq!(value.to_string(), text),
            Err(malformed) => panic!("{text:?} was refused: {malformed}"),
        }
    }

    #[track_caller]
    pub(super) fn check_refused<T: FromStr<Err = super::Malformed> + Display>(text: &str, expected: &str) {
        match text.parse::<T>() {
            Ok(value) => panic!("{text:?} was read as {value}"),
            Err(malformed) => assert_eq!(malformed.to_string(), expected, "{text:?}"),
        }
    }
}
