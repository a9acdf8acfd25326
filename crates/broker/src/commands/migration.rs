//! `landbridge migration status`.

use std::fmt::Write;

use anyhow::Context;
use flows::migration::status::{self, ConnectionStatus, MigrationStatus, Origin};

use crate::config::Loaded;
use crate::wiring::{self, Opening};

use super::Failure;

pub(super) async fn status(loaded: &Loaded, json: bool) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let status = status::status(&services).await.context("cannot count who has moved");
    services.store.close().await;
    let status = status?;
    if json {
        println!("{}", serde_json::to_string_pretty(&status).context("cannot write the status as JSON")?);
    } else {
        print!("{}", told(&status));
    }
    Ok(())
}

fn told(status: &MigrationStatus) -> String {
    if status.connections.is_empty() {
        return "There is nobody in any connection yet.\n".to_owned();
    }
    let mut text = format!(
        "{:32} {:>10} {:>10} {:>10} {:>10} {:>12}\n",
        "CONNECTION", "PEOPLE", "MOVED", "WAITING", "NATIVE", "NO PASSWORD"
    );
    for connection in &status.connections {
        text += &row(connection);
    }
    if !status.days.is_empty() {
        text += "\nMOVED ON (UTC)\n";
    }
    for day in &status.days {
        writeln!(text, "{:32} {:>21}", day.date, day.moved).expect("a string takes whatever is written");
    }
    text
}

fn row(status: &ConnectionStatus) -> String {
    let ConnectionStatus { connection, people, moved, waiting, native, without_password, origins } = status;
    let mut text =
        format!("{connection:32} {people:>10} {moved:>10} {waiting:>10} {native:>10} {without_password:>12}\n");
    for origin in origins {
        text += &origin_row(origin);
    }
    text
}

fn origin_row(row: &Origin) -> String {
    let Origin { origin, name, people, moved, waiting } = row;
    let name = name.as_deref().unwrap_or_default();
    format!("  {:30} {people:>10} {moved:>10} {waiting:>10}\n", format!("{origin} {name}"))
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
CONNECTION                           PEOPLE      MOVED    WAITING     NATIVE  NO PASSWORD
users                                  1010         12        988          7            3
  source old                           1000         12        988

MOVED ON (UTC)
2026-01-31                                          12
";
        assert_eq!(told(&status), expected);
    }
}
