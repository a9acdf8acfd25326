//! A browser: it keeps cookies, follows redirects within the issuer, and fills in forms.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use url::Url;

use crate::app::form_request;
use crate::{Answer, App, AuthorizationUrl, ClientAnswer, Form, Page};

/// More redirects in a row are a loop.
const MAX_HOPS: usize = 10;

/// Where a browser came to.
#[derive(Clone, Debug)]
pub enum Visit {
    /// A page of ours.
    Page(Page),
    /// A relying party.
    Left(ClientAnswer),
}

impl Visit {
    /// The page it shows.
    #[track_caller]
    pub fn page(self) -> Page {
        match self {
            Visit::Page(page) => page,
            Visit::Left(answer) => panic!("expected a page, and was sent to {answer:?}"),
        }
    }

    /// What the relying party was told.
    #[track_caller]
    pub fn answer(self) -> ClientAnswer {
        match self {
            Visit::Left(answer) => answer,
            Visit::Page(page) => {
                panic!("expected to leave, and was shown {} {}: {}", page.status, page.path, page.html)
            }
        }
    }
}

/// A browser with its cookies. A clone is another browser with the same cookies.
#[derive(Clone)]
pub struct Browser {
    app: App,
    cookies: BTreeMap<String, String>,
    peer: SocketAddr,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Browser {
    pub(crate) fn new(app: App) -> Self {
        let peer = SocketAddr::from(([203, 0, 113, 7], 40_000));
        Browser { app, cookies: BTreeMap::new(), peer, headers: Vec::new() }
    }

    /// The same browser at another address.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        self.peer = SocketAddr::new(address, 40_000);
        self
    }

    /// The same browser, sending this header with every request.
    #[must_use]
    pub fn sending(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("header text");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// The same browser, served by another node.
    #[must_use]
    pub fn on(mut self, app: &App) -> Self {
        self.app = app.clone();
        self
    }

    /// Opens an address within the issuer, and follows where it leads.
    pub async fn open(&mut self, path: &str) -> Visit {
        let request = Request::get(path).body(Body::empty()).expect("a path");
        self.follow(path.to_owned(), request).await
    }

    /// Begins an authorization request.
    pub async fn authorize(&mut self, url: &AuthorizationUrl) -> Visit {
        self.open(&url.path()).await
    }

    /// Submits a form of one of our pages, as a browser does that says where it comes from.
    pub async fn submit(&mut self, form: &Form) -> Visit {
        self.submit_from(form, self.app.origin(), "same-origin").await
    }

    /// Submits a form from a page of this origin.
    pub async fn submit_from(&mut self, form: &Form, origin: String, site: &'static str) -> Visit {
        assert_eq!(form.method, "post", "our forms are posted");
        let mut request = form_request(&form.action, &form.pairs());
        let origin = HeaderValue::from_str(&origin).expect("an origin is header text");
        request.headers_mut().insert(header::ORIGIN, origin);
        request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static(site));
        self.follow(form.action.clone(), request).await
    }

    /// Begins an authorization request and types these into the login page it leads to.
    pub async fn log_in(&mut self, url: &AuthorizationUrl, username: &str, password: &str) -> Visit {
        let form = self.authorize(url).await.page().form();
        self.submit(&form.fill("username", username).fill("password", password)).await
    }

    /// The value of one of our cookies, by what it is for: `session` or `browser`.
    pub fn cookie(&self, purpose: &str) -> Option<&str> {
        self.cookies.get(&self.app.cookie_name(purpose)).map(String::as_str)
    }

    /// Plants one of our cookies.
    pub fn set_cookie(&mut self, purpose: &str, value: &str) {
        self.cookies.insert(self.app.cookie_name(purpose), value.to_owned());
    }

    /// Loses one of our cookies.
    pub fn lose_cookie(&mut self, purpose: &str) {
        self.cookies.remove(&self.app.cookie_name(purpose));
    }

    /// Sends one request with this browser's cookies and follows nothing.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let value = HeaderValue::from_str(&pairs.join("; ")).expect("cookies are header text");
            request.headers_mut().insert(header::COOKIE, value);
        }
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        let answer = self.app.call(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().expect("cookies are text"));
        }
        answer
    }

    async fn follow(&mut self, mut path: String, mut request: Request<Body>) -> Visit {
        for _ in 0..MAX_HOPS {
            let answer = self.send(request).await;
            let Some(location) = answer.header("location").filter(|_| answer.status.is_redirection()) else {
                return self.arrive(&path, answer);
            };
            let follows_with_get = [StatusCode::FOUND, StatusCode::SEE_OTHER].contains(&answer.status);
            assert!(follows_with_get, "{} would send a form again, to {location}", answer.status);
            let Some(next) = self.app.path_of(location) else {
                return Visit::Left(ClientAnswer::of_location(answer.status, location));
            };
            request = Request::get(&next).body(Body::empty()).expect("a path");
            path = next;
        }
        panic!("redirected in circles, last to {path}");
    }

    /// A form that posts itself elsewhere carries an answer; every other page is shown.
    fn arrive(&self, path: &str, answer: Answer) -> Visit {
        let page = Page::new(path, answer);
        match page.find_form().filter(|form| self.app.path_of(&form.action).is_none()) {
            Some(form) => Visit::Left(ClientAnswer::of_form(page.status, &form.action, &form.fields)),
            None => Visit::Page(page),
        }
    }

    /// Keeps a cookie or forgets it, by the rules of RFC 6265bis 5.7 that concern ours.
    fn keep(&mut self, text: &str) {
        let mut parts = text.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes: Vec<_> = parts.collect();
        let is_secure = attributes.contains(&"Secure");
        let is_https = self.app.issuer().starts_with("https:");
        assert!(is_https || !is_secure, "a browser refuses a Secure cookie that came in the clear: {text}");
        if name.starts_with("__Host-") {
            let is_bound = is_secure && attributes.contains(&"Path=/") && !text.contains("Domain=");
            assert!(is_bound, "a browser refuses a __Host- cookie that is not bound to its host: {text}");
        }
        if attributes.contains(&"Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl App {
    /// The origin of the issuer.
    pub fn origin(&self) -> String {
        Url::parse(self.issuer()).expect("an issuer is a URL").origin().ascii_serialization()
    }

    /// The full name of one of our cookies: bound to the host over https, and to the port where there is one.
    fn cookie_name(&self, purpose: &str) -> String {
        let issuer = Url::parse(self.issuer()).expect("an issuer is a URL");
        let prefix = if issuer.scheme() == "https" { "__Host-" } else { "" };
        let port = issuer.port().map(|port| format!("_{port}")).unwrap_or_default();
        format!("{prefix}landbridge_{purpose}{port}")
    }

    /// The path of an address within the issuer, query included; none for any other, as a browser resolves it.
    fn path_of(&self, location: &str) -> Option<String> {
        let issuer = Url::parse(self.issuer()).expect("an issuer is a URL");
        let target = issuer.join(location).expect("a redirect leads to a URL");
        let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
        (target.origin() == issuer.origin()).then(|| format!("{}{query}", target.path()))
    }
}
