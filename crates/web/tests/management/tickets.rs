//! `/tickets`, `/jobs/verification-email` and `verify_email`.

use std::time::Duration;

use flows::mail::{MailRefused, Message};
use model::UserId;
use serde_json::{Value, json};
use testkit::{App, RelyingParty, Visit, for_each_engine, native};

use crate::api::{Api, expect, expect_refusal};

const PASSWORD: &str = "correct horse battery";
const NEW: &str = "Quite another 7";
const ADA: &str = "auth0|ada";
const RESET: &str = "/tickets/password-change";
const VERIFY: &str = "/tickets/email-verification";

struct Place {
    api: Api,
    client: RelyingParty,
    ada: UserId,
}

impl Place {
    async fn new() -> Self {
        Place::on(Box::pin(App::new()).await).await
    }

    /// Ada, whose address is not confirmed.
    async fn on(app: App) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let connection = app.add_connection("people", &[&client], |_| {}).await;
        let ada = app.add_user(&connection, ADA, "ada@x.test", Some(native(PASSWORD))).await;
        app.change_user(&ada, |user| user.profile.email_verified = false).await;
        Place { api: Api::on(app).await, client, ada }
    }

    /// The link of a ticket, as a path.
    async fn ticket(&self, path: &str, body: Value) -> String {
        let made = expect(&self.api.post(path, body).await, 201);
        let text = made["ticket"].as_str().expect("a link").strip_suffix('#').expect("Auth0's # at its end");
        text.strip_prefix("https://id.test").expect("a link to the issuer").to_owned()
    }

    /// Follows a link, with a new password where the page wants one.
    async fn follow(&self, link: &str) -> Visit {
        let mut browser = self.api.app.browser();
        let page = match browser.open(link).await {
            Visit::Page(page) => page,
            left @ Visit::Left(_) => return left,
        };
        let form = page.form();
        let form = if link.starts_with("/u/reset-verify") { form.fill("password", NEW) } else { form };
        browser.submit(&form).await
    }

    async fn is_verified(&self) -> bool {
        self.api.app.find_user(&self.ada).await.expect("Ada is there").profile.email_verified
    }

    async fn can_sign_in(&self, password: &str) -> bool {
        let visit = self.api.app.browser().log_in(&self.client.request(), "ada@x.test", password).await;
        matches!(visit, Visit::Left(_))
    }
}

#[tokio::test]
async fn a_ticket_confirms_the_address_for_five_days() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let link = place.ticket(VERIFY, json!({"user_id": ADA})).await;
        assert!(link.starts_with("/u/email-verification?ticket="), "{link}");
        assert!(place.api.app.mails().await.is_empty(), "it is for the caller to send it");
        place.api.app.advance(Duration::from_hours(120) - Duration::from_millis(1));
        let page = place.follow(&link).await.page();
        assert!(page.says("Your address is confirmed") && place.is_verified().await, "{}", page.html);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_lets_a_person_choose_a_password() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let body = json!({"email": "ADA@x.test", "connection_id": "con_people", "ttl_sec": 60, "client_id": "app"});
        let link = place.ticket(RESET, body).await;
        assert!(place.follow(&link).await.page().says("Your password is changed"));
        assert!(!place.can_sign_in(PASSWORD).await && place.can_sign_in(NEW).await);
        assert!(!place.is_verified().await, "whoever asked for the link may have sent it anywhere");
        let body = json!({"user_id": ADA, "mark_email_as_verified": true, "ttl_sec": 60});
        let link = place.ticket(RESET, body.clone()).await;
        place.api.app.advance(Duration::from_mins(1));
        let page = place.api.app.browser().open(&link).await.page();
        assert!(page.says("This link has expired") && page.links().is_empty(), "{}", page.html);
        let link = place.ticket(RESET, body).await;
        assert!(place.follow(&link).await.page().says("Your password is changed"));
        assert!(place.is_verified().await);
    })
    .await;
}

#[tokio::test]
async fn the_browser_goes_on_to_the_application_and_tells_it_what_happened() {
    let place = Place::new().await;
    let url = "https://app.test/done?x=1";
    let link = place.ticket(VERIFY, json!({"user_id": ADA, "result_url": url, "includeEmailInRedirect": true})).await;
    let told = place.follow(&link).await.answer();
    assert_eq!(told.uri, "https://app.test/done");
    let field = |name: &str| told.fields.get(name).map(String::as_str);
    assert_eq!(
        (field("x"), field("email"), field("success"), field("code")),
        (Some("1"), Some("ada@x.test"), Some("true"), Some("success"))
    );
    assert_eq!(field("message"), Some("Your email was verified. You can continue using the application."));
    assert!(!format!("{told:?}").contains(link.split_once("ticket=").unwrap().1), "the secret stays here");
    let again = place.follow(&link).await.answer();
    assert_eq!((again.fields["success"].as_str(), again.fields["code"].as_str()), ("false", "already_verified"));

    let link = place.ticket(RESET, json!({"user_id": ADA, "result_url": "https://app.test/done"})).await;
    let told = place.follow(&link).await.answer();
    assert_eq!((told.fields["success"].as_str(), told.fields.get("email")), ("true", None));
    let again = place.follow(&link).await.answer();
    assert_eq!(
        (again.fields["success"].as_str(), again.fields["message"].as_str()),
        ("false", "This URL can be used only once")
    );
}

#[tokio::test]
async fn pw_13_browsers_are_sent_to_registered_origins_alone() {
    let place = Place::new().await;
    place.api.app.add_client("other", |client| client.callbacks = vec!["https://other.test/cb".to_owned()]).await;
    place.api.app.change_tenant(|tenant| tenant.allowed_logout_urls = vec!["https://www.test/bye".to_owned()]).await;
    let before = place.api.app.dump().await;
    let message = "Payload validation error: result_url must be at an origin of a client, or one of the allowed logout \
                   URLs of the tenant";
    for (url, client) in [
        ("https://evil.test/", None),
        ("https://app.test.evil.test/", None),
        ("https://app.test@evil.test/", None),
        ("https://app.test\\@evil.test/", None),
        ("http://app.test/", None),
        ("https://www.test/", None),
        ("javascript:alert(1)", None),
        ("//app.test/", None),
        ("/done", None),
        ("", None),
        ("https://other.test/", Some("app")),
    ] {
        let mut body = json!({"user_id": ADA, "result_url": url});
        if let Some(client) = client {
            body["client_id"] = client.into();
        }
        for path in [RESET, VERIFY] {
            expect_refusal(&place.api.post(path, body.clone()).await, 400, Some("invalid_body"), message);
        }
    }
    place.api.app.assert_unchanged_since(&before).await;
    for url in ["https://other.test/x", "https://www.test/bye"] {
        place.ticket(VERIFY, json!({"user_id": ADA, "result_url": url})).await;
    }
}

#[tokio::test]
async fn pw_13_an_origin_that_is_gone_is_not_gone_to() {
    let place = Place::new().await;
    let link = place.ticket(VERIFY, json!({"user_id": ADA, "result_url": "https://app.test/done"})).await;
    place.api.app.change_client(&place.client.client_id, |client| client.callbacks.clear()).await;
    let page = place.follow(&link).await.page();
    assert!(page.says("Your address is confirmed"), "{}", page.html);
}

#[tokio::test]
async fn what_does_not_fit_makes_no_ticket() {
    let place = Place::new().await;
    let social =
        place.api.app.add_connection("social", &[], |connection| connection.strategy = "oidc".to_owned()).await;
    place.api.app.add_user(&social, "oidc|social|1", "eve@x.test", None).await;
    let before = place.api.app.dump().await;
    let invalid = |problem: &str| (400, "invalid_body", format!("Payload validation error: {problem}"));
    let absent = |what: &str| (404, "", format!("The {what} does not exist."));
    for (path, body, (status, code, message)) in [
        (VERIFY, json!({}), invalid("Missing required property: user_id")),
        (VERIFY, json!({"user_id": "auth0|nobody"}), absent("user")),
        (VERIFY, json!({"user_id": ADA, "client_id": "nobody"}), absent("client")),
        (VERIFY, json!({"user_id": ADA, "ttl_sec": 2_592_001}), invalid("ttl_sec must be between 0 and 2592000")),
        (VERIFY, json!({"user_id": ADA, "email": "x"}), invalid("Additional properties not allowed: email")),
        (VERIFY, json!({"user_id": "oidc|social|1"}), invalid("user_id must be of a user of a database connection")),
        (
            VERIFY,
            json!({"user_id": ADA, "identity": {"user_id": "eve", "provider": "auth0"}}),
            invalid("identity.user_id is not that of the user's primary identity"),
        ),
        (RESET, json!({"email": "ada@x.test"}), invalid("Missing required property: connection_id")),
        (RESET, json!({"email": "ada@x.test", "connection_id": "con_x"}), absent("connection")),
        (RESET, json!({"email": "eve@x.test", "connection_id": "con_people"}), absent("user")),
        (RESET, json!({"user_id": ADA, "email": "ada@x.test"}), invalid("email cannot be combined with user_id")),
    ] {
        let answer = place.api.post(path, body.clone()).await;
        let refused = answer.json();
        assert_eq!((answer.status.as_u16(), refused["message"].as_str()), (status, Some(message.as_str())), "{body}");
        assert!(refused["errorCode"].as_str().unwrap_or_default().contains(code), "{refused}");
    }
    place.api.app.assert_unchanged_since(&before).await;
    place.ticket(VERIFY, json!({"user_id": ADA, "identity": {"user_id": "ada", "provider": "auth0"}})).await;
}

#[tokio::test]
async fn each_call_needs_its_scope() {
    let place = Place::new().await;
    let other = place.api.with_scopes("read:users create:users").await;
    for path in [VERIFY, RESET] {
        let message = "Insufficient scope, expected any of: create:user_tickets";
        expect_refusal(&other.post(path, json!({"user_id": ADA})).await, 403, Some("insufficient_scope"), message);
    }
    let answer = other.post("/jobs/verification-email", json!({"user_id": ADA})).await;
    let message = "Insufficient scope, expected any of: update:users";
    expect_refusal(&answer, 403, Some("insufficient_scope"), message);
}

#[tokio::test]
async fn a_job_sends_a_mail_and_is_done_once_it_has_left() {
    for_each_engine(async |app| {
        let place = Place::on(app).await;
        let app = place.api.app.clone();
        app.refuse_mails(Some(MailRefused::Later("not now".to_owned())));
        let job =
            expect(&place.api.post("/jobs/verification-email", json!({"user_id": ADA, "client_id": "app"})).await, 201);
        assert_eq!((&job["type"], &job["status"]), (&json!("verification_email"), &json!("pending")));
        let path = format!("/jobs/{}", job["id"].as_str().unwrap());
        assert_eq!(expect(&place.api.get(&path).await, 200), job);
        app.run_jobs_until_idle().await;
        assert_eq!(expect(&place.api.get(&path).await, 200)["status"], "pending", "it waits for the server");
        app.refuse_mails(None);
        app.advance(Duration::from_secs(10));
        let [mail] = &app.mails().await[..] else { panic!("one mail") };
        assert_eq!(expect(&place.api.get(&path).await, 200)["status"], "completed");
        let Message::VerifyEmail { link, .. } = &mail.message else { panic!("{mail:?}") };
        place.follow(link.strip_prefix("https://id.test").unwrap()).await.page();
        assert!(place.is_verified().await);
    })
    .await;
}

#[tokio::test]
async fn pw_15_a_script_sends_no_more_mails_either() {
    let place = Place::new().await;
    for _ in 0..5 {
        expect(&place.api.post("/jobs/verification-email", json!({"user_id": ADA})).await, 201);
    }
    let message = "This address was sent too many emails within the hour.";
    let refused = place.api.post("/jobs/verification-email", json!({"user_id": ADA})).await;
    expect_refusal(&refused, 429, Some("too_many_requests"), message);
    assert_eq!(place.api.app.mails().await.len(), 5);
    assert_eq!(place.api.app.events_of("fvr").await.len(), 1);
}

/// How many mails a new user gets.
async fn mails_for(place: &Place, email: &str, more: Value) -> usize {
    let mut body = json!({"connection": "people", "email": email, "password": "Correct-Horse-7"});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    expect(&place.api.post("/users", body).await, 201);
    place.api.app.mails().await.len()
}

#[tokio::test]
async fn verify_email_says_whether_a_new_user_gets_a_mail() {
    let place = Place::new().await;
    assert_eq!(mails_for(&place, "a@x.test", json!({})).await, 1);
    assert_eq!(mails_for(&place, "b@x.test", json!({"verify_email": true})).await, 1);
    assert_eq!(mails_for(&place, "c@x.test", json!({"verify_email": false})).await, 0);
    assert_eq!(mails_for(&place, "d@x.test", json!({"email_verified": true})).await, 0);
    place.api.app.remove_mailbox();
    assert_eq!(mails_for(&place, "e@x.test", json!({})).await, 0);
    assert!(place.api.app.dump().await.rows("jobs").is_empty());
}

#[tokio::test]
async fn verify_email_says_whether_a_new_address_gets_a_mail() {
    let place = Place::new().await;
    let old = place.ticket(VERIFY, json!({"user_id": ADA})).await;
    let path = "/users/auth0%7Cada";
    let changed = expect(&place.api.patch(path, json!({"email": "new@x.test"})).await, 200);
    assert_eq!(changed["email_verified"], false);
    assert!(place.api.app.mails().await.is_empty());
    assert!(place.api.app.browser().open(&old).await.page().says("This link does not work any more"));
    let body = json!({"email": "newer@x.test", "verify_email": true, "client_id": "app"});
    expect(&place.api.patch(path, body).await, 200);
    let [mail] = &place.api.app.mails().await[..] else { panic!("one mail") };
    assert_eq!(mail.to, "newer@x.test");
    expect(&place.api.patch(path, json!({"email_verified": true, "verify_email": true})).await, 200);
    assert!(place.api.app.mails().await.is_empty(), "there is nothing to confirm");
}
