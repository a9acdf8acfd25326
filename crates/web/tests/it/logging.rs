//! What logs must not hold.

use testkit::{App, Log, RelyingParty};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::Site;

/// Sends a request over the wire, so that what carries it may log as well, and gives the status line.
async fn over_the_wire(app: &App, request: String) -> String {
    let address = app.issuer().strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (line, rest) = request.split_once('\n').unwrap();
    let request = format!("{line}\r\nhost: {address}\r\nconnection: close\r\n{rest}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

/// A code goes every way that it can go: where it belongs, once more, to somebody else, garbled, and to addresses where
/// it does not belong.
async fn spend(site: &Site, other: &RelyingParty, code: &str) {
    assert_eq!(other.exchange(&site.app, &format!("{code}x")).await.status, 400);
    let body =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(site.client.code_fields(code)).finish();
    let length = body.len();
    let request = format!(
        "POST /oauth/token HTTP/1.1\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    assert_eq!(over_the_wire(&site.app, request).await, "HTTP/1.1 200 OK");
    assert_eq!(site.client.exchange(&site.app, code).await.status, 400);
    assert_eq!(other.exchange(&site.app, code).await.status, 400);
    let answer = over_the_wire(&site.app, format!("GET /callback/{code}?code={code} HTTP/1.1\n\r\n")).await;
    assert_eq!(answer, "HTTP/1.1 404 Not Found");
    let referred = format!("GET /authorize?code={code} HTTP/1.1\nreferer: https://app.test/cb?code={code}\r\n\r\n");
    assert_eq!(over_the_wire(&site.app, referred).await, "HTTP/1.1 400 Bad Request");
    assert_eq!(site.app.userinfo(code).await.status, 401);
}

/// RFC 9700 4.2 and 4.3.
#[tokio::test]
async fn co_14_no_code_is_logged_at_any_level_or_recorded() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    // While there is only one subscriber, a log statement first reached on another test's thread, which has none,
    // is switched off for all threads. With two, every subscriber is asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let site = Site::on(App::listening().await).await;
    let other = site.app.add_client("other", |_| {}).await;
    let mut codes = Vec::new();
    for mode in ["query", "fragment", "form_post"] {
        let url = site.client.request().scope("openid offline_access").with("response_mode", mode);
        let code = site.code_for(&url).await;
        spend(&site, &other, &code).await;
        codes.push(code);
    }
    let text = log.text();
    let events = serde_json::to_string(&site.app.events().await).unwrap();
    for expected in ["/oauth/token", "answered", "TRACE"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(events.contains("seacft") && events.contains("feacft"), "{events}");
    let dump = site.app.dump().await;
    for code in &codes {
        // A part would do to find the rest in a referrer.
        for part in [&code[..16], &code[16..]] {
            let line = text.lines().find(|line| line.contains(part));
            assert_eq!(line, None);
            assert!(!events.contains(part) && !dump.contains(part), "{part}");
        }
    }
}
