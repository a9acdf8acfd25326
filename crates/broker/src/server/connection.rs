//! One connection, from its opening to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::activity::{Activity, AnswerBody};
use super::{Limits, framing};

/// Room for the head of a request: long query strings of authorization requests, and cookies.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// Streams of one HTTP/2 connection that are open at a time.
const MOST_STREAMS: u32 = 100;

/// How often an HTTP/2 peer is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

pub(super) struct Connection {
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    stop: CancellationToken,
    activity: Activity,
}

impl Connection {
    pub(super) fn new(router: &Router, tls: Option<TlsAcceptor>, limits: Limits, stop: CancellationToken) -> Self {
        Connection { router: router.clone(), tls, limits, stop, activity: Activity::default() }
    }

    /// Serves requests until either side closes. What goes wrong on a connection is its peer's business.
    pub(super) async fn serve(self, stream: TcpStream) {
        let Ok(peer) = stream.peer_addr() else { return };
        // Answers are written whole; waiting for more of them only delays them.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.serve_http1(stream, peer).await };
        match timeout(self.limits.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.serve_http2(stream, peer).await;
            }
            Ok(Ok(stream)) => self.serve_http1(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve_http1(&self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, peer: SocketAddr) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .max_buf_size(MOST_HEAD_BYTES)
            .half_close(false);
        self.drive(http.serve_connection(TokioIo::new(stream), self.service(peer))).await;
    }

    async fn serve_http2(&self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, peer: SocketAddr) {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .max_header_list_size(u32::try_from(MOST_HEAD_BYTES).expect("the constant is small"))
            .max_concurrent_streams(MOST_STREAMS);
        self.drive(http.serve_connection(TokioIo::new(stream), self.service(peer))).await;
    }

    fn service(
        &self,
        peer: SocketAddr,
    ) -> impl Service<Request<Incoming>, Response = Response<AnswerBody>, Error = Infallible, Future: Send> + use<>
    {
        let (router, activity) = (self.router.clone(), self.activity.clone());
        service_fn(move |mut request: Request<Incoming>| {
            let (router, under_way) = (router.clone(), activity.begin());
            request.extensions_mut().insert(ConnectInfo(peer));
            async move {
                let response = answer(router, request).await?;
                Ok(response.map(|body| AnswerBody::new(body, under_way)))
            }
        })
    }

    /// Runs a connection until it ends, is idle for too long, or the server stops. What is under way is finished.
    async fn drive<C: GracefulConnection>(&self, connection: C) {
        let mut connection = pin!(connection);
        tokio::select! {
            // First, so that a request that has arrived is begun before the connection is asked to close.
            biased;
            _ = &mut connection => return,
            () = self.stop.cancelled() => {}
            () = self.activity.wait_until_idle(self.limits.first_request, self.limits.idle) => {}
        }
        connection.as_mut().graceful_shutdown();
        let Limits { closing, .. } = self.limits;
        tokio::select! {
            _ = connection => {}
            () = self.activity.wait_until_idle(closing, closing) => {}
        }
    }
}

/// Lets the router answer what can be read in one way alone.
async fn answer(router: Router, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    if framing::is_ambiguous(&request) {
        return Ok(framing::refusal());
    }
    let is_last = framing::is_last(&request);
    let response = router.oneshot(request.map(Body::new)).await?;
    Ok(if is_last { framing::closing(response) } else { response })
}
