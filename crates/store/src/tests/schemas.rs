//! The two migration folders say the same.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use super::engines::{Database, databases, for_each_database};

/// One table, in words that both engines have.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    columns: Vec<Column>,
    primary_key: Vec<String>,
    indexes: BTreeSet<Index>,
    foreign_keys: BTreeSet<ForeignKey>,
}

#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Column {
    name: String,
    /// SQLite's word for it.
    kind: String,
    nullable: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    /// Only of those that were given one.
    name: Option<String>,
    columns: Vec<String>,
    unique: bool,
    partial: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
struct ForeignKey {
    column: String,
    target: String,
    target_column: String,
    on_delete: String,
}

type Schema = BTreeMap<String, Table>;

async fn sqlite(url: &str) -> Schema {
    let mut db = SqliteConnection::connect(url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for table in tables {
        let columns =
            sqlx::query_as("SELECT name, type AS kind, \"notnull\" = 0 AS nullable FROM pragma_table_info($1)");
        let primary_key = sqlx::query_scalar("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk");
        let foreign_keys = sqlx::query_as(
            "SELECT \"from\" AS \"column\", \"table\" AS target, \"to\" AS target_column, on_delete
             FROM pragma_foreign_key_list($1)",
        );
        let described = Table {
            columns: columns.bind(&table).fetch_all(&mut db).await.unwrap(),
            primary_key: primary_key.bind(&table).fetch_all(&mut db).await.unwrap(),
            indexes: sqlite_indexes(&mut db, &table).await,
            foreign_keys: foreign_keys.bind(&table).fetch_all(&mut db).await.unwrap().into_iter().collect(),
        };
        schema.insert(table, described);
    }
    schema
}

async fn sqlite_indexes(db: &mut SqliteConnection, table: &str) -> BTreeSet<Index> {
    let indexes = sqlx::query("SELECT name, \"unique\", origin, partial FROM pragma_index_list($1)");
    let mut described = BTreeSet::new();
    for row in indexes.bind(table).fetch_all(&mut *db).await.unwrap() {
        let (name, origin): (String, String) = (row.get("name"), row.get("origin"));
        let columns = sqlx::query_scalar("SELECT name FROM pragma_index_info($1) ORDER BY seqno").bind(&name);
        described.insert(Index {
            columns: columns.fetch_all(&mut *db).await.unwrap(),
            name: (origin == "c").then_some(name),
            unique: row.get("unique"),
            partial: row.get("partial"),
        });
    }
    described
}

async fn postgres(url: &str) -> Schema {
    let mut db = PgConnection::connect(url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let mut schema = Schema::new();
    for table in tables {
        let columns = sqlx::query_as(
            "SELECT column_name::text AS name, is_nullable = 'YES' AS nullable,
             CASE data_type WHEN 'text' THEN 'TEXT' WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER'
             WHEN 'bytea' THEN 'BLOB' ELSE data_type::text END AS kind
             FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position",
        );
        let foreign_keys = sqlx::query_as(
            "SELECT a.attname::text AS column, f.confrelid::regclass::text AS target, t.attname::text AS target_column,
             CASE f.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'a' THEN 'NO ACTION'
             ELSE f.confdeltype::text END AS on_delete
             FROM pg_constraint f
             JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
             JOIN pg_attribute t ON t.attrelid = f.confrelid AND t.attnum = f.confkey[1]
             WHERE f.contype = 'f' AND f.conrelid = $1::regclass",
        );
        let described = Table {
            columns: columns.bind(&table).fetch_all(&mut db).await.unwrap(),
            primary_key: postgres_primary_key(&mut db, &table).await,
            indexes: postgres_indexes(&mut db, &table).await,
            foreign_keys: foreign_keys.bind(&table).fetch_all(&mut db).await.unwrap().into_iter().collect(),
        };
        schema.insert(table, described);
    }
    schema
}

async fn postgres_primary_key(db: &mut PgConnection, table: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT a.attname::text FROM pg_index i
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY k.place",
    )
    .bind(table)
    .fetch_all(db)
    .await
    .unwrap()
}

async fn postgres_indexes(db: &mut PgConnection, table: &str) -> BTreeSet<Index> {
    let rows = sqlx::query(
        "SELECT CASE WHEN c.oid IS NULL THEN i.indexrelid::regclass::text END AS name, i.indisunique AS unique,
         i.indpred IS NOT NULL AS partial, array_agg(a.attname::text ORDER BY k.place) AS columns
         FROM pg_index i
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
         WHERE i.indrelid = $1::regclass GROUP BY i.indexrelid, i.indisunique, i.indpred IS NOT NULL, c.oid",
    );
    let rows = rows.bind(table).fetch_all(db).await.unwrap();
    let describe = |row: &sqlx::postgres::PgRow| Index {
        name: row.get("name"),
        columns: row.get("columns"),
        unique: row.get("unique"),
        partial: row.get("partial"),
    };
    rows.iter().map(describe).collect()
}

pub(super) async fn schema_of(database: &Database) -> Schema {
    if database.is_postgres() { postgres(&database.url).await } else { sqlite(&database.url).await }
}

#[tokio::test]
async fn schemas_agree() {
    let mut schemas = Vec::new();
    for database in databases().await {
        schemas.push(schema_of(&database).await);
    }
    for engines in schemas.windows(2) {
        let names = |schema: &Schema| schema.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&engines[0]), names(&engines[1]));
        for (name, table) in &engines[0] {
            assert_eq!(table, &engines[1][name], "table {name}");
        }
    }
}

#[tokio::test]
async fn a_foreign_key_begins_an_index_of_its_own_table() {
    for_each_database(async |database| {
        for (name, table) in schema_of(database).await {
            for key in &table.foreign_keys {
                let indexed = |index: &Index| index.columns.first() == Some(&key.column);
                assert!(table.indexes.iter().any(indexed), "deleting from {} scans {name}", key.target);
            }
        }
    })
    .await;
}

/// Otherwise the first page of a long list sorts all of it.
#[tokio::test]
async fn an_index_has_the_order_of_each_list() {
    let schema = schema_of(&Database::sqlite().await).await;
    for (table, first, second) in [
        ("client_grants", "created_at", "id"),
        ("clients", "created_at", "client_id"),
        ("connections", "created_at", "id"),
        ("events", "date", "log_id"),
        ("resource_servers", "created_at", "id"),
        ("roles", "created_at", "id"),
        ("users", "created_at", "user_id"),
    ] {
        assert!(schema[table].indexes.iter().any(|index| index.columns == [first, second]), "{table}");
    }
}

#[tokio::test]
async fn sqlite_tables_are_strict() {
    let database = Database::sqlite().await;
    let mut db = SqliteConnection::connect(&database.url).await.unwrap();
    let lax: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0
         AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(lax, Vec::<String>::new());
}

/// Otherwise Postgres orders text by its own rules, and joins columns of two collations without their indexes.
#[tokio::test]
async fn postgres_text_is_compared_by_bytes() {
    for_each_database(async |database| {
        if database.is_postgres() {
            let mut db = PgConnection::connect(&database.url).await.unwrap();
            let otherwise: Vec<String> = sqlx::query_scalar(
                "SELECT table_name || '.' || column_name FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'
                 AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
            )
            .fetch_all(&mut db)
            .await
            .unwrap();
            assert_eq!(otherwise, Vec::<String>::new());
        }
    })
    .await;
}
