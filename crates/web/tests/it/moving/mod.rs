//! People who exist only at the source, and are moved by signing in.

mod answers;
mod held_hashes;
mod old_tenant;
mod races;
mod sign_up;
mod two_ids;

use model::connection::{Connection, Source};
use model::user::PasswordCredential;
use model::{Timestamp, UserId};
use serde_json::{Value, json};
use testkit::source::{Lie, LyingServer, Question, ada, source_at};
use testkit::{App, Dump, RelyingParty, Visit};

use crate::site::{DIRECTORY, EMAIL, PASSWORD, assert_page, claims};

/// Ada's id at the source.
const ADA: &str = "auth0|5f7c8ec7c33c6c004bbafe82";

/// A broker whose people are at a source, which tells the truth about Ada.
struct Move {
    app: App,
    client: RelyingParty,
    connection: Connection,
    source: LyingServer,
}

impl Move {
    async fn new() -> Self {
        Move::with(App::new().await, |_| {}).await
    }

    async fn with(app: App, change: impl FnOnce(&mut Source)) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let connection = app.add_connection(DIRECTORY, &[&client], |_| {}).await;
        let server = LyingServer::start().await;
        let mut source = source_at(&server.issuer());
        change(&mut source);
        app.set_source(&connection.id, source, "our secret").await;
        server.knows(&ada(ADA), app.now());
        Move { app, client, connection, source: server }
    }

    /// Ada is in our directory already, and her password at the source.
    async fn seed(&self) -> UserId {
        let credential = PasswordCredential::Source { source: "old".into() };
        self.app.add_user(&self.connection, ADA, EMAIL, Some(credential)).await
    }

    async fn log_in(&self, password: &str) -> Visit {
        self.log_in_as(EMAIL, password).await
    }

    async fn log_in_as(&self, username: &str, password: &str) -> Visit {
        self.app.browser().log_in(&self.client.request(), username, password).await
    }

    /// The claims of whoever signs in with this.
    async fn sign_in(&self, password: &str) -> Value {
        let code = self.log_in(password).await.answer().code().to_owned();
        claims(&self.client.exchange(&self.app, &code).await.text("id_token"))
    }

    /// How often the source was asked about a password.
    fn asked(&self) -> usize {
        self.source.asked(Question::Password).len()
    }

    async fn password(&self) -> Option<PasswordCredential> {
        self.app.find_password(&UserId::new(ADA)).await.map(|stored| stored.credential)
    }

    /// Nobody was let in and nothing was stored; a wrong password was counted.
    async fn assert_nobody_moved(&self, before: &Dump, counted: bool) {
        let counted: &[_] =
            if counted { &["failed_logins", "pending_authorizations"] } else { &["pending_authorizations"] };
        before.assert_changed_only(&self.app.dump().await, counted);
        assert!(self.app.events_of("migrated").await.is_empty());
    }
}

#[track_caller]
fn assert_native(credential: Option<PasswordCredential>) {
    match credential {
        Some(PasswordCredential::Native { hash }) => assert!(hash.starts_with("$argon2id$"), "{hash}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_we_have_not_heard_of_is_moved_with_id_and_profile() {
    let moving = Move::new().await;
    let claims = moving.sign_in(PASSWORD).await;
    assert_eq!((claims["sub"].as_str(), claims["name"].as_str()), (Some(ADA), Some("Ada")));
    let user = moving.app.find_user(&UserId::new(ADA)).await.unwrap();
    assert_eq!(user.profile.username.as_deref(), Some("countess"));
    assert_eq!(user.app_metadata["plan"], "gold");
    assert_eq!(user.created_at, Timestamp::parse("2020-01-02T03:04:05.678Z").unwrap());
    assert_native(moving.password().await);
    let [event] = &moving.app.events_of("migrated").await[..] else { panic!("one event") };
    assert_eq!((event.user_id.as_ref(), &event.details["method"]), (Some(&user.user_id), &json!("just_in_time")));
    assert!(!moving.app.dump().await.contains(PASSWORD));
    assert!(!moving.app.dump().await.contains("our secret"));
}

#[tokio::test]
async fn whoever_is_in_the_directory_keeps_their_id_and_what_was_changed_here() {
    for changed in [false, true] {
        let moving = Move::with(App::new().await, |source| source.just_in_time = false).await;
        let id = moving.seed().await;
        if changed {
            moving.app.change_user(&id, |user| user.profile.name = Some("Ada of the directory".into())).await;
        }
        let name = if changed { "Ada of the directory" } else { "Ada" };
        let claims = moving.sign_in(PASSWORD).await;
        assert_eq!((claims["sub"].as_str(), claims["name"].as_str()), (Some(ADA), Some(name)));
        let user = moving.app.find_user(&id).await.unwrap();
        assert_eq!(user.app_metadata.get("plan").is_some(), !changed);
        assert_native(moving.password().await);
        let [event] = &moving.app.events_of("migrated").await[..] else { panic!("one event") };
        assert_eq!(event.details["method"], "source");
        assert_eq!(moving.app.dump().await.rows("users").len(), 1);
    }
}

#[tokio::test]
async fn the_source_is_asked_with_the_person_s_address_and_once() {
    for seeded in [false, true] {
        let moving = Move::new().await;
        if seeded {
            moving.seed().await;
        }
        moving.sign_in(PASSWORD).await;
        assert_eq!(moving.source.asked(Question::Password)[0].headers["auth0-forwarded-for"], "203.0.113.7");
        moving.source.on(Question::Password, Lie::HangUp);
        moving.sign_in(PASSWORD).await;
        assert_eq!(moving.asked(), 1, "whoever has moved is never asked about again");
        assert_eq!(moving.app.events_of("migrated").await.len(), 1);
    }
}

#[tokio::test]
async fn a_name_may_be_typed_in_any_spelling() {
    for spelling in ["ADA@X.io", " ada@x.io", "countess"] {
        let moving = Move::new().await;
        let code = moving.log_in_as(spelling, PASSWORD).await.answer().code().to_owned();
        let tokens = moving.client.exchange(&moving.app, &code).await;
        assert_eq!(claims(&tokens.text("id_token"))["sub"], ADA, "{spelling}");
        moving.sign_in(PASSWORD).await;
        assert_eq!(moving.asked(), 1, "{spelling}");
    }
}

#[tokio::test]
async fn mg_05_mg_06_a_source_has_no_say_about_whoever_has_moved() {
    let moving = Move::new().await;
    moving.sign_in("the old password").await;
    // The source goes on to approve of anything.
    assert_page(moving.log_in("another").await, 400, "Wrong email or password");
    let change = json!({"password": "The new passw0rd"});
    let path = format!("users/{}", ADA.replace('|', "%7C"));
    let changed = moving.app.manage(http::Method::PATCH, &path, &change).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_page(moving.log_in("the old password").await, 400, "Wrong email or password");
    moving.sign_in("The new passw0rd").await;
    assert_eq!(moving.asked(), 1);
}

#[tokio::test]
async fn mg_06_a_source_that_is_switched_off_is_not_asked() {
    let interrupted = "Sign-in is interrupted for the moment";
    for seeded in [false, true] {
        let moving = Move::with(App::new().await, |source| source.enabled = false).await;
        if seeded {
            moving.seed().await;
        }
        let before = moving.app.dump().await;
        let visit = moving.log_in(PASSWORD).await;
        if seeded {
            assert_page(visit, 503, interrupted);
        } else {
            assert_page(visit, 400, "Wrong email or password");
        }
        moving.assert_nobody_moved(&before, !seeded).await;
        assert!(moving.source.seen().is_empty());
    }
    let moving = Move::with(App::new().await, |source| source.just_in_time = false).await;
    let before = moving.app.dump().await;
    assert_page(moving.log_in(PASSWORD).await, 400, "Wrong email or password");
    moving.assert_nobody_moved(&before, true).await;
    assert!(moving.source.seen().is_empty());
}

#[tokio::test]
async fn mg_07_what_the_source_says_of_an_address_is_copied_as_it_is() {
    for verified in [true, false] {
        let moving = Move::new().await;
        let mut user = ada(ADA);
        user["email_verified"] = json!(verified);
        moving.source.knows(&user, moving.app.now());
        assert_eq!(moving.sign_in(PASSWORD).await["email_verified"], verified);
    }
}

#[tokio::test]
async fn whoever_was_deleted_here_is_not_brought_back() {
    for seeded in [false, true] {
        let moving = Move::new().await;
        if seeded {
            moving.seed().await;
        } else {
            moving.sign_in(PASSWORD).await;
        }
        moving.app.delete_user(&UserId::new(ADA)).await;
        let before = moving.app.dump().await;
        let events = moving.app.events_of("migrated").await.len();
        assert_page(moving.log_in(PASSWORD).await, 400, "Wrong email or password");
        before.assert_changed_only(&moving.app.dump().await, &["failed_logins", "pending_authorizations"]);
        assert_eq!(moving.app.events_of("migrated").await.len(), events);
    }
}

/// An address that belongs to somebody else here does not make two people one.
#[tokio::test]
async fn lk_01_an_address_alone_proves_nobody() {
    let moving = Move::new().await;
    let other = moving.app.add_user(&moving.connection, "auth0|other", "countess@x.io", None).await;
    moving.app.change_user(&other, |user| user.profile.email = Some(EMAIL.into())).await;
    let before = moving.app.dump().await;
    // Ada is known here by her user name alone, so the source is asked; its Ada has the other's address.
    assert_page(moving.log_in_as("countess", PASSWORD).await, 503, "Sign-in is interrupted for the moment");
    moving.assert_nobody_moved(&before, false).await;
    let [event] = &moving.app.events_of("f").await[..] else { panic!("one event") };
    assert_eq!(event.details["source_user_id"], ADA);
}
