//! Languages that people ask for (BCP 47 tags), best first.

/// More than anybody reads; what follows is not looked at.
const MOST_TAGS: usize = 10;
/// The longest tag that is looked at (RFC 5646 4.4.1).
const LONGEST_TAG: usize = 35;

/// The tags of `ui_locales` (OpenID Connect Core 3.1.2.1): separated by spaces, in the order of preference.
pub fn from_ui_locales(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().filter(|tag| is_tag(tag)).take(MOST_TAGS).map(str::to_ascii_lowercase).collect()
}

/// The tags of `Accept-Language` (RFC 9110 12.5.4), by their weight. One with weight 0 is not wanted.
pub fn from_accept_language(text: &str) -> Vec<String> {
    let mut weighted: Vec<_> = text.split(',').take(MOST_TAGS).filter_map(weighted_tag).collect();
    weighted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    weighted.into_iter().map(|(_, tag)| tag).collect()
}

/// A tag with its weight in thousandths.
fn weighted_tag(item: &str) -> Option<(u32, String)> {
    let (tag, weight) = match item.split_once(';') {
        Some((tag, weight)) => (tag.trim(), thousandths(weight.trim().strip_prefix("q=")?)?),
        None => (item.trim(), 1000),
    };
    (weight > 0 && is_tag(tag)).then(|| (weight, tag.to_ascii_lowercase()))
}

/// A weight between 0 and 1 with at most three decimals (RFC 9110 12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "0" if is_number => format!("{decimals:0<3}").parse().ok(),
        "1" if is_number => Some(1000),
        _ => None,
    }
}

fn is_tag(text: &str) -> bool {
    let is_subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST_TAG && text.split('-').all(is_subtag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(tags: &[String], expected: &[&str]) {
        assert_eq!(tags, expected);
    }

    #[test]
    fn ui_locales_come_in_the_order_of_preference() {
        check(&from_ui_locales("de-AT de  en"), &["de-at", "de", "en"]);
        check(&from_ui_locales("../../etc <script> fr"), &["fr"]);
        check(&from_ui_locales(""), &[]);
        check(&from_ui_locales(&"de ".repeat(1000)), &["de"; MOST_TAGS]);
    }

    #[test]
    fn accept_language_is_ordered_by_weight() {
        check(&from_accept_language("en;q=0.8, de-DE,de;q=0.9"), &["de-de", "de", "en"]);
        check(&from_accept_language("fr;q=0, *;q=0.1, es ; q=0.5"), &["es"]);
        check(&from_accept_language("fr;q=1.000,es;q=0.25,it;q=0.3,pt;q=0.1234,sv;q=2,da;q=x"), &["fr", "it", "es"]);
        check(&from_accept_language(""), &[]);
    }

    proptest! {
        #[test]
        fn whatever_a_browser_sends_few_tags_come_of_it(text in ".{0,300}") {
            for tags in [from_ui_locales(&text), from_accept_language(&text)] {
                prop_assert!(tags.len() <= MOST_TAGS && tags.iter().all(|tag| is_tag(tag)));
            }
        }
    }
}
