//! The application on a free port.

use std::sync::Arc;

use ::sample::Settings;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::provider::Provider;

pub(crate) struct Sample {
    /// Where it answers.
    pub(crate) address: Url,
    pub(crate) provider: Arc<Provider>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) running: JoinHandle<Result<(), ::sample::Error>>,
}

impl Sample {
    pub(crate) async fn start() -> Self {
        Sample::start_with(Provider::start().await, |_| ()).await
    }

    /// Starts it in front of `provider`, with settings changed by `change`.
    pub(crate) async fn start_with(provider: Arc<Provider>, change: impl FnOnce(&mut Settings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let mut settings = Settings {
            base_url: address.clone(),
            issuer: provider.issuer.clone(),
            client_id: "harbour".to_owned(),
            client_secret: Some("a secret: 100%".to_owned()),
            audience: Some("https://api.example.com/".to_owned()),
            name: "Harbour Notes".to_owned(),
        };
        change(&mut settings);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let running = tokio::spawn(::sample::serve(listener, settings, shutdown));
        Sample { address, provider, stop, running }
    }
}
