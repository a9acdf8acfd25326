//! The content security policy of a page (W3C CSP Level 3).

use url::{Host, Url};

use super::{Login, NewPassword, Page, VerifyEmail, WebUrl};

/// Names at most this many places in one directive, so that a client with many addresses does not outgrow a header.
const MAX_PLACES: usize = 24;

impl Page<'_> {
    /// The value of the `Content-Security-Policy` header that belongs to this page. `nonce` is the frame's.
    ///
    /// `leads_to` is where a submitted form may end: the redirect URI of the pending authorization first, then the
    /// addresses registered for the client. Chromium holds every redirect that follows a form submission to
    /// `form-action`, those that the client itself answers with included, and strands the person on a blocked
    /// navigation otherwise. [`Page::FormPost`] adds its own redirect URI.
    pub fn csp(&self, nonce: &str, leads_to: &[&str]) -> String {
        match self {
            Page::FormPost(page) => csp(Some(nonce), &[&[page.action.as_str()], leads_to].concat(), &[]),
            Page::Login(page) => csp(None, leads_to, &images(page)),
            Page::Signup(page) => csp(None, leads_to, page.client.logo.as_slice()),
            Page::ResetRequest(page) => csp(None, leads_to, page.client.logo.as_slice()),
            Page::NewPassword(NewPassword { client, .. }) | Page::VerifyEmail(VerifyEmail { client, .. }) => {
                csp(None, leads_to, client.and_then(|client| client.logo).as_slice())
            }
            Page::Consent(page) => csp(None, leads_to, page.client.logo.as_slice()),
            Page::LogoutConfirm(_) => csp(None, leads_to, &[]),
            Page::Onward(_)
            | Page::ProviderRefused(_)
            | Page::Error(_)
            | Page::EndedLink(_)
            | Page::Notice(_)
            | Page::LoggedOut(_)
            | Page::StillSignedIn
            | Page::NotFound => csp(None, &[], &[]),
        }
    }
}

fn images<'a>(page: &Login<'a>) -> Vec<WebUrl<'a>> {
    page.client.logo.into_iter().chain(page.providers.iter().filter_map(|provider| provider.icon)).collect()
}

fn csp(nonce: Option<&str>, leads_to: &[&str], images: &[WebUrl<'_>]) -> String {
    let script = nonce.map(|nonce| format!("script-src 'nonce-{nonce}'; ")).unwrap_or_default();
    let image = places(&images.iter().map(WebUrl::as_str).collect::<Vec<_>>());
    let forms = places(leads_to);
    format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self' data:{image}; form-action 'self'{forms}; \
         base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )
}

fn places(addresses: &[&str]) -> String {
    let mut named = Vec::new();
    for source in addresses.iter().filter_map(|uri| source(uri)) {
        if named.len() < MAX_PLACES && !named.contains(&source) {
            named.push(source);
        }
    }
    named.iter().flat_map(|source| [" ", source]).collect()
}

/// The source expression that covers `uri`: its origin, or its scheme where the grammar has no word for its host.
///
/// That is so for the private-use schemes of native apps (RFC 8252 7.1) and for IPv6 literals. `None` where naming it
/// would widen the policy or let a name write policy of its own.
fn source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(Host::Ipv6(_))) => Some(format!("{}:", url.scheme())),
        ("http" | "https", Some(Host::Domain(domain))) if !is_plain(domain) => None,
        ("http" | "https", _) => Some(url.origin().ascii_serialization()),
        ("javascript" | "vbscript" | "data" | "blob" | "filesystem" | "file" | "about", _) => None,
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

/// A URL's host may hold `;`, `,`, `'` and `*`, which mean something in a policy.
fn is_plain(domain: &str) -> bool {
    domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::{WebUrl, csp, source};

    #[test]
    fn a_page_without_a_nonce_runs_no_script_and_posts_to_us() {
        assert_eq!(
            csp(None, &[], &[]),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'; object-src 'none'"
        );
    }

    #[test]
    fn a_sign_in_may_end_at_the_client_and_show_its_logo() {
        let leads_to = ["https://app.example:8443/cb?x=1", "https://www.example/", "https://app.example:8443/other"];
        let policy = csp(None, &leads_to, &[WebUrl::new("https://cdn.example/logo.png").expect("a web address")]);
        assert!(policy.contains("; form-action 'self' https://app.example:8443 https://www.example; "), "{policy}");
        assert!(policy.contains("; img-src 'self' data: https://cdn.example; "), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
    }

    #[test]
    fn a_nonce_is_the_only_leave_to_run_a_script() {
        assert!(csp(Some("n0nce"), &[], &[]).contains("; script-src 'nonce-n0nce'; "));
    }

    #[test]
    fn a_policy_stays_short() {
        let many: Vec<String> = (0..100).map(|number| format!("https://app{number}.example/")).collect();
        let policy = csp(None, &many.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        assert!(policy.contains(" https://app0.example ") && !policy.contains("https://app24.example"), "{policy}");
    }

    fn check(uri: &str, expected: Option<&str>) {
        assert_eq!(source(uri).as_deref(), expected, "{uri}");
    }

    #[test]
    fn a_source_is_an_origin_or_a_scheme_and_never_more() {
        check("https://app.example/cb", Some("https://app.example"));
        check("https://app.example:443/cb", Some("https://app.example"));
        check("https://bücher.example/", Some("https://xn--bcher-kva.example"));
        check("http://127.0.0.1:51004/cb", Some("http://127.0.0.1:51004"));
        check("http://[::1]:51004/cb", Some("http:"));
        check("com.example.app:/cb", Some("com.example.app:"));
        check("https://*/", None);
        check("https://a;img-src/", None);
        check("https://a,b/", None);
        check("https://'self'/", None);
        check("javascript:alert(1)", None);
        check("data:text/html,x", None);
        check("not a uri", None);
    }
}
