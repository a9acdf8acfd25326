//! Web origins, as browsers spell them in `Origin` (RFC 6454 6.2).

use url::Url;

/// The origin of an `http` or `https` address; `None` for any other. Default ports are left out and hosts are in lower
/// case, as in what a browser sends.
pub fn origin_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(origin_of(address).as_deref(), expected, "{address}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_as_a_browser_sends_them() {
        check("https://app.example/callback?x#y", Some("https://app.example"));
        check("https://APP.example:443", Some("https://app.example"));
        check("http://localhost:3000/", Some("http://localhost:3000"));
        check("https://bücher.example/", Some("https://xn--bcher-kva.example"));
        check("https://user@app.example.evil.example/", Some("https://app.example.evil.example"));
        check("com.example.app:/callback", None);
        check("file:///etc/passwd", None);
        check("null", None);
        check("", None);
    }
}
