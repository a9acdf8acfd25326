//! What pages show of upstream providers.

use flows::authorize::LoginPage;
use flows::login::federated::ProviderButton;
use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::page::back_to;
use super::{PageClient, ProviderRefusal, WebUrl};

/// A provider on the login page.
#[derive(Clone, Debug, Serialize)]
pub struct LoginProvider<'a> {
    /// What it is called.
    pub label: &'a str,
    /// Its picture; without one its initial stands in.
    pub icon: Option<WebUrl<'a>>,
    /// The first letter of what it is called.
    pub initial: String,
    /// Where its button leads: an address of ours.
    pub href: String,
}

impl<'a> LoginProvider<'a> {
    /// The button of a connection, on the page of this pending authorization.
    pub fn of(button: &'a ProviderButton, state: &str) -> Self {
        let initial = button.label.chars().find(|letter| letter.is_alphanumeric());
        LoginProvider {
            label: &button.label,
            icon: button.icon_url.as_deref().and_then(WebUrl::new),
            initial: initial.map(|letter| letter.to_uppercase().to_string()).unwrap_or_default(),
            href: departure(state, &button.connection, None),
        }
    }
}

/// The address that sends a browser to the provider of a connection.
pub(crate) fn departure(state: &str, connection: &str, login_hint: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("state", state).append_pair("connection", connection);
    query.extend_pairs(login_hint.map(|hint| ("login_hint", hint)));
    format!("/u/login/connection?{}", query.finish())
}

/// The same, asking for no page at the provider: only whether the person is signed in there.
pub(crate) fn silent_departure(state: &str, connection: &str) -> String {
    format!("{}&{SILENT}=1", departure(state, connection, None))
}

/// The parameter that asks so.
pub(crate) const SILENT: &str = "silent";

/// Leads on to a provider. A browser that followed a form is held to the places its page names; here it begins anew.
#[derive(Clone, Debug, Serialize)]
pub struct Onward {
    /// Where it goes on.
    pub href: String,
}

/// Nobody was signed in by way of a provider.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderRefused<'a> {
    /// Why.
    pub refusal: ProviderRefusal,
    /// What the provider is called.
    pub provider: Option<&'a str>,
    /// Where the sign-in would have led.
    pub client: PageClient<'a>,
    /// The way back to the client, from its registration.
    pub back: Option<WebUrl<'a>>,
    /// Where to try again: an address of ours.
    pub again: Option<String>,
    /// The page with the other ways to sign in, where there are any: an address of ours.
    pub others: Option<String>,
}

impl<'a> ProviderRefused<'a> {
    /// On the way of this pending authorization.
    pub fn new(refusal: ProviderRefusal, provider: Option<&'a str>, page: &'a LoginPage, state: &str) -> Self {
        let ways = page.providers.len() + usize::from(page.takes_passwords || page.knows_domains);
        ProviderRefused {
            refusal,
            provider,
            client: PageClient::from(&page.client),
            back: back_to(&page.client),
            again: None,
            others: (ways > 1)
                .then(|| format!("/u/login?{}", Serializer::new(String::new()).append_pair("state", state).finish())),
        }
    }
}
