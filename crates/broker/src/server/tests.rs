//! A server on a loopback port with a router of a few lines, and peers that behave and misbehave.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

mod floods;

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(50);

const GET: &str = "GET /peer HTTP/1.1\r\nhost: a\r\n\r\n";

fn patient() -> Limits {
    Limits { connections: 100, handshake: LONG, first_request: LONG, idle: LONG, closing: SHORT }
}

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<Drained>,
}

async fn start(router: Router, tls: Option<Arc<TlsCertificate>>, limits: Limits, patience: Duration) -> Running {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ended = tokio::spawn(Server { router, tls, limits }.run(listener, stop.clone(), patience));
    Running { address, stop, ended }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends this and reads until the server closes.
    async fn exchange(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(text.as_bytes()).await;
        read_all(&mut stream).await
    }

    async fn stop(self) -> Drained {
        self.stop.cancel();
        self.ended.await.unwrap()
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8(bytes).unwrap()
}

fn echo() -> Router {
    Router::new().route("/peer", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
}

/// A request that says when it has begun, and ends when it is told to.
fn slow() -> (Router, mpsc::UnboundedReceiver<oneshot::Sender<()>>) {
    let (begun, requests) = mpsc::unbounded_channel();
    let handler = async move || {
        let (finish, may_finish) = oneshot::channel::<()>();
        begun.send(finish).unwrap();
        may_finish.await.unwrap();
        "finished"
    };
    (Router::new().route("/peer", get(handler)), requests)
}

#[tokio::test]
async fn a_request_carries_its_peers_address() {
    let server = start(echo(), None, patient(), LONG).await;
    let mut stream = server.connect().await;
    let own = stream.local_addr().unwrap().to_string();
    stream.write_all(GET.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&own), "{answer}");
    assert_eq!(server.stop().await, Drained::Completely);
}

#[tokio::test]
async fn stopping_finishes_what_was_accepted_and_takes_no_more() {
    let (router, mut requests) = slow();
    let server = start(router, None, patient(), LONG).await;
    let mut accepted = server.connect().await;
    accepted.write_all(GET.as_bytes()).await.unwrap();
    let finish = requests.recv().await.unwrap();

    server.stop.cancel();
    while TcpStream::connect(server.address).await.is_ok() {}
    assert!(!server.ended.is_finished(), "it did not wait for the request");

    finish.send(()).unwrap();
    let answer = read_all(&mut accepted).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("finished"), "{answer}");
    assert_eq!(server.ended.await.unwrap(), Drained::Completely);
}

#[tokio::test]
async fn a_request_that_outlasts_the_patience_is_cut() {
    let (router, mut requests) = slow();
    let server = start(router, None, patient(), SHORT).await;
    let mut accepted = server.connect().await;
    accepted.write_all(GET.as_bytes()).await.unwrap();
    let _never_finished = requests.recv().await.unwrap();
    assert_eq!(server.stop().await, Drained::Cut(1));
    assert_eq!(read_all(&mut accepted).await, "");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = start(echo(), None, patient(), LONG).await;
    let mut stream = server.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert_eq!(server.stop().await, Drained::Completely);
}

#[tokio::test]
async fn rl_08_a_peer_that_does_not_finish_its_request_is_given_up() {
    let limits = Limits { first_request: SHORT, ..patient() };
    let server = start(echo(), None, limits, LONG).await;
    assert_eq!(server.exchange("").await, "");
    let answer = server.exchange("GET /peer HTTP/1.1\r\nhost: a\r\n").await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn rl_08_a_connection_is_not_kept_idle_for_ever() {
    let limits = Limits { idle: SHORT, ..patient() };
    let server = start(echo(), None, limits, LONG).await;
    let answer = server.exchange(GET).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn rl_08_a_large_head_is_refused() {
    let server = start(echo(), None, patient(), LONG).await;
    let large = GET.replace("host: a", &format!("host: a\r\nx: {}", "a".repeat(1024 * 1024)));
    let many = GET.replace("host: a", &format!("host: a{}", "\r\nx: a".repeat(10_000)));
    for text in [large, many] {
        // Where the peer is still writing, the refusal may be lost in a reset.
        let answer = server.exchange(&text).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let answer = server.exchange(&GET.replace("host: a", "host: a\r\nconnection: close")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

/// What a proxy could have taken for a body, and what is not to be answered.
const SMUGGLED: &str = "GET /peer HTTP/1.1\r\nhost: smuggled\r\n\r\n";

/// WP-05 (RUSTSEC-2021-0078, RUSTSEC-2021-0079): where it could be read in two ways, a request is refused and nothing
/// behind it is read.
#[tokio::test]
async fn wp_05_what_can_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let length = SMUGGLED.len();
    let both = format!("content-length: {length}\r\ntransfer-encoding: chunked");
    for head in [
        "GET /peer HTTP/1.1\r\nhost: a\r\nhost: b".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\nhost: a".to_owned(),
        "GET /peer HTTP/1.1\r\nx: a".to_owned(),
        "GET http://b/peer HTTP/1.1\r\nhost: a".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\n b".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\nx: a\rb: c".to_owned(),
        "GET /peer HTTP/1.1\rhost: a".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\nx : a".to_owned(),
        format!("GET /peer HTTP/1.0\r\nhost: a\r\n{both}"),
        format!("GET /peer HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\ncontent-length: 0"),
        "GET /peer HTTP/1.1\r\nhost: a\r\ncontent-length: +5".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 6".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity".to_owned(),
        "GET /peer HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked".to_owned(),
    ] {
        let server = start(echo(), None, patient(), LONG).await;
        let answer = server.exchange(&format!("{head}\r\n\r\n0\r\n\r\n{SMUGGLED}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{head:?}: {answer}");
    }
}

/// WP-05: the encoding counts alone, and whatever a length would have left over is not read (RFC 9112 6.1).
#[tokio::test]
async fn wp_05_behind_an_encoded_body_nothing_more_is_read() {
    let length = format!("content-length: {}\r\n", SMUGGLED.len());
    for (before, behind) in [("", ""), ("", length.as_str()), (length.as_str(), "")] {
        let server = start(echo(), None, patient(), LONG).await;
        let encoding = format!("{before}transfer-encoding: chunked\r\n{behind}");
        let head = format!("GET /peer HTTP/1.1\r\nhost: a\r\n{}", encoding.trim_end());
        let answer = server.exchange(&format!("{head}\r\n\r\n0\r\n\r\n{SMUGGLED}")).await;
        assert!(answer.starts_with("HTTP/1.1 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{answer}");
    }
    let server = start(echo(), None, patient(), LONG).await;
    let ours = "GET http://A/peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(server.exchange(ours).await.starts_with("HTTP/1.1 200 OK\r\n"), "a proxy may write it so");
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let (router, mut requests) = slow();
    let server = start(router, None, Limits { connections: 1, ..patient() }, LONG).await;
    let close = GET.replace("host: a", "host: a\r\nconnection: close");
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.write_all(close.as_bytes()).await.unwrap();
    second.write_all(close.as_bytes()).await.unwrap();
    let finish = requests.recv().await.unwrap();
    assert!(tokio::time::timeout(SHORT, requests.recv()).await.is_err(), "the second was accepted beside the first");
    finish.send(()).unwrap();
    assert!(read_all(&mut first).await.ends_with("finished"));
    requests.recv().await.unwrap().send(()).unwrap();
    assert!(read_all(&mut second).await.ends_with("finished"));
}

/// A certificate and its key in two files.
struct CertificateFiles {
    folder: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl CertificateFiles {
    fn new() -> (Self, CertificateDer<'static>) {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("a.pem"), folder.path().join("a.key"));
        let files = CertificateFiles { folder, certificate, key };
        let made = files.renew();
        (files, made)
    }

    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&self.certificate, made.cert.pem()).unwrap();
        std::fs::write(&self.key, made.signing_key.serialize_pem()).unwrap();
        std::fs::set_permissions(&self.key, std::fs::Permissions::from_mode(0o600)).unwrap();
        made.cert.der().clone()
    }

    fn load(&self) -> Result<TlsCertificate, TlsError> {
        TlsCertificate::load(&self.certificate, &self.key)
    }

    fn refusal(&self) -> String {
        let folder = self.folder.path().display().to_string();
        self.load().map(|_| ()).unwrap_err().to_string().replace(&folder, "F")
    }
}

/// A handshake with a peer that trusts this certificate alone.
async fn handshake(
    server: &Running,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
}

#[tokio::test]
async fn https_is_spoken_in_both_versions_of_http() {
    let (files, trusted) = CertificateFiles::new();
    let server = start(echo(), Some(Arc::new(files.load().unwrap())), patient(), LONG).await;

    let mut http1 = handshake(&server, &trusted, b"http/1.1").await.unwrap();
    http1.write_all(GET.replace("host: a", "host: a\r\nconnection: close").as_bytes()).await.unwrap();
    let mut answer = String::new();
    http1.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let http2 = TokioIo::new(handshake(&server, &trusted, b"h2").await.unwrap());
    let (mut requests, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), http2).await.unwrap();
    let running = tokio::spawn(connection);
    let request = Request::get("https://localhost/peer").body(Body::empty()).unwrap();
    let response = requests.send_request(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, hyper::Version::HTTP_2));
    drop((response, requests));
    running.await.unwrap().unwrap();
    assert_eq!(server.stop().await, Drained::Completely);
}

#[tokio::test]
async fn rl_08_a_handshake_that_does_not_come_is_given_up() {
    let (files, _) = CertificateFiles::new();
    let limits = Limits { handshake: SHORT, ..patient() };
    let server = start(echo(), Some(Arc::new(files.load().unwrap())), limits, LONG).await;
    assert_eq!(server.exchange("").await, "");
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_and_a_bad_one_is_not() {
    let (files, former) = CertificateFiles::new();
    let certificate = Arc::new(files.load().unwrap());
    let server = start(echo(), Some(Arc::clone(&certificate)), patient(), LONG).await;
    assert!(matches!(certificate.reload(), Reload::Unchanged));
    assert!(handshake(&server, &former, b"http/1.1").await.is_ok());

    let renewed = files.renew();
    assert!(matches!(certificate.reload(), Reload::Replaced));
    assert!(handshake(&server, &renewed, b"http/1.1").await.is_ok());
    assert!(handshake(&server, &former, b"http/1.1").await.is_err());

    std::fs::write(&files.certificate, "not a certificate").unwrap();
    assert!(matches!(certificate.reload(), Reload::Kept(TlsError::NotPem { .. })));
    assert!(matches!(certificate.reload(), Reload::Unchanged), "the same fault is reported once");
    assert!(handshake(&server, &renewed, b"http/1.1").await.is_ok());

    let repaired = files.renew();
    assert!(matches!(certificate.reload(), Reload::Replaced));
    assert!(handshake(&server, &repaired, b"http/1.1").await.is_ok());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (files, _) = CertificateFiles::new();
    let sound = std::fs::read(&files.key).unwrap();
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(files.refusal(), "F/a.key can be read or changed by every user of this machine; run: chmod 600 F/a.key");
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o600)).unwrap();

    let (other, _) = CertificateFiles::new();
    std::fs::copy(&other.key, &files.key).unwrap();
    assert_eq!(
        files.refusal(),
        "the certificate in F/a.pem cannot be used with the key in F/a.key: keys may not be consistent: KeyMismatch"
    );
    std::fs::write(&files.key, "hunter2").unwrap();
    assert_eq!(files.refusal(), "F/a.key holds no private key in PEM form: no items found");
    std::fs::write(&files.key, sound).unwrap();

    std::fs::write(&files.certificate, "").unwrap();
    assert_eq!(files.refusal(), "F/a.pem holds no certificate in PEM form: no items found");
    std::fs::remove_file(&files.certificate).unwrap();
    assert_eq!(files.refusal(), "cannot read F/a.pem: No such file or directory (os error 2)");
}
