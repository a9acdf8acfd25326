//! Which database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use url::Url;

use super::{Malformed, text_setting};

/// `sqlite:PATH` or `postgres://…`. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, created when it is missing.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Url),
}

text_setting!(DatabaseUrl, { "type": "string", "pattern": "^(sqlite:|postgres(ql)?://)" });

impl DatabaseUrl {
    /// The whole URL, its password included.
    pub fn expose(&self) -> String {
        match self {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.to_string(),
        }
    }

    /// Whether there is a password in it.
    pub fn has_password(&self) -> bool {
        match self {
            DatabaseUrl::Sqlite(_) => false,
            DatabaseUrl::Postgres(url) => {
                url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
            }
        }
    }

    /// The engine's name.
    pub fn engine(&self) -> &'static str {
        match self {
            DatabaseUrl::Sqlite(_) => "SQLite",
            DatabaseUrl::Postgres(_) => "Postgres",
        }
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        DatabaseUrl::Sqlite("landbridge.db".into())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// A server's URL as it may be shown. Parameters are left out, since a password may be among them.
pub(super) fn without_password(url: &Url) -> String {
    let mut shown = url.clone();
    if url.password().is_some() {
        shown.set_password(Some("***")).expect("a URL that has a password can have another");
    }
    if url.query().is_some() {
        shown.set_query(Some("***"));
    }
    shown.to_string()
}

impl FromStr for DatabaseUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") && url.has_authority() => {
                Ok(DatabaseUrl::Postgres(url))
            }
            // Not quoted: it may hold a password.
            _ => Err(Malformed::new("write sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT/DATABASE")),
        }
    }
}

fn sqlite(path: &str) -> Result<DatabaseUrl, Malformed> {
    if path.is_empty() || path == ":memory:" {
        return Err(Malformed::new("the database needs a file; write sqlite:PATH, such as sqlite:landbridge.db"));
    }
    if let Some(character) = path.chars().find(|character| "?#%".contains(*character)) {
        return Err(Malformed::new(format!("the path of an SQLite database must not have the character {character}")));
    }
    // Its key lies beside it, under its name with this extension.
    if Path::new(path).extension().is_some_and(|extension| extension == "key") {
        return Err(Malformed::new("an SQLite database must not be called .key, which is the name of its key"));
    }
    Ok(DatabaseUrl::Sqlite(path.into()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_database_is_a_file_or_a_server() {
        for text in [
            "sqlite:landbridge.db",
            "sqlite:/var/lib/landbridge/landbridge.db",
            "postgres://landbridge@localhost/landbridge",
            "postgresql://localhost:5433/landbridge",
        ] {
            check_taken::<DatabaseUrl>(text);
        }
        let with_slashes: DatabaseUrl = "sqlite:///var/lib/a.db".parse().unwrap();
        assert_eq!(with_slashes, DatabaseUrl::Sqlite("/var/lib/a.db".into()));
    }

    #[test]
    fn anything_else_is_refused_without_being_quoted() {
        for text in ["", "landbridge.db", "mysql://me:secret@localhost/landbridge", "postgres:landbridge"] {
            check_refused::<DatabaseUrl>(text, "write sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT/DATABASE");
        }
        for text in ["sqlite:", "sqlite://", "sqlite::memory:"] {
            check_refused::<DatabaseUrl>(
                text,
                "the database needs a file; write sqlite:PATH, such as sqlite:landbridge.db",
            );
        }
        check_refused::<DatabaseUrl>(
            "sqlite:a.db?mode=ro",
            "the path of an SQLite database must not have the character ?",
        );
        check_refused::<DatabaseUrl>(
            "sqlite:a.key",
            "an SQLite database must not be called .key, which is the name of its key",
        );
    }

    #[test]
    fn a_password_is_used_and_never_shown() {
        let text = "postgres://me:hunter2@db:5432/landbridge?sslmode=require&password=hunter2";
        let url: DatabaseUrl = text.parse().unwrap();
        assert_eq!(url.expose(), text);
        assert_eq!(url.to_string(), "postgres://me:***@db:5432/landbridge?***");
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
