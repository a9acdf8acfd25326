//! Somebody who answers every request with the same bytes and reads none: what the system needs to carry them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::thread::{CpuSet, gettid, sched_setaffinity};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::lap::Lap;
use crate::harness::{Answer, Broker};

/// More than a request without a body has.
const REQUEST: usize = 4096;

pub(super) struct Mirror {
    address: SocketAddr,
    thread: i32,
    /// Its end is the end of the thread.
    _goes_on: oneshot::Sender<()>,
}

impl Mirror {
    /// Repeats what the broker answered, on the processor that the broker has.
    pub(super) fn of(broker: &Broker, answer: &Answer) -> Self {
        let (told, learns) = channel();
        let (bytes, processors) = (Arc::<[u8]>::from(bytes_of(answer)), broker.processors());
        let (goes_on, ends) = oneshot::channel();
        thread::spawn(move || repeat(&bytes, &processors, &told, ends));
        let (address, thread) = learns.recv().unwrap();
        Mirror { address, thread, _goes_on: goes_on }
    }

    /// The processor time of one answer.
    pub(super) async fn measure(&self, connections: usize, time: Duration, http: &reqwest::Client) -> Duration {
        let url = format!("http://{}/", self.address);
        let lap = Lap::of(
            || self.cpu(),
            connections,
            time,
            async |_| {
                Answer::of(http.get(&url)).await.expect(200);
            },
        );
        lap.await.cpu()
    }

    /// The processor time of the thread.
    fn cpu(&self) -> Duration {
        let times = fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.thread)).unwrap();
        Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
    }
}

fn bytes_of(answer: &Answer) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in &answer.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(&answer.body);
    bytes
}

#[tokio::main(flavor = "current_thread")]
async fn repeat(
    bytes: &Arc<[u8]>,
    processors: &CpuSet,
    told: &Sender<(SocketAddr, i32)>,
    mut ends: oneshot::Receiver<()>,
) {
    sched_setaffinity(None, processors).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    told.send((listener.local_addr().unwrap(), gettid().as_raw_nonzero().get())).unwrap();
    loop {
        tokio::select! {
            _ = &mut ends => return,
            accepted = listener.accept() => tokio::spawn(answer(accepted.unwrap().0, Arc::clone(bytes))),
        };
    }
}

/// Until the other side hangs up.
async fn answer(mut connection: TcpStream, bytes: Arc<[u8]>) {
    connection.set_nodelay(true).unwrap();
    let mut request = [0; REQUEST];
    while connection.read(&mut request).await.is_ok_and(|length| length > 0) {
        if connection.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
