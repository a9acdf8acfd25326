//! What an operator sees of an import while it runs.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use flows::migration::import::{ImportObserver, RefusedRow, Summary};

use crate::Failure;
use crate::commands::output;

/// How often the line on a terminal is written anew.
const REDRAW: Duration = Duration::from_millis(100);

/// How many rows lie between two lines where there is no terminal.
const ROWS_PER_LINE: u64 = 10_000;

/// Refused rows that are shown where no report is written.
const SHOWN: u64 = 10;

/// Writes progress to the standard error stream and refused rows to the report.
pub(super) struct Console {
    report: Option<BufWriter<File>>,
    is_terminal: bool,
    drawn_at: Option<Instant>,
    so_far: Summary,
    shown: u64,
}

impl Console {
    /// Creates the report, readable by nobody else, since it holds what describes people.
    pub(super) fn new(report: Option<&Path>) -> Result<Self, Failure> {
        let report = report.map(create).transpose()?;
        let is_terminal = io::stderr().is_terminal();
        Ok(Console { report, is_terminal, drawn_at: None, so_far: Summary::default(), shown: 0 })
    }

    /// Ends the line and the report, and answers what was heard last.
    pub(super) fn finish(self) -> io::Result<Summary> {
        if self.is_terminal && self.drawn_at.is_some() {
            output::remark("\n");
        }
        if let Some(mut report) = self.report {
            report.flush()?;
            report.get_ref().sync_all()?;
        }
        Ok(self.so_far)
    }

    #[expect(clippy::disallowed_methods, reason = "measures how long ago the line was drawn")]
    fn redraw(&mut self, line: &str, is_last: bool) {
        let now = Instant::now();
        if is_last || self.drawn_at.is_none_or(|drawn_at| now.duration_since(drawn_at) >= REDRAW) {
            // What was there may have been longer.
            output::remark(format_args!("\r{line:<78}"));
            self.drawn_at = Some(now);
        }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(made_private)
        .map(BufWriter::new)
        .map_err(|error| Failure::Configuration(format!("cannot write the report {}: {error}", path.display())))
}

/// A file that was there before keeps the permissions it had, unless somebody changes them.
fn made_private(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

impl ImportObserver for Console {
    fn progress(&mut self, so_far: &Summary) {
        let line = line(so_far);
        if self.is_terminal {
            self.redraw(&line, so_far.read == so_far.total);
        } else if so_far.read / ROWS_PER_LINE > self.so_far.read / ROWS_PER_LINE {
            output::remark(format_args!("{line}\n"));
        }
        self.so_far = so_far.clone();
    }

    fn refused(&mut self, row: RefusedRow) -> io::Result<()> {
        if let Some(report) = &mut self.report {
            serde_json::to_writer(&mut *report, &row)?;
            return report.write_all(b"\n");
        }
        if self.shown < SHOWN {
            self.shown += 1;
            output::remark(refusal(&row));
        }
        Ok(())
    }
}

fn line(summary: &Summary) -> String {
    let Summary { read, total, inserted, updated, unchanged, refused, .. } = summary;
    format!("{read} of {total} rows: {inserted} added, {updated} updated, {unchanged} unchanged, {refused} refused")
}

/// A line for each thing that is wrong with a row.
fn refusal(row: &RefusedRow) -> String {
    let lines = row.errors.iter().map(|error| {
        let path = error.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
        format!("line {}: {path}{}\n", row.place.line, error.message)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use flows::migration::import::{Place, RowCode, RowError};

    use super::*;

    fn row(line: u64) -> RefusedRow {
        let error = |path: Option<&str>, message: &str| RowError {
            code: RowCode::Format,
            message: message.to_owned(),
            path: path.map(str::to_owned),
        };
        let errors = vec![error(Some("email"), "not an address"), error(None, "twice")];
        RefusedRow { place: Place { line, index: None }, user: None, errors }
    }

    #[test]
    fn a_report_is_a_private_file_of_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.ndjson");
        let mut console = Console::new(Some(&path)).unwrap();
        console.refused(row(3)).unwrap();
        console.refused(row(5)).unwrap();
        console.finish().unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        let lines: Vec<serde_json::Value> =
            std::fs::read_to_string(&path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[1]["line"], 5);
        assert_eq!(lines[1]["errors"][0]["code"], "FORMAT");
        assert_eq!(lines.len(), 2);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Console::new(Some(&path)).unwrap();
        assert_eq!(mode(), 0o600, "also where another one was");
    }

    #[test]
    fn a_report_that_cannot_be_written_is_told_before_anything_is_done() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Console::new(Some(folder.path())), Err(Failure::Configuration(_))));
    }

    #[test]
    fn a_refused_row_is_told_in_lines() {
        assert_eq!(refusal(&row(7)), "line 7: email: not an address\nline 7: twice\n");
    }

    #[test]
    fn progress_is_told_in_numbers() {
        let summary = Summary { read: 5, total: 9, inserted: 3, refused: 2, ..Summary::default() };
        assert_eq!(line(&summary), "5 of 9 rows: 3 added, 0 updated, 0 unchanged, 2 refused");
    }
}
