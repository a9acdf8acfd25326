//! Applications are told that a session has ended (OpenID Connect Back-Channel Logout 1.0).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::source::{Lie, LyingServer, Question};
use testkit::{App, Browser, RelyingParty, for_each_engine, native};
use tokio::net::TcpListener;

const PASSWORD: &str = "correct horse battery";

/// An application's server, which remembers what it is told.
struct Listener {
    url: String,
    told: Arc<Mutex<Vec<String>>>,
    answers: Arc<AtomicU16>,
}

impl Listener {
    async fn start() -> Self {
        let (told, answers) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(AtomicU16::new(200)));
        let (heard, answer) = (Arc::clone(&told), Arc::clone(&answers));
        let note = post(async move |body: Bytes| {
            heard.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
            StatusCode::from_u16(answer.load(Ordering::SeqCst)).unwrap()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/logout", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/logout", note)).await });
        Listener { url, told, answers }
    }

    /// The logout tokens that have come since this was last asked.
    fn tokens(&self) -> Vec<String> {
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        told.iter().map(|form| form.strip_prefix("logout_token=").expect("a logout token").to_owned()).collect()
    }
}

struct Place {
    app: App,
    client: RelyingParty,
    listener: Listener,
}

/// A part of a compact JWT.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

impl Place {
    async fn on(app: App) -> Self {
        let listener = Listener::start().await;
        let url = listener.url.clone();
        let client = app.add_client("app", |client| client.backchannel_logout_urls = vec![url]).await;
        let silent = app.add_client("silent", |_| {}).await;
        let connection = app.add_connection("people", &[&client, &silent], |_| {}).await;
        for name in ["ada", "bob"] {
            app.add_user(&connection, &format!("auth0|{name}"), &format!("{name}@x.test"), Some(native(PASSWORD)))
                .await;
        }
        Place { app, client, listener }
    }

    /// Signs somebody in and gives the `sid` that the application knows.
    async fn sign_in(&self, browser: &mut Browser, who: &str) -> String {
        self.app.advance(Duration::from_secs(1));
        let request = self.client.request().with("prompt", "login");
        let answer = browser.log_in(&request, who, PASSWORD).await.answer();
        let tokens = self.client.exchange(&self.app, answer.code()).await;
        part(&tokens.text("id_token"), 1)["sid"].as_str().expect("a sid").to_owned()
    }

    async fn manage(&self, method: Method, path: &str, body: Value) {
        let answer = self.app.manage(method, path, &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn se_11_an_application_is_told_whose_session_has_ended() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let mut browser = place.app.browser();
        let sid = place.sign_in(&mut browser, "ada@x.test").await;
        browser.open("/v2/logout?client_id=app").await;
        assert!(place.listener.tokens().is_empty(), "nobody is called before the write is done");
        place.app.run_jobs_until_idle().await;
        let tokens = place.listener.tokens();
        assert_eq!(tokens.len(), 1);
        let (header, claims) = (part(&tokens[0], 0), part(&tokens[0], 1));
        assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("RS256")));
        let now = place.app.now().seconds();
        let expected = json!({
            "iss": place.app.issuer(), "sub": "auth0|ada", "aud": "app", "iat": now, "exp": now + 120, "sid": sid,
            "jti": claims["jti"], "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        assert_eq!(claims, expected);
        assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22));
        let recorded = place.app.events_of("oidc_backchannel_logout_succeeded").await;
        assert_eq!(recorded.len(), 1);
        assert_eq!(recorded[0].client_id.as_ref().map(model::ClientId::as_str), Some("app"));

        // It is no ID token: nobody signs out or is recognised by it.
        let hinted = format!("/oidc/logout?id_token_hint={}", tokens[0]);
        assert!(place.app.browser().open(&hinted).await.page().status.is_client_error());
    })
    .await;
}

#[tokio::test]
async fn every_way_in_which_a_session_ends_is_told() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let user = "users/auth0%7Cada";
        let ways = [
            (Method::DELETE, "sessions/SID".to_owned(), json!({})),
            (Method::POST, "sessions/SID/revoke".to_owned(), json!({})),
            (Method::DELETE, format!("{user}/sessions"), json!({})),
            (Method::POST, format!("{user}/revoke-access"), json!({})),
            (Method::PATCH, user.to_owned(), json!({"password": "Another-Horse-8"})),
            (Method::PATCH, user.to_owned(), json!({"blocked": true})),
            (Method::PATCH, user.to_owned(), json!({"blocked": false})),
            (Method::DELETE, user.to_owned(), json!({})),
        ];
        let mut bob = place.app.browser();
        let sid_of_bob = place.sign_in(&mut bob, "bob@x.test").await;
        let mut password = PASSWORD.to_owned();
        for (method, path, body) in ways {
            let is_end = body.get("blocked") != Some(&json!(false));
            let sid = if is_end {
                place.app.advance(Duration::from_secs(1));
                let answer =
                    place.app.browser().log_in(&place.client.request(), "ada@x.test", &password).await.answer();
                let tokens = place.client.exchange(&place.app, answer.code()).await;
                vec![part(&tokens.text("id_token"), 1)["sid"].as_str().expect("a sid").to_owned()]
            } else {
                Vec::new()
            };
            let named = path.replace("SID", sid.first().map_or("", String::as_str));
            password = body["password"].as_str().map_or(password, str::to_owned);
            place.manage(method, &named, body).await;
            place.app.run_jobs_until_idle().await;
            let told: Vec<_> = place.listener.tokens().iter().map(|token| part(token, 1)).collect();
            let told_sids: Vec<_> = told.iter().map(|claims| claims["sid"].as_str().unwrap().to_owned()).collect();
            assert_eq!(told_sids, sid, "{named}");
            assert!(told.iter().all(|claims| claims["sub"] == "auth0|ada"));
        }
        place.manage(Method::DELETE, "connections/con_people", json!({})).await;
        place.app.run_jobs_until_idle().await;
        let told: Vec<_> = place.listener.tokens().iter().map(|token| part(token, 1)["sid"].clone()).collect();
        assert_eq!(told, [json!(sid_of_bob)], "the deletion of a connection with its people");
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_in_again_is_still_there_and_another_person_is_not() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let mut browser = place.app.browser();
        let told = async || {
            place.app.run_jobs_until_idle().await;
            let tokens = place.listener.tokens();
            tokens.iter().map(|token| part(token, 1)["sid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        place.sign_in(&mut browser, "ada@x.test").await;
        let second = place.sign_in(&mut browser, "ada@x.test").await;
        assert!(told().await.is_empty());
        place.sign_in(&mut browser, "bob@x.test").await;
        assert_eq!(told().await, [second]);
    })
    .await;
}

#[tokio::test]
async fn se_11_an_application_that_is_away_is_told_again_and_one_that_refuses_is_not() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let mut browser = place.app.browser();
        place.sign_in(&mut browser, "ada@x.test").await;
        place.listener.answers.store(503, Ordering::SeqCst);
        browser.open("/v2/logout?client_id=app").await;
        place.app.run_jobs_until_idle().await;
        assert_eq!(place.listener.tokens().len(), 1);
        place.listener.answers.store(204, Ordering::SeqCst);
        place.app.advance(Duration::from_secs(10));
        place.app.run_jobs_until_idle().await;
        assert_eq!(place.listener.tokens().len(), 1);
        assert_eq!(place.app.events_of("oidc_backchannel_logout_succeeded").await.len(), 1);

        place.sign_in(&mut browser, "ada@x.test").await;
        for status in [400, 302] {
            place.listener.answers.store(status, Ordering::SeqCst);
            browser.open("/v2/logout?client_id=app").await;
            place.app.run_jobs_until_idle().await;
            assert_eq!(place.listener.tokens().len(), 1);
            place.app.advance(Duration::from_hours(1));
            place.app.run_jobs_until_idle().await;
            assert!(place.listener.tokens().is_empty());
            place.sign_in(&mut browser, "ada@x.test").await;
        }
        let failed = place.app.events_of("oidc_backchannel_logout_failed").await;
        let words: Vec<_> = failed.iter().filter_map(|event| event.description.as_deref()).collect();
        assert_eq!(words, ["app answered 400", "app answered 302"]);
    })
    .await;
}

/// The application is asked a dozen times and with a fresh token each time, and the log says so.
#[tokio::test]
async fn se_11_tries_are_bounded_and_the_person_waits_for_none() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let mut browser = place.app.browser();
        place.sign_in(&mut browser, "ada@x.test").await;
        place.listener.answers.store(500, Ordering::SeqCst);
        browser.open("/v2/logout?client_id=app").await.answer();
        assert!(place.listener.tokens().is_empty());
        let mut ids = BTreeSet::new();
        for _ in 0..40 {
            place.app.run_jobs_until_idle().await;
            for token in place.listener.tokens() {
                let claims = part(&token, 1);
                assert_eq!(claims["exp"], place.app.now().seconds() + 120);
                ids.insert(claims["jti"].to_string());
            }
            place.app.advance(Duration::from_hours(4));
        }
        assert_eq!(ids.len(), 12);
        let [failed] = &place.app.events_of("oidc_backchannel_logout_failed").await[..] else { panic!("one event") };
        assert_eq!(failed.details["attempts"], 12);
        assert!(place.app.events_of("oidc_backchannel_logout_succeeded").await.is_empty());
    })
    .await;
}

/// CVE-2026-4874: an address of an application led into the network of the server. What was allowed when it was saved
/// is judged again when it is called.
#[tokio::test]
async fn se_11_neither_a_redirection_nor_a_private_address_is_followed() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let redirecting = LyingServer::start().await;
        let elsewhere = Lie::json(307, json!({})).with_header("Location", &place.listener.url);
        redirecting.on(Question::Other, elsewhere);
        let first = format!("{}logout", redirecting.issuer());
        let private = [
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/",
            "https://[::ffff:192.168.0.1]/",
            "http://app.test/",
        ];
        let urls: Vec<_> = [first.as_str()].into_iter().chain(private).map(str::to_owned).collect();
        let tried = urls.len();
        place.app.change_client(&place.client.client_id, |client| client.backchannel_logout_urls = urls).await;
        let mut browser = place.app.browser();
        place.sign_in(&mut browser, "ada@x.test").await;
        browser.open("/v2/logout?client_id=app").await;
        for _ in 0..3 {
            place.app.run_jobs_until_idle().await;
            place.app.advance(Duration::from_hours(4));
        }
        assert!(place.listener.tokens().is_empty());
        assert_eq!(redirecting.seen().len(), 1);
        let failed = place.app.events_of("oidc_backchannel_logout_failed").await;
        assert_eq!(failed.len(), tried);
        assert!(failed.iter().all(|event| event.details["attempts"] == 1), "{failed:?}");
        let words: Vec<_> = failed.iter().filter_map(|event| event.description.as_deref()).collect();
        let refused = words.iter().filter(|words| words.contains("private network")).count();
        assert!(words.contains(&"app answered 307") && refused == 3, "{words:?}");
    })
    .await;
}

#[tokio::test]
async fn ss_01_addresses_that_may_not_be_called_are_refused_when_they_are_saved() {
    let app = Box::pin(App::new()).await;
    let before = app.dump().await;
    for (url, problem) in [
        ("http://app.test/logout", "must be an https URL"),
        ("https://10.0.0.1/logout", "has a host in a private network that this deployment does not allow"),
        ("https://[::ffff:169.254.169.254]/", "has a host in a private network that this deployment does not allow"),
        ("https://user@app.test/", "must not contain a user name or a fragment"),
        ("/logout", "must be an absolute URL with a host"),
    ] {
        let body = json!({"name": "x", "oidc_logout": {"backchannel_logout_urls": [url]}});
        let answer = app.manage(Method::POST, "clients", &body).await;
        assert_eq!(answer.status, 400);
        let message = format!("Payload validation error: oidc_logout.backchannel_logout_urls[0] {problem}");
        assert_eq!(answer.json()["message"], message, "{url}");
    }
    app.assert_unchanged_since(&before).await;
    let body = json!({"name": "x", "oidc_logout": {"backchannel_logout_urls": ["https://app.test/logout"]}});
    let created = app.manage(Method::POST, "clients", &body).await;
    assert_eq!(created.json()["oidc_logout"], body["oidc_logout"]);
}
