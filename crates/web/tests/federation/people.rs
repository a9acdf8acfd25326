//! Who somebody is: found by what the provider calls them and by nothing else, or made.

use std::collections::HashMap;

use futures_util::future::join_all;
use http::Method;
use model::UserId;
use model::provider::{EmailVerification, RootAttributes, UserIdForm};
use model::user::{Profile, User};
use serde_json::{Value, json};
use testkit::provider::{CLIENT_ID, CLIENT_SECRET, LyingProvider};
use testkit::source::{Lie, Question};
use testkit::{AuthorizationUrl, Browser, for_each_deployment, for_each_engine, native};

use crate::setting::{ADA, Setting, assert_page};

const PASSWORD: &str = "correct horse battery";
/// Strong enough for who signs up.
const CHOSEN: &str = "Tr1cky enough";

impl Setting {
    async fn user(&self, id: &str) -> User {
        self.app.find_user(&UserId::new(id)).await.unwrap_or_else(|| panic!("{id} is there"))
    }

    /// A request for the directory beside the provider.
    fn directory_request(&self) -> AuthorizationUrl {
        self.client.request().with("connection", "Username-Password-Authentication")
    }

    /// Signs somebody up there, and gives the claims of their ID token.
    async fn sign_up(&self, browser: &mut Browser, email: &str) -> Value {
        let url = self.directory_request().with("screen_hint", "signup");
        let form = browser.authorize(&url).await.page().form();
        let answer = browser.submit(&form.fill("email", email).fill("password", CHOSEN)).await.answer();
        self.claims(&answer).await
    }

    /// Signs somebody in by this connection.
    async fn person_at(&self, connection: &str, peer: &LyingProvider, changes: &Value) -> Value {
        let mut browser = self.app.browser();
        let url = self.client.request().with("connection", connection);
        let request = self.leave(&mut browser, &url).await;
        let answer = browser.open(&peer.sign_in(&request, changes, self.app.now())).await.answer();
        self.claims(&answer).await
    }
}

/// With a provider whose people are ours, and people of ours who were loaded from there.
async fn replacing(users: &[(&str, &str)]) -> Setting {
    let setting = Setting::with(|provider| provider.user_id_form = UserIdForm::Kept).await;
    let directory = setting.add_directory().await;
    for (id, address) in users {
        setting.app.add_user(&directory, id, address, Some(native(PASSWORD))).await;
    }
    setting
}

#[tokio::test]
async fn a_newcomer_has_auth0s_form_of_id() {
    let setting = Setting::new().await;
    let peer = LyingProvider::start().await;
    let mut global = peer.provider();
    global.user_id_form = UserIdForm::Global;
    setting.app.add_provider("google-oauth2", "google-oauth2", &[&setting.client], global).await;
    assert_eq!(setting.person_at("acme", &setting.peer, &json!({})).await["sub"], ADA);
    let subject = json!({"sub": "110169484474386276334"});
    assert_eq!(setting.person_at("google-oauth2", &peer, &subject).await["sub"], "google-oauth2|110169484474386276334");
    let ada = setting.user(ADA).await;
    let [identity] = &ada.identities[..] else { panic!("one identity") };
    assert_eq!((identity.provider.as_str(), identity.external_id.as_str()), ("oidc", "acme|ada-1"));
    assert_eq!((ada.logins_count, ada.blocked), (1, None));
}

#[tokio::test]
async fn an_identity_tells_whether_anybody_can_have_an_account_at_its_provider() {
    let setting = Setting::new().await;
    let mut google = setting.peer.provider();
    google.user_id_form = UserIdForm::Global;
    setting.app.add_provider("google-oauth2", "google-oauth2", &[&setting.client], google).await;
    for (connection, id, is_social) in [("acme", ADA, false), ("google-oauth2", "google-oauth2|ada-1", true)] {
        setting.person_at(connection, &setting.peer, &json!({})).await;
        let path = format!("users/{}", id.replace('|', "%7C"));
        let shown = setting.app.manage(Method::GET, &path, &Value::Null).await.json();
        assert_eq!(shown["identities"][0]["isSocial"], is_social, "{shown}");
    }
}

/// UP-07: what two connections call somebody is two people, whatever their names and addresses.
#[tokio::test]
async fn up_07_the_same_subject_of_two_connections_is_two_people() {
    let setting = Setting::new().await;
    let peer = LyingProvider::start().await;
    setting.app.add_provider("umbrella", "oidc", &[&setting.client], peer.provider()).await;
    let here = setting.person_at("acme", &setting.peer, &json!({})).await;
    let before = setting.user(ADA).await;
    let there = setting.person_at("umbrella", &peer, &json!({"name": "Somebody Else"})).await;
    assert_eq!((&here["sub"], &there["sub"]), (&json!(ADA), &json!("oidc|umbrella|ada-1")));
    assert_eq!(setting.user(ADA).await, before, "and neither touches the other");
}

/// LK-01: an address is nobody's name, however well it is vouched for.
#[tokio::test]
async fn lk_01_nobody_is_found_by_an_address() {
    let setting = Setting::with(|provider| provider.email_verification = EmailVerification::Assumed).await;
    let directory = setting.add_directory().await;
    let bob = setting.app.add_user(&directory, "auth0|bob", "ada@acme.example", Some(native(PASSWORD))).await;
    let before = setting.app.find_user(&bob).await;
    assert_eq!(setting.person_at("acme", &setting.peer, &json!({})).await["sub"], ADA);
    let again = json!({"sub": "another-ada"});
    assert_eq!(setting.person_at("acme", &setting.peer, &again).await["sub"], "oidc|acme|another-ada");
    assert_eq!(setting.app.find_user(&bob).await, before);
}

async fn check_verified(how: EmailVerification, said: bool, expected: bool) {
    let setting = Setting::with(|provider| provider.email_verification = how).await;
    let claims = setting.person(&json!({"email_verified": said})).await;
    assert_eq!(claims["email_verified"], expected, "{how:?}, {said}");
}

/// LK-02
#[tokio::test]
async fn lk_02_a_verified_address_is_believed_where_the_connection_says_so() {
    check_verified(EmailVerification::Ignored, true, false).await;
    check_verified(EmailVerification::Believed, true, true).await;
    check_verified(EmailVerification::Believed, false, false).await;
    check_verified(EmailVerification::Assumed, false, true).await;
}

/// What the name here is after these sign-ins, the first as Ada Lovelace and the second as Ada King.
async fn check_name(follows: RootAttributes, first: Option<&str>, second: Option<&str>) {
    let setting = Setting::with(|provider| provider.root_attributes = follows).await;
    setting.person(&json!({"given_name": "Ada"})).await;
    assert_eq!(setting.user(ADA).await.profile.name.as_deref(), first, "{follows:?}");
    setting.person(&json!({"name": "Ada King", "email": "king@acme.example"})).await;
    let Profile { name, email, given_name, .. } = setting.user(ADA).await.profile;
    assert_eq!(name.as_deref(), second, "{follows:?}");
    assert_eq!(email.as_deref(), Some("king@acme.example"), "{follows:?}: an address is where mail goes");
    assert_eq!(given_name.as_deref(), first.map(|_| "Ada"), "{follows:?}: silence is no news");
}

#[tokio::test]
async fn a_profile_follows_the_provider_as_the_connection_says() {
    check_name(RootAttributes::OnEachLogin, Some("Ada Lovelace"), Some("Ada King")).await;
    check_name(RootAttributes::OnFirstLogin, Some("Ada Lovelace"), Some("Ada Lovelace")).await;
    check_name(RootAttributes::NeverOnLogin, None, None).await;
}

#[tokio::test]
async fn an_address_that_was_proven_here_stays_proven_until_it_changes() {
    let setting = Setting::new().await;
    setting.ada().await;
    setting.app.change_user(&UserId::new(ADA), |user| user.profile.email_verified = true).await;
    assert_eq!(setting.ada().await["email_verified"], true);
    assert_eq!(setting.person(&json!({"email": "king@acme.example"})).await["email_verified"], false);
}

/// PW-07 for providers: whoever wrote first is whom all of them are.
#[tokio::test]
async fn first_sign_ins_at_once_make_one_person() {
    for_each_deployment(async |[app, other]| {
        let setting = Setting::on(app, |_| {}).await;
        let (mut codes, mut ways) = (HashMap::new(), Vec::new());
        for number in 0..8 {
            let mut browser = setting.app.browser();
            let request = setting.leave(&mut browser, &setting.client.request()).await;
            let claims = setting.peer.claims(&json!({"nonce": request.field("nonce")}), setting.app.now());
            let code = format!("code {number}");
            codes.insert(code.clone(), setting.peer.tokens(&setting.peer.sign("JWT", &claims)));
            let node = if number % 2 == 0 { &setting.app } else { &other };
            ways.push((browser.on(node), setting.peer.answer(&request, &[("code", &code)])));
        }
        setting.peer.server.on(Question::Code, Lie::ForCode(codes));
        let arrivals = ways.iter_mut().map(|(browser, back)| browser.open(back));
        for visit in join_all(arrivals).await {
            assert_eq!(setting.claims(&visit.answer()).await["sub"], ADA);
        }
        let dump = setting.app.dump().await;
        assert_eq!((dump.rows("users").len(), dump.rows("identities").len()), (1, 1));
        assert_eq!(setting.user(ADA).await.logins_count, 8);
    })
    .await;
}

/// UP-08: a connection of the same name is another connection.
#[tokio::test]
async fn up_08_a_connection_that_is_made_again_knows_nobody() {
    let setting = Setting::new().await;
    setting.ada().await;
    let path = format!("connections/{}", setting.acme.id);
    assert!(setting.app.manage(Method::DELETE, &path, &Value::Null).await.status.is_success());
    let options = json!({
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "discovery_url": setting.peer.discovery_url(),
    });
    let clients = [setting.client.client_id.as_str()];
    let wanted = json!({"name": "acme", "strategy": "oidc", "enabled_clients": clients, "options": options});
    let made = setting.app.manage(Method::POST, "connections", &wanted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let sub = setting.ada().await["sub"].clone();
    let expected = format!("oidc|{}|ada-1", made.text("id"));
    assert_eq!(sub, expected, "an id that meant somebody is not given out again");
    assert!(setting.app.find_user(&UserId::new(ADA)).await.is_none());
}

#[tokio::test]
async fn people_of_a_tenant_that_is_replaced_keep_their_ids_and_are_who_they_were() {
    let setting = replacing(&[("auth0|ada", "ada@acme.example")]).await;
    let known = setting.person_at("acme", &setting.peer, &json!({"sub": "auth0|ada"})).await;
    assert_eq!(known["sub"], "auth0|ada");
    let ada = setting.user("auth0|ada").await;
    let connections: Vec<_> = ada.identities.iter().map(|identity| identity.connection.as_str()).collect();
    assert_eq!(connections, ["Username-Password-Authentication", "acme"]);
    assert_eq!(setting.app.events_of("identity_attached").await.len(), 1);
    setting.person_at("acme", &setting.peer, &json!({"sub": "auth0|ada"})).await;
    assert_eq!(setting.app.events_of("identity_attached").await.len(), 1, "once");

    let newcomer = setting.person_at("acme", &setting.peer, &json!({"sub": "google-oauth2|42"})).await;
    assert_eq!(newcomer["sub"], "google-oauth2|42");
    // Her password is as good as it was.
    let url = setting.client.request().with("connection", "Username-Password-Authentication");
    let answer = setting.app.browser().log_in(&url, "ada@acme.example", PASSWORD).await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "auth0|ada");
}

/// Names within a customer's connection are the customer's to give.
#[tokio::test]
async fn somebody_of_another_customers_connection_is_not_taken_over() {
    let setting = replacing(&[]).await;
    let peer = LyingProvider::start().await;
    setting.app.add_provider("umbrella", "oidc", &[&setting.client], peer.provider()).await;
    let umbrella = setting.person_at("umbrella", &peer, &json!({})).await;
    assert_eq!(umbrella["sub"], "oidc|umbrella|ada-1");
    let mut browser = setting.app.browser();
    let url = setting.client.request().with("connection", "acme");
    let request = setting.leave(&mut browser, &url).await;
    let before = setting.app.dump().await;
    let back = setting.peer.sign_in(&request, &json!({"sub": "oidc|umbrella|ada-1"}), setting.app.now());
    assert_page(browser.open(&back).await, 403, "We cannot tell who you are");
    before.assert_changed_only(&setting.app.dump().await, &["provider_sign_ins"]);
}

/// LK-03 (GHSA-qq9h-g4jm-xgf3 of better-auth): somebody signs up with an address and waits for its owner to come through
/// a provider. The owner is somebody else here, to whom no password, session or token of the squatter leads.
#[tokio::test]
async fn lk_03_who_signed_up_with_an_address_gets_nothing_of_its_owner_s() {
    for_each_engine(async |app| {
        let setting = Setting::on(app, |provider| provider.email_verification = EmailVerification::Believed).await;
        setting.add_directory().await;
        let mut squatter = setting.app.browser();
        let taken = setting.sign_up(&mut squatter, "ada@acme.example").await;
        assert_eq!((&taken["email"], &taken["email_verified"]), (&json!("ada@acme.example"), &json!(false)));
        let account = setting.user(taken["sub"].as_str().expect("a subject")).await;

        let owner = setting.person_at("acme", &setting.peer, &json!({})).await;
        assert_eq!((&owner["sub"], &owner["email_verified"]), (&json!(ADA), &json!(true)));
        let [only] = &setting.user(ADA).await.identities[..] else { panic!("one way in") };
        assert_eq!(only.connection, "acme");
        assert!(setting.app.find_password(&UserId::new(ADA)).await.is_none());

        let silent = squatter.authorize(&setting.client.request().with("prompt", "none")).await.answer();
        assert_eq!(setting.claims(&silent).await["sub"], taken["sub"]);
        let again = setting.app.browser().log_in(&setting.directory_request(), "ada@acme.example", CHOSEN).await;
        let again = setting.claims(&again.answer()).await;
        assert_eq!((&again["sub"], &again["email_verified"]), (&taken["sub"], &json!(false)));
        let after = setting.user(taken["sub"].as_str().expect("a subject")).await;
        assert_eq!(after.identities, account.identities, "nothing of the owner's went the other way");
    })
    .await;
}

/// LK-07: a provider says of a stranger that an address is theirs, before its owner signs up.
#[tokio::test]
async fn lk_07_a_provider_that_names_an_address_first_takes_it_from_nobody() {
    for how in [EmailVerification::Ignored, EmailVerification::Believed, EmailVerification::Assumed] {
        let setting = Setting::with(|provider| provider.email_verification = how).await;
        setting.add_directory().await;
        let says = json!({"sub": "eve", "email": "victim@x.io", "email_verified": true});
        let eve = setting.person_at("acme", &setting.peer, &says).await;
        let before = setting.user("oidc|acme|eve").await;

        let mut browser = setting.app.browser();
        let victim = setting.sign_up(&mut browser, "victim@x.io").await;
        assert_ne!(victim["sub"], eve["sub"], "{how:?}");
        assert_eq!(setting.user("oidc|acme|eve").await, before, "{how:?}");
        let account = setting.user(victim["sub"].as_str().expect("a subject")).await;
        assert_eq!(account.identities.len(), 1, "{how:?}");

        let again = setting.person_at("acme", &setting.peer, &says).await;
        assert_eq!(again["sub"], eve["sub"], "{how:?}");
        let account_after = setting.user(victim["sub"].as_str().expect("a subject")).await;
        assert_eq!(account_after, account, "{how:?}");
    }
}
