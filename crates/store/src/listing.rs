//! Filtered, paged lists. The one place where a statement is composed at run time: every column is a word of this
//! source, every value is bound.

use model::Timestamp;

use crate::StoreError;
use crate::db::Read;
use crate::db::{Args, Ask, EngineKind, Row, args};
use crate::search::{self, Condition, Field};

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Rows after the first `skip`.
    Offset {
        /// How many rows to pass over.
        skip: u64,
        /// How many rows at the most.
        limit: u32,
    },
    /// Rows after the one with this age and id; from the beginning where there is none.
    After {
        /// The last row of the page before.
        last: Option<(Timestamp, String)>,
        /// How many rows at the most.
        limit: u32,
    },
}

/// A condition on one column. The column's name is never a request's.
pub(crate) struct Filter {
    pub(crate) column: &'static str,
    pub(crate) values: Args,
    pub(crate) count: usize,
    pub(crate) relation: Relation,
}

/// How the column is compared.
#[derive(Clone, Copy)]
pub(crate) enum Relation {
    /// It equals one of the values.
    OneOf,
    /// It is greater than the only value, or there is none.
    Beyond,
}

impl Filter {
    /// The column equals one of these texts; no texts means no condition.
    pub(crate) fn one_of(column: &'static str, texts: &[String]) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let mut values = Args::default();
        for text in texts {
            values.push(text);
        }
        Some(Filter { column, values, count: texts.len(), relation: Relation::OneOf })
    }

    /// The column is a later moment than this, or never.
    pub(crate) fn after(column: &'static str, moment: Timestamp) -> Self {
        Filter { column, values: args![moment], count: 1, relation: Relation::Beyond }
    }
}

/// By what a list is sorted instead of its own order.
#[derive(Clone, Debug)]
pub struct Sort {
    /// The field. Rows without it come last.
    pub field: Field,
    /// The greatest first.
    pub is_descending: bool,
}

/// A statement that was composed, and what is bound in it.
pub(crate) struct Composed {
    pub(crate) sql: String,
    pub(crate) args: Args,
}

/// A list over one table. Each there is has its place in the tests of composed statements.
#[derive(Default)]
pub(crate) struct List {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    /// The column by which the list is ordered, and the one that breaks ties. Pages by position need both.
    pub(crate) order: (&'static str, &'static str),
    pub(crate) newest_first: bool,
    pub(crate) filters: Vec<Filter>,
    /// What a caller searches for.
    pub(crate) search: Option<Condition>,
    /// For pages by number alone.
    pub(crate) sort: Option<Sort>,
}

impl List {
    fn conditions(&self, engine: EngineKind, args: &mut Args) -> Vec<String> {
        let mut next = args.len();
        let mut conditions = Vec::new();
        for filter in &self.filters {
            let places: Vec<_> = (0..filter.count).map(|index| format!("${}", next + index + 1)).collect();
            next += filter.count;
            args.extend(&filter.values);
            let (column, places) = (filter.column, places.join(", "));
            conditions.push(match filter.relation {
                Relation::OneOf => format!("{column} IN ({places})"),
                Relation::Beyond => format!("({column} IS NULL OR {column} > {places})"),
            });
        }
        conditions.extend(self.search.iter().map(|searched| search::compile(searched, engine, args)));
        conditions
    }

    fn order(&self, engine: EngineKind) -> String {
        let (first, second) = self.order;
        let direction = |is_descending| if is_descending { "DESC" } else { "ASC" };
        if let Some(Sort { field, is_descending }) = &self.sort {
            let (expression, direction) = (field.expression(engine), direction(*is_descending));
            // Postgres takes no index for an order that says where what is never absent comes.
            let absent = if field.is_always_there() { "" } else { " NULLS LAST" };
            return format!("ORDER BY {expression} {direction}{absent}, {second} {direction}");
        }
        let direction = direction(self.newest_first);
        format!("ORDER BY {first} {direction}, {second} {direction}")
    }

    /// Asks for a page.
    pub(crate) fn page(&self, engine: EngineKind, page: &Page) -> Composed {
        let mut args = args![];
        let mut conditions = self.conditions(engine, &mut args);
        let (first, second) = self.order;
        let (limit, skip) = match page {
            Page::Offset { skip, limit } => (*limit, *skip),
            Page::After { last, limit } => {
                if let Some((moment, id)) = last {
                    let (a, b) = (args.len() + 1, args.len() + 2);
                    let beyond = if self.newest_first { "<" } else { ">" };
                    conditions.push(format!("({first}, {second}) {beyond} (${a}, ${b})"));
                    args.push(*moment);
                    args.push(id);
                }
                (*limit, 0)
            }
        };
        let (a, b) = (args.len() + 1, args.len() + 2);
        args.push(i64::from(limit));
        args.push(i64::try_from(skip).unwrap_or(i64::MAX));
        let filter = where_clause(&conditions);
        let (table, columns) = (self.table, self.columns);
        let order = self.order(engine);
        Composed { sql: format!("SELECT {columns} FROM {table}{filter} {order} LIMIT ${a} OFFSET ${b}"), args }
    }

    /// Asks for the number of rows.
    pub(crate) fn total(&self, engine: EngineKind) -> Composed {
        let mut args = args![];
        let filter = where_clause(&self.conditions(engine, &mut args));
        Composed { sql: format!("SELECT COUNT(*) AS found FROM {}{filter}", self.table), args }
    }

    /// Asks for the number of rows, which is counted no further than that.
    pub(crate) fn total_up_to(&self, engine: EngineKind, most: u32) -> Composed {
        let mut args = args![];
        let filter = where_clause(&self.conditions(engine, &mut args));
        let (table, order, limit) = (self.table, self.order(engine), args.len() + 1);
        args.push(i64::from(most));
        // In an order that an index has: a table may begin with many rows that were deleted.
        let rows = format!("SELECT 1 AS counted FROM {table}{filter} {order} LIMIT ${limit}");
        Composed { sql: format!("SELECT COUNT(*) AS found FROM ({rows}) AS some_rows"), args }
    }

    /// The rows of a page.
    pub(crate) async fn rows<R: Row>(&self, db: &mut impl Read, page: &Page) -> Result<Vec<R>, StoreError> {
        let Composed { sql, args } = self.page(db.engine()?, page);
        db.fetch_composed(sql, args).await
    }

    /// How many rows the list has in all.
    pub(crate) async fn count(&self, db: &mut impl Read) -> Result<u64, StoreError> {
        let asked = self.total(db.engine()?);
        number(db, asked).await
    }

    /// How many rows the list has, or that number where it has more.
    pub(crate) async fn count_up_to(&self, db: &mut impl Read, most: u32) -> Result<u64, StoreError> {
        let asked = self.total_up_to(db.engine()?, most);
        number(db, asked).await
    }
}

async fn number(db: &mut impl Read, Composed { sql, args }: Composed) -> Result<u64, StoreError> {
    let rows: Vec<(i64,)> = db.fetch_composed(sql, args).await?;
    Ok(rows.first().map_or(0, |(count,)| u64::try_from(*count).unwrap_or(0)))
}

fn where_clause(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}
