//! A browser that keeps cookies and follows redirects one at a time.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use crate::provider::Provider;
use crate::sample::Sample;

pub(crate) struct Browser {
    client: Client,
    address: Url,
    provider: Arc<Provider>,
    pub(crate) cookies: HashMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Where the page redirects to.
    pub(crate) fn location(&self) -> Url {
        let location = self.headers.get(LOCATION).unwrap_or_else(|| panic!("no redirect: {}", self.body));
        Url::parse(location.to_str().unwrap()).unwrap()
    }

    /// The value of the form token on the page.
    pub(crate) fn form_token(&self) -> String {
        let (_, rest) = self.body.split_once(r#"name="form_token" value=""#).expect("a page with a form");
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// The query of a URL.
pub(crate) fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

impl Browser {
    pub(crate) fn new(sample: &Sample) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let (address, provider) = (sample.address.clone(), Arc::clone(&sample.provider));
        Browser { client, address, provider, cookies: HashMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(self.client.get(self.address.join(path).unwrap())).await
    }

    /// Sends a form as the page at `origin` would.
    pub(crate) async fn post(&mut self, path: &str, form_token: &str, origin: Option<&str>) -> Page {
        let request = self.client.post(self.address.join(path).unwrap()).form(&[("form_token", form_token)]);
        let request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
        self.send(request).await
    }

    /// Presses the button of a form on the first page.
    pub(crate) async fn press(&mut self, path: &str) -> Page {
        let form_token = self.get("/").await.form_token();
        let origin = self.address.origin().ascii_serialization();
        self.post(path, &form_token, Some(&origin)).await
    }

    /// Begins a sign-in and has the provider answer; gives back the callback URL it sends the browser to.
    pub(crate) async fn ask_to_sign_in(&mut self) -> Url {
        let request = self.get("/login").await.location();
        assert!(request.as_str().starts_with(&self.provider.issuer));
        let answer = self.client.get(request).send().await.unwrap();
        Url::parse(answer.headers()[LOCATION].to_str().unwrap()).unwrap()
    }

    pub(crate) async fn sign_in(&mut self) -> Page {
        let callback = self.ask_to_sign_in().await;
        self.get(callback.as_str()).await
    }

    pub(crate) async fn me(&mut self) -> Value {
        serde_json::from_str(&self.get("/me").await.body).unwrap()
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        headers.get_all(SET_COOKIE).iter().for_each(|cookie| self.keep(cookie.to_str().unwrap()));
        Page { status, headers, body: response.text().await.unwrap() }
    }

    fn keep(&mut self, set_cookie: &str) {
        assert!(set_cookie.contains("; HttpOnly; SameSite=Lax"), "{set_cookie}");
        let (name, value) = set_cookie.split(';').next().unwrap().split_once('=').unwrap();
        if set_cookie.ends_with("; Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
