//! A server that plays an Auth0 tenant, or a provider, and can be told to lie, on a loopback port of its own.
//!
//! It speaks just enough HTTP/1.1 to misbehave on purpose, which a proper server library would prevent. For a tenant
//! that tells the truth, take a second [`crate::App`].

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use model::connection::{Source, SourceKind};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use url::form_urlencoded;

/// What a client can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Whether a password is right.
    Password,
    /// A token for the Management API.
    ManagementToken,
    /// `/userinfo`.
    UserInfo,
    /// A user by id.
    User,
    /// Users by address.
    UsersByEmail,
    /// The metadata document of a provider.
    Discovery,
    /// The keys of a provider.
    Keys,
    /// The exchange of a code.
    Code,
    /// GitHub's API: who it is.
    GitHubUser,
    /// GitHub's API: their addresses.
    GitHubEmails,
    /// Anything else.
    Other,
}

/// What the server does when asked.
#[derive(Clone, Debug)]
pub enum Lie {
    /// Answers with this status, these further headers and this JSON.
    Json(u16, Vec<(&'static str, String)>, Value),
    /// Answers with this status, content type and body.
    Raw(u16, &'static str, &'static str),
    /// Promises more than it sends.
    CutOff,
    /// Never stops sending.
    Endless,
    /// Never answers.
    Hang,
    /// Closes the connection.
    HangUp,
    /// Does that when as many questions as the barrier wants have come.
    Together(Arc<Barrier>, Box<Lie>),
    /// Does what the code that is exchanged is good for.
    ForCode(HashMap<String, Lie>),
}

impl Lie {
    /// Answers with this status and this JSON.
    pub fn json(status: u16, body: Value) -> Self {
        Lie::Json(status, Vec::new(), body)
    }

    /// Refuses in the words of RFC 6749 5.2.
    pub fn error(status: u16, error: &str, description: &str) -> Self {
        Lie::json(status, json!({"error": error, "error_description": description}))
    }

    /// With this header as well, where the answer is JSON.
    #[must_use]
    pub fn with_header(self, name: &'static str, value: &str) -> Self {
        match self {
            Lie::Json(status, mut headers, body) => {
                headers.push((name, value.to_owned()));
                Lie::Json(status, headers, body)
            }
            other => other,
        }
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it asked.
    pub question: Question,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// Its headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// The fields of its form.
    pub form: HashMap<String, String>,
}

/// The server. It stops with the runtime of the test.
pub struct LyingServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    lies: HashMap<Question, Lie>,
    seen: Vec<Seen>,
    under_way: usize,
    busiest: usize,
}

impl LyingServer {
    /// Listens on a free port. Whatever it was not told about is answered with 404 and no JSON.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(Mutex::new(State::default()));
        tokio::spawn(accept(listener, Arc::clone(&state)));
        LyingServer { address, state }
    }

    /// Its issuer.
    pub fn issuer(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, does this when asked that.
    pub fn on(&self, question: Question, lie: Lie) -> &Self {
        lock(&self.state).lies.insert(question, lie);
        self
    }

    /// All requests so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// The requests so far that asked this.
    pub fn asked(&self, question: Question) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.question == question).collect()
    }

    /// The largest number of requests that ever waited for their answer at once.
    pub fn busiest(&self) -> usize {
        lock(&self.state).busiest
    }
}

/// What our client is called at the source.
pub const CLIENT_ID: &str = "landbridge";
/// The connection at the source.
pub const REALM: &str = "Username-Password-Authentication";

/// A source called `old` at this issuer, which may be asked about people we do not know. Its profiles are read.
pub fn source_at(issuer: &str) -> Source {
    Source {
        name: "old".into(),
        enabled: true,
        just_in_time: true,
        timeout_ms: 10_000,
        max_concurrency: 8,
        breaker_failures: 3,
        breaker_open_ms: 30_000,
        kind: SourceKind::Auth0 {
            issuer: issuer.into(),
            client_id: CLIENT_ID.into(),
            realm: REALM.into(),
            read_profiles: true,
        },
    }
}

impl LyingServer {
    /// From now on, tells the truth about this user of the Management API, whose password is whatever is asked.
    pub fn knows(&self, user: &Value, now: Timestamp) -> &Self {
        let claims = json!({
            "sub": user["user_id"], "email": user["email"], "email_verified": user["email_verified"],
            "nickname": user["nickname"], "name": user["name"],
        });
        self.on(Question::Password, self.tokens(&claims, now))
            .on(Question::ManagementToken, Lie::json(200, json!({"access_token": "mgmt", "expires_in": 86_400})))
            .on(Question::User, Lie::json(200, user.clone()))
            .on(Question::UsersByEmail, Lie::json(200, json!([user])))
    }

    /// A successful answer of the token endpoint. These claims join or replace those that say for whom and until when
    /// its ID token is; `null` takes one away.
    pub fn tokens(&self, claims: &Value, now: Timestamp) -> Lie {
        let mut all = json!({"iss": self.issuer(), "aud": CLIENT_ID, "exp": now.seconds() + 36_000});
        for (name, value) in claims.as_object().expect("claims are an object") {
            all[name] = value.clone();
        }
        all.as_object_mut().expect("claims are an object").retain(|_, value| !value.is_null());
        let id_token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(all.to_string()));
        Lie::json(200, json!({"id_token": id_token, "access_token": "at", "token_type": "Bearer"}))
    }
}

/// Ada, as a Management API describes her under this id.
pub fn ada(user_id: &str) -> Value {
    let external_id = user_id.split_once('|').map_or(user_id, |(_, rest)| rest);
    json!({
        "user_id": user_id, "email": "ada@x.io", "email_verified": true, "username": "countess", "name": "Ada",
        "nickname": "ada", "app_metadata": {"plan": "gold"}, "created_at": "2020-01-02T03:04:05.678Z",
        "identities": [{"connection": REALM, "provider": "auth0", "user_id": external_id}],
    })
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

/// One request on each connection. What the client does to the connection is its own business.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    let Ok(seen) = read_request(&mut stream).await else { return };
    let lie = match note_arrival(&state, seen) {
        Lie::Together(barrier, lie) => {
            barrier.wait().await;
            *lie
        }
        lie => lie,
    };
    // Before the answer, because afterwards the client may be quicker with its next question.
    lock(&state).under_way -= 1;
    let _ = act(&mut stream, lie).await;
    let _ = stream.shutdown().await;
}

fn note_arrival(state: &Mutex<State>, seen: Seen) -> Lie {
    let mut state = lock(state);
    let unknown = Lie::Raw(404, "text/plain", "what?");
    let lie = match state.lies.get(&seen.question) {
        Some(Lie::ForCode(lies)) => seen.form.get("code").and_then(|code| lies.get(code)).cloned(),
        other => other.cloned(),
    };
    let lie = lie.unwrap_or(unknown);
    state.seen.push(seen);
    state.under_way += 1;
    state.busiest = state.busiest.max(state.under_way);
    lie
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Seen> {
    let request_line = read_line(stream).await?;
    let mut words = request_line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = HashMap::new();
    while let Some((name, value)) = read_line(stream).await?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    Ok(Seen { question: question_of(&target, &form), method, target, headers, form })
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn question_of(target: &str, form: &HashMap<String, String>) -> Question {
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => return Question::ManagementToken,
        Some("authorization_code") => return Question::Code,
        Some(_) => return Question::Password,
        None => {}
    }
    match target {
        "/userinfo" => Question::UserInfo,
        "/.well-known/openid-configuration" => Question::Discovery,
        "/jwks" => Question::Keys,
        "/user" => Question::GitHubUser,
        "/user/emails" => Question::GitHubEmails,
        _ if target.starts_with("/api/v2/users/") => Question::User,
        _ if target.starts_with("/api/v2/users-by-email?") => Question::UsersByEmail,
        _ => Question::Other,
    }
}

async fn act(stream: &mut BufReader<TcpStream>, lie: Lie) -> io::Result<()> {
    match lie {
        Lie::Json(status, headers, body) => {
            let body = body.to_string();
            stream.write_all(head(status, "application/json", body.len(), &headers).as_bytes()).await?;
            stream.write_all(body.as_bytes()).await
        }
        Lie::Raw(status, content_type, body) => {
            stream.write_all(head(status, content_type, body.len(), &[]).as_bytes()).await?;
            stream.write_all(body.as_bytes()).await
        }
        Lie::CutOff => {
            stream.write_all(head(200, "application/json", 100, &[]).as_bytes()).await?;
            stream.write_all(b"{\"id_token\": \"ey").await
        }
        Lie::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[").await?;
            loop {
                stream.write_all(&[b' '; 8192]).await?;
            }
        }
        Lie::Hang => stream.read_to_end(&mut Vec::new()).await.map(|_| ()),
        Lie::HangUp | Lie::Together(..) | Lie::ForCode(_) => Ok(()),
    }
}

fn head(status: u16, content_type: &str, length: usize, headers: &[(&'static str, String)]) -> String {
    let length = length.to_string();
    let always = [("content-type", content_type), ("content-length", &length), ("connection", "close")];
    let mut head = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in always.into_iter().chain(headers.iter().map(|(name, value)| (*name, value.as_str()))) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head + "\r\n"
}
