//! Links in mails, as their tests need them.

use axum::body::Body;
use flows::mail::{Mail, Message};
use http::{Request, header};
use serde_json::{Value, json};
use testkit::{Answer, App, Browser, Visit};

use crate::site::{EMAIL, Site};

/// What a mail leads to, as a path within the issuer.
#[track_caller]
pub(crate) fn link_in(mail: &Mail) -> String {
    let (Message::VerifyEmail { link, .. } | Message::ResetPassword { link, .. }) = &mail.message else {
        panic!("a mail with a link: {mail:?}")
    };
    link.strip_prefix("https://id.test").expect("a link to the issuer").to_owned()
}

/// The only mail that left since the last.
#[track_caller]
pub(crate) fn only(mails: Vec<Mail>) -> Mail {
    let [mail] = <[Mail; 1]>::try_from(mails).expect("one mail");
    mail
}

pub(crate) async fn post_json(app: &App, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    app.call(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Asks for a new password in Auth0's dialect.
pub(crate) async fn ask(site: &Site, email: &str) -> Answer {
    let client_id = site.client.client_id.as_str();
    let body = json!({ "client_id": client_id, "connection": site.connection.name, "email": email });
    post_json(&site.app, "/dbconnections/change_password", &body).await
}

/// The link that Ada is sent for a new password.
pub(crate) async fn reset_link(site: &Site) -> String {
    ask(site, EMAIL).await;
    link_in(&only(site.app.mails().await))
}

/// Opens a link and fills in the form it leads to.
pub(crate) async fn choose(browser: &mut Browser, link: &str, password: &str) -> Visit {
    let page = browser.open(link).await.page();
    if page.status != 200 {
        return Visit::Page(page);
    }
    browser.submit(&page.form().fill("password", password)).await
}
