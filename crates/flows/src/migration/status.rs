//! Who has moved, and who is still to come.

use model::Timestamp;
use serde::Serialize;
use store::migration::Progress;

use crate::{InternalError, Services};

/// How many of the latest days are told.
const DAYS: u32 = 30;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// How far the move has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MigrationStatus {
    /// Every connection that has people, by name.
    pub connections: Vec<ConnectionStatus>,
    /// The latest days on which anybody moved, newest first.
    pub days: Vec<Day>,
}

/// How far one connection has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionStatus {
    /// Its name.
    pub connection: String,
    /// Everybody in it.
    pub people: i64,
    /// Those who came from elsewhere and whose password is ours by now.
    pub moved: i64,
    /// Those who came from elsewhere and have not signed in since.
    pub waiting: i64,
    /// Those who signed up here and never had to move.
    pub native: i64,
    /// Those who have no password at all, and can come in only by a reset.
    pub without_password: i64,
    /// Those who came from elsewhere, by where their passwords come from.
    pub origins: Vec<Origin>,
}

/// People whose passwords come from one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// `imported` for hashes, `source` for passwords that a source holds.
    pub origin: String,
    /// The hashes' format, or the source's name.
    pub name: Option<String>,
    /// How many.
    pub people: i64,
    /// How many of them have moved.
    pub moved: i64,
    /// How many have not.
    pub waiting: i64,
}

/// How many moved on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, UTC, as in `2026-01-31`.
    pub date: String,
    /// How many.
    pub moved: i64,
}

/// How far the move has come, as of now. Nothing is cached.
pub async fn status(svc: &Services) -> Result<MigrationStatus, InternalError> {
    let mut db = svc.store.read().await?;
    let progress = store::migration::progress(&mut db).await?;
    let without_password = store::migration::without_password(&mut db).await?;
    let days = store::migration::by_day(&mut db, DAYS).await?;
    Ok(MigrationStatus {
        connections: connections(progress, without_password),
        days: days.into_iter().map(|(day, moved)| Day { date: date(day), moved }).collect(),
    })
}

fn connections(progress: Vec<Progress>, without_password: Vec<(String, i64)>) -> Vec<ConnectionStatus> {
    let mut connections: Vec<ConnectionStatus> = Vec::new();
    for row in progress {
        at(&mut connections, &row.connection).add(row);
    }
    for (name, people) in without_password {
        let connection = at(&mut connections, &name);
        connection.people += people;
        connection.without_password += people;
    }
    connections.sort_by(|one, other| one.connection.cmp(&other.connection));
    connections
}

/// The connection of this name, added where it is not there yet.
fn at<'a>(connections: &'a mut Vec<ConnectionStatus>, name: &str) -> &'a mut ConnectionStatus {
    let found = connections.iter().position(|connection| connection.connection == name);
    let index = found.unwrap_or_else(|| {
        connections.push(ConnectionStatus { connection: name.to_owned(), ..ConnectionStatus::default() });
        connections.len() - 1
    });
    &mut connections[index]
}

impl ConnectionStatus {
    fn add(&mut self, row: Progress) {
        self.people += row.people;
        if row.origin == "native" {
            self.native += row.people;
            return;
        }
        let waiting = row.people - row.moved;
        self.moved += row.moved;
        self.waiting += waiting;
        let Progress { origin, origin_name: name, people, moved, .. } = row;
        self.origins.push(Origin { origin, name, people, moved, waiting });
    }
}

/// The day that is this many days after the first of 1970.
fn date(day: i64) -> String {
    let mut text = Timestamp::from_millis(day.saturating_mul(MILLIS_PER_DAY)).to_string();
    text.truncate("2026-01-31".len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(connection: &str, origin: &str, name: Option<&str>, people: i64, moved: i64) -> Progress {
        Progress {
            connection: connection.to_owned(),
            origin: origin.to_owned(),
            origin_name: name.map(str::to_owned),
            people,
            moved,
        }
    }

    #[test]
    fn people_are_counted_once_and_by_where_they_stand() {
        let rows = vec![
            row("users", "imported", Some("bcrypt"), 10, 4),
            row("users", "native", None, 3, 0),
            row("users", "source", Some("old"), 20, 5),
        ];
        let found = connections(rows, vec![("staff".to_owned(), 1), ("users".to_owned(), 2)]);
        let origin = |origin: &str, name: &str, people, moved, waiting| Origin {
            origin: origin.to_owned(),
            name: Some(name.to_owned()),
            people,
            moved,
            waiting,
        };
        let staff = ConnectionStatus {
            connection: "staff".to_owned(),
            people: 1,
            without_password: 1,
            ..ConnectionStatus::default()
        };
        let users = ConnectionStatus {
            connection: "users".to_owned(),
            people: 35,
            moved: 9,
            waiting: 21,
            native: 3,
            without_password: 2,
            origins: vec![origin("imported", "bcrypt", 10, 4, 6), origin("source", "old", 20, 5, 15)],
        };
        assert_eq!(found, [staff, users]);
    }

    #[test]
    fn nobody_is_nothing() {
        assert_eq!(connections(Vec::new(), Vec::new()), []);
    }

    #[test]
    fn a_day_is_a_date() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(20_483), "2026-01-30");
    }
}
