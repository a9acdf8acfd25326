//! A browser that keeps cookies and follows redirects one at a time.

use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use reqwest::header::{COOKIE, SET_COOKIE};

use super::{Answer, http};

#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Browser::through(http())
    }

    /// A browser that trusts other certificates, or knows other hosts.
    pub(crate) fn through(http: reqwest::Client) -> Self {
        Browser { http, cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.try_get(url).await.expect("an answer")
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_get(&mut self, url: &str) -> Result<Answer, reqwest::Error> {
        self.send(self.http.get(url)).await
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_post(&mut self, url: &str, form: &[(&str, &str)]) -> Result<Answer, reqwest::Error> {
        self.send(self.http.post(url).form(form)).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let answer = Answer::try_of(request).await?;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        Ok(answer)
    }

    fn keep(&mut self, cookie: &str) {
        let (name, value) =
            cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        if cookie.contains("; Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
