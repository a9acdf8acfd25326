//! What a test has measured, for whoever collects it.

/// Prints a row of the table that `cargo xtask losses` makes.
pub(crate) fn figure(what: &str, seen: &str) {
    println!("| {what} | {seen} |");
}
