//! The configuration as a whole: what is taken, from where, and what is refused in which words.

use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;

use super::environment::Variable;
use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A folder with a configuration file in it, and other sources around it.
struct Given {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn given(toml: &str) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("landbridge.toml");
    std::fs::write(&file, toml).unwrap();
    Given { folder, sources: Sources { file: Some(file), ..Sources::default() } }
}

impl Given {
    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push(Variable { name: name.to_owned(), value: value.to_owned() });
        self
    }

    fn set(mut self, text: &str) -> Self {
        self.sources.overrides.push(text.to_owned());
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is said, with the folder's name left out.
    fn refusal(&self) -> String {
        let refused = load(&self.sources).map(|loaded| loaded.config).expect_err("a refusal");
        refused.to_string().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[track_caller]
fn check_refused(toml: &str, expected: &str) {
    assert_eq!(given(toml).refusal(), expected, "{toml}");
}

/// One setting is wrong, and said to be in these words.
#[track_caller]
fn check_value_refused(toml: &str, expected: &str) {
    check_refused(toml, &format!("the configuration cannot be used:\n  {expected}"));
}

#[test]
fn nothing_needs_to_be_configured() {
    let given = given("");
    let config = given.load().config;
    assert_eq!(config.server.issuer.as_str(), "http://localhost:3000/");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.database.url.to_string(), "sqlite:landbridge.db");
    assert!(config.redis.url.is_none());
    assert!(config.server.trusted_proxies.is_empty());
}

#[test]
fn the_file_of_the_defaults_may_be_absent_and_a_named_one_may_not() {
    assert!(Sources::default().file.is_none());
    let missing = Sources { file: Some("/nowhere/landbridge.toml".into()), ..Sources::default() };
    assert_eq!(
        load(&missing).map(|loaded| loaded.config).unwrap_err().to_string(),
        "cannot read the configuration file /nowhere/landbridge.toml: No such file or directory (os error 2)"
    );
}

#[test]
fn later_sources_win() {
    let from_file = given("[server]\nlisten = '127.0.0.1:1'\nshutdown_timeout = '1s'\nmax_connections = 7");
    let and_environment = from_file
        .variable("LANDBRIDGE__SERVER__LISTEN", "127.0.0.1:2")
        .variable("LANDBRIDGE__SERVER__SHUTDOWN_TIMEOUT", "2s");
    let all = and_environment.set("server.listen=127.0.0.1:3");
    let loaded = all.load();
    let server = &loaded.config.server;
    assert_eq!(server.listen.to_string(), "127.0.0.1:3");
    assert_eq!(server.shutdown_timeout.to_string(), "2s");
    assert_eq!(server.max_connections.get(), 7);
    assert_eq!(loaded.layers.source("server.listen"), Source::CommandLine);
    let variable = Source::Variable("LANDBRIDGE__SERVER__SHUTDOWN_TIMEOUT".to_owned());
    assert_eq!(loaded.layers.source("server.shutdown_timeout"), variable);
    assert_eq!(loaded.layers.source("server.max_connections"), Source::File(all.sources.file.clone().unwrap()));
    assert_eq!(loaded.layers.source("server.issuer"), Source::Default);
}

#[test]
fn a_variable_is_read_as_the_kind_its_setting_has() {
    let config = given("")
        .variable("LANDBRIDGE__SERVER__TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")
        .variable("LANDBRIDGE__DATABASE__READERS", "3")
        .variable("LANDBRIDGE__OUTGOING__ALLOW_HTTP", "true")
        .variable("LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_ID", "true")
        .variable("LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_SECRET", "00000000000000012345")
        .load()
        .config;
    let proxies: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "fd00::/8"]);
    assert_eq!(config.database.readers.get(), 3);
    assert!(config.outgoing.allow_http);
    assert_eq!(config.bootstrap.management_client_id.as_deref(), Some("true"));
    let secret = config.bootstrap.management_client_secret.expect("a secret");
    assert_eq!(secret.expose_secret(), "00000000000000012345");
}

#[test]
fn settings_that_do_not_exist_are_named_with_their_nearest_neighbour() {
    let given = given("[server]\nlisten_on = '127.0.0.1:1'\n[bananas]\nripe = true\n[tls]\nkey = 'a'")
        .variable("LANDBRIDGE__DATABSE__URL", "sqlite:a.db")
        .set("redis.urll=redis://a/");
    assert_eq!(
        given.refusal(),
        "the configuration has settings that do not exist:\
         \n  bananas (landbridge.toml): see docs/reference/configuration.md for those that do\
         \n  server.listen_on (landbridge.toml): did you mean server.listen?\
         \n  tls (landbridge.toml): did you mean server.tls?\
         \n  databse.url (LANDBRIDGE__DATABSE__URL): did you mean database.url?\
         \n  redis.urll (--set): did you mean redis.url?"
    );
}

#[test]
fn what_is_not_toml_is_located_and_not_quoted() {
    check_refused(
        "[secrets]\nmaster_key = hunter2hunter2",
        "landbridge.toml, line 2: string values must be quoted, expected literal string",
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    for (toml, expected) in [
        (
            "[server]\nlisten = 3000",
            "server.listen (landbridge.toml): invalid type: found signed int `3000`, expected a string",
        ),
        (
            "[database]\nreaders = 'many'",
            "database.readers (landbridge.toml): invalid type: found string \"many\", expected a nonzero u32",
        ),
        (
            "[database]\nreaders = 0",
            "database.readers (landbridge.toml): invalid value signed int `0`, expected a nonzero u32",
        ),
        ("server = 3", "server (landbridge.toml): invalid type: found signed int `3`, expected struct Server"),
        ("[log]\nformat = 'xml'", "log.format (landbridge.toml): \"xml\" is none of pretty, json"),
        (
            "[server]\nshutdown_timeout = '30'",
            "server.shutdown_timeout (landbridge.toml): \"30\" is not a span of time such as 500ms, 30s, 15m, 2h or 7d",
        ),
        (
            "[server]\nissuer = 'https://login.example.com'",
            "server.issuer (landbridge.toml): \"https://login.example.com\" must end in a slash; write \
             https://login.example.com/",
        ),
        (
            "[server]\ntrusted_proxies = ['10.0.0.0/8', '192.168.0.1']",
            "server.trusted_proxies.1 (landbridge.toml): \"192.168.0.1\" is an address; for this one alone, write \
             192.168.0.1/32",
        ),
    ] {
        check_value_refused(toml, expected);
    }
}

#[test]
fn a_variable_with_a_wrong_value_is_named() {
    for (name, value, expected) in [
        (
            "LANDBRIDGE__DATABASE__READERS",
            "many",
            "database.readers (LANDBRIDGE__DATABASE__READERS): \"many\" is not a whole number",
        ),
        (
            "LANDBRIDGE__OUTGOING__ALLOW_HTTP",
            "1",
            "outgoing.allow_http (LANDBRIDGE__OUTGOING__ALLOW_HTTP): \"1\" is not true or false",
        ),
        ("LANDBRIDGE__REDIS__URL", "", "redis.url (LANDBRIDGE__REDIS__URL): it is empty; remove it to use the default"),
        (
            "LANDBRIDGE__SECRETS__MASTER_KEY",
            "",
            "secrets.master_key (LANDBRIDGE__SECRETS__MASTER_KEY): it is empty; remove it to use the default",
        ),
        (
            "LANDBRIDGE__DATABASE__URL",
            "mysql://me:hunter2@db/a",
            "database.url (LANDBRIDGE__DATABASE__URL): write sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
    ] {
        let refusal = given("").variable(name, value).refusal();
        assert_eq!(refusal, format!("the configuration cannot be used:\n  {expected}"));
    }
}

#[test]
fn secrets_do_not_travel_on_the_command_line() {
    let refusal = given("").set(&format!("secrets.master_key={KEY}")).refusal();
    assert_eq!(
        refusal,
        "the configuration cannot be used:\n  secrets.master_key (--set): the command line can be read by every user \
         of this machine; use the file, the environment, or the form with _file"
    );
    assert_eq!(
        given("").set("server.listen").refusal(),
        "--set \"server.listen\" has no value; write --set KEY=VALUE, such as --set server.listen=0.0.0.0:3000"
    );
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    for (toml, expected) in [
        (
            "[server.tls]\ncertificate = 'a.pem'\n[server]\nissuer = 'https://a.example/'",
            "server.tls.certificate (landbridge.toml): it needs server.tls.key; set both or neither",
        ),
        (
            "[server.tls]\nkey = 'a.pem'\n[server]\nissuer = 'https://a.example/'",
            "server.tls.key (landbridge.toml): it needs server.tls.certificate; set both or neither",
        ),
        (
            "[server.tls]\ncertificate = 'a.pem'\nkey = 'a.pem'",
            "server.issuer: server.tls is set, so the broker cannot be reached at http://localhost:3000/; write \
             https://localhost:3000/",
        ),
        (
            "[server]\ntrusted_proxies = ['10.0.0.0/8', '::/0']",
            "server.trusted_proxies (landbridge.toml): ::/0 would let everybody claim any address; name the networks of \
             your proxies",
        ),
        (
            "[secrets]\nmaster_key = 'a'\nmaster_key_file = 'b'",
            "secrets.master_key (landbridge.toml): secrets.master_key_file is set too; keep one of them",
        ),
        (
            "[database]\nurl = 'postgres://localhost/a'",
            "secrets.master_key: it is required on Postgres, the same for every node; make one with: openssl rand \
             -base64 32",
        ),
        (
            "[bootstrap]\nmanagement_client_id = 'a'",
            "bootstrap.management_client_id (landbridge.toml): it needs bootstrap.management_client_secret; set both or \
             neither",
        ),
        (
            "[bootstrap]\nmanagement_client_secret_file = 'a'",
            "bootstrap.management_client_secret: it needs bootstrap.management_client_id; set both or neither",
        ),
        (
            "[bootstrap]\nmanagement_client_id = 'a'\nmanagement_client_secret = 'b'\nmanagement_client_secret_file = 'c'",
            "bootstrap.management_client_secret (landbridge.toml): bootstrap.management_client_secret_file is set too; \
             keep one of them\
             \n  bootstrap.management_client_secret (landbridge.toml): it is shorter than 16 characters; make one with: \
             openssl rand -base64 32",
        ),
        (
            "[bootstrap]\nmanagement_client_id = ''\nmanagement_client_secret = 'hunter2hunter2hunter2'",
            "bootstrap.management_client_id (landbridge.toml): it is empty",
        ),
        (
            "[mail]\nfolder = 'mails'\nsmtp_url_file = 'smtp'\nfrom = 'a@b.io'",
            "mail.smtp_url_file (landbridge.toml): mail.folder is set too; keep one of them",
        ),
        (
            "[mail]\nsmtp_url = 'mail.example.com'\nfrom = 'a@b.io'",
            "mail.smtp_url (landbridge.toml): write smtps://USER:PASSWORD@HOST:465, or smtp://… to upgrade by STARTTLS",
        ),
        ("[mail]\nsmtp_url_file = 'smtp'", "mail.smtp_url_file (landbridge.toml): it needs mail.from"),
        (
            "[hashing]\nmemory = '4KiB'",
            "hashing.memory (landbridge.toml): argon2id needs at least one pass, one lane, and 8 KiB of memory for each \
             lane",
        ),
        ("[hashing]\nmemory = '99999GiB'", "hashing.memory (landbridge.toml): it is more than argon2 can use"),
    ] {
        check_value_refused(toml, expected);
    }
}

#[test]
fn every_broken_rule_is_told_at_once() {
    check_value_refused(
        "[database]\nurl = 'postgres://localhost/a'\n[server.tls]\nkey = 'a.pem'",
        "server.tls.key (landbridge.toml): it needs server.tls.certificate; set both or neither\
         \n  secrets.master_key: it is required on Postgres, the same for every node; make one with: openssl rand \
         -base64 32",
    );
}

#[test]
fn secrets_are_shown_by_their_source_alone() {
    let given = given(&format!(
        "[secrets]\nmaster_key = '{KEY}'\n[database]\nurl = 'postgres://me:hunter2@db/a'\n[redis]\nurl = 'redis://:hunter2@r/'"
    ))
    .variable("LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_ID", "boot")
    .variable("LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_SECRET", "hunter2hunter2hunter2");
    let loaded = given.load();
    let shown = loaded.effective().replace(&format!("{}/", given.folder.path().display()), "");
    for expected in [
        "secrets.master_key = \"from landbridge.toml\" ",
        "database.url = \"postgres://me:***@db/a\" ",
        "redis.url = \"redis://:***@r/\" ",
        "bootstrap.management_client_id = \"boot\" ",
        "bootstrap.management_client_secret = \"from LANDBRIDGE__BOOTSTRAP__MANAGEMENT_CLIENT_SECRET\" ",
        "# server.tls.key ",
        "server.listen = \"127.0.0.1:3000\" ",
        "server.trusted_proxies = [] ",
        "hashing.iterations = 2 ",
    ] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    for secret in ["hunter2", KEY] {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!format!("{:?}", loaded.config).contains(secret));
    }
    toml::from_str::<toml::Table>(&shown).expect("what is shown can be read again");
}

#[test]
fn what_should_not_be_left_is_warned_of() {
    for (toml, expected) in [
        ("", None),
        (
            "[hashing]\nmemory = '64KiB'",
            Some("hashing costs less than 19MiB and 2 iterations: stolen hashes are guessed sooner"),
        ),
        (
            "[outgoing]\nallow_http = true",
            Some("outgoing.allow_http is on: passwords may cross the network as they are typed"),
        ),
    ] {
        assert_eq!(given(toml).load().warnings(), expected.into_iter().collect::<Vec<_>>(), "{toml}");
    }
}

#[test]
fn mails_that_others_can_read_are_warned_of() {
    let warnings =
        |url: &str| given("[mail]\nfrom = 'a@b.io'").variable("LANDBRIDGE__MAIL__SMTP_URL", url).load().warnings();
    let expected =
        "mail.smtp_url turns TLS off: whoever can read along on the way to the server can choose new passwords";
    assert_eq!(warnings("smtp://me:hunter2@mail.example.com?tls=off"), [expected]);
    assert_eq!(warnings("smtp://me:hunter2@mail.example.com"), Vec::<String>::new());
    assert_eq!(warnings("smtp://localhost:25"), Vec::<String>::new());
}

#[test]
fn wp_06_a_secret_in_a_public_file_is_warned_of() {
    let master_key = format!("[secrets]\nmaster_key = '{KEY}'\n");
    let database = |url: &str| format!("{master_key}[database]\nurl = 'postgres://{url}'");
    for (toml, key) in [
        (master_key.as_str(), "secrets.master_key"),
        (&database("me:hunter2@db/x"), "database.url"),
        (&database("db/x?password=hunter2"), "database.url"),
        ("[redis]\nurl = 'redis://me:hunter2@cache/'", "redis.url"),
    ] {
        let given = given(toml);
        let file = given.sources.file.clone().unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let path = file.display();
        let expected =
            format!("{path} holds {key} and can be read by every user of this machine; run: chmod 600 {path}");
        assert_eq!(given.load().warnings(), [expected]);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(given.load().warnings(), Vec::<String>::new());
    }
    let given = given("[database]\nurl = 'sqlite:a.db'\n[redis]\nurl = 'redis://cache/'");
    std::fs::set_permissions(given.sources.file.clone().unwrap(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(given.load().warnings(), Vec::<String>::new(), "there is no secret in it");
}

#[test]
fn the_reference_has_every_setting() {
    let (page, schema) = (reference(), schema_text());
    for setting in &Catalogue::new().settings {
        assert!(page.contains(&format!("| `{}` |", setting.key)), "{} is missing", setting.key);
        let name = setting.key.rsplit('.').next().unwrap_or_default();
        assert!(schema.contains(&format!("\"{name}\": {{")), "{name} is missing");
    }
    let listen =
        "| `server.listen` | `\"127.0.0.1:3000\"` | The address and port to listen on. Port 0 takes any free port. |";
    assert!(page.contains(listen), "{page}");
}
