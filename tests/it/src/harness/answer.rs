//! What came back.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

/// A response that was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Answer {
        Answer::try_of(request).await.expect("an answer")
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_of(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await? })
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.summary());
        self
    }

    /// What a person would say of it.
    fn summary(&self) -> &str {
        self.notice().or_else(|| self.headline()).unwrap_or_else(|| self.text())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The `error` of an OAuth answer.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text())).to_owned()
    }

    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("{}, no redirect: {}", self.status, self.summary()))
    }

    /// The parameters of the URL it redirects to.
    #[track_caller]
    pub(crate) fn redirect_params(&self) -> BTreeMap<String, String> {
        Url::parse(self.location()).unwrap().query_pairs().into_owned().collect()
    }

    /// The authorization code it brings to the application.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let mut params = self.redirect_params();
        params.remove("code").unwrap_or_else(|| panic!("no code: {}", self.location()))
    }

    /// The headline of the notice on a page that was shown again.
    pub(crate) fn notice(&self) -> Option<&str> {
        let (_, rest) = self.text().split_once("<p class=\"notice-title\">")?;
        rest.split_once("</p>").map(|(title, _)| title)
    }

    /// The first headline of a page.
    pub(crate) fn headline(&self) -> Option<&str> {
        let (_, rest) = self.text().split_once("<h1>")?;
        rest.split_once("</h1>").map(|(title, _)| title)
    }

    /// Names and values of the hidden fields on a page.
    pub(crate) fn hidden_fields(&self) -> Vec<(String, String)> {
        let fields = self.text().split("<input type=\"hidden\" ").skip(1);
        fields.map(|field| (attribute(field, "name"), attribute(field, "value"))).collect()
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let (_, rest) = tag.split_once(&format!("{name}=\"")).expect("the attribute is there");
    let (value, _) = rest.split_once('"').expect("its value ends");
    assert!(!value.contains('&'), "what travels in our forms needs no escaping: {value}");
    value.to_owned()
}
