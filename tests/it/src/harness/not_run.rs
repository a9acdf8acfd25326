//! Tests that want what a machine may not have.

/// Says why a test is not run. It fails where none may be left out, as `LEAVE_NO_TEST_OUT` says.
#[expect(clippy::disallowed_methods, reason = "says whether tests may be left out")]
pub(crate) fn not_run(why: &str) {
    assert!(std::env::var_os("LEAVE_NO_TEST_OUT").is_none(), "no test may be left out, and {why}");
    println!("not run: {why}");
}
