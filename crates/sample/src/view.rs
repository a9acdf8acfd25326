//! Turning what a handler has to say into a page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::app::App;

/// A page to be rendered on its way out, by [`finish`].
#[derive(Clone)]
pub(crate) struct View {
    status: StatusCode,
    template: &'static str,
    context: Value,
    forms_lead_to: Option<String>,
}

impl View {
    pub(crate) fn ok(template: &'static str, context: Value) -> Self {
        View { status: StatusCode::OK, template, context, forms_lead_to: None }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        View { status, ..self }
    }

    /// Lets the page's forms be redirected to another origin: browsers hold redirects of a form against
    /// `form-action` too.
    pub(crate) fn with_forms_leading_to(self, origin: Option<String>) -> Self {
        View { forms_lead_to: origin, ..self }
    }

    fn content_security_policy(&self) -> HeaderValue {
        let elsewhere = self.forms_lead_to.as_deref().unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {elsewhere}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        HeaderValue::try_from(policy).expect("a serialized origin is ASCII")
    }
}

impl IntoResponse for View {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page templates, which are part of the program.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub(crate) fn new(application: &str) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_global("application", application);
        for (name, source) in [
            ("page.html", include_str!("pages/page.html")),
            ("signed_out.html", include_str!("pages/signed_out.html")),
            ("signed_in.html", include_str!("pages/signed_in.html")),
            ("failure.html", include_str!("pages/failure.html")),
        ] {
            environment.add_template(name, source).expect("the embedded templates are well formed");
        }
        Templates(environment)
    }

    fn render(&self, view: &View) -> String {
        let template = self.0.get_template(view.template).expect("every view names an embedded template");
        template.render(&view.context).expect("every view fills in what its template names")
    }
}

/// Renders the response's view, if it has one, and adds the headers every response carries.
pub(crate) async fn finish(State(app): State<Arc<App>>, mut response: Response) -> Response {
    if let Some(view) = response.extensions_mut().remove::<View>() {
        response = (view.status, Html(app.templates.render(&view))).into_response();
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, view.content_security_policy());
    }
    add_common(response.headers_mut());
    response
}

fn add_common(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: with that, browsers say `Origin: null` on our own forms.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
