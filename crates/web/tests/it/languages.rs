//! The language of a page: what the application asks for, then what the browser does, then English.

use testkit::Page;

use crate::site::Site;

async fn login_page(site: &Site, ui_locales: Option<&str>, accept_language: Option<&str>) -> Page {
    let mut browser = site.app.browser();
    if let Some(languages) = accept_language {
        browser = browser.sending("accept-language", languages);
    }
    let url = site.client.request();
    let url = ui_locales.into_iter().fold(url, |url, locales| url.with("ui_locales", locales));
    browser.authorize(&url).await.page()
}

#[tokio::test]
async fn a_page_speaks_the_first_language_that_it_knows() {
    let site = Site::new().await;
    let cases = [
        (None, None, "en", "Welcome"),
        (None, Some("de-AT,de;q=0.9,en;q=0.8"), "de", "Willkommen"),
        (None, Some("sv,fr;q=0.5"), "fr", "Bienvenue"),
        (Some("fr de"), Some("de"), "fr", "Bienvenue"),
        (Some("tlh"), Some("de"), "de", "Willkommen"),
        (Some("../en"), Some("*;q=0.1"), "en", "Welcome"),
    ];
    for (asked, accepted, language, says) in cases {
        let page = login_page(&site, asked, accepted).await;
        assert!(page.html.contains(&format!("<html lang=\"{language}\">")), "{asked:?} {accepted:?}: {}", page.html);
        assert!(page.says(says), "{asked:?} {accepted:?}: {}", page.html);
    }
}

#[tokio::test]
async fn a_page_about_no_application_speaks_the_browsers_language() {
    let site = Site::new().await;
    let mut browser = site.app.browser().sending("accept-language", "de");
    let page = browser.open("/authorize?client_id=nobody").await.page();
    assert!(page.says("Diese Anwendung ist hier nicht bekannt"), "{}", page.html);
}
