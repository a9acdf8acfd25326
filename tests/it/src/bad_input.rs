//! What an operator writes wrong is named with what to do about it, and what strangers send does no harm. Afterwards,
//! everything is as it was.

use std::process::Output;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Admin, Answer, Application, Broker, Browser, Engine, Installation, PASSWORD, Port, http, on_each_engine, raw, with,
};

const EMAIL: &str = "ada@example.com";
const MEGABYTE: usize = 1_000_000;
const FORM: &str = "application/x-www-form-urlencoded";

/// Another one than the deployment's.
const OTHER_KEY: &str = "QSBrZXkgdGhhdCBpcyBub3QgdGhlIHNhbWUgb25lISE=";

on_each_engine! {
    dl_02_the_wrong_master_key_opens_nothing_and_harms_nothing,
    a_damaged_import_line_is_refused_by_itself,
    a_body_of_a_hundred_megabytes_costs_nothing,
    nothing_that_strangers_send_is_our_fault,
}

#[track_caller]
fn check_refused(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for words in words {
        assert!(said.contains(words), "{words:?} is not said: {said}");
    }
}

fn names_in(installation: &Installation) -> Vec<String> {
    let names = installation.folder().read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn an_unknown_setting_is_named_with_its_nearest_neighbour() {
    let installation = Installation::new(Engine::Sqlite);
    let misspelt = installation.clone().with("server.listn", "127.0.0.1:0");
    for command in [["serve"].as_slice(), &["config", "check"], &["keys", "list"], &["migration", "status"]] {
        let words = ["server.listn", "LANDBRIDGE__SERVER__LISTN", "did you mean server.listen?"];
        check_refused(&misspelt.run(command), 2, &words);
    }
    installation.write("landbridge.toml", "[hashing]\nmemry = '19MiB'\n");
    check_refused(
        &installation.run(&["serve"]),
        2,
        &["hashing.memry (landbridge.toml)", "did you mean hashing.memory?"],
    );
    assert_eq!(names_in(&installation), ["landbridge.toml"]);
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let (installation, nobody) = (Installation::new(Engine::Sqlite), Port::reserve());
    let url = format!("postgres://landbridge:hunter2@127.0.0.1:{}/landbridge", nobody.number());
    let postgres = installation.clone().with("database.url", &url).with("secrets.master_key", OTHER_KEY);
    for command in [["serve"].as_slice(), &["migration", "status"]] {
        let output = postgres.run(command);
        let place = format!("postgres://landbridge:***@127.0.0.1:{}/landbridge", nobody.number());
        check_refused(&output, 1, &[&place, "check database.url, and that the database runs"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
    }
    let sqlite = installation.with("database.url", "sqlite:no-such-folder/landbridge.db");
    check_refused(&sqlite.run(&["serve"]), 2, &["no-such-folder", "No such file or directory"]);
    assert!(names_in(&sqlite).is_empty(), "{:?}", names_in(&sqlite));
}

async fn dl_02_the_wrong_master_key_opens_nothing_and_harms_nothing(engine: Engine) {
    let installation = Installation::new(engine);
    let broker = installation.start().await;
    let application = Admin::of(&broker).await.application_for(EMAIL).await;
    let before = application.sign_in(EMAIL, PASSWORD).await;
    broker.stop().await;
    let keys = || String::from_utf8(installation.run(&["keys", "list"]).stdout).unwrap();
    let keys_before = keys();
    assert!(keys_before.contains(&before.kid()), "{keys_before}");

    let wrong = installation.clone().with("secrets.master_key", OTHER_KEY);
    for command in [["serve"].as_slice(), &["keys", "rotate"], &["migration", "status"]] {
        check_refused(
            &wrong.run(command),
            2,
            &["the master key is not the one this database was created with", "secrets.master_key"],
        );
    }
    assert_eq!(keys(), keys_before);

    let broker = installation.start().await;
    assert_eq!(application.sign_in(EMAIL, PASSWORD).await.sub(), before.sub());
    application.refresh(before.refresh_token()).await.expect(200);
    application.userinfo(&before).await.expect(200);
    broker.stop().await;
}

async fn a_damaged_import_line_is_refused_by_itself(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let connection = admin.connection("people").await;
    let application = admin.application(&connection, &json!({})).await;
    let person = |id: &str, email: &str| {
        // Of "correct horse", from tests/fixtures/hashes/bcrypt.json.
        let hash = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu";
        json!({ "user_id": id, "email": email, "password_hash": hash }).to_string()
    };
    let lines = [
        person("one", "one@example.com"),
        "{\"user_id\": \"two\", \"email\": ".to_owned(),
        person("three", "not an address"),
        "\u{0}\u{1}".to_owned(),
        person("five", "five@example.com"),
    ];
    let installation = broker.installation();
    let file = installation.write("people.ndjson", lines.join("\n"));
    let report = installation.folder().join("refused.ndjson");
    let arguments = ["import", "users", "--connection", "people", "--report", report.to_str().expect("text")];
    let output = installation.run(&[&arguments[..], &[file.to_str().expect("text")]].concat());
    check_refused(&output, 3, &["3 of 5 rows were refused"]);
    let report = std::fs::read_to_string(report).unwrap();
    let refused: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let places: Vec<_> = refused.iter().map(|row| row["line"].as_u64()).collect();
    assert_eq!(places, [Some(2), Some(3), Some(4)], "{report}");
    assert_eq!(refused[1]["errors"][0]["path"], "email");
    assert!(!report.contains("$2b$"), "a hash is in the report");

    for (email, id) in [("one@example.com", "auth0|one"), ("five@example.com", "auth0|five")] {
        assert_eq!(application.sign_in(email, "correct horse").await.sub(), id);
    }
    check_refused(
        &installation.run(&["import", "users", "--connection", "poeple", file.to_str().expect("text")]),
        2,
        &["no connection is called \"poeple\""],
    );
    assert_eq!(admin.get("users").await.as_array().map(Vec::len), Some(2));
    broker.stop().await;
}

/// A broker with somebody who can sign in, before and after.
struct Stage {
    broker: Broker,
    admin: Admin,
    application: Application,
    before: Vec<Value>,
}

impl Stage {
    async fn set(engine: Engine) -> Self {
        let broker = Installation::new(engine).start().await;
        let admin = Admin::of(&broker).await;
        let application = admin.application_for(EMAIL).await;
        application.sign_in(EMAIL, PASSWORD).await;
        let before = admin.everything().await;
        Stage { broker, admin, application, before }
    }

    /// Everything is there and works, nothing failed on our side, and memory stayed small.
    async fn check_unharmed(self) {
        assert_eq!(self.admin.everything().await, self.before);
        self.application.sign_in(EMAIL, PASSWORD).await;
        Answer::of(http().get(self.broker.url("readyz"))).await.expect(200);
        assert!(self.broker.peak_memory() < 200, "{} MiB", self.broker.peak_memory());
        let log = self.broker.stop().await;
        let of_level = |level: &str| log.lines().filter(|line| line.contains(level)).collect::<Vec<_>>();
        assert!(!of_level("\"level\":\"INFO\"").is_empty(), "no level is written like this: {log}");
        let failures = of_level("\"level\":\"ERROR\"");
        assert!(failures.is_empty(), "{failures:#?}");
    }
}

async fn a_body_of_a_hundred_megabytes_costs_nothing(engine: Engine) {
    let stage = Stage::set(engine).await;
    let address = stage.broker.installation().address();
    let form = format!("content-type: {FORM}");
    let json = format!("content-type: application/json\r\nauthorization: Bearer {}", stage.admin.token());
    let body = vec![b'a'; MEGABYTE];
    let chunk = [format!("{MEGABYTE:x}\r\n").as_bytes(), &body, b"\r\n"].concat();
    for (path, headers) in
        [("oauth/token", &form), ("u/login", &form), ("u/signup", &form), ("authorize", &form), ("api/v2/users", &json)]
    {
        let head = format!("POST /{path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let with_length = |length| format!("{head}content-length: {length}\r\n\r\n");
        let in_chunks = format!("{head}transfer-encoding: chunked\r\n\r\n");
        for small in [with_length(1) + "a", format!("{in_chunks}1\r\na\r\n0\r\n\r\n")] {
            let reply = raw::send(&address, small.as_bytes(), b"", 0).await;
            // For what it says.
            assert!(matches!(reply.status, Some(400 | 403)), "{path}: {reply:?}");
        }
        for (head, part) in [(with_length(100 * MEGABYTE), &body), (in_chunks, &chunk)] {
            let reply = raw::send(&address, head.as_bytes(), part, 100 * part.len()).await;
            // Long before its end; the answer may be lost when the connection is closed upon the sender.
            assert!(matches!(reply.status, None | Some(413)), "{path}: {reply:?}");
            assert!(reply.taken < 50 * MEGABYTE, "{path}: {reply:?}");
        }
    }
    stage.check_unharmed().await;
}

async fn nothing_that_strangers_send_is_our_fault(engine: Engine) {
    let stage = Stage::set(engine).await;
    let address = stage.broker.installation().address();
    for (request, expected) in requests(&stage.admin, &stage.application) {
        let reply = raw::send(&address, &request, b"", 0).await;
        let shown = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
        match reply.status {
            None => assert!(expected.contains(&0), "hung up: {shown}"),
            Some(status) => assert!(expected.contains(&status), "{status}: {shown}"),
        }
    }
    check_ambiguous(&stage.application).await;
    check_json_with_nul(&stage.admin).await;
    stage.check_unharmed().await;
}

/// What is sent twice (RFC 6749 3.1), or without measure, is named to the application, unless it is what says where the
/// application is.
async fn check_ambiguous(application: &Application) {
    let mut browser = Browser::new();
    let long = "a".repeat(20_000);
    let more = [("state", "twice"), ("scope", "openid"), ("nonce", "twice"), ("display", &long)];
    for (name, value) in more {
        let answer = browser.get(&application.authorization_url(&[(name, value)])).await.expect(302);
        let params = answer.redirect_params();
        assert!(answer.location().starts_with(&application.redirect_uri), "{name}: {}", answer.location());
        assert_eq!(params["error"], "invalid_request", "{name}");
        assert!(params["error_description"].contains(name), "{params:?}");
    }
    for (name, value) in [("client_id", &application.client_id), ("redirect_uri", &application.redirect_uri)] {
        browser.get(&application.authorization_url(&[(name, value)])).await.expect(400);
    }
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "one"), ("refresh_token", "two")];
    let grant = [("grant_type", "refresh_token"), ("grant_type", "refresh_token"), ("refresh_token", "one")];
    let client = [("client_id", "another"), ("grant_type", "refresh_token"), ("refresh_token", "one")];
    for (fields, name) in [(refresh, "refresh_token"), (grant, "grant_type"), (client, "client_id")] {
        let answer = application.token(&fields).await.expect(400);
        assert_eq!(answer.error(), "invalid_request");
        assert!(answer.text().contains(name), "{}", answer.text());
    }
}

/// Requests as bytes, and the statuses that are right for them; 0 is a closed connection.
fn requests(admin: &Admin, application: &Application) -> Vec<(Vec<u8>, &'static [u16])> {
    let Application { client_id, client_secret, redirect_uri, .. } = application;
    let authorize = format!("/authorize?client_id={client_id}&redirect_uri={redirect_uri}&response_type=code");
    let credentials = format!("client_id={client_id}&client_secret={client_secret}");
    let token = |fields: &[u8]| post("/oauth/token", FORM, &[fields, b"&", credentials.as_bytes()].concat());
    let token_by_json = |body: &[u8]| post("/oauth/token", "application/json", body);
    let login = |fields: &[u8]| post("/u/login", FORM, fields);
    let long = "a".repeat(MEGABYTE);
    vec![
        // What is not UTF-8.
        (get("/authorize?client_id=%ff%fe", ""), &[400]),
        (get(&format!("{authorize}&state=%c3%28"), ""), &[400]),
        (raw_get(b"/authorize?client_id=\xff\xfe"), &[400]),
        (raw_get(b"/\xc3\x28"), &[400, 404]),
        (token(b"grant_type=refresh_token&refresh_token=%ff"), &[400]),
        (token(b"grant_type=refresh_token&refresh_token=\xff\xfe"), &[400]),
        (login(b"state=%ff&username=%ff&password=%ff"), &[400]),
        (login(b"state=\xff&username=\xff&password=\xff"), &[400]),
        (post("/u/signup", FORM, b"email=\xc3\x28"), &[400]),
        // NUL, which one of the two databases cannot keep.
        (get(&format!("{authorize}&state=%00"), ""), &[400]),
        (get("/authorize?client_id=%00", ""), &[400]),
        (token(b"grant_type=refresh_token&refresh_token=%00"), &[400]),
        (login(b"state=a&username=%00&password=%00"), &[400]),
        (token_by_json(b"{\"grant_type\": \"refresh_token\", \"refresh_token\": \"\\u0000\"}"), &[400]),
        (bearer(admin, "/api/v2/users?q=email:%22a%00b%22"), &[400]),
        (bearer(admin, "/api/v2/users-by-email?email=%00"), &[400]),
        (bearer(admin, "/api/v2/users/auth0%7C%00"), &[400, 404]),
        (bearer(admin, "/api/v2/logs?from=%00"), &[400]),
        (get("/v2/logout?returnTo=%00&client_id=%00", ""), &[400]),
        (get("/userinfo", "authorization: Bearer %00\r\n"), &[401]),
        (post("/oidc/backchannel-logout/%00", FORM, b"logout_token=a"), &[400]),
        // What is no token request.
        (token(b"grant_type=password-guessing"), &[400]),
        (token_by_json(b"[[[[[["), &[400]),
        (token_by_json(&b"[".repeat(60_000)), &[400]),
        (post("/oauth/token", "application/xml", b"<grant/>"), &[415]),
        (post("/oauth/token", FORM, &b"a&".repeat(5_000)), &[400]),
        // Cookies that nobody gave out.
        (get("/u/login?state=a", "cookie: landbridge_session=\u{1f36a}; ;;=;=a; landbridge_browser\r\n"), &[400]),
        (get(&authorize, &cookies(application, "%00%ff")), &[302]),
        (get(&authorize, &cookies(application, &"A".repeat(43))), &[302]),
        (get(&authorize, &cookies(application, &"=;,\"\\ ".repeat(1000))), &[302]),
        (
            get("/u/login?state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &cookies(application, &"A".repeat(43))),
            &[400],
        ),
        // Heads without measure. The connection may be closed upon the sender before the answer is read.
        (get("/", &format!("x-long: {long}\r\n")), &[0, 400, 431]),
        (get("/authorize", &format!("cookie: a={long}\r\n")), &[0, 400, 431]),
        (get(&format!("/authorize?state={long}"), ""), &[0, 400, 414, 431]),
        // What is not HTTP.
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[0, 400]),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[0, 400, 505]),
        (b"POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n".to_vec(), &[0, 400]),
    ]
}

fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

fn raw_get(target: &[u8]) -> Vec<u8> {
    [b"GET ", target, b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"].concat()
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
         content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn bearer(admin: &Admin, target: &str) -> Vec<u8> {
    get(target, &format!("authorization: Bearer {}\r\n", admin.token()))
}

/// Both of our cookies with this value.
fn cookies(application: &Application, value: &str) -> String {
    let port = application.issuer.rsplit(':').next().expect("a port").trim_end_matches('/');
    format!("cookie: landbridge_session_{port}={value}\r\ncookie: landbridge_browser_{port}={value}\r\n")
}

/// In every place of a document where there is text.
async fn check_json_with_nul(admin: &Admin) {
    let person = json!({ "connection": "people", "email": "b@example.com", "password": PASSWORD });
    let bodies = [
        ("users", with(person.clone(), &json!({ "email": "a\u{0}@example.com" }))),
        ("users", with(person.clone(), &json!({ "connection": "people\u{0}" }))),
        ("users", with(person.clone(), &json!({ "password": "\u{0}korrekt-Pferd-7" }))),
        ("users", with(person.clone(), &json!({ "name": "\u{0}" }))),
        ("users", with(person.clone(), &json!({ "user_metadata": { "a\u{0}": 1 } }))),
        ("users", with(person, &json!({ "user_id": "\u{0}" }))),
        ("clients", json!({ "name": "a\u{0}b" })),
        ("connections", json!({ "name": "a\u{0}b", "strategy": "auth0" })),
        ("resource-servers", json!({ "identifier": "https://api.example.com/\u{0}" })),
    ];
    for (path, body) in bodies {
        let answer = admin.call(Method::POST, path, Some(&body)).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
}
