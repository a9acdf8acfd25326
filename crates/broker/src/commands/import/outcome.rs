//! What an operator is told when an import is over.

use flows::migration::import::Summary;

/// The counts in words. What did not happen is left out.
pub(super) fn told(summary: &Summary, connection: &str, is_dry_run: bool) -> String {
    let rows = if summary.total == 1 { "row" } else { "rows" };
    let mut lines = vec![format!("{} {rows} for the connection {connection}", summary.total)];
    let mut count = |rows: u64, words: &str| {
        if rows > 0 {
            lines.push(format!("{rows:>10} {words}"));
        }
    };
    count(summary.inserted_with_hash, "added with a password hash");
    count(summary.inserted_at_source, "added whose password the source holds");
    count(summary.inserted_without_password, "added without a password; they need a reset");
    count(summary.updated, "updated");
    count(summary.unchanged, "there already and unchanged");
    for (reason, rows) in &summary.skipped {
        count(*rows, &format!("passed over, {}", reason.as_str()));
    }
    count(summary.refused, "refused");
    for (field, rows) in &summary.left_out {
        count(*rows, &format!("without their {field}, for which there is no place"));
    }
    if is_dry_run {
        lines.push("This was a dry run; nothing was written.".to_owned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use flows::migration::import::SkipReason;

    use super::*;

    #[test]
    fn an_outcome_is_told_in_counts() {
        let summary = Summary {
            total: 20,
            read: 20,
            inserted: 6,
            inserted_with_hash: 1,
            inserted_at_source: 2,
            inserted_without_password: 3,
            updated: 4,
            unchanged: 5,
            skipped: [(SkipReason::OtherConnection, 3), (SkipReason::DeletedHere, 1)].into(),
            refused: 1,
            left_out: [("locale".to_owned(), 6)].into(),
        };
        let expected = "20 rows for the connection users\n         \
            1 added with a password hash\n         \
            2 added whose password the source holds\n         \
            3 added without a password; they need a reset\n         \
            4 updated\n         \
            5 there already and unchanged\n         \
            3 passed over, of other connections\n         \
            1 passed over, of people who were deleted here\n         \
            1 refused\n         \
            6 without their locale, for which there is no place\n";
        assert_eq!(told(&summary, "users", false), expected);
    }

    #[test]
    fn one_is_told_as_one() {
        let summary = Summary { total: 1, read: 1, inserted: 1, inserted_with_hash: 1, ..Summary::default() };
        assert_eq!(
            told(&summary, "users", false),
            "1 row for the connection users\n         1 added with a password hash\n"
        );
    }

    #[test]
    fn a_dry_run_says_so() {
        let told = told(&Summary::default(), "users", true);
        assert_eq!(told, "0 rows for the connection users\nThis was a dry run; nothing was written.\n");
    }
}
