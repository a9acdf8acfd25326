//! A server that plays an old tenant and can be told to lie.
//!
//! It speaks just enough HTTP/1.1 to misbehave on purpose, which a server library would prevent. For answers that a
//! real tenant gives, a second broker plays it in `the_move`.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use url::form_urlencoded;

use super::{HERE, LONGEST_TIMEOUT_MS, Source, with};

const CLIENT_ID: &str = "client-at-the-source";
/// The broker's secret at this source.
pub(crate) const SOURCE_SECRET: &str = "secret-at-the-source";
const REALM: &str = "old-people";

/// What the server does when it is asked about a password.
#[derive(Clone)]
pub(crate) enum Says {
    /// All of this.
    All(Spoken),
    /// The head of this, and half of its body.
    Half(Spoken),
    /// White space without an end.
    NoEnd,
    /// Nothing, and keeps the connection.
    Nothing,
    /// Nothing, and closes the connection.
    HangUp,
    /// Waits until it is allowed to, and says it then.
    After(Arc<Semaphore>, Box<Says>),
}

/// An answer.
#[derive(Clone)]
pub(crate) struct Spoken {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Says {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Says::body(status, "application/json", &body.to_string())
    }

    /// A refusal in the words of OAuth.
    pub(crate) fn error(status: u16, error: &str, description: &str) -> Self {
        Says::json(status, &json!({ "error": error, "error_description": description }))
    }

    pub(crate) fn wrong() -> Self {
        Says::error(403, "invalid_grant", "Wrong email or password.")
    }

    pub(crate) fn body(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Says::All(Spoken { status, headers, body: body.to_owned() })
    }

    pub(crate) fn with_header(self, name: &'static str, value: &str) -> Self {
        let mut spoken = self.spoken();
        spoken.headers.push((name, value.to_owned()));
        Says::All(spoken)
    }

    /// The same, cut off in the middle of its body.
    pub(crate) fn cut_off(self) -> Self {
        Says::Half(self.spoken())
    }

    fn spoken(self) -> Spoken {
        let Says::All(spoken) = self else { panic!("there is no whole answer to change") };
        spoken
    }

    /// The same, once `permits` has one.
    pub(crate) fn after(self, permits: &Arc<Semaphore>) -> Self {
        Says::After(Arc::clone(permits), Box::new(self))
    }
}

/// A question about a password.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) form: HashMap<String, String>,
    /// The person's address, as the broker tells it.
    pub(crate) forwarded_for: Option<String>,
}

pub(crate) struct LyingSource {
    issuer: String,
    state: Arc<Mutex<State>>,
}

struct State {
    says: Says,
    asked: Vec<Question>,
}

impl LyingSource {
    /// Calls every password wrong until it is told something else.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((HERE, 0)).await.unwrap();
        let issuer = format!("http://{}/", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { says: Says::wrong(), asked: Vec::new() }));
        tokio::spawn(accept(listener, Arc::clone(&state)));
        LyingSource { issuer, state }
    }

    pub(crate) fn says(&self, says: Says) {
        self.state.lock().unwrap().says = says;
    }

    /// Every question so far.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.state.lock().unwrap().asked.clone()
    }

    /// The settings of a connection whose people come from here.
    pub(crate) fn source(&self, more: &Value) -> Source {
        Source {
            issuer: self.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: SOURCE_SECRET.to_owned(),
            realm: REALM.to_owned(),
            more: with(json!({ "timeout_ms": LONGEST_TIMEOUT_MS }), more),
        }
    }

    /// What it says of a right password: an ID token about somebody, unsigned, as nobody checks the signature of a
    /// token that comes straight from the token endpoint (OpenID Connect Core 3.1.3.7).
    pub(crate) fn right(&self, user_id: &str, email: &str) -> Says {
        Says::json(200, &self.tokens(&json!({ "sub": user_id, "email": email, "email_verified": true })))
    }

    /// The answer of a token endpoint whose ID token says this, besides what every one has to say.
    pub(crate) fn tokens(&self, more: &Value) -> Value {
        let claims = with(json!({ "iss": self.issuer, "aud": CLIENT_ID, "exp": in_an_hour() }), more);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let id_token = format!("{}.{}.c2ln", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&claims));
        json!({ "access_token": "opaque", "id_token": id_token, "token_type": "Bearer", "expires_in": 86400 })
    }
}

#[expect(clippy::disallowed_methods, reason = "the broker under test reads the real clock")]
fn in_an_hour() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

/// One request on each connection. What the broker does to the connection is its own business.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    let Ok(question) = read(&mut stream).await else { return };
    let mut says = {
        let mut state = state.lock().unwrap();
        state.asked.push(question);
        state.says.clone()
    };
    while let Says::After(permits, then) = says {
        permits.acquire().await.expect("nobody closes it").forget();
        says = *then;
    }
    let _ = act(&mut stream, says).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Question> {
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let form = form_urlencoded::parse(&body).into_owned().collect();
    Ok(Question { form, forwarded_for: headers.remove("auth0-forwarded-for") })
}

async fn act(stream: &mut BufReader<TcpStream>, says: Says) -> io::Result<()> {
    match says {
        Says::All(spoken) => {
            stream.write_all(head(&spoken).as_bytes()).await?;
            stream.write_all(spoken.body.as_bytes()).await
        }
        Says::Half(spoken) => {
            stream.write_all(head(&spoken).as_bytes()).await?;
            stream.write_all(&spoken.body.as_bytes()[..spoken.body.len() / 2]).await
        }
        Says::NoEnd => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[").await?;
            loop {
                stream.write_all(&[b' '; 8192]).await?;
            }
        }
        Says::Nothing => stream.read_to_end(&mut Vec::new()).await.map(drop),
        Says::HangUp | Says::After(..) => Ok(()),
    }
}

fn head(spoken: &Spoken) -> String {
    let length = ("content-length", spoken.body.len().to_string());
    let mut head = format!("HTTP/1.1 {} As Told\r\nconnection: close\r\n", spoken.status);
    for (name, value) in spoken.headers.iter().chain([&length]) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head + "\r\n"
}
