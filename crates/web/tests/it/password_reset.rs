//! A new password without the old one.

use std::time::Duration;

use axum::body::Body;
use flows::limits::{LimitSettings, RateLimit};
use flows::mail::Message;
use http::{Method, Request};
use model::user::PasswordCredential;
use serde_json::json;
use testkit::{App, Browser, Form, Options, Visit, for_each_engine, native};

use crate::links::{ask, choose, link_in, only, post_json, reset_link};
use crate::site::{EMAIL, PASSWORD, Site, assert_page};

const SENT: &str = "We've just sent you an email to reset your password.";
/// What somebody chose for another's address.
const SQUATTED: &str = "Tr1cky enough";
const NEW: &str = "Quite another 7";
const SPENT: &str = "This link does not work any more";

async fn can_sign_in(site: &Site, password: &str) -> bool {
    matches!(site.app.browser().log_in(&site.client.request(), EMAIL, password).await, Visit::Left(_))
}

#[tokio::test]
async fn whoever_forgot_the_password_chooses_another_from_the_login_page() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        let login = browser.authorize(&site.client.request()).await.page();
        let forgot = login.links().into_iter().find(|link| link.starts_with("/u/reset-password")).expect("a link");
        let form = browser.open(&forgot).await.page().form();
        let told = browser.submit(&form.fill("email", "Ada@X.io")).await.page();
        assert!(told.says("If there is an account with this address"), "{}", told.html);
        assert_eq!(browser.open(&told.links()[0]).await.page().path, login.path, "and back to sign in");
        let mail = only(site.app.mails().await);
        assert_eq!((mail.to.as_str(), mail.user_id.as_ref()), (EMAIL, Some(&site.ada)));
        assert!(!site.app.dump().await.contains(&link_in(&mail)), "dl_01: only a digest is kept");
        // On a telephone, say.
        let mut other = site.app.browser();
        let page = other.open(&link_in(&mail)).await.page();
        assert!(page.says(EMAIL) && page.says("At least 8 characters"), "{}", page.html);
        let done = other.submit(&page.form().fill("password", NEW)).await.page();
        assert!(done.status == 200 && done.says("Your password is changed"), "{}", done.html);
        assert_eq!(other.cookie("session"), None, "nobody is signed in by a link");
        assert!(!can_sign_in(&site, PASSWORD).await && can_sign_in(&site, NEW).await);
        assert_eq!(only(site.app.mails().await).message, Message::PasswordChanged);
        for code in ["scpr", "scp"] {
            let [event] = &site.app.events_of(code).await[..] else { panic!("one {code}") };
            assert_eq!(
                (event.user_id.as_ref(), event.client_id.as_ref()),
                (Some(&site.ada), Some(&site.client.client_id))
            );
            assert_eq!(event.ip.as_deref(), Some("203.0.113.7"));
        }
    })
    .await;
}

#[tokio::test]
async fn pw_02_the_answer_and_the_work_are_the_same_for_every_address() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut answers = Vec::new();
        for email in [EMAIL, "nobody@x.io"] {
            let before = site.app.dump().await;
            let events = site.app.events().await.len();
            let answer = ask(&site, email).await;
            let after = site.app.dump().await;
            before.assert_changed_only(&after, &["jobs"]);
            assert_eq!(after.rows("jobs").len(), before.rows("jobs").len() + 1);
            assert_eq!(site.app.events().await.len(), events, "what is known is recorded where nobody waits for it");
            answers.push((answer.status.as_u16(), answer.header("content-type").map(str::to_owned), answer.body));
        }
        assert_eq!(answers[0], (200, Some("text/html; charset=utf-8".to_owned()), SENT.to_owned()));
        assert_eq!(answers[0], answers[1]);
        assert_eq!(only(site.app.mails().await).to, EMAIL);
        assert_eq!(site.app.events_of("fcpr").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn pw_03_a_link_leads_to_the_issuer_whatever_host_was_asked() {
    let site = Site::new().await;
    let connection = site.connection.name.as_str();
    let body = json!({ "connection": connection, "email": EMAIL }).to_string();
    let request = Request::post("/dbconnections/change_password")
        .header("content-type", "application/json")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    assert_eq!(site.app.call(request.body(Body::from(body)).unwrap()).await.body, SENT);
    link_in(&only(site.app.mails().await));
}

/// The link that Ada was sent, after this has happened, changes nothing.
async fn check_spent(says: &str, happens: impl AsyncFnOnce(&Site, &str) -> String) {
    let site = Site::new().await;
    let sent = reset_link(&site).await;
    let link = happens(&site, &sent).await;
    let before = site.app.find_password(&site.ada).await;
    assert_page(choose(&mut site.app.browser(), &link, "Evil choice 7").await, 400, says);
    let mut browser = site.app.browser();
    let form = browser.open(&link).await.page().find_form();
    if let Some(form) = form {
        let ticket = form.value("ticket").to_owned();
        let forced = form.with("password", "Evil choice 7");
        let forced = testkit::Form { action: "/u/reset-verify".to_owned(), ..forced };
        assert_eq!(forced.value("ticket"), ticket);
        assert_page(browser.submit(&forced).await, 400, says);
    }
    assert_eq!(site.app.find_password(&site.ada).await, before);
}

#[tokio::test]
async fn pw_04_a_link_serves_once_and_not_after_anything_changed() {
    check_spent(SPENT, async |site, link| {
        assert_page(choose(&mut site.app.browser(), link, NEW).await, 200, "Your password is changed");
        link.to_owned()
    })
    .await;
    check_spent(SPENT, async |site, link| {
        reset_link(site).await;
        link.to_owned()
    })
    .await;
    check_spent(SPENT, async |site, link| {
        site.app.change_password(&site.ada, &native("set by an administrator 7")).await;
        link.to_owned()
    })
    .await;
    check_spent(SPENT, async |site, link| {
        site.code().await;
        link.to_owned()
    })
    .await;
    check_spent(SPENT, async |site, link| {
        site.app.change_user(&site.ada, |user| user.profile.email = Some("new@x.io".to_owned())).await;
        link.to_owned()
    })
    .await;
    check_spent("This link has expired", async |site, link| {
        site.app.advance(Duration::from_hours(1));
        link.to_owned()
    })
    .await;
    for garbled in ["", "x", "%00", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        check_spent("This link leads nowhere", async |_, _| format!("/u/reset-verify?ticket={garbled}")).await;
    }
    check_spent("This link leads nowhere", async |site, link| {
        site.app.advance(Duration::from_hours(3));
        site.app.sweep().await;
        link.to_owned()
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_to_its_last_moment() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    site.app.advance(Duration::from_hours(1) - Duration::from_millis(1));
    assert_page(choose(&mut site.app.browser(), &link, NEW).await, 200, "Your password is changed");
}

#[tokio::test]
async fn pw_04_of_twenty_at_once_one_chooses() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let link = reset_link(&site).await;
        let mut opened = Vec::new();
        for number in 0..20 {
            let mut browser = site.app.browser();
            let form = browser.open(&link).await.page().form();
            opened.push((browser, form, format!("Number {number} is mine")));
        }
        let mut choices = tokio::task::JoinSet::new();
        for (mut browser, form, password) in opened {
            choices.spawn(async move {
                let page = browser.submit(&form.fill("password", &password)).await.page();
                (page.status == 200).then_some(password)
            });
        }
        let chosen: Vec<_> = choices.join_all().await.into_iter().flatten().collect();
        let [chosen] = &chosen[..] else { panic!("one choice: {chosen:?}") };
        assert!(can_sign_in(&site, chosen).await);
        assert_eq!(site.app.events_of("scp").await.len(), 1);
        assert_eq!(site.app.events_of("fcp").await.len(), 19);
    })
    .await;
}

/// The page on which the browser chooses a new password for somebody else, whose link it was.
async fn form_of_eve(site: &Site, browser: &mut Browser) -> Form {
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(native(SQUATTED))).await;
    ask(site, "eve@x.io").await;
    browser.open(&link_in(&only(site.app.mails().await))).await.page().form().fill("password", "Evil choice 7")
}

/// CVE-2026-18963: a password was reset without the mail. Here the link in the mail is all there is to the last step,
/// whatever was done in the same browser before.
#[tokio::test]
async fn pw_05_nothing_but_the_link_stands_for_the_mail() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        let login = browser.authorize(&site.client.request()).await.page();
        let forgot = login.links().into_iter().find(|link| link.starts_with("/u/reset-password")).expect("a link");
        let asked = browser.open(&forgot).await.page().form().fill("email", EMAIL);
        browser.submit(&asked).await.page();
        only(site.app.mails().await);
        let form = form_of_eve(&site, &mut browser).await;
        let before = site.app.dump().await;
        let binding = browser.cookie("browser").unwrap().to_owned();
        let user_id = site.ada.to_string();
        for taken in [asked.value("state"), asked.value("csrf"), form.value("csrf"), &binding, EMAIL, &user_id, ""] {
            let forged = form.clone().fill("ticket", taken).with("state", asked.value("state")).with("email", EMAIL);
            assert_page(browser.submit(&forged).await, 400, "This link leads nowhere");
        }
        let without =
            Form { fields: form.fields.iter().filter(|(name, _)| name != "ticket").cloned().collect(), ..form.clone() };
        assert_page(browser.submit(&without).await, 400, "This link leads nowhere");
        // The pages of the other steps take no password.
        for action in ["/u/reset-password", "/u/reset-verify/again", "/u/email-verification"] {
            let forged = Form { action: action.to_owned(), ..asked.clone() }.with("password", "Evil choice 7");
            browser.submit(&forged.with("ticket", form.value("ticket"))).await.page();
        }
        let after = site.app.dump().await;
        for table in ["passwords", "users", "sessions", "tickets"] {
            assert_eq!(after.rows(table), before.rows(table), "{table}");
        }
    })
    .await;
}

/// The same flaw: a link is about one person, whoever is named beside it.
#[tokio::test]
async fn pw_05_a_link_is_about_one_person() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = form_of_eve(&site, &mut browser).await;
    let before = site.app.find_password(&site.ada).await;
    let named = [("email", EMAIL), ("username", EMAIL), ("user_id", "auth0|ada"), ("name", EMAIL)];
    let form = named.iter().fold(form, |form, (name, value)| form.with(name, value));
    assert_page(browser.submit(&form).await, 200, "Your password is changed");
    assert_eq!(site.app.find_password(&site.ada).await, before);
    assert!(can_sign_in(&site, PASSWORD).await && !can_sign_in(&site, "Evil choice 7").await);
}

/// Whoever has a session, their own or a stolen one, and all that it brings, changes no password: that takes the
/// mailbox or an administrator.
#[tokio::test]
async fn pw_09_a_session_alone_changes_no_password() {
    let site = Site::new().await;
    let mut thief = site.app.browser();
    let management = format!("{}api/v2/", site.app.issuer());
    let scope = "openid offline_access read:current_user update:current_user update:users";
    let code = site.log_in(&mut thief, &site.client.request().scope(scope).with("audience", &management)).await;
    let stolen = site.client.exchange(&site.app, code.code()).await.text("access_token");
    let form = form_of_eve(&site, &mut thief).await;
    let before = site.app.dump().await;
    assert_page(thief.submit(&form.fill("ticket", "")).await, 400, "This link leads nowhere");
    for user in ["auth0%7Cada", "me"] {
        let body = json!({ "password": NEW, "connection": site.connection.name }).to_string();
        let request = Request::patch(format!("/api/v2/users/{user}"))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {stolen}"));
        assert_eq!(thief.send(request.body(Body::from(body)).unwrap()).await.status, 403, "{user}");
    }
    site.app.assert_unchanged_since(&before).await;

    // Once, Auth0 took the new password here. It is not looked at, and the owner of the address gets a mail.
    let body = json!({ "connection": site.connection.name, "email": EMAIL, "password": NEW });
    assert_eq!(post_json(&site.app, "/dbconnections/change_password", &body).await.body, SENT);
    assert_eq!(only(site.app.mails().await).to, EMAIL);
    assert_eq!(site.app.dump().await.rows("passwords"), before.rows("passwords"));
    assert!(can_sign_in(&site, PASSWORD).await && !can_sign_in(&site, NEW).await);
}

#[tokio::test]
async fn pw_07_rt_07_whatever_the_old_password_opened_is_over() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let mut browser = site.app.browser();
        site.log_in(&mut browser, &site.client.request()).await;
        let (refresh_token, access_token) = site.offline_tokens().await;
        let link = reset_link(&site).await;
        assert_page(choose(&mut site.app.browser(), &link, NEW).await, 200, "Your password is changed");
        assert_eq!(site.silently(&mut browser).await.error(), "login_required");
        assert_eq!(site.client.refresh(&site.app, &refresh_token).await.refusal(), (400, "invalid_grant".to_owned()));
        assert_eq!(site.app.userinfo(&access_token).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn lk_04_the_owner_of_the_address_shuts_out_whoever_was_there_first() {
    let site = Site::new().await;
    let mut squatter = site.app.browser();
    let form = squatter.authorize(&site.client.request().with("screen_hint", "signup")).await.page().form();
    squatter.submit(&form.fill("email", "bob@x.io").fill("password", SQUATTED)).await.answer().code();
    site.app.mails().await;
    ask(&site, "bob@x.io").await;
    let link = link_in(&only(site.app.mails().await));
    assert_page(choose(&mut site.app.browser(), &link, NEW).await, 200, "Your password is changed");
    assert_eq!(site.silently(&mut squatter).await.error(), "login_required");
    let visit = site.app.browser().log_in(&site.client.request(), "bob@x.io", SQUATTED).await;
    assert_page(visit, 400, "Wrong email or password");
    let code = site.app.browser().log_in(&site.client.request(), "bob@x.io", NEW).await.answer().code().to_owned();
    let tokens = site.client.exchange(&site.app, &code).await;
    assert_eq!(crate::site::claims(&tokens.text("id_token"))["email_verified"], true, "the link proved the address");
}

#[tokio::test]
async fn pw_08_looking_at_a_link_changes_nothing() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    let before = site.app.dump().await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let request = Request::builder().method(method).uri(&link).body(Body::empty()).unwrap();
        assert_eq!(site.app.call(request).await.status, 200);
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn no_page_of_a_link_tells_others_its_address() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    let page = site.app.browser().open(&link).await.page();
    let header = |name: &str| page.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!((header("referrer-policy"), header("cache-control")), ("strict-origin", "no-store"));
    let (_, ticket) = link.split_once("ticket=").unwrap();
    assert!(!page.form().action.contains(ticket) && !page.links().iter().any(|link| link.contains(ticket)));
}

#[tokio::test]
async fn pw_10_a_new_password_keeps_the_rules_and_a_refused_one_spends_nothing() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    let before = site.app.dump().await;
    for (password, says) in [
        ("short", "The password does not follow the rules below yet"),
        ("Password1!", "The password does not follow the rules below yet"),
        ("", "Choose a password."),
        (&"Aa1!".repeat(251), "This password is too long"),
    ] {
        assert_page(choose(&mut site.app.browser(), &link, password).await, 400, says);
    }
    site.app.assert_unchanged_since(&before).await;
    assert_page(choose(&mut site.app.browser(), &link, NEW).await, 200, "Your password is changed");
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    let mut browser = site.app.browser();
    let form = browser.open(&link).await.page().form().fill("password", NEW);
    let before = site.app.dump().await;
    let foreign = browser.submit_from(&form, "https://evil.example".to_owned(), "cross-site").await;
    assert_page(foreign, 403, "This form came from elsewhere");
    browser.lose_cookie("browser");
    assert_page(browser.submit(&form).await, 403, "This form came from elsewhere");
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn an_ended_link_leads_to_a_new_one() {
    let site = Site::new().await;
    let link = reset_link(&site).await;
    site.app.advance(Duration::from_hours(1));
    let mut browser = site.app.browser();
    let page = browser.open(&link).await.page();
    assert!(page.says("Nothing is wrong with your account"));
    assert_page(browser.submit(&page.form()).await, 200, "Look into your mailbox");
    let new = link_in(&only(site.app.mails().await));
    assert_page(choose(&mut browser, &new, NEW).await, 200, "Your password is changed");
    assert!(site.app.browser().open(&new).await.page().says(SPENT));
}

#[tokio::test]
async fn pw_15_an_address_gets_five_mails_an_hour_and_nobody_is_told() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let bob = site.app.add_user(&site.connection, "auth0|bob", "bob@x.io", Some(native(PASSWORD))).await;
        for _ in 0..8 {
            assert_eq!(ask(&site, EMAIL).await.body, SENT);
        }
        let mails = site.app.mails().await;
        assert_eq!(mails.len(), 5);
        assert_eq!(site.app.events_of("fcpr").await.len(), 3);
        ask(&site, "bob@x.io").await;
        assert_eq!(only(site.app.mails().await).user_id, Some(bob), "others are not concerned");
        let mut serving = 0;
        for mail in &mails {
            serving += usize::from(site.app.browser().open(&link_in(mail)).await.page().status == 200);
        }
        assert_eq!(serving, 1, "the newest of those that were sent, whatever was asked for since");
        site.app.advance(Duration::from_hours(1));
        ask(&site, EMAIL).await;
        only(site.app.mails().await);
    })
    .await;
}

#[tokio::test]
async fn mg_16_choosing_a_password_moves_whoever_has_not_moved() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let held = PasswordCredential::Source { source: "old".to_owned() };
        let bob = site.app.add_user(&site.connection, "auth0|bob", "bob@x.io", Some(held)).await;
        ask(&site, "bob@x.io").await;
        let link = link_in(&only(site.app.mails().await));
        assert_page(choose(&mut site.app.browser(), &link, NEW).await, 200, "Your password is changed");
        let stored = site.app.find_password(&bob).await.expect("a password").credential;
        assert!(matches!(stored, PasswordCredential::Native { .. }), "{stored:?}");
        let [moved] = &site.app.events_of("migrated").await[..] else { panic!("one event") };
        assert_eq!((moved.user_id.as_ref(), &moved.details["method"]), (Some(&bob), &json!("password_reset")));
        let visit = site.app.browser().log_in(&site.client.request(), "bob@x.io", NEW).await;
        visit.answer().code();
    })
    .await;
}

/// Nobody is sent anything, and the caller is told nothing of it.
async fn check_not_sent(why: &str, happens: impl AsyncFnOnce(&Site)) {
    let site = Site::new().await;
    happens(&site).await;
    assert_eq!(ask(&site, EMAIL).await.body, SENT);
    assert!(site.app.mails().await.is_empty(), "{why}");
    let [refused] = &site.app.events_of("fcpr").await[..] else { panic!("one event: {why}") };
    assert_eq!(refused.description.as_deref(), Some(why));
}

#[tokio::test]
async fn some_are_not_sent_a_link_and_the_log_says_why() {
    check_not_sent("The user is blocked.", async |site| {
        site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    })
    .await;
    let closed = "Passwords of this connection are not changed by email.";
    check_not_sent(closed, async |site| {
        let close = |connection: &mut model::connection::Connection| {
            connection.options.insert("disable_self_service_change_password".to_owned(), json!(true));
        };
        site.app.change_connection(&site.connection.id, close).await;
    })
    .await;
    check_not_sent(closed, async |site| site.app.remove_mailbox()).await;
    check_not_sent("The user does not exist.", async |site| site.app.delete_user(&site.ada).await).await;
}

#[tokio::test]
async fn where_no_mail_can_leave_no_page_offers_one() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let login = browser.authorize(&site.client.request()).await.page();
    let forgot = login.links().into_iter().find(|link| link.starts_with("/u/reset-password")).expect("a link");
    let form = browser.open(&forgot).await.page().form().fill("email", EMAIL);
    site.app.remove_mailbox();
    let login = browser.open(&login.path).await.page();
    assert!(!login.links().iter().any(|link| link.starts_with("/u/reset-password")));
    for visit in [browser.open(&forgot).await, browser.submit(&form).await] {
        assert_page(visit, 403, "Passwords are not changed here");
    }
}

#[tokio::test]
async fn what_is_typed_is_looked_at_before_anything_is_done() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let login = browser.authorize(&site.client.request()).await.page();
    let forgot = login.links().into_iter().find(|link| link.starts_with("/u/reset-password")).expect("a link");
    let form = browser.open(&forgot).await.page().form();
    let before = site.app.dump().await;
    for (email, says) in [("", "Type your email address"), ("a@b@evil", "This does not look like an email address")] {
        assert_page(browser.submit(&form.clone().fill("email", email)).await, 400, says);
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn the_dialect_s_errors_are_auth0s() {
    let site = Site::new().await;
    let connection = site.connection.name.as_str();
    let other = site.app.add_client("other", |_| {}).await;
    let before = site.app.dump().await;
    for (body, code) in [
        (json!({ "email": EMAIL }), "invalid_request"),
        (json!({ "connection": connection }), "invalid_request"),
        (json!({ "connection": connection, "email": "a@b@evil" }), "invalid_request"),
        (json!({ "connection": connection, "email": 7 }), "invalid_request"),
        (json!({ "connection": connection, "username": "x".repeat(321) }), "invalid_request"),
        (json!({ "connection": "nowhere", "email": EMAIL }), "unauthorized"),
        (json!({ "connection": connection, "email": EMAIL, "client_id": "nobody" }), "invalid_client"),
        (json!({ "connection": connection, "email": EMAIL, "client_id": other.client_id.as_str() }), "unauthorized"),
    ] {
        let answer = post_json(&site.app, "/dbconnections/change_password", &body).await;
        let refused = answer.json();
        assert_eq!((answer.status.as_u16(), refused["code"].as_str()), (400, Some(code)), "{body}");
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn a_user_name_does_as_well_and_the_mail_goes_to_the_address() {
    let site = Site::new().await;
    site.app.change_user(&site.ada, |user| user.profile.username = Some("countess".to_owned())).await;
    let fields = [("connection", site.connection.name.as_str()), ("username", "Countess")];
    assert_eq!(site.app.post_form("/dbconnections/change_password", &fields).await.body, SENT);
    assert_eq!(only(site.app.mails().await).to, EMAIL);
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_so() {
    let calls_per_address = RateLimit::per_minute(std::num::NonZeroU32::new(3).unwrap());
    let limits = LimitSettings { calls_per_address, ..LimitSettings::generous() };
    let site = Site::on(App::with(Options { limits, ..Options::default() }).await).await;
    let link = reset_link(&site).await;
    let mut browser = site.app.browser();
    site.app.advance(Duration::from_secs(20));
    let answer = ask(&site, EMAIL).await;
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), (Some("3"), Some("2")));
    let login = browser.authorize(&site.client.request()).await.page();
    let forgot = login.links().into_iter().find(|link| link.starts_with("/u/reset-password")).expect("a link");
    let form = browser.open(&forgot).await.page().form().fill("email", EMAIL);
    for _ in 0..2 {
        assert_eq!(browser.submit(&form).await.page().status, 200);
    }
    let before = site.app.dump().await;
    assert_page(browser.submit(&form).await, 429, "Too many requests from here");
    assert_eq!(ask(&site, EMAIL).await.status, 429);
    site.app.advance(Duration::from_millis(1));
    let ended = browser.open(&format!("{link}x")).await.page();
    assert_eq!(ended.status, 400);
    site.app.assert_unchanged_since(&before).await;
}
