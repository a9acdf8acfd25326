//! The application that `landbridge demo` signs people in to: a small relying party on the `openidconnect` crate.
//!
//! It stands for everybody else's application. So it uses none of our crates, knows the provider only by its issuer,
//! and works with any OpenID provider. It keeps everything in memory and never shows, logs or stores a token.
//!
//! Start reading at [`serve`]; a sign-in goes through `login` and `callback`, and what may be believed about a person
//! is decided in `provider` and `tokens`.

mod app;
mod bounded;
mod callback;
mod claims;
mod cookie;
mod failure;
mod form;
mod home;
mod http_client;
mod login;
mod logout;
mod provider;
mod refresh;
mod router;
mod secret;
mod session;
mod settings;
mod tokens;
mod userinfo;
mod view;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::App;
pub use crate::settings::Settings;

/// Why the application could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `Settings::issuer` is not a URL.
    #[error("the issuer is not a URL")]
    Issuer(#[source] url::ParseError),
    /// The HTTP client could not be built; on a machine without root certificates, for an `https` issuer.
    #[error("the HTTP client could not be built")]
    HttpClient(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[source] std::io::Error),
}

/// Answers on `listener` until `shutdown` resolves, and then finishes the requests already accepted.
///
/// The provider is not asked for anything before the first sign-in, so it may start later. The URLs to register
/// there are [`Settings::callback_url`] and [`Settings::post_logout_redirect_url`].
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let app = Arc::new(App::new(settings)?);
    axum::serve(listener, router::router(app)).with_graceful_shutdown(shutdown).await.map_err(Error::Listener)
}
