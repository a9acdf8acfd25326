//! The two cookies of the application (RFC 6265).

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::COOKIE;

use crate::secret::Secret;

/// A cookie's name, and the attributes it is always set with.
///
/// Browsers send cookies to every port of a host. The names are therefore the application's own: a provider may well
/// run on another port of `localhost`.
pub(crate) struct Cookie {
    name: String,
    attributes: String,
}

impl Cookie {
    /// Names the browser's session.
    pub(crate) fn session(is_secure: bool) -> Self {
        Cookie::new("harbour_session", "", is_secure)
    }

    /// Binds a sign-in to the browser that began it; ten minutes are left for it.
    pub(crate) fn login(is_secure: bool) -> Self {
        Cookie::new("harbour_login", "; Max-Age=600", is_secure)
    }

    fn new(name: &str, lifetime: &str, is_secure: bool) -> Self {
        let (prefix, secure) = if is_secure { ("__Host-", "; Secure") } else { ("", "") };
        Cookie {
            name: format!("{prefix}{name}"),
            // Lax, because the provider's redirect to the callback comes from another site.
            attributes: format!("; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}"),
        }
    }

    /// The value the browser sent, if there is one.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let pairs =
            headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name)
            .map(|(_, value)| value)
    }

    /// The `Set-Cookie` that gives the browser `value`.
    pub(crate) fn set(&self, value: &Secret) -> HeaderValue {
        self.header(value.expose(), "")
    }

    /// The `Set-Cookie` that takes the cookie away.
    pub(crate) fn clear(&self) -> HeaderValue {
        // A second Max-Age overrides the first (RFC 6265 5.3, step 3).
        self.header("", "; Max-Age=0")
    }

    fn header(&self, value: &str, extra: &str) -> HeaderValue {
        let text = format!("{}={value}{}{extra}", self.name, self.attributes);
        HeaderValue::try_from(text).expect("a name of ours and a base64url value are visible ASCII")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

    use super::Cookie;
    use crate::secret::Secret;

    fn check(lines: &[&'static str], expected: Option<&str>) {
        let headers: HeaderMap = lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect();
        assert_eq!(Cookie::session(false).read(&headers), expected, "{lines:?}");
    }

    #[test]
    fn reads_its_own_name_only() {
        check(&["harbour_session=a"], Some("a"));
        check(&["other=b; harbour_session=a=b; last=c"], Some("a=b"));
        check(&["other=b", "harbour_session=a"], Some("a"));
        check(&["xharbour_session=a; harbour_session2=b; harbour_session"], None);
        check(&[], None);
    }

    #[test]
    fn is_kept_to_tls_where_there_is_tls() {
        let value = Secret::new_random();
        let plain = format!("harbour_session={}; Path=/; HttpOnly; SameSite=Lax", value.expose());
        assert_eq!(Cookie::session(false).set(&value), plain);
        assert_eq!(Cookie::session(true).set(&value), format!("__Host-{plain}; Secure"));
    }
}
