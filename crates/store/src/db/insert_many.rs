use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};

use super::value::Column;
use super::{Args, StoreError};

/// Values in one statement for SQLite. It takes 32,766, and a prepared statement of this many is small.
const MOST_VALUES: usize = 2_000;

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
    pub(super) rows: u64,
    pub(super) of: u64,
}

impl RowsWritten {
    pub(crate) fn are_all_written(self) -> bool {
        self.rows == self.of
    }

    pub(crate) fn are_any_written(self) -> bool {
        self.rows > 0
    }
}

impl InsertMany {
    pub(super) async fn run_on_sqlite(
        &self,
        connection: &mut SqliteConnection,
        rows: Vec<Args>,
    ) -> Result<u64, StoreError> {
        let columns = rows.first().map_or(1, Args::len);
        let mut rows = rows.into_iter();
        let mut next = || self.next_for_sqlite(rows.by_ref().take(MOST_VALUES / columns), columns);
        let mut written = 0;
        let mut prepared = next()?;
        while let Some((text, args)) = prepared {
            // SQLite works on a thread of its own, and the next statement is made meanwhile.
            let executed = sqlx::query_with(text, args).execute(&mut *connection);
            let (executed, following) = tokio::join!(biased; executed, async { next() });
            written += executed?.rows_affected();
            prepared = following?;
        }
        Ok(written)
    }

    /// The statement for some of the rows, unless there are none.
    fn next_for_sqlite(
        &self,
        rows: impl Iterator<Item = Args>,
        columns: usize,
    ) -> Result<Option<(AssertSqlSafe<String>, SqliteArguments)>, StoreError> {
        let mut args = Args::default();
        rows.for_each(|row| args.append(row));
        let rows = args.len() / columns;
        let text = AssertSqlSafe(self.for_sqlite(columns, rows));
        Ok(if rows == 0 { None } else { Some((text, args.for_sqlite()?)) })
    }

    /// Its places are `?`: SQLite finds a numbered one among the others by looking at one after another.
    /// `OR FAIL` spares it to keep, until all rows are there, every page as it was before.
    fn for_sqlite(&self, columns: usize, rows: usize) -> String {
        let row = format!("({}{})", vec!["?"; columns].join(", "), self.fixed);
        format!("INSERT OR FAIL INTO {} VALUES {} {}", self.into, vec![row; rows].join(", "), self.on_conflict)
    }

    pub(super) async fn run_on_postgres(
        &self,
        connection: &mut PgConnection,
        rows: Vec<Args>,
    ) -> Result<u64, StoreError> {
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

    fn for_postgres(&self, columns: &[Column]) -> String {
        let lists = (1..).zip(columns).map(|(place, column)| format!("CAST(${place} AS {})", column.type_name()));
        let lists: Vec<String> = lists.collect();
        format!(
            "INSERT INTO {} SELECT *{} FROM unnest({}) {}",
            self.into,
            self.fixed,
            lists.join(", "),
            self.on_conflict
        )
    }
}
