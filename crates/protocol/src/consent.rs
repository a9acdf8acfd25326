//! Whether a person must be asked before an application gets what it wants (OpenID Connect Core 3.1.2.4).

use crate::authorization::{AuthorizationRequest, Prompt};
use crate::client_metadata::AppType;
use crate::scope::ScopeSet;
use crate::this_machine::stays_on_this_machine;
use url::Url;

/// What decides about it, besides the request.
#[derive(Clone, Copy, Debug)]
pub struct ConsentFacts<'a> {
    /// Whether the client is the operator's own.
    pub is_first_party: bool,
    /// Whether nobody can tell which program answers at the redirect URI; see [`is_unverifiable`].
    pub is_unverifiable: bool,
    /// Whether the API leaves it to the operator which of their own clients may use it.
    pub api_trusts_first_party: bool,
    /// What the person has allowed this client for this API before.
    pub allowed: Option<&'a ScopeSet>,
}

/// Whether the person must be asked. What is asked for must have been allowed before as a whole, not most of it.
pub fn is_needed(request: &AuthorizationRequest, facts: &ConsentFacts<'_>) -> bool {
    if request.prompts(Prompt::Consent) {
        return true;
    }
    let is_trusted = facts.is_first_party && !facts.is_unverifiable && facts.api_trusts_first_party;
    !is_trusted && !facts.allowed.is_some_and(|allowed| request.scope.is_subset_of(allowed))
}

/// Whether any program on the person's machine could be the one that asks: a native application without a secret that
/// is answered at a loopback address (RFC 8252 8.6).
pub fn is_unverifiable(redirect_uri: &str, app_type: AppType, is_public: bool) -> bool {
    let is_loopback = Url::parse(redirect_uri).is_ok_and(|url| url.scheme() == "http" && stays_on_this_machine(&url));
    is_loopback && is_public && app_type == AppType::Native
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::{CHECKS, ClientRules, check};
    use crate::client_metadata::GrantType;
    use crate::params::Params;
    use crate::subdomain_wildcards::SubdomainWildcards;

    fn request(query: &str) -> AuthorizationRequest {
        let params = Params::from_form(format!("response_type=code&{query}").as_bytes()).expect("a readable query");
        let client = ClientRules {
            callbacks: &[],
            web_origins: &[],
            wildcards: SubdomainWildcards::Off,
            app_type: AppType::RegularWeb,
            grant_types: &[GrantType::AuthorizationCode],
            is_public: false,
            must_push: false,
        };
        assert!(!CHECKS.is_empty());
        check(&params, &client, "https://app.example/cb".to_owned()).expect("a good request")
    }

    #[test]
    fn az_21_az_22_who_must_be_asked() {
        let own =
            ConsentFacts { is_first_party: true, is_unverifiable: false, api_trusts_first_party: true, allowed: None };
        let other = ConsentFacts { is_first_party: false, ..own };
        let allowed = ScopeSet::parse("openid email");
        let allowed = Some(&allowed);
        for (query, facts, expected) in [
            ("scope=openid", own, false),
            ("scope=openid&prompt=consent", own, true),
            ("scope=openid", ConsentFacts { is_unverifiable: true, ..own }, true),
            ("scope=openid", ConsentFacts { api_trusts_first_party: false, ..own }, true),
            ("scope=openid", ConsentFacts { api_trusts_first_party: false, allowed, ..own }, false),
            ("scope=openid", other, true),
            ("", other, true),
            ("scope=openid", ConsentFacts { allowed, ..other }, false),
            ("", ConsentFacts { allowed, ..other }, false),
            ("scope=email+openid", ConsentFacts { allowed, ..other }, false),
            ("scope=openid+profile", ConsentFacts { allowed, ..other }, true),
            ("scope=openid&prompt=consent", ConsentFacts { allowed, ..other }, true),
        ] {
            assert_eq!(is_needed(&request(query), &facts), expected, "{query} {facts:?}");
        }
    }

    #[test]
    fn a_loopback_address_is_anybody_s_on_that_machine() {
        for (uri, app_type, is_public, expected) in [
            ("http://127.0.0.1:5123/cb", AppType::Native, true, true),
            ("http://[::1]/cb", AppType::Native, true, true),
            ("http://localhost:8000", AppType::Native, true, true),
            ("HTTP://127.0.0.1/cb", AppType::Native, true, true),
            ("http://127.8.0.1/cb", AppType::Native, true, true),
            ("http://app.localhost:8000/cb", AppType::Native, true, true),
            ("https://localhost/cb", AppType::Native, true, false),
            ("com.example.app://localhost/cb", AppType::Native, true, false),
            ("http://localhost.example/cb", AppType::Native, true, false),
            ("http://127.0.0.1:5123/cb", AppType::Native, false, false),
            ("http://127.0.0.1:5123/cb", AppType::Spa, true, false),
            ("https://app.example/cb", AppType::Native, true, false),
            ("com.example.app:/cb", AppType::Native, true, false),
        ] {
            assert_eq!(is_unverifiable(uri, app_type, is_public), expected, "{uri}");
        }
    }
}
