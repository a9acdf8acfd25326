use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(address: &str, expected: Result<(), WildcardRefused>) {
    assert_eq!(SubdomainWildcards::On.check(address), expected, "{address}");
}

#[test]
fn az_04_a_wildcard_is_one_whole_label_below_a_registered_domain() {
    for address in [
        "https://*.example.com/cb",
        "https://*.example.com",
        "https://*.example.com:8443/cb?x=1",
        "https://*.preview.example.com/cb",
        "https://*.example.co.uk/cb",
        "https://*.shop.github.io/cb",
        "https://*.xn--bcher-kva.example/cb",
        "http://*.app.test:3000/cb",
        "https://app.example.com/without",
        "com.example.app:/without",
    ] {
        check(address, Ok(()));
    }
}

#[test]
fn az_04_elsewhere_a_wildcard_cannot_be_registered() {
    use WildcardRefused::{Domain, Place, PublicSuffix, Scheme};
    for (address, refusal) in [
        ("com.example.app://*.example.com/cb", Scheme),
        ("HTTPS://*.example.com/cb", Scheme),
        ("ftp://*.example.com/cb", Scheme),
        ("//*.example.com/cb", Scheme),
        ("https:*.example.com/cb", Scheme),
        ("*", Scheme),
        ("https://*", Place),
        ("https://*/cb", Place),
        ("https://app.example.com*", Place),
        ("https://app*.example.com/cb", Place),
        ("https://*app.example.com/cb", Place),
        ("https://app.*.example.com/cb", Place),
        ("https://*.*.example.com/cb", Place),
        ("https://**.example.com/cb", Place),
        ("https://*.example.com:*/cb", Place),
        ("https://*.example.com/*", Place),
        ("https://*.example.com/cb?x=*", Place),
        ("https://app.example.com/*", Place),
        ("https://user@*.example.com/cb", Place),
        ("https://*.Example.com/cb", Domain),
        ("https://*.bücher.example/cb", Domain),
        ("https://*.ex%61mple.com/cb", Domain),
        ("https://*.example.com./cb", Domain),
        ("https://*.example.com@evil.example/cb", Domain),
        ("https://*.example.com:x@evil.example/cb", Domain),
        ("https://*.evil.example\\.example.com/cb", Domain),
        ("https://*.example.com:99999/cb", Domain),
        ("https://*.0.0.1/cb", Domain),
        ("https://*.[::1]/cb", Domain),
        ("https://*./cb", Domain),
        ("https://*..com/cb", Domain),
        ("https://*.a_b.example.com/cb", Domain),
        ("https://*.com/cb", PublicSuffix),
        ("https://*.co.uk/cb", PublicSuffix),
        ("https://*.github.io/cb", PublicSuffix),
        ("https://*.vercel.app/cb", PublicSuffix),
        ("https://*.xn--55qx5d.cn/cb", PublicSuffix),
        ("https://*.ck/cb", PublicSuffix),
        ("https://*.localhost/cb", PublicSuffix),
        // Every name below it is a public suffix itself.
        ("https://*.compute.amazonaws.com/cb", PublicSuffix),
    ] {
        check(address, Err(refusal));
    }
}

#[test]
fn az_04_nothing_is_a_wildcard_where_the_operator_has_not_said_so() {
    let off = SubdomainWildcards::default();
    assert_eq!(off.check("https://*.example.com/cb"), Err(WildcardRefused::Off));
    assert_eq!(off.check("https://app.example.com/cb"), Ok(()));
    assert!(!off.stand_for("https://*.example.com/cb", "https://a.example.com/cb"));
    assert_eq!(off.pattern_over("https://a.example.com"), None);
}

#[track_caller]
fn stands(pattern: &str, address: &str, expected: bool) {
    assert_eq!(SubdomainWildcards::On.stand_for(pattern, address), expected, "{pattern} {address}");
}

#[test]
fn az_01_az_02_az_03_az_04_a_wildcard_stands_for_one_label_and_for_nothing_else() {
    let pattern = "https://*.example.com/cb";
    for address in ["https://a.example.com/cb", "https://a-1.example.com/cb", "https://xn--bcher-kva.example.com/cb"] {
        stands(pattern, address, true);
    }
    let longest = format!("https://{}.example.com/cb", "a".repeat(LONGEST_LABEL));
    stands(pattern, &longest, true);
    stands(pattern, &longest.replacen('a', "aa", 1), false);
    for address in [
        pattern,
        "https://example.com/cb",
        "https://.example.com/cb",
        "https://a.b.example.com/cb",
        "https://a.example.com./cb",
        "https://a.example.com/cb/",
        "https://a.example.com/CB",
        "https://a.example.com/cb?x=1",
        "https://a.example.com/cb#f",
        "https://a.example.com/x/../cb",
        "https://a.example.com/cb%2e%2e/x",
        "https://a.example.com:443/cb",
        "http://a.example.com/cb",
        "HTTPS://a.example.com/cb",
        "https://A.example.com/cb",
        "https://a.EXAMPLE.com/cb",
        "https://-a.example.com/cb",
        "https://a-.example.com/cb",
        "https://a_b.example.com/cb",
        "https://bücher.example.com/cb",
        "https://xn--a.example.com/cb",
        "https://a%2eb.example.com/cb",
        "https://evil%2ecom%2f.example.com/cb",
        "https://evil.com/.example.com/cb",
        "https://evil.com\\.example.com/cb",
        "https://evil.com?.example.com/cb",
        "https://evil.com#.example.com/cb",
        "https://user@a.example.com/cb",
        "https://a@evil.com/.example.com/cb",
        "https://a\t.example.com/cb",
        "https:///a.example.com/cb",
        "https://a.example.com.evil.com/cb",
        "https://aexample.com/cb",
        "javascript://a.example.com/cb",
    ] {
        stands(pattern, address, false);
    }
}

#[test]
fn a_port_and_a_query_are_part_of_the_text() {
    stands("http://*.app.test:3000/cb?x=1", "http://a.app.test:3000/cb?x=1", true);
    stands("http://*.app.test:3000/cb?x=1", "http://a.app.test:3001/cb?x=1", false);
    stands("http://*.app.test:3000/cb?x=1", "http://a.app.test:3000/cb", false);
    stands("https://*.example.com", "https://a.example.com", true);
    stands("https://*.example.com", "https://a.example.com/", false);
}

#[test]
fn az_04_names_that_anybody_can_register_are_never_meant() {
    // Could not be registered today, but the list of public suffixes grows.
    stands("https://*.github.io/cb", "https://evil.github.io/cb", false);
    stands("https://*.co.uk/cb", "https://evil.co.uk/cb", false);
    // Amazon's own domain, below which some names are its customers'.
    stands("https://*.amazonaws.com/cb", "https://console.amazonaws.com/cb", true);
    stands("https://*.amazonaws.com/cb", "https://s3.amazonaws.com/cb", false);
}

#[test]
fn the_pattern_over_an_origin_is_the_one_that_stands_for_it() {
    for (origin, pattern) in [
        ("https://a.example.com", Some("https://*.example.com")),
        ("http://a.b.example.com:3000", Some("http://*.b.example.com:3000")),
        ("https://example.com", None),
        ("https://*.example.com", None),
        ("https://a.github.io", None),
        ("https://localhost", None),
        ("https://127.0.0.1", None),
        ("https://[::1]:3000", None),
        ("null", None),
    ] {
        assert_eq!(SubdomainWildcards::On.pattern_over(origin).as_deref(), pattern, "{origin}");
    }
}

proptest! {
    #[test]
    fn whatever_is_stood_for_is_read_as_a_name_below_the_domain(label in ".{0,80}") {
        let address = format!("https://{label}.example.com/cb");
        if SubdomainWildcards::On.stand_for("https://*.example.com/cb", &address) {
            let url = Url::parse(&address).expect("an address");
            let host = url.host_str().expect("a host").to_owned();
            prop_assert_eq!(host.strip_suffix(".example.com").map(|label| label.contains('.')), Some(false));
            prop_assert_eq!((url.path(), url.username()), ("/cb", ""));
        }
    }

    #[test]
    fn no_text_is_too_odd(address in ".{0,60}", other in ".{0,60}") {
        let _ = SubdomainWildcards::On.check(&format!("*{address}"));
        let _ = SubdomainWildcards::On.stand_for(&address, &other);
        let _ = SubdomainWildcards::On.pattern_over(&address);
    }
}
