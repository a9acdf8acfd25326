//! What pages show of a client, and where they may lead to.

use model::client::Client;
use model::settings::TenantSettings;
use protocol::this_machine::stays_on_this_machine;
use url::Url;

/// A client as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFace {
    /// Its name.
    pub name: String,
    /// Its picture.
    pub logo_uri: Option<String>,
    /// Where a page on which nothing can go on may lead back to: `https`, or `http` on the person's own machine.
    ///
    /// It comes from the client's registration and never from a request, so that no link to a page of ours can be
    /// made to lead elsewhere.
    pub way_back: Option<String>,
}

impl ClientFace {
    /// For somebody who wants to sign in: the way back leads to where the application begins a login (OpenID Connect
    /// Core 4), or else to where it receives those who have signed out.
    pub(crate) fn signing_in(client: &Client) -> Self {
        ClientFace::leading_to(client, client.initiate_login_uri.iter().chain(&client.allowed_logout_urls))
    }

    /// For somebody who has signed out, whom a way back to a login would rarely serve.
    pub(crate) fn signed_out(client: &Client) -> Self {
        ClientFace::leading_to(client, client.allowed_logout_urls.iter().chain(&client.initiate_login_uri))
    }

    /// For somebody whose application is not known any more: the place itself, where it says where to go on.
    pub(crate) fn of_nobody(tenant: &TenantSettings) -> Option<Self> {
        let way_back = tenant.default_redirection_uri.clone().filter(|address| may_be_linked(address))?;
        Some(ClientFace { name: tenant.friendly_name.clone(), logo_uri: None, way_back: Some(way_back) })
    }

    fn leading_to<'a>(client: &Client, addresses: impl Iterator<Item = &'a String>) -> Self {
        let way_back = addresses.into_iter().find(|address| may_be_linked(address)).cloned();
        ClientFace { name: client.name.clone(), logo_uri: client.logo_uri.clone(), way_back }
    }
}

/// What was registered was checked then; a link that people click is worth a second look, which also leaves out the
/// schemes of native applications.
fn may_be_linked(address: &str) -> bool {
    let Some(url) = Url::parse(address).ok().filter(|_| address.bytes().all(|byte| byte.is_ascii_graphic())) else {
        return false;
    };
    let is_reachable = match url.scheme() {
        "https" => true,
        "http" => stays_on_this_machine(&url),
        _ => false,
    };
    // A wildcard is the name of nothing.
    let is_one_place = url.host_str().is_some_and(|host| !host.contains('*'));
    is_reachable && is_one_place && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use model::{ClientId, Timestamp};
    use protocol::client_metadata::AppType;

    use super::*;

    #[track_caller]
    fn check(address: &str, expected: bool) {
        assert_eq!(may_be_linked(address), expected, "{address:?}");
    }

    #[test]
    fn a_link_is_https_or_to_one_s_own_machine() {
        check("https://app.example/login?x=1", true);
        check("http://localhost:3000/", true);
        check("http://127.0.0.1:8080/", true);
        check("http://[::1]/", true);
        check("http://app.example/", false);
        check("http://localhost.evil.example/", false);
        check("http://10.0.0.1/", false);
        check("https://*.app.example/", false);
        check("https://app.example@evil.example/", false);
        check("https://:secret@app.example/", false);
        check("javascript:alert(1)", false);
        check("JaVaScRiPt://localhost/%0aalert(1)", false);
        check("data:text/html,x", false);
        check("com.example.app://bye", false);
        check("https://app.example/\tx", false);
        check(" https://app.example/", false);
        check("//app.example/", false);
        check("/login", false);
        check("", false);
    }

    fn client(initiate_login_uri: Option<&str>, logout_urls: &[&str]) -> Client {
        Client {
            initiate_login_uri: initiate_login_uri.map(str::to_owned),
            allowed_logout_urls: logout_urls.iter().map(|url| (*url).to_owned()).collect(),
            callbacks: vec!["https://app.example/cb".to_owned()],
            ..Client::new(ClientId::new("app"), "App", AppType::RegularWeb, Timestamp::from_millis(0))
        }
    }

    #[track_caller]
    fn check_ways(client: &Client, signing_in: Option<&str>, signed_out: Option<&str>) {
        assert_eq!(ClientFace::signing_in(client).way_back.as_deref(), signing_in);
        assert_eq!(ClientFace::signed_out(client).way_back.as_deref(), signed_out);
    }

    #[test]
    fn the_way_back_depends_on_what_the_person_wanted() {
        let (login, bye) = ("https://app.example/login", "https://app.example/");
        check_ways(&client(Some(login), &[bye]), Some(login), Some(bye));
        check_ways(&client(Some(login), &[]), Some(login), Some(login));
        check_ways(&client(None, &["com.example.app://bye", "http://app.example/", bye]), Some(bye), Some(bye));
        check_ways(&client(None, &["com.example.app://bye"]), None, None);
        check_ways(&client(None, &[]), None, None);
    }
}
