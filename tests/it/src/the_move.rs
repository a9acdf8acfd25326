//! People move from an old tenant, which is another broker and speaks the same dialect, one sign-in at a time.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Admin, Application, Broker, Browser, Engine, Installation, LONGEST_TIMEOUT_MS, PASSWORD, Source, Tokens,
    on_each_engine, with,
};

/// The connection at the old tenant, by Auth0's default name.
const REALM: &str = "Username-Password-Authentication";
/// Ours.
const PEOPLE: &str = "people";

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

on_each_engine! {
    somebody_who_was_loaded_ahead_moves_once_and_keeps_everything,
    somebody_unknown_is_looked_up_and_brought_along,
    the_old_tenants_word_is_the_pages_word,
    while_the_old_tenant_is_gone_nobody_is_wrong,
    twenty_first_sign_ins_of_somebody_unknown_make_one_person,
    twenty_first_sign_ins_of_somebody_loaded_ahead_are_one_move,
    whoever_was_deleted_here_is_not_brought_back,
}

/// A tenant with people in it, whose broker may go.
struct OldTenant {
    broker: Broker,
    admin: Admin,
    source: Source,
}

impl OldTenant {
    /// Lets one client ask about passwords and read profiles, as one sets up at Auth0 before a move.
    async fn start() -> Self {
        let broker = Installation::new(Engine::Sqlite).start().await;
        let admin = Admin::of(&broker).await;
        let client = json!({
            "name": "Landbridge",
            "app_type": "regular_web",
            "grant_types": ["http://auth0.com/oauth/grant-type/password-realm", "client_credentials"],
            "is_token_endpoint_ip_header_trusted": true,
        });
        let client = admin.post("clients", &client).await;
        let text = |name: &str| client[name].as_str().expect("clients are shown whole").to_owned();
        let connection = admin.connection(REALM).await;
        admin.enable(&connection, &text("client_id")).await;
        let audience = format!("{}api/v2/", broker.issuer());
        let grant = json!({ "client_id": text("client_id"), "audience": audience, "scope": ["read:users"] });
        admin.post("client-grants", &grant).await;
        let source = Source {
            issuer: broker.issuer().to_owned(),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            realm: REALM.to_owned(),
            more: json!({ "name": "old-tenant", "read_profiles": true, "timeout_ms": LONGEST_TIMEOUT_MS }),
        };
        OldTenant { broker, admin, source }
    }

    /// Somebody who has been a user there for long.
    async fn person(&self, email: &str, user_id: &str) {
        let profile = json!({
            "user_id": user_id,
            "email_verified": true,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "picture": "https://example.com/ada.png",
            "user_metadata": { "colour": "blue", "nested": { "list": [1, 2] } },
            "app_metadata": { "plan": "gold" },
        });
        self.admin.user(REALM, email, &profile).await;
    }

    /// The file that a job of the old tenant exports: its users, one on each line.
    async fn export(&self) -> String {
        let users = self.admin.get("users?per_page=100").await;
        let lines: Vec<_> = users.as_array().expect("a list of users").iter().map(Value::to_string).collect();
        lines.join("\n")
    }

    fn source(&self, more: &Value) -> Source {
        let source = self.source.clone();
        Source { more: with(source.more, more), ..source }
    }
}

/// The deployment people move to.
struct NewTenant {
    broker: Broker,
    admin: Admin,
    application: Application,
}

impl NewTenant {
    async fn start(engine: Engine, source: &Source) -> Self {
        let broker = Installation::new(engine).start().await;
        let admin = Admin::of(&broker).await;
        let connection = admin.connection_from(PEOPLE, source).await;
        let application = admin.application(&connection, &json!({})).await;
        NewTenant { broker, admin, application }
    }

    /// Loads the old tenant's people ahead of their first sign-in.
    async fn load(&self, old: &OldTenant) {
        let file = self.broker.installation().write("users.ndjson", old.export().await);
        let file = file.to_str().expect("a path is text");
        let output = self.broker.installation().run(&["import", "users", "--connection", PEOPLE, file]);
        assert!(output.status.success(), "{output:?}");
    }

    fn status(&self) -> Value {
        self.broker.installation().migration_status(PEOPLE)
    }

    #[track_caller]
    fn check_status(&self, people: u64, moved: u64, waiting: u64) {
        let status = self.status();
        let counts = [&status["people"], &status["moved"], &status["waiting"]];
        assert_eq!(counts, [people, moved, waiting], "{status}");
    }

    /// The codes of all events about the application, sorted.
    async fn events(&self) -> Vec<String> {
        let mut events = self.admin.events(&self.application.client_id).await;
        events.sort();
        events
    }
}

/// What came along, besides the id.
fn check_profile(user: &Value, tokens: &Tokens) {
    let claims = tokens.claims();
    for (name, expected) in
        [("name", "Ada Lovelace"), ("given_name", "Ada"), ("picture", "https://example.com/ada.png"), ("email", ADA)]
    {
        assert_eq!((user[name].as_str(), claims[name].as_str()), (Some(expected), Some(expected)), "{name}");
    }
    assert_eq!((&user["email_verified"], &claims["email_verified"]), (&json!(true), &json!(true)));
    assert_eq!(user["user_metadata"], json!({ "colour": "blue", "nested": { "list": [1, 2] } }));
    assert_eq!(user["app_metadata"], json!({ "plan": "gold" }));
}

async fn somebody_who_was_loaded_ahead_moves_once_and_keeps_everything(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "5f7c8ec7c33c6c004bbafe82").await;
    old.person(BOB, "5f7c8ec7c33c6c004bbafe83").await;
    let new = NewTenant::start(engine, &old.source(&json!({}))).await;
    new.load(&old).await;
    new.check_status(2, 0, 2);
    let loaded = new.admin.only_user(ADA).await;
    assert_eq!(loaded["user_id"], "auth0|5f7c8ec7c33c6c004bbafe82");

    let tokens = new.application.sign_in(ADA, PASSWORD).await;
    assert_eq!(tokens.sub(), "auth0|5f7c8ec7c33c6c004bbafe82");
    check_profile(&new.admin.only_user(ADA).await, &tokens);
    assert_eq!(new.application.userinfo(&tokens).await.expect(200).json()["sub"], tokens.sub());
    assert_eq!(new.events().await, ["migrated", "s", "seacft"]);
    new.check_status(2, 1, 1);
    assert_eq!(new.status()["origins"][0]["name"], "old-tenant");

    // Loading the same people again takes nothing back.
    new.load(&old).await;
    new.check_status(2, 1, 1);

    // The old tenant is not needed any more for those who have moved, and for nobody else.
    old.broker.kill();
    assert_eq!(new.application.sign_in(ADA, PASSWORD).await.sub(), tokens.sub());
    new.application.type_in(BOB, PASSWORD).await.expect(503);
    new.application.refresh(tokens.refresh_token()).await.expect(200);
    new.check_status(2, 1, 1);
    new.broker.stop().await;
}

async fn somebody_unknown_is_looked_up_and_brought_along(engine: Engine) {
    // Not an id that we would make, and kept byte for byte all the same.
    let user_id = "Legacy:00042/ä+b%7C";
    let old = OldTenant::start().await;
    old.person(ADA, user_id).await;
    let new = NewTenant::start(engine, &old.source(&json!({ "just_in_time": true }))).await;
    assert_eq!(new.admin.users_by_email(ADA).await, Vec::<Value>::new());

    // However the address is typed.
    let tokens = new.application.sign_in("Ada@Example.COM", PASSWORD).await;
    assert_eq!(tokens.sub(), format!("auth0|{user_id}"));
    let user = new.admin.only_user(ADA).await;
    check_profile(&user, &tokens);
    assert_eq!(user["identities"][0]["user_id"], user_id);
    assert_eq!(user["identities"][0]["connection"], PEOPLE);
    let then = old.admin.only_user(ADA).await;
    assert_eq!(user["created_at"], then["created_at"]);
    new.check_status(1, 1, 0);

    old.broker.kill();
    assert_eq!(new.application.sign_in(ADA, PASSWORD).await.sub(), tokens.sub());
    let wrong = new.application.type_in(ADA, "not the password").await.expect(400);
    assert_eq!(wrong.notice(), Some("Wrong email or password"));
    new.broker.stop().await;
}

async fn the_old_tenants_word_is_the_pages_word(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "ada").await;
    old.person(BOB, "bob").await;
    let new = NewTenant::start(engine, &old.source(&json!({ "just_in_time": true }))).await;
    let blocked = json!({ "blocked": true });
    old.admin.patch("users/auth0%7Cbob", &blocked).await;

    let wrong = new.application.type_in(ADA, "not the password").await.expect(400);
    assert_eq!(wrong.notice(), Some("Wrong email or password"));
    let unknown = new.application.type_in("nobody@example.com", PASSWORD).await.expect(400);
    assert_eq!(unknown.notice(), Some("Wrong email or password"));
    let blocked = new.application.type_in(BOB, PASSWORD).await.expect(403);
    assert_eq!(blocked.notice(), Some("This account is blocked"));
    assert_eq!(new.events().await, ["fu", "fu", "source_blocked"]);
    for email in [ADA, BOB] {
        assert_eq!(new.admin.users_by_email(email).await, Vec::<Value>::new());
    }

    // Somebody whom the directory knows, and whose password is still there.
    new.load(&old).await;
    new.application.type_in(ADA, "not the password").await.expect(400);
    assert_eq!(new.events().await, ["fp", "fu", "fu", "source_blocked"]);
    new.application.type_in(BOB, PASSWORD).await.expect(403);
    old.admin.patch("users/auth0%7Cbob", &json!({ "blocked": false })).await;
    // Blocked there when the file was written, and thus here until an administrator says otherwise.
    new.application.type_in(BOB, PASSWORD).await.expect(403);
    new.admin.patch("users/auth0%7Cbob", &json!({ "blocked": false })).await;
    assert_eq!(new.application.sign_in(BOB, PASSWORD).await.sub(), "auth0|bob");
    new.broker.stop().await;
}

async fn while_the_old_tenant_is_gone_nobody_is_wrong(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "ada").await;
    let new = NewTenant::start(engine, &old.source(&json!({ "breaker_failures": 1000 }))).await;
    new.load(&old).await;
    // One less than closes the account.
    for _ in 0..9 {
        new.application.type_in(ADA, "not the password").await.expect(400);
    }
    let there = old.broker.installation().clone();
    old.broker.kill();
    for password in [PASSWORD, "not the password"] {
        let page = new.application.type_in(ADA, password).await.expect(503);
        assert_eq!(page.notice(), Some("Sign-in is interrupted for the moment"));
        assert!(page.text().contains("nothing was counted against your account"));
    }
    let events = new.events().await;
    assert_eq!(events.iter().filter(|code| *code == "source_unavailable").count(), 2, "{events:?}");
    assert_eq!(events.iter().filter(|code| *code == "fp").count(), 9, "{events:?}");
    new.check_status(1, 0, 1);

    let back = there.start().await;
    assert_eq!(new.application.sign_in(ADA, PASSWORD).await.sub(), "auth0|ada");
    back.stop().await;
    new.broker.stop().await;
}

/// Twenty browsers with the login page open send the form at the same moment.
async fn sign_in_at_once(application: &Application) -> Vec<Tokens> {
    let mut forms = Vec::new();
    for _ in 0..20 {
        let mut browser = Browser::new();
        let page = application.open(&mut browser).await;
        forms.push((browser, page));
    }
    let answers = join_all(forms.iter_mut().map(|(browser, page)| page.submit(browser, ADA, PASSWORD))).await;
    join_all(answers.into_iter().map(async |answer| application.redeem(&answer.expect(303)).await)).await
}

async fn check_one_move(new: &NewTenant) {
    let tokens = sign_in_at_once(&new.application).await;
    let subjects: BTreeSet<_> = tokens.iter().map(Tokens::sub).collect();
    assert_eq!(subjects.into_iter().collect::<Vec<_>>(), ["auth0|ada"]);
    check_profile(&new.admin.only_user(ADA).await, &tokens[0]);
    let events = new.events().await;
    let count = |code: &str| events.iter().filter(|event| *event == code).count();
    assert_eq!((count("migrated"), count("s"), count("seacft")), (1, 20, 20), "{events:?}");
    new.check_status(1, 1, 0);
}

async fn twenty_first_sign_ins_of_somebody_unknown_make_one_person(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "ada").await;
    let new = NewTenant::start(engine, &old.source(&json!({ "just_in_time": true }))).await;
    check_one_move(&new).await;
    new.broker.stop().await;
    old.broker.stop().await;
}

async fn twenty_first_sign_ins_of_somebody_loaded_ahead_are_one_move(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "ada").await;
    let new = NewTenant::start(engine, &old.source(&json!({}))).await;
    new.load(&old).await;
    check_one_move(&new).await;
    new.broker.stop().await;
    old.broker.stop().await;
}

async fn whoever_was_deleted_here_is_not_brought_back(engine: Engine) {
    let old = OldTenant::start().await;
    old.person(ADA, "ada").await;
    let new = NewTenant::start(engine, &old.source(&json!({ "just_in_time": true }))).await;
    new.application.sign_in(ADA, PASSWORD).await;
    new.admin.call(Method::DELETE, "users/auth0%7Cada", None).await.expect(204);
    new.application.type_in(ADA, PASSWORD).await.expect(400);
    new.load(&old).await;
    new.application.type_in(ADA, PASSWORD).await.expect(400);
    assert_eq!(new.admin.users_by_email(ADA).await, Vec::<Value>::new());
    new.broker.stop().await;
    old.broker.stop().await;
}
