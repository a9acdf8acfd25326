//! Everything a database holds, to show that a refusal changed nothing (G-01).

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Tables that tests of refusals leave out: sqlx keeps the first, every refusal may be recorded in the second, and the
/// others speak of the second.
const LEFT_OUT: [&str; 4] = ["_sqlx_migrations", "events", "event_numbering", "event_seals"];

/// The rows of every table as text, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump(BTreeMap<String, Vec<String>>);

impl Dump {
    pub(crate) async fn of(url: &str) -> Self {
        let mut tables = if url.starts_with("sqlite:") { sqlite(url).await } else { postgres(url).await };
        tables.retain(|table, _| !LEFT_OUT.contains(&table.as_str()));
        Dump(tables)
    }

    /// Panics unless every table but these holds what it held before, and each of these does not.
    #[track_caller]
    pub fn assert_changed_only(&self, after: &Dump, changed: &[&str]) {
        let found: Vec<_> = self.0.iter().filter(|(table, rows)| after.0[*table] != **rows).collect();
        let names: Vec<_> = found.iter().map(|(table, _)| table.as_str()).collect();
        let after: Vec<_> = names.iter().map(|table| (table, &after.0[*table])).collect();
        assert_eq!(names, changed, "\nbefore: {found:#?}\nafter: {after:#?}");
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> &[String] {
        &self.0[table]
    }

    /// Every table with its rows.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(table, rows)| (table.as_str(), rows.as_slice()))
    }

    /// Whether this text is in any row, as text or as the bytes of a blob.
    pub fn contains(&self, text: &str) -> bool {
        let hex = hex::encode(text);
        let mut rows = self.0.values().flatten();
        rows.any(|row| row.contains(text) || row.to_lowercase().contains(&hex))
    }
}

async fn sqlite(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut connection = SqliteConnection::connect(url).await.expect("the test's database opens");
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut connection).await.expect("tables have names");
    let mut dump = BTreeMap::new();
    for (table,) in tables {
        let columns = "SELECT 'quote(' || name || ')' FROM pragma_table_info($1) ORDER BY cid";
        let columns: Vec<(String,)> =
            sqlx::query_as(columns).bind(&table).fetch_all(&mut connection).await.expect("columns have names");
        let columns = columns.into_iter().map(|(column,)| column).collect::<Vec<_>>().join(" || ', ' || ");
        let rows = format!("SELECT {columns} FROM {table} ORDER BY 1");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(rows)).fetch_all(&mut connection).await.expect("rows can be read");
        dump.insert(table, rows.into_iter().map(|(row,)| row).collect());
    }
    connection.close().await.expect("the file closes");
    dump
}

async fn postgres(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut connection = PgConnection::connect(url).await.expect("the test's database opens");
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut connection).await.expect("tables have names");
    let mut dump = BTreeMap::new();
    for (table,) in tables {
        let rows = format!("SELECT row::text FROM {table} AS row ORDER BY 1");
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(rows)).fetch_all(&mut connection).await.expect("rows can be read");
        dump.insert(table, rows.into_iter().map(|(row,)| row).collect());
    }
    connection.close().await.expect("the server answers to the end");
    dump
}
