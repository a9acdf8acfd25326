//! Texts of the request that come back, or are kept.

use testkit::for_each_engine;

use super::{check_asks, check_told};
use crate::site::{Site, claims};

/// Ory Hydra CVE-2019-8400, GHSA-27gc-wj6x-9w55.
#[tokio::test]
async fn az_12_what_a_client_sends_comes_back_byte_for_byte_and_never_as_html() {
    let site = Site::new().await;
    let nasty = "\"'><script>alert(1)</script>\r\nSet-Cookie: a=b\u{1f980}&state=other#x";
    for mode in ["query", "fragment", "form_post"] {
        let url = site.client.request().with("state", nasty).with("nonce", nasty).with("response_mode", mode);
        let url = url.with("ui_locales", nasty).with("login_hint", nasty).with("error_description", nasty);
        let page = site.app.browser().authorize(&url).await.page();
        assert!(!page.html.contains("<script"), "{}", page.html);
        assert_eq!(page.form().value("username"), nasty);
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!(answer.field("state"), nasty, "{mode}");
        let tokens = site.client.exchange(&site.app, answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["nonce"], nasty);
        let refused = site.app.browser().authorize(&url.with("scope", "\"")).await.answer();
        assert_eq!((refused.error(), refused.field("state")), ("invalid_scope", nasty));
    }
}

#[tokio::test]
async fn az_12_text_is_bounded_and_must_be_text() {
    let site = Site::new().await;
    let longest = "x".repeat(8 * 1024);
    let answer = site.log_in(&mut site.app.browser(), &site.client.request().with("state", &longest)).await;
    assert_eq!(answer.field("state"), longest);
    for name in ["nonce", "login_hint", "ui_locales", "scope"] {
        check_told(&site.app, &site.client.request().with(name, &format!("{longest}x")), "invalid_request").await;
    }
    let before = site.app.dump().await;
    let too_long = site.client.request().with("state", &format!("{longest}x"));
    let answer = site.app.browser().authorize(&too_long).await.answer();
    assert_eq!((answer.error(), answer.fields.get("state")), ("invalid_request", None));
    for garbage in ["%ff", "%00", "%zz", "%"] {
        let path = format!("{}&login_hint={garbage}", site.client.request().path());
        let answer = site.app.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None), "{garbage}");
    }
    site.app.assert_unchanged_since(&before).await;
}

/// What anybody may have stored at each request, by sending it.
const LONGEST: [(&str, usize); 11] = [
    ("state", 8192),
    ("id_token_hint", 8192),
    ("scope", 4096),
    ("audience", 2400),
    ("nonce", 1024),
    ("login_hint", 1024),
    ("ui_locales", 512),
    ("connection", 128),
    ("organization", 128),
    ("prompt", 64),
    ("screen_hint", 64),
];

#[tokio::test]
async fn az_12_nothing_overlong_is_stored() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let asked = |name: &str, length: usize| site.client.request().with(name, &"x".repeat(length));
        let before = site.app.dump().await;
        for (name, longest) in LONGEST {
            let answer = site.app.browser().authorize(&asked(name, longest + 1)).await.answer();
            let told = (answer.error(), answer.field("error_description"));
            assert_eq!(told, ("invalid_request", &*format!("the value of {name} is too long")));
            assert_eq!(answer.fields.contains_key("state"), name != "state", "{name}");
        }
        let two = asked("nonce", 1025).with("state", &"x".repeat(8193));
        let answer = site.app.browser().authorize(&two).await.answer();
        assert_eq!((answer.error(), answer.fields.get("state")), ("invalid_request", None));
        site.app.assert_unchanged_since(&before).await;

        for name in ["state", "scope", "nonce", "login_hint", "ui_locales"] {
            let (_, longest) = LONGEST.iter().find(|(limited, _)| *limited == name).unwrap();
            check_asks(&site.app, &asked(name, *longest)).await;
        }
        let stored = site.app.dump().await;
        assert_eq!(stored.rows("pending_authorizations").len(), 5);
    })
    .await;
}
