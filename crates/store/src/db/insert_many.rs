use std::mem;

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};

use super::connection::{ConnectionMut, EngineKind};
use super::patience::answered;
use super::value::Column;
use super::{Args, StoreError};

/// Values in one statement for SQLite, which takes 32,766: of fewer rows, too many statements would be handed to the thread
/// that carries them out.
const MOST_VALUES: usize = 8_000;

/// An `INSERT` of any number of rows, after whose failure nothing of the write is kept. Postgres is given a list for each
/// column, because it would plan a statement of thousands of values anew each time; SQLite has no lists, and is given as
/// many values as one statement should have.
pub(crate) struct InsertMany {
    /// The table and its columns.
    pub(crate) into: &'static str,
    /// The last columns, where they are the same in every row, as text.
    pub(crate) fixed: &'static str,
    pub(crate) on_conflict: &'static str,
}

/// How many of the rows are there now that were not, or were other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowsWritten {
    rows: u64,
    of: u64,
}

impl RowsWritten {
    pub(crate) fn are_all_written(self) -> bool {
        self.rows == self.of
    }

    pub(crate) fn are_any_written(self) -> bool {
        self.rows > 0
    }
}

/// Rows on their way into a table. SQLite's statements are made as the rows come: that takes about as long as carrying them
/// out, and no write has to be open for it.
pub(crate) struct Inserts {
    insert: &'static InsertMany,
    engine: EngineKind,
    rows: u64,
    /// SQLite's statements of as many rows as one may have.
    full: Vec<Statement>,
    /// Rows that are in none of them.
    rest: Vec<Args>,
}

type Statement = (AssertSqlSafe<String>, SqliteArguments);

impl Inserts {
    pub(crate) fn new(insert: &'static InsertMany, engine: EngineKind) -> Self {
        Inserts { insert, engine, rows: 0, full: Vec::new(), rest: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn push(&mut self, row: Args) -> Result<(), StoreError> {
        let most = MOST_VALUES / row.len().max(1);
        self.rows += 1;
        self.rest.push(row);
        if self.engine == EngineKind::Sqlite && self.rest.len() == most {
            self.full.push(self.insert.statement_for_sqlite(mem::take(&mut self.rest))?);
        }
        Ok(())
    }

    pub(super) async fn run(self, connection: ConnectionMut<'_>) -> Result<RowsWritten, StoreError> {
        let of = self.rows;
        let rows = match connection {
            ConnectionMut::Sqlite(connection) => self.run_on_sqlite(connection).await?,
            ConnectionMut::Postgres(connection) => answered(self.insert.run_on_postgres(connection, self.rest)).await?,
        };
        Ok(RowsWritten { rows, of })
    }

    async fn run_on_sqlite(self, connection: &mut SqliteConnection) -> Result<u64, StoreError> {
        let mut written = 0;
        for (text, args) in self.full {
            written += sqlx::query_with(text, args).execute(&mut *connection).await?.rows_affected();
        }
        if !self.rest.is_empty() {
            let (text, args) = self.insert.statement_for_sqlite(self.rest)?;
            // There may be one for each number of rows, and a connection would keep a hundred of them.
            let last = sqlx::query_with(text, args).persistent(false);
            written += last.execute(connection).await?.rows_affected();
        }
        Ok(written)
    }
}

impl InsertMany {
    fn statement_for_sqlite(&self, rows: Vec<Args>) -> Result<Statement, StoreError> {
        let text = self.for_sqlite(rows.first().map_or(0, Args::len), rows.len());
        let mut args = Args::default();
        for row in rows {
            args.append(row);
        }
        Ok((AssertSqlSafe(text), args.for_sqlite()?))
    }

    /// Its places are `?`: SQLite finds a numbered one among the others by looking at one after another.
    /// `OR FAIL` spares it to keep, until all rows are there, every page as it was before.
    fn for_sqlite(&self, columns: usize, rows: usize) -> String {
        let row = format!("({}{})", vec!["?"; columns].join(", "), self.fixed);
        format!("INSERT OR FAIL INTO {} VALUES {} {}", self.into, vec![row; rows].join(", "), self.on_conflict)
    }

    async fn run_on_postgres(&self, connection: &mut PgConnection, rows: Vec<Args>) -> Result<u64, StoreError> {
        let columns = Column::all_of(rows)?;
        if columns.is_empty() {
            return Ok(0);
        }
        let text = AssertSqlSafe(self.for_postgres(&columns));
        let mut arguments = PgArguments::default();
        for column in columns {
            column.bind(&mut arguments)?;
        }
        Ok(sqlx::query_with(text, arguments).execute(connection).await?.rows_affected())
    }

    /// `FROM unnest` of all lists would put each value aside once more.
    fn for_postgres(&self, columns: &[Column]) -> String {
        let lists =
            (1..).zip(columns).map(|(place, column)| format!("unnest(CAST(${place} AS {}))", column.type_name()));
        let lists: Vec<String> = lists.collect();
        format!("INSERT INTO {} SELECT {}{} {}", self.into, lists.join(", "), self.fixed, self.on_conflict)
    }
}
