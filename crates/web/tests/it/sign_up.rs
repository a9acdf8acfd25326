//! The sign-up page, and what a new password must be.

use model::connection::PasswordPolicy;
use model::user::PasswordCredential;
use testkit::{Browser, Page, Visit};

use crate::site::{EMAIL, Site, assert_page, claims};

const STRONG: &str = "Tr1cky enough";

async fn open(site: &Site, browser: &mut Browser) -> Page {
    browser.authorize(&site.client.request().with("screen_hint", "signup")).await.page()
}

async fn sign_up(site: &Site, email: &str, password: &str) -> Visit {
    let mut browser = site.app.browser();
    let form = open(site, &mut browser).await.form();
    browser.submit(&form.fill("email", email).fill("password", password)).await
}

/// The sign-up is refused with these words, and nobody was created.
async fn check_refused(site: &Site, email: &str, password: &str, status: u16, says: &str) {
    let before = site.app.dump().await;
    assert_page(sign_up(site, email, password).await, status, says);
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
}

async fn can_sign_in(site: &Site, email: &str, password: &str) -> bool {
    let visit = site.app.browser().log_in(&site.client.request(), email, password).await;
    matches!(visit, Visit::Left(_))
}

#[tokio::test]
async fn whoever_signs_up_is_signed_in() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let page = open(&site, &mut browser).await;
    assert!(page.path.starts_with("/u/signup?state="));
    let form = page.form().fill("email", "Bob@X.io").fill("password", STRONG);
    let answer = browser.submit(&form).await.answer();
    assert_eq!((answer.status.as_u16(), answer.uri.as_str()), (303, "https://app.test/cb"));
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    let claims = claims(&tokens.text("id_token"));
    assert_eq!((claims["email"].as_str(), claims["email_verified"].as_bool()), (Some("bob@x.io"), Some(false)));
    let id = claims["sub"].as_str().unwrap();
    assert!(id.starts_with("auth0|") && id.len() == 30, "{id}");
    site.silently(&mut browser).await.code();
    assert!(can_sign_in(&site, "bob@x.io", STRONG).await);
    assert_eq!(site.app.events_of("ss").await.len(), 1);
}

#[tokio::test]
async fn the_login_page_leads_to_it_and_back() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let login = browser.authorize(&site.client.request()).await.page();
    let leads_there = login.links().into_iter().find(|link| link.starts_with("/u/signup")).expect("a link");
    let signup = browser.open(&leads_there).await.page();
    assert!(signup.path.starts_with("/u/signup?state="), "{}", signup.path);
    assert_eq!(browser.open(&signup.links()[0]).await.page().path, login.path);
    let create = browser.authorize(&site.client.request().with("prompt", "create")).await.page();
    assert!(create.path.starts_with("/u/signup?state="), "{}", create.path);
}

const WEAK: &str = "The password does not follow the rules below yet";

#[tokio::test]
async fn pw_10_what_others_would_try_first_is_refused() {
    let site = Site::new().await;
    let good = [
        "Sh0rt-1",
        "lowercase only",
        "Password1!",
        "P@ssw0rd",
        "Bobby.Tables@x.io1",
        "My Bobby.Tables 1",
        "Landbridge-1",
    ];
    for password in good {
        check_refused(&site, "bobby.tables@x.io", password, 400, WEAK).await;
    }
    let none = PasswordPolicy::None;
    site.app.change_connection(&site.connection.id, |connection| connection.password_policy = none).await;
    for password in ["sevench", "password", "12345678", "qwertyuiop", "bobby.tables@x.io", "landbridge"] {
        check_refused(&site, "bobby.tables@x.io", password, 400, WEAK).await;
    }
    assert!(matches!(sign_up(&site, "bobby.tables@x.io", "eight ch").await, Visit::Left(_)));
}

#[tokio::test]
async fn pw_10_a_long_password_counts_to_its_last_character() {
    let site = Site::new().await;
    for (index, length) in [64, 72, 73, 128, 1000].into_iter().enumerate() {
        let email = format!("user{index}@x.io");
        let password = "Aa1!".repeat(250)[..length].to_owned();
        assert!(matches!(sign_up(&site, &email, &password).await, Visit::Left(_)), "{length}");
        assert!(!can_sign_in(&site, &email, &password[..length - 1]).await, "{length}");
        assert!(!can_sign_in(&site, &email, &format!("{}x", &password[..length - 1])).await, "{length}");
        assert!(can_sign_in(&site, &email, &password).await, "{length}");
    }
    let too_long = "Aa1!".repeat(251);
    check_refused(&site, "bob@x.io", &too_long[..1001], 400, "This password is too long").await;
    let page = site.app.browser().log_in(&site.client.request(), EMAIL, &too_long).await;
    assert_page(page, 400, "Wrong email or password");
}

#[tokio::test]
async fn pw_10_keyboards_may_differ_and_blanks_count() {
    let site = Site::new().await;
    for (email, password, same, other) in [
        ("accents@x.io", "Caf\u{e9} 12 \u{1f980}", "Cafe\u{301} 12 \u{1f980}", "Cafe 12 \u{1f980}"),
        ("decomposed@x.io", "Cafe\u{301} 12 x", "Caf\u{e9} 12 x", "Cafe 12 x"),
        ("spaces@x.io", "  Blanks 12  ", "  Blanks 12  ", "Blanks 12"),
    ] {
        assert!(matches!(sign_up(&site, email, password).await, Visit::Left(_)), "{email}");
        assert!(can_sign_in(&site, email, password).await, "{email}");
        assert!(can_sign_in(&site, email, same).await, "{email}");
        assert!(!can_sign_in(&site, email, other).await, "{email}");
    }
}

#[tokio::test]
async fn an_address_has_one_account() {
    let site = Site::new().await;
    let password = site.app.find_password(&site.ada).await;
    for spelling in ["ada@x.io", "ADA@X.IO", " ada@x.io "] {
        check_refused(&site, spelling, STRONG, 400, "This address already has an account").await;
    }
    for spelling in ["ada", "ada@", "@x.io", "a@b@x.io", "a,b@x.io", "ada@x..io", "ada <ada@x.io>", "a\u{0}b@x.io"] {
        let says = if spelling.contains('\0') {
            "This request makes no sense to us"
        } else {
            "This does not look like an email address"
        };
        check_refused(&site, spelling, STRONG, 400, says).await;
    }
    assert_eq!(site.app.find_password(&site.ada).await, password);
}

/// Zitadel CVE-2024-49757, CVE-2026-29193.
#[tokio::test]
async fn pw_11_a_closed_connection_takes_nobody_in() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = open(&site, &mut browser).await.form().fill("email", "bob@x.io").fill("password", STRONG);
    site.app.change_connection(&site.connection.id, |connection| connection.disable_signup = true).await;
    let before = site.app.dump().await;
    assert_page(browser.submit(&form).await, 403, "Sign-up is closed");
    site.app.assert_unchanged_since(&before).await;
    assert_page(browser.open(&format!("/u/signup?state={}", form.value("state"))).await, 403, "Sign-up is closed");
    let login = browser.authorize(&site.client.request()).await.page();
    assert!(login.links().iter().all(|link| !link.contains("signup")), "{}", login.html);
}

#[tokio::test]
async fn pw_11_nobody_chooses_more_than_an_address_and_a_password() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = open(&site, &mut browser).await.form().fill("email", "bob@x.io").fill("password", STRONG);
    let greedy = [
        ("email_verified", "true"),
        ("app_metadata", "{\"admin\":true}"),
        ("app_metadata[admin]", "true"),
        ("user_id", "auth0|ada"),
        ("blocked", "false"),
        ("roles", "admin"),
        ("connection", "elsewhere"),
        ("username", "ada"),
    ];
    let form = greedy.iter().fold(form, |form, (name, value)| form.with(name, value));
    let answer = browser.submit(&form).await.answer();
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    let id = claims(&tokens.text("id_token"))["sub"].as_str().unwrap().to_owned();
    assert_ne!(id, "auth0|ada");
    let user = site.app.find_user(&model::UserId::new(id)).await.unwrap();
    assert!(!user.profile.email_verified && user.profile.username.is_none() && user.blocked.is_none());
    assert!(user.app_metadata.is_empty() && user.user_metadata.is_empty());
    assert_eq!(user.identities[0].connection, site.connection.name);
}

#[tokio::test]
async fn a_new_password_is_ours_from_the_beginning() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = open(&site, &mut browser).await.form().fill("email", "bob@x.io").fill("password", STRONG);
    let answer = browser.submit(&form).await.answer();
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    let id = model::UserId::new(claims(&tokens.text("id_token"))["sub"].as_str().unwrap());
    let stored = site.app.find_password(&id).await.unwrap();
    let PasswordCredential::Native { hash } = stored.credential else { panic!("{stored:?}") };
    assert!(hash.starts_with("$argon2id$"));
    assert!(!site.app.dump().await.contains(STRONG));
}
