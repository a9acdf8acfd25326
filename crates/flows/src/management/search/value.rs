//! What a written value means for a field of some kind.

use model::Timestamp;
use model::address::FoldedEmail;
use protocol::search::{Condition, Limit};
use store::search::{Kind, Test, TextTest};

/// The test for a field, or what is wrong with the value, as words before the field's name.
pub(super) fn test(kind: Kind, condition: &Condition) -> Result<Test, &'static str> {
    if *condition == Condition::Exists {
        return Ok(Test::Present);
    }
    match kind {
        Kind::Text | Kind::Json => Ok(Test::Text(text(condition, str::to_owned))),
        Kind::Caseless => Ok(Test::Text(text(condition, str::to_ascii_lowercase))),
        Kind::Email => Ok(Test::Text(text(condition, |address| FoldedEmail::of(address).as_str().to_owned()))),
        Kind::ExactJson => match condition {
            Condition::Is(_) => Ok(Test::Text(text(condition, str::to_owned))),
            _ => Err("has a wildcard or a range for"),
        },
        Kind::Flag => match condition {
            Condition::Is(value) => value.parse().map(Test::Flag).map_err(|_| "has neither true nor false for"),
            _ => Err("has neither true nor false for"),
        },
        Kind::Number => whole(condition, |value| value.parse().ok().map(|number| (number, number)))
            .ok_or("has neither a whole number nor a range of them for"),
        Kind::Moment => whole(condition, moments).ok_or("has neither a date nor a range of them for"),
    }
}

fn text(condition: &Condition, fold: impl Fn(&str) -> String) -> TextTest {
    let limit = |limit: &Limit| (fold(&limit.value), limit.is_included);
    match condition {
        Condition::Is(value) => TextTest::Is(fold(value)),
        Condition::Like(literals) => TextTest::Like(literals.iter().map(|literal| fold(literal)).collect()),
        Condition::Between(from, to) => TextTest::Between(from.as_ref().map(limit), to.as_ref().map(limit)),
        Condition::Exists => TextTest::Like(vec![String::new(); 2]),
    }
}

/// A test on whole numbers, where a value means the first and the last of a row of them.
fn whole(condition: &Condition, read: impl Fn(&str) -> Option<(i64, i64)>) -> Option<Test> {
    let from = |limit: &Limit| {
        let (first, last) = read(&limit.value)?;
        Some(if limit.is_included { first } else { last.saturating_add(1) })
    };
    let to = |limit: &Limit| {
        let (first, last) = read(&limit.value)?;
        Some(if limit.is_included { last } else { first.saturating_sub(1) })
    };
    match condition {
        Condition::Is(value) => read(value).map(|(first, last)| Test::Between(Some(first), Some(last))),
        // An end that is there and cannot be read is no open one.
        Condition::Between(start, end) => {
            let start = start.as_ref().map(from);
            let end = end.as_ref().map(to);
            (start != Some(None) && end != Some(None)).then(|| Test::Between(start.flatten(), end.flatten()))
        }
        Condition::Like(_) | Condition::Exists => None,
    }
}

/// The first and the last millisecond of what a date means: `2018` is a whole year, `2018-01` a month, and so on.
fn moments(text: &str) -> Option<(i64, i64)> {
    const BEGINNING: &str = "0000-01-01T00:00:00.000Z";
    if !text.is_ascii() {
        return None;
    }
    let begins = |text: &str| Timestamp::parse(&format!("{text}{}", BEGINNING.get(text.len()..)?));
    let (first, behind) = match text.len() {
        4 => (begins(text)?, begins(&format!("{:04}", text.parse::<u32>().ok()? + 1))?),
        7 => (begins(text)?, begins(&next_month(text)?)?),
        10 => (begins(text)?, begins(text)?.plus_seconds(24 * 3600)),
        16 => (begins(text)?, begins(text)?.plus_seconds(60)),
        19 => (begins(text)?, begins(text)?.plus_seconds(1)),
        _ if text.contains('.') => {
            let moment = Timestamp::parse(text).or_else(|| begins(text))?;
            (moment, moment.plus(std::time::Duration::from_millis(1)))
        }
        _ => (Timestamp::parse(text)?, Timestamp::parse(text)?.plus_seconds(1)),
    };
    Some((first.millis(), behind.millis() - 1))
}

/// The month behind one that is written `2018-01`.
fn next_month(text: &str) -> Option<String> {
    let (year, month) = text.split_once('-')?;
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    Some(if month == 12 { format!("{:04}-01", year + 1) } else { format!("{year:04}-{:02}", month + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let millis = |text: &str| Timestamp::parse(text).expect("a moment").millis();
        assert_eq!(moments(text), expected.map(|(first, last)| (millis(first), millis(last))), "{text}");
    }

    #[test]
    fn a_date_means_all_of_what_it_names() {
        check("2018", Some(("2018-01-01T00:00:00.000Z", "2018-12-31T23:59:59.999Z")));
        check("2018-02", Some(("2018-02-01T00:00:00.000Z", "2018-02-28T23:59:59.999Z")));
        check("2018-12", Some(("2018-12-01T00:00:00.000Z", "2018-12-31T23:59:59.999Z")));
        check("2018-02-03", Some(("2018-02-03T00:00:00.000Z", "2018-02-03T23:59:59.999Z")));
        check("2018-02-03T04:05", Some(("2018-02-03T04:05:00.000Z", "2018-02-03T04:05:59.999Z")));
        check("2018-02-03T04:05:06", Some(("2018-02-03T04:05:06.000Z", "2018-02-03T04:05:06.999Z")));
        check("2018-02-03T04:05:06Z", Some(("2018-02-03T04:05:06.000Z", "2018-02-03T04:05:06.999Z")));
        check("2018-02-03T04:05:06.007Z", Some(("2018-02-03T04:05:06.007Z", "2018-02-03T04:05:06.007Z")));
        check("2018-02-03T05:05:06.007+01:00", Some(("2018-02-03T04:05:06.007Z", "2018-02-03T04:05:06.007Z")));
        for text in
            ["", "18", "2018-13", "2018-02-30", "yesterday", "20180203", "2018-02-03T25:00", "\u{661}\u{662}", "9999"]
        {
            check(text, None);
        }
    }

    #[test]
    fn an_end_that_is_left_out_leaves_all_of_its_date_out() {
        let limit = |value: &str, is_included| Some(Limit { value: value.to_owned(), is_included });
        let both_out = Condition::Between(limit("5", false), limit("9", false));
        let number = |value: &str| value.parse().ok().map(|number| (number, number));
        assert!(matches!(whole(&both_out, number), Some(Test::Between(Some(6), Some(8)))));
        let behind = Condition::Between(limit("1970-01-01", false), None);
        assert!(matches!(whole(&behind, moments), Some(Test::Between(Some(86_400_000), None))));
        assert!(whole(&Condition::Between(limit("5", true), limit("x", true)), number).is_none());
    }
}
