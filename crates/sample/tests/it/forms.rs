//! Forms that were not on one of our pages change nothing.

use reqwest::StatusCode;

use crate::browser::Browser;
use crate::sample::Sample;

#[tokio::test]
async fn need_our_origin_and_the_sessions_token() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;
    let mut other = Browser::new(&sample);
    other.sign_in().await;
    let token = browser.get("/").await.form_token();
    let others_token = other.get("/").await.form_token();
    let origin = sample.address.origin().ascii_serialization();
    let requests_before = sample.provider.conduct().token_requests.len();

    for (token, origin) in [
        (token.as_str(), None),
        (&token, Some("null")),
        (&token, Some("http://elsewhere.example")),
        (&others_token, Some(origin.as_str())),
        ("", Some(&origin)),
    ] {
        for path in ["/refresh", "/logout"] {
            let page = browser.post(path, token, origin).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {token} {origin:?}");
        }
    }

    assert_eq!(browser.me().await["signed_in"], true);
    assert_eq!(sample.provider.conduct().token_requests.len(), requests_before);
    assert_eq!(browser.post("/logout", &token, Some(&origin)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_cannot_do_what_a_form_does() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;
    for path in ["/refresh", "/logout"] {
        assert_eq!(browser.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(browser.me().await["signed_in"], true);
}
