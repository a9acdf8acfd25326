//! Each statement, prepared on each engine.

use std::collections::BTreeSet;

use sqlx::{Column, Connection, Either, Executor, PgConnection, Row, SqlSafeStr, SqliteConnection, Statement};

use super::engines::databases;
use crate::db::Sql;

/// The statements of every module that has any.
fn all() -> Vec<(String, Sql)> {
    macro_rules! modules {
        ($($module:ident),* $(,)?) => {
            [$((stringify!($module), crate::$module::ALL),)*]
        };
    }
    let modules = modules![
        access_tokens,
        authorization_codes,
        bulk,
        client_credentials,
        client_grants,
        clients,
        connections,
        db,
        event_seals,
        events,
        expiry,
        failed_logins,
        families,
        grants,
        identities,
        job_downloads,
        job_errors,
        jobs,
        migration,
        passwords,
        pending_authorizations,
        permissions,
        provider_sign_ins,
        pushed_authorizations,
        refresh_tokens,
        resource_servers,
        roles,
        session_origins,
        sessions,
        settings,
        signing_keys,
        tickets,
        used_tokens,
        users,
    ];
    let named = |(module, statements): (&str, &[(&str, Sql)])| -> Vec<(String, Sql)> {
        statements.iter().map(|(name, sql)| (format!("{module}::{name}"), *sql)).collect()
    };
    modules.into_iter().flat_map(named).collect()
}

/// What an engine makes of a statement: how many parameters, and which columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) parameters: usize,
    pub(super) columns: Vec<String>,
}

pub(super) fn shape<S: Statement>(statement: &S) -> Shape {
    let parameters = match statement.parameters() {
        Some(Either::Left(types)) => types.len(),
        Some(Either::Right(count)) => count,
        None => 0,
    };
    Shape { parameters, columns: statement.columns().iter().map(|column| column.name().to_owned()).collect() }
}

/// The shape of each statement on the engine behind `url`.
async fn shapes(url: &str) -> Vec<(String, Shape)> {
    let mut shapes = Vec::new();
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        for (name, sql) in all() {
            let prepared = (&mut connection).prepare(sql.sqlite.into_sql_str()).await;
            shapes.push((name.clone(), shape(&prepared.unwrap_or_else(|error| panic!("{name}: {error}")))));
        }
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for (name, sql) in all() {
            let prepared = (&mut connection).prepare(sql.postgres.into_sql_str()).await;
            shapes.push((name.clone(), shape(&prepared.unwrap_or_else(|error| panic!("{name}: {error}")))));
        }
    }
    shapes
}

#[tokio::test]
async fn every_statement_prepares() {
    let mut on_each_engine = Vec::new();
    for database in databases().await {
        on_each_engine.push(shapes(&database.url).await);
    }
    for engines in on_each_engine.windows(2) {
        for (one, other) in engines[0].iter().zip(&engines[1]) {
            assert_eq!(one, other);
        }
    }
}

/// Two texts are allowed where the engines leave no choice: questions about lists, which SQLite does not have, and the
/// words that keep a row, which it does not need.
#[test]
fn every_statement_but_those_about_lists_is_one_text() {
    for (name, sql) in all().into_iter().filter(|(name, _)| !name.starts_with("bulk::")) {
        let words = [" FOR KEY SHARE", " FOR UPDATE"];
        let postgres = words.iter().fold(sql.postgres, |text, words| text.trim_end_matches(words));
        assert_eq!(sql.sqlite, postgres, "{name}");
    }
}

/// What statements go through from one end to the other, and why they may.
const GONE_THROUGH: [(&str, &str, &str); 14] = [
    ("db::PING", "CONSTANT", "no table"),
    ("event_seals::LAST", "event_seals", "stops at the first"),
    ("events::NUMBER", "(subquery-4)", "the rows that were chosen"),
    ("events::NUMBER", "arrived", "the rows that were chosen"),
    ("events::NUMBER", "numbered", "the rows that were chosen"),
    ("events::RESERVE", "event_numbering", "one row"),
    ("jobs::WAITING", "jobs", "a figure for the operator, of what is not done yet"),
    ("migration::BY_DAY", "passwords", "an operator asks for all"),
    ("migration::PROGRESS", "i", "an operator asks for all"),
    ("migration::WITHOUT_PASSWORD", "c", "the connections, and an operator asks for all"),
    ("signing_keys::LIST", "signing_keys", "a few keys"),
    ("signing_keys::STATES", "signing_keys", "a few keys"),
    ("users::ACTIVE_SINCE", "users", "once a minute at the most among many, and within a time"),
    ("users::BY_NAME", "c", "the connections, in each of which an index has the name"),
];

/// What an index finds costs the same among a thousand people and a million. SQLite goes about a statement by its text
/// alone, since it has no figures of the tables; Postgres has the same indexes and chooses by what is in them.
#[tokio::test]
async fn no_statement_goes_through_a_table_that_grows() {
    let url = &databases().await[0].url;
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let mut found = BTreeSet::new();
    for (name, sql) in all() {
        let asked = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.sqlite));
        for step in sqlx::query(asked).fetch_all(&mut connection).await.unwrap() {
            let step: String = step.get("detail");
            // A list that is given is gone through as a matter of course.
            let gone_through = step.strip_prefix("SCAN ").filter(|table| !table.starts_with("json_each "));
            found.extend(gone_through.and_then(|table| Some((name.clone(), table.split(' ').next()?.to_owned()))));
        }
    }
    let expected = GONE_THROUGH.map(|(name, table, _)| (name.to_owned(), table.to_owned()));
    assert_eq!(found, BTreeSet::from(expected));
}
