//! The languages that browsers and applications ask for.

use protocol::locales::{from_accept_language, from_ui_locales};

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let accepted = from_accept_language(text);
    let asked = from_ui_locales(text);
    for tags in [&accepted, &asked] {
        assert!(tags.len() <= 10, "{} tags", tags.len());
        for tag in tags {
            assert!(
                (1..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            );
            assert_eq!(*tag, tag.to_ascii_lowercase());
            assert!(text.to_ascii_lowercase().contains(tag), "{tag} was not asked for");
        }
    }
    assert_eq!(from_accept_language(&accepted.join(", ")), accepted);
    assert_eq!(from_ui_locales(&asked.join(" ")), asked);
}
