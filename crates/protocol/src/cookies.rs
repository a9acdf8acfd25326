//! What browsers send back of the cookies they were given (RFC 6265 5.4).

/// The one value of a cookie, in the lines of the `Cookie` header. One that is there twice was planted, and counts as
/// none.
pub fn sole_value<'a>(lines: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut values = lines.into_iter().flat_map(|line| line.split(';')).filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(lines: &[&'a str]) -> Option<&'a str> {
        sole_value(lines.iter().copied(), "landbridge_session")
    }

    #[test]
    fn se_05_garbled_and_repeated_cookies_count_as_none() {
        assert_eq!(found(&["a=b; landbridge_session=x; c"]), Some("x"));
        assert_eq!(found(&["landbridge_session=x; landbridge_session=y"]), None);
        assert_eq!(found(&["landbridge_session=x", "landbridge_session=x"]), None);
        assert_eq!(found(&["landbridge_sessionx=x"]), None);
        assert_eq!(found(&[]), None);
    }
}
