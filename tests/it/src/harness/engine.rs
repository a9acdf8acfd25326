//! The two databases.

use std::fmt::{self, Display, Formatter};

use super::not_run;

/// Where a broker keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    /// A database of its own on the server that `TEST_DATABASE_URL` names.
    Postgres,
}

/// Makes a test for each engine of functions that take one.
macro_rules! on_each_engine {
    ($($test:ident,)+) => {$(
        mod $test {
            use $crate::harness::Engine;

            #[tokio::test]
            async fn on_sqlite() {
                Box::pin(super::$test(Engine::Sqlite)).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if Engine::has_postgres() {
                    Box::pin(super::$test(Engine::Postgres)).await;
                }
            }
        }
    )+};
}
pub(crate) use on_each_engine;

impl Display for Engine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "Postgres",
        })
    }
}

impl Engine {
    /// Whether there is a server. Says so where a test is not run without one.
    pub(crate) fn has_postgres() -> bool {
        let is_there = super::postgres::server().is_some();
        if !is_there {
            not_run("TEST_DATABASE_URL is not set");
        }
        is_there
    }
}
