//! `landbridge migration status`.

use anyhow::Context;
use flows::migration::status::{self, ConnectionStatus, MigrationStatus, Origin};

use crate::config::Loaded;
use crate::wiring::{self, Opening};

use super::{Failure, output};

pub(super) async fn status(loaded: &Loaded, json: bool) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let status = status::status(&services).await.context("cannot count who has moved");
    services.store.close().await;
    let status = status?;
    Ok(output::say(if json { as_json(&status)? } else { told(&status) })?)
}

fn as_json(status: &MigrationStatus) -> anyhow::Result<String> {
    let text = serde_json::to_string_pretty(status).context("cannot write the status as JSON")?;
    Ok(format!("{text}\n"))
}

/// A table whose first column is as wide as the longest name.
fn told(status: &MigrationStatus) -> String {
    if status.connections.is_empty() {
        return "There is nobody in any connection yet.\n".to_owned();
    }
    let mut rows = vec![Row::new("CONNECTION", ["PEOPLE", "MOVED", "WAITING", "NATIVE", "NO PASSWORD"])];
    rows.extend(status.connections.iter().flat_map(rows_of));
    if !status.days.is_empty() {
        rows.extend([Row::heading(""), Row::heading("MOVED ON (UTC)")]);
    }
    rows.extend(status.days.iter().map(|day| Row::new(&day.date, [String::new(), day.moved.to_string()])));
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    rows.iter().map(|row| row.told(width)).collect()
}

/// A connection, and under it where its people come from.
fn rows_of(status: &ConnectionStatus) -> Vec<Row> {
    let ConnectionStatus { connection, people, moved, waiting, native, without_password, origins } = status;
    let own = Row::new(connection, [people, moved, waiting, native, without_password].map(i64::to_string));
    [own].into_iter().chain(origins.iter().map(origin_row)).collect()
}

fn origin_row(origin: &Origin) -> Row {
    let name = origin.name.as_deref().unwrap_or_default();
    let counts = [origin.people, origin.moved, origin.waiting].map(|count| count.to_string());
    Row::new(&format!("  {} {name}", origin.origin), counts)
}

struct Row {
    name: String,
    cells: Vec<String>,
}

impl Row {
    fn new<const N: usize>(name: &str, cells: [impl Into<String>; N]) -> Self {
        Row { name: name.to_owned(), cells: cells.into_iter().map(Into::into).collect() }
    }

    fn heading(name: &str) -> Self {
        Row { name: name.to_owned(), cells: Vec::new() }
    }

    fn told(&self, width: usize) -> String {
        let cells: Vec<String> = self.cells.iter().map(|cell| format!(" {cell:>11}")).collect();
        format!("{:width$}{}", self.name, cells.concat()).trim_end().to_owned() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use flows::migration::status::Day;

    use super::*;

    #[test]
    fn nobody_is_told() {
        assert_eq!(told(&MigrationStatus::default()), "There is nobody in any connection yet.\n");
    }

    #[test]
    fn a_status_is_a_table() {
        let status = MigrationStatus {
            connections: vec![ConnectionStatus {
                connection: "users".to_owned(),
                people: 1010,
                moved: 12,
                waiting: 988,
                native: 7,
                without_password: 3,
                origins: vec![Origin {
                    origin: "source".to_owned(),
                    name: Some("old".to_owned()),
                    people: 1000,
                    moved: 12,
                    waiting: 988,
                }],
            }],
            days: vec![Day { date: "2026-01-31".to_owned(), moved: 12 }],
        };
        let expected = "\
CONNECTION          PEOPLE       MOVED     WAITING      NATIVE NO PASSWORD
users                 1010          12         988           7           3
  source old          1000          12         988

MOVED ON (UTC)
2026-01-31                          12
";
        assert_eq!(told(&status), expected);
    }
}
