//! Where a browser may go after logout (OpenID Connect RP-Initiated Logout 2 and 3, and Auth0's `/v2/logout`), and what
//! applications are told of it (Back-Channel Logout 1.0).

use serde_json::{Map, Value, json};

use crate::authorization::{RedirectUriRefused, check_registration};
use crate::client_metadata::AppType;
use crate::subdomain_wildcards::{SubdomainWildcards, is_pattern};

/// How long a logout token is good: two minutes are recommended (Back-Channel Logout 2.4).
const LOGOUT_TOKEN_SECONDS: i64 = 120;

/// The session that has ended, and whom its end is told.
#[derive(Clone, Copy, Debug)]
pub struct LogoutTokenClaims<'a> {
    /// Who tells it.
    pub issuer: &'a str,
    /// The client that is told.
    pub audience: &'a str,
    /// Whose session it was.
    pub subject: &'a str,
    /// Which, as in the client's ID token.
    pub sid: &'a str,
    /// The token's own id.
    pub jti: &'a str,
    /// When it is made, in seconds since the Unix epoch.
    pub issued_at: i64,
}

/// The claims of a logout token (Back-Channel Logout 2.4). It has no `nonce`, by which it cannot pass for an ID token.
pub fn logout_token(token: &LogoutTokenClaims<'_>) -> Map<String, Value> {
    let claims = json!({
        "iss": token.issuer,
        "sub": token.subject,
        "aud": token.audience,
        "iat": token.issued_at,
        "exp": token.issued_at + LOGOUT_TOKEN_SECONDS,
        "jti": token.jti,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sid": token.sid,
    });
    match claims {
        Value::Object(claims) => claims,
        _ => unreachable!("it is written as an object"),
    }
}

/// Checks a logout URL when a client or the tenant is saved. It may have a scheme of its own whatever the kind of the
/// client, for nothing secret travels to it.
pub fn check_logout_url(uri: &str, wildcards: SubdomainWildcards) -> Result<(), RedirectUriRefused> {
    check_registration(uri, AppType::Native, wildcards)
}

/// Whether one of the lists' entries is `return_to`, byte for byte, or has a wildcard that stands for it.
pub fn allowed<'a>(
    return_to: &str,
    lists: impl IntoIterator<Item = &'a String>,
    wildcards: SubdomainWildcards,
) -> bool {
    lists.into_iter().any(|own| if is_pattern(own) { wildcards.stand_for(own, return_to) } else { own == return_to })
}

/// The URL with `state` in its query (OpenID Connect RP-Initiated Logout 3). What the query holds already stays.
pub fn append_state(url: &str, state: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}state={encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subdomain_wildcards::WildcardRefused;

    #[test]
    fn se_08_only_a_registered_url_is_returned_to() {
        let tenant = ["https://app.example/bye".to_owned()];
        let client = ["com.example.app://bye".to_owned(), "https://*.app.example/bye".to_owned()];
        let cases = [
            ("https://app.example/bye", true),
            ("com.example.app://bye", true),
            ("https://one.app.example/bye", true),
            ("https://*.app.example/bye", false),
            ("https://one.two.app.example/bye", false),
            ("https://app.example/bye/", false),
            ("https://app.example/bye?x=1", false),
            ("https://app.example:443/bye", false),
            ("https://app.example/BYE", false),
            ("https://app.example/x/../bye", false),
            ("https://app.example@evil.example/bye", false),
            ("https://app.example", false),
            ("", false),
        ];
        for (return_to, expected) in cases {
            let lists = tenant.iter().chain(&client);
            assert_eq!(allowed(return_to, lists, SubdomainWildcards::On), expected, "{return_to}");
        }
        assert!(!allowed("https://app.example/bye", &[], SubdomainWildcards::On));
        assert!(!allowed("https://one.app.example/bye", &client, SubdomainWildcards::Off));
    }

    #[test]
    fn se_08_what_cannot_be_registered() {
        use RedirectUriRefused::{DangerousScheme, Fragment, IllegalCharacter, NotAbsolute, UserInfo};
        let cases = [
            ("javascript:alert(1)", DangerousScheme),
            ("DATA:text/html,x", DangerousScheme),
            ("vbscript:x", DangerousScheme),
            ("file:///etc/passwd", DangerousScheme),
            ("https://app.example/#x", Fragment),
            ("https://app.example@evil.example/", UserInfo),
            ("https://app.example/\r\nx", IllegalCharacter),
            ("/bye", NotAbsolute),
            ("//evil.example/", NotAbsolute),
            ("https:///bye", NotAbsolute),
        ];
        for (uri, refusal) in cases {
            assert_eq!(check_logout_url(uri, SubdomainWildcards::On), Err(refusal), "{uri}");
        }
        for uri in ["https://app.example/bye?x=1", "http://localhost:3000", "com.example.app://bye"] {
            assert_eq!(check_logout_url(uri, SubdomainWildcards::Off), Ok(()), "{uri}");
        }
        let own_scheme = check_logout_url("com.example.app://*.app.example/bye", SubdomainWildcards::On);
        assert_eq!(own_scheme, Err(WildcardRefused::Scheme.into()));
    }

    #[test]
    fn state_is_encoded_and_the_query_is_kept() {
        let cases = [
            ("https://app.example/bye", "https://app.example/bye?state=a%26b%0D%0A%3Cx"),
            ("https://app.example/bye?x=1", "https://app.example/bye?x=1&state=a%26b%0D%0A%3Cx"),
        ];
        for (url, expected) in cases {
            assert_eq!(append_state(url, "a&b\r\n<x"), expected);
        }
    }
}
