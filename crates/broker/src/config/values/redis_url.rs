//! Which Redis.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::database_url::without_password;
use super::{Malformed, text_setting};

/// `redis://…`, or `rediss://…` over TLS. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(Url);

text_setting!(RedisUrl, { "type": "string", "pattern": "^rediss?://" });

impl RedisUrl {
    /// The whole URL, its password included.
    pub fn expose(&self) -> String {
        self.0.to_string()
    }

    /// Whether there is a password in it.
    pub fn has_password(&self) -> bool {
        self.0.password().is_some()
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl FromStr for RedisUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
            .map(RedisUrl)
            // Not quoted: it may hold a password.
            .ok_or_else(|| Malformed::new("write redis://HOST:PORT/, or rediss://HOST:PORT/ for TLS"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn redis_is_named_by_a_url() {
        check_taken::<RedisUrl>("redis://localhost:6379/0");
        check_taken::<RedisUrl>("rediss://redis.example.com");
        for text in ["", "localhost:6379", "http://me:secret@localhost/", "redis:/0"] {
            check_refused::<RedisUrl>(text, "write redis://HOST:PORT/, or rediss://HOST:PORT/ for TLS");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: RedisUrl = "redis://:hunter2@localhost/".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), r#"redis://:***@localhost/ "redis://:***@localhost/""#);
    }
}
