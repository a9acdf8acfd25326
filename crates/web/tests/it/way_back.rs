//! The way back to the application, on pages on which nothing can go on.

use std::time::Duration;

use testkit::Page;

use crate::site::{EMAIL, PASSWORD, Site};

const LOGIN: &str = "https://app.test/login";
const BYE: &str = "https://app.test/bye";
const WORDS: &str = "Back to The app application";

/// An application that says where it begins a login.
async fn site() -> Site {
    let site = Site::new().await;
    site.app.change_client(&site.client.client_id, |client| client.initiate_login_uri = Some(LOGIN.into())).await;
    site
}

#[track_caller]
fn check(page: &Page, way_back: Option<&str>) {
    assert_eq!(page.links(), way_back.into_iter().collect::<Vec<_>>(), "{}", page.html);
    assert_eq!(page.says(WORDS), way_back.is_some(), "{}", page.html);
}

/// Pages that refuse a sign-in which this site's client asked for, each with what it is about.
async fn refusals(site: &Site) -> Vec<(&'static str, Page)> {
    let mut browser = site.app.browser();
    let form = browser.authorize(&site.client.request()).await.page().form();
    let form = form.fill("username", EMAIL).fill("password", PASSWORD);
    let address = format!("/u/login?state={}", form.value("state"));
    let mut forgetful = browser.clone();
    forgetful.lose_cookie("browser");
    let mismatch = site.client.request().with("redirect_uri", "https://app.test/other");
    let mut pages = vec![
        ("another browser", site.app.browser().open(&address).await.page()),
        ("a lost cookie", forgetful.submit(&form).await.page()),
        ("a redirect URI", browser.authorize(&mismatch).await.page()),
    ];
    site.app.change_connection(&site.connection.id, |connection| connection.disable_signup = true).await;
    pages.push(("sign-up is closed", browser.open(&address.replace("login", "signup")).await.page()));
    site.app.change_connection(&site.connection.id, |connection| connection.enabled_clients.clear()).await;
    pages.push(("no connection", browser.submit(&form).await.page()));
    site.app.advance(Duration::from_hours(1));
    pages.push(("expired, typed into", browser.submit(&form).await.page()));
    pages.push(("expired, opened", browser.open(&address).await.page()));
    pages
}

#[tokio::test]
async fn whoever_cannot_sign_in_may_begin_again_at_the_application() {
    let site = site().await;
    for (about, page) in refusals(&site).await {
        println!("{about}");
        assert!(page.status.is_client_error());
        check(&page, Some(LOGIN));
    }
}

#[tokio::test]
async fn without_a_registered_address_that_is_safe_there_are_only_words() {
    let site = Site::new().await;
    let unsafe_urls = ["com.example.app://bye", "http://app.test/bye", "http://10.0.0.1/"].map(str::to_owned);
    site.app.change_client(&site.client.client_id, |client| client.allowed_logout_urls = unsafe_urls.into()).await;
    for (about, page) in refusals(&site).await {
        println!("{about}");
        check(&page, None);
    }
    for path in ["/v2/logout", "/oidc/logout?client_id=app", "/v2/logout?client_id=app&returnTo=https://app.test/"] {
        check(&site.app.browser().open(path).await.page(), None);
    }
}

#[tokio::test]
async fn who_asked_for_a_page_that_is_long_gone_is_not_known() {
    let site = site().await;
    for state in ["", "x", &"A".repeat(43)] {
        check(&site.app.browser().open(&format!("/u/login?state={state}")).await.page(), None);
    }
    let mut browser = site.app.browser();
    let address = browser.authorize(&site.client.request()).await.page().path;
    site.app.delete_client(&site.client.client_id).await;
    check(&browser.open(&address).await.page(), None);
}

#[tokio::test]
async fn who_asked_is_not_known_and_the_place_says_where_to_go_on() {
    let site = site().await;
    let home = "https://www.test/";
    let name = "The place";
    let leading = |address: &str| {
        let address = address.to_owned();
        move |tenant: &mut model::settings::TenantSettings| {
            tenant.default_redirection_uri = Some(address);
            tenant.friendly_name = name.to_owned();
        }
    };
    site.app.change_tenant(leading(home)).await;
    for state in ["", "x", &"A".repeat(43)] {
        let page = site.app.browser().open(&format!("/u/login?state={state}")).await.page();
        assert_eq!(page.links(), [home], "{}", page.html);
        assert!(page.says("Back to The place"), "{}", page.html);
        let from_a_provider = site.app.browser().open(&format!("/login/callback?state={state}&code=x")).await.page();
        assert_eq!(from_a_provider.links(), [home], "{}", from_a_provider.html);
    }
    for (about, page) in refusals(&site).await {
        println!("{about}");
        check(&page, Some(LOGIN));
    }
    site.app.change_tenant(leading("javascript:alert(1)")).await;
    check(&site.app.browser().open("/u/login?state=x").await.page(), None);
}

#[tokio::test]
async fn whoever_has_signed_out_may_go_back_to_where_the_application_wants_them() {
    let site = site().await;
    let oidc = "/oidc/logout?client_id=app";
    let mismatch = "/v2/logout?client_id=app&returnTo=https://app.test/elsewhere";
    for path in [oidc, mismatch] {
        check(&site.app.browser().open(path).await.page(), Some(BYE));
    }
    site.app.change_client(&site.client.client_id, |client| client.allowed_logout_urls.clear()).await;
    for path in [oidc, mismatch, "/v2/logout?client_id=app"] {
        check(&site.app.browser().open(path).await.page(), Some(LOGIN));
    }
    for path in ["/oidc/logout", "/v2/logout", "/oidc/logout?client_id=nobody", "/v2/logout?returnTo=https://app.test/"]
    {
        check(&site.app.browser().open(path).await.page(), None);
    }
}

/// Addresses that a request might like to see on our page.
const WANTED: [&str; 4] =
    ["https://evil.test/", "https://app.test@evil.test/", "https://app.test/login/../other", "javascript:alert(1)"];

#[tokio::test]
async fn az_01_se_08_no_page_links_to_what_a_request_says() {
    let site = site().await;
    let mut browser = site.app.browser();
    let state = browser.authorize(&site.client.request()).await.page().form().value("state").to_owned();
    site.app.advance(Duration::from_hours(1));
    for wanted in WANTED {
        let everything = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(NAMES.map(|name| (name, wanted)))
            .extend_pairs([("client_id", "app"), ("state", &state), ("response_type", "code")])
            .finish();
        for (endpoint, known) in [("/u/login", LOGIN), ("/u/signup", LOGIN), ("/authorize", LOGIN), ("/v2/logout", BYE)]
        {
            let page =
                site.app.browser().sending("referer", wanted).open(&format!("{endpoint}?{everything}")).await.page();
            check(&page, Some(known));
            assert!(!page.html.contains("evil.test"), "{}", page.html);
        }
        let oidc = site.app.browser().open(&format!("/oidc/logout?{everything}")).await.page();
        check(&oidc, Some(BYE));
    }
}

/// Names under which an address travels somewhere.
const NAMES: [&str; 9] = [
    "redirect_uri",
    "returnTo",
    "post_logout_redirect_uri",
    "initiate_login_uri",
    "target_link_uri",
    "client_uri",
    "logo_uri",
    "back",
    "iss",
];
