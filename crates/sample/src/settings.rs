//! What the application is told about itself and its provider.

use url::Url;

/// Who this application is, and which provider signs its people in. Has no `Debug`: it carries a secret.
pub struct Settings {
    /// Where browsers find the application, e.g. `http://app.localhost:4000/`. Only its origin counts.
    pub base_url: Url,
    /// The provider's issuer identifier, exactly as the provider spells it, trailing slash included.
    pub issuer: String,
    /// This application's client id at the provider.
    pub client_id: String,
    /// Its secret; `None` for a public client, which relies on PKCE alone.
    pub client_secret: Option<String>,
    /// The API an access token is asked for, in Auth0's `audience` parameter.
    pub audience: Option<String>,
    /// What the application calls itself on its pages.
    pub name: String,
}

impl Settings {
    /// The redirect URI to register at the provider.
    pub fn callback_url(&self) -> Url {
        self.page("/callback")
    }

    /// Where the provider sends the browser after logout; to be registered as well.
    pub fn post_logout_redirect_url(&self) -> Url {
        self.page("/")
    }

    /// The value of `Origin` on requests from the application's own pages.
    pub(crate) fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Whether browsers reach the application over TLS, so that cookies may be kept to it.
    pub(crate) fn is_secure(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    fn page(&self, path: &str) -> Url {
        self.base_url.join(path).expect("an absolute path joins any URL with a host")
    }
}
