//! The three ways in which lists are cut into pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use store::Page;

use super::{Query, QueryInvalid};

const DEFAULT_SIZE: u32 = 50;
const LARGEST_SIZE: u32 = 100;
/// How far pages by number reach into a list that grows without bound.
const REACH: u64 = 1000;

/// Which part of a list is wanted, and how it is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// A page by its number.
    Numbered {
        /// The first page is zero.
        page: u32,
        /// How many rows it has.
        size: u32,
        /// Whether to say how long the list is.
        with_totals: bool,
    },
    /// What follows the row after which the previous answer stopped.
    Checkpoint {
        /// That row.
        after: Option<Position>,
        /// How many rows at the most.
        size: u32,
    },
}

/// Where a row stands in its list: its age, and its id among those of one age.
pub(super) type Position = (Timestamp, String);

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// Its rows.
    pub items: Vec<T>,
    /// How it is shown.
    pub shape: Shape,
}

/// How a part of a list is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The rows alone.
    Plain,
    /// The rows with the length of the whole list.
    Totals {
        /// How many rows come before.
        start: u64,
        /// How many there may be on a page.
        limit: u32,
        /// How many there are in all.
        total: u64,
    },
    /// The rows with where to go on.
    Checkpoint {
        /// The `from` of the next question; none on the last page.
        next: Option<String>,
    },
}

impl<T> Listing<T> {
    /// The same part, with its rows seen in another way.
    pub fn map<U>(self, see: impl FnMut(T) -> U) -> Listing<U> {
        Listing { items: self.items.into_iter().map(see).collect(), shape: self.shape }
    }
}

impl Paging {
    /// Reads `page`, `per_page`, `include_totals`, `from` and `take`. Where both styles are asked for, the checkpoint
    /// wins, because SDKs always send `include_totals` along.
    pub(super) fn read(query: &Query) -> Result<Self, QueryInvalid> {
        if query.has("from") || query.has("take") {
            return Self::checkpoint(query, LARGEST_SIZE);
        }
        Ok(Paging::Numbered {
            page: query.number("page")?.unwrap_or(0),
            size: size(query, "per_page", LARGEST_SIZE)?.unwrap_or(DEFAULT_SIZE),
            with_totals: query.flag("include_totals")?.unwrap_or(false),
        })
    }

    /// Reads `from` and `take`, for lists that know no other style.
    pub(super) fn checkpoint(query: &Query, largest: u32) -> Result<Self, QueryInvalid> {
        let after = query.text("from")?.map(position).transpose()?;
        Ok(Paging::Checkpoint { after, size: size(query, "take", largest)?.unwrap_or(DEFAULT_SIZE) })
    }

    /// The same for a list that grows without bound, where a late page by number would cost too much.
    pub(super) fn read_within_reach(query: &Query) -> Result<Self, QueryInvalid> {
        let paging = Self::read(query)?;
        match &paging {
            Paging::Numbered { page, size, .. } if u64::from(*page) * u64::from(*size) >= REACH => {
                Err(QueryInvalid::new(
                    "page",
                    "must stay within the first 1000 rows; narrow the search, or use from and take",
                ))
            }
            _ => Ok(paging),
        }
    }

    /// How long the whole list is, if that is wanted. A last page tells it, from so many rows; else it is counted.
    pub(super) async fn total<E>(&self, rows: usize, count: impl AsyncFnOnce() -> Result<u64, E>) -> Result<u64, E> {
        let Paging::Numbered { page, size, with_totals: true } = self else { return Ok(0) };
        let (before, rows) = (u64::from(*page) * u64::from(*size), u64::try_from(rows).unwrap_or(u64::MAX));
        let is_last = rows < u64::from(*size) && (rows > 0 || before == 0);
        if is_last { Ok(before + rows) } else { count().await }
    }

    /// What to ask the store for. A checkpoint asks for one row more, to know whether there is a next page.
    pub(super) fn page(&self) -> Page {
        match self {
            Paging::Numbered { page, size, .. } => {
                Page::Offset { skip: u64::from(*page) * u64::from(*size), limit: *size }
            }
            Paging::Checkpoint { after, size } => Page::After { last: after.clone(), limit: size + 1 },
        }
    }

    /// The answer, from the rows that the store gave and the length of the list, if it was wanted.
    pub(super) fn listing<T>(&self, mut items: Vec<T>, total: u64, position: impl Fn(&T) -> Position) -> Listing<T> {
        let shape = match self {
            Paging::Numbered { with_totals: false, .. } => Shape::Plain,
            Paging::Numbered { page, size, .. } => {
                Shape::Totals { start: u64::from(*page) * u64::from(*size), limit: *size, total }
            }
            Paging::Checkpoint { size, .. } => {
                let size = usize::try_from(*size).expect("a page fits into memory");
                let more = items.len() > size;
                items.truncate(size);
                Shape::Checkpoint { next: items.last().filter(|_| more).map(|last| cursor(&position(last))) }
            }
        };
        Listing { items, shape }
    }

    /// The same for a whole list that is in memory, sorted by position.
    pub(super) fn cut<T>(&self, all: Vec<T>, position: impl Fn(&T) -> Position) -> Listing<T> {
        let total = u64::try_from(all.len()).expect("a length fits into 64 bits");
        let (skip, limit) = match self.page() {
            Page::Offset { skip, limit } => (usize::try_from(skip).unwrap_or(usize::MAX), limit),
            Page::After { last, limit } => {
                (last.map_or(0, |last| all.partition_point(|item| position(item) <= last)), limit)
            }
        };
        let limit = usize::try_from(limit).expect("a page fits into memory");
        self.listing(all.into_iter().skip(skip).take(limit).collect(), total, position)
    }
}

fn size(query: &Query, name: &'static str, largest: u32) -> Result<Option<u32>, QueryInvalid> {
    match query.number(name)? {
        Some(size) if !(1..=largest).contains(&size) => {
            Err(QueryInvalid::new(name, format!("must be between 1 and {largest}")))
        }
        size => Ok(size),
    }
}

fn cursor((moment, id): &Position) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {id}", moment.millis()))
}

/// A cursor holds nothing but a place in a list that the caller may read anyway, so it needs no seal.
fn position(cursor: &str) -> Result<Position, QueryInvalid> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (moment, id) = text.split_once(' ')?;
        (!id.contains('\0')).then_some((Timestamp::from_millis(moment.parse().ok()?), id.to_owned()))
    };
    read().ok_or_else(|| QueryInvalid::new("from", "is not a cursor that this server gave"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Paging, QueryInvalid> {
        Paging::read(&Query::parse(query))
    }

    fn numbered(page: u32, size: u32, with_totals: bool) -> Paging {
        Paging::Numbered { page, size, with_totals }
    }

    /// Rows that are nothing but their positions, two of each age.
    fn rows(numbers: impl IntoIterator<Item = u32>) -> Vec<Position> {
        let row = |number| (Timestamp::from_millis(i64::from(number / 2)), format!("id {number:03}"));
        numbers.into_iter().map(row).collect()
    }

    #[test]
    fn what_was_asked_for_is_understood() {
        let cases = [
            ("", numbered(0, 50, false)),
            ("page=2&per_page=100&include_totals=true", numbered(2, 100, true)),
            ("include_totals=true&take=50", Paging::Checkpoint { after: None, size: 50 }),
            ("take=1&page=3", Paging::Checkpoint { after: None, size: 1 }),
        ];
        for (query, expected) in cases {
            assert_eq!(read(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn ad_07_what_is_out_of_bounds_is_refused() {
        for query in [
            "page=-1",
            "page=x",
            "page=4294967296",
            "per_page=0",
            "per_page=101",
            "per_page=1000000000",
            "take=0",
            "take=101",
            "from=%00",
            "from=AAAA",
            "from=bm90IGEgbnVtYmVyIHg",
            "from=MSB4==",
            "include_totals=1",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn pages_by_number_reach_a_thousand_rows_where_a_list_has_no_bound() {
        let last = Query::parse("page=9&per_page=100");
        assert_eq!(Paging::read_within_reach(&last), Ok(numbered(9, 100, false)));
        for query in ["page=10&per_page=100", "page=1000&per_page=1", "page=4294967295"] {
            assert!(Paging::read_within_reach(&Query::parse(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn checkpoints_visit_every_row_once_and_then_stop() {
        for size in 1..=8 {
            let (mut visited, mut from) = (Vec::new(), String::new());
            loop {
                let paging = read(&format!("take={size}{from}")).expect("a cursor of ours");
                let listing = paging.cut(rows(0..7), Position::clone);
                assert!(listing.items.len() <= usize::try_from(size).unwrap());
                visited.extend(listing.items);
                match listing.shape {
                    Shape::Checkpoint { next: Some(next) } => from = format!("&from={next}"),
                    shape => break assert_eq!(shape, Shape::Checkpoint { next: None }),
                }
            }
            assert_eq!(visited, rows(0..7));
        }
    }

    #[tokio::test]
    async fn a_last_page_tells_how_long_the_list_is() {
        for (paging, rows, expected) in [
            (numbered(0, 5, true), 0, Ok(0)),
            (numbered(0, 5, true), 4, Ok(4)),
            (numbered(2, 5, true), 3, Ok(13)),
            (numbered(0, 5, true), 5, Err("counted")),
            (numbered(2, 5, true), 5, Err("counted")),
            (numbered(2, 5, true), 0, Err("counted")),
            (numbered(0, 5, false), 5, Ok(0)),
            (Paging::Checkpoint { after: None, size: 5 }, 6, Ok(0)),
        ] {
            assert_eq!(paging.total(rows, async || Err("counted")).await, expected, "{rows} rows of {paging:?}");
        }
    }

    #[test]
    fn totals_count_the_whole_list_and_a_page_past_its_end_is_empty() {
        let listing = numbered(1, 5, true).cut(rows(0..7), Position::clone);
        assert_eq!(listing, Listing { items: rows(5..7), shape: Shape::Totals { start: 5, limit: 5, total: 7 } });
        let listing = numbered(9, 5, false).cut(rows(0..7), Position::clone);
        assert_eq!(listing, Listing { items: Vec::new(), shape: Shape::Plain });
    }
}
