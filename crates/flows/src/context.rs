//! The facts of one call, and the clock they are taken from.

use std::net::IpAddr;

use model::Timestamp;

/// What a flow knows of the call it serves. The clock is read once, when the call arrives.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The moment of the call.
    pub now: Timestamp,
    /// Names the call in logs and in answers.
    pub request_id: String,
    /// The peer's address, after trusted proxies; none for the command line.
    pub peer: Option<IpAddr>,
    /// The peer's user agent, cut to 512 characters.
    pub user_agent: Option<String>,
    /// Languages the person reads, as tags in lower case, best first; empty where nobody says.
    pub languages: Vec<String>,
}

impl RequestContext {
    /// What the process does by itself, under this name.
    pub fn own(now: Timestamp, name: &str) -> Self {
        RequestContext { now, request_id: name.to_owned(), peer: None, user_agent: None, languages: Vec::new() }
    }
}

/// What time it is. Read once per call; tests set it.
pub trait Clock: Send + Sync {
    /// The moment.
    fn now(&self) -> Timestamp;
}
