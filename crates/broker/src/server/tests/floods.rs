//! Peers that send frames of HTTP/2 as no client would (RFC 9113).

use tokio::io::{ReadHalf, WriteHalf, split};

use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
/// A reason to end a connection: its peer wants too much.
const ENHANCE_YOUR_CALM: u32 = 11;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Far more than anybody sends by mistake.
const MANY: u32 = 50_000;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET https://localhost/peer` (RFC 7541, appendix A).
fn get() -> Vec<u8> {
    [b"\x82\x87\x04\x05/peer".as_slice(), b"\x01\x09localhost"].concat()
}

/// The same by `POST`, with a body to come.
fn post() -> Vec<u8> {
    [b"\x83".as_slice(), &get()[1..]].concat()
}

/// The number of the stream that a client opens as its `number`th.
fn stream(number: u32) -> u32 {
    2 * number + 1
}

/// What is sent as the `number`th.
type Flood<'a> = &'a dyn Fn(u32) -> Vec<u8>;

struct Peer {
    reader: ReadHalf<TlsStream<TcpStream>>,
    writer: WriteHalf<TlsStream<TcpStream>>,
}

impl Peer {
    async fn at(server: &Running, trusted: &CertificateDer<'static>) -> Self {
        let (reader, mut writer) = split(handshake(server, trusted, b"h2").await.unwrap());
        writer.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
        Peer { reader, writer }
    }

    /// Sends a request, in frames as they should be.
    async fn ask(mut self) {
        self.writer.write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &get())).await.unwrap();
        let mut answered = Vec::new();
        while !frames(&answered).iter().any(|(kind, body)| *kind == DATA && body.starts_with(b"127.0.0.1:")) {
            assert_ne!(self.reader.read_buf(&mut answered).await.unwrap(), 0, "it is not answered: {answered:?}");
        }
    }

    /// Sends frames for as long as the server takes them, and reads what it answers until it hangs up.
    async fn flood(mut self, frames: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
        let sending = async {
            for number in 0..MANY {
                if self.writer.write_all(&frames(number)).await.is_err() {
                    return;
                }
            }
            let _ = self.writer.shutdown().await;
        };
        let mut answered = Vec::new();
        // A reset is an end too.
        let receiving = async { drop(self.reader.read_to_end(&mut answered).await) };
        tokio::join!(sending, receiving);
        answered
    }
}

/// The frames of an answer: their kinds and what they carry.
fn frames(mut answer: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = answer.split_at_checked(9) {
        let length = usize::try_from(u32::from_be_bytes([0, head[0], head[1], head[2]])).unwrap();
        let Some((payload, next)) = rest.split_at_checked(length) else { break };
        frames.push((head[3], payload));
        answer = next;
    }
    frames
}

/// Why the server has ended a connection, if it says.
fn reason(answer: &[u8]) -> Option<u32> {
    let (_, payload) = frames(answer).into_iter().rfind(|(kind, _)| *kind == GOAWAY)?;
    payload.get(4..8).map(|code| u32::from_be_bytes(code.try_into().unwrap()))
}

async fn is_answered(server: &Running, trusted: &CertificateDer<'static>) -> bool {
    let mut peer = handshake(server, trusted, b"http/1.1").await.unwrap();
    peer.write_all(GET.replace("host: a", "host: a\r\nconnection: close").as_bytes()).await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    answer.starts_with("HTTP/1.1 200 OK\r\n")
}

/// RL-08 (RUSTSEC-2024-0003, RUSTSEC-2024-0332): each of these once kept servers busy, or filled their memory, for next
/// to nothing.
#[tokio::test]
async fn rl_08_a_flood_of_frames_ends_its_connection_and_nothing_else() {
    let (files, trusted) = CertificateFiles::new();
    let server = start(echo(), Some(Arc::new(files.load().unwrap())), patient(), LONG).await;
    let open = |number: u32| match number {
        0 => frame(HEADERS, END_HEADERS, 1, &post()),
        _ => Vec::new(),
    };
    let reset = |number| {
        let head = frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &get());
        [head, frame(RST_STREAM, 0, stream(number), &8_u32.to_be_bytes())].concat()
    };
    let endless_head = |number| match number {
        0 => frame(HEADERS, END_STREAM, 1, &get()),
        _ => frame(CONTINUATION, 0, 1, &[0x00, 1, b'a', 1, b'b'].repeat(100)),
    };
    let empty_head = |number| match number {
        0 => frame(HEADERS, END_STREAM, 1, &get()),
        _ => frame(CONTINUATION, 0, 1, &[]),
    };
    let empty_body = |number| [open(number), frame(DATA, 0, 1, &[])].concat();
    let pings = |_| frame(PING, 0, 0, &[0; 8]);
    let settings = |_| frame(SETTINGS, 0, 0, &[]);
    let streams = |number| frame(HEADERS, END_HEADERS, stream(number), &post());
    Peer::at(&server, &trusted).await.ask().await;
    let floods: [(&str, Flood); 5] = [
        ("resets", &reset),
        ("a head without end", &endless_head),
        ("a head of empty parts", &empty_head),
        ("a body of empty parts", &empty_body),
        ("streams", &streams),
    ];
    for (name, flood) in floods {
        let answer = Peer::at(&server, &trusted).await.flood(flood).await;
        assert_eq!(reason(&answer), Some(ENHANCE_YOUR_CALM), "{name}");
        assert!(is_answered(&server, &trusted).await, "nobody is answered after {name}");
    }
    // What has to be acknowledged is, one after another, and opens nothing.
    for (name, kind, flood) in [("pings", PING, &pings as Flood), ("settings", SETTINGS, &settings)] {
        let answer = Peer::at(&server, &trusted).await.flood(flood).await;
        let acknowledged = frames(&answer).iter().filter(|(found, _)| *found == kind).count();
        assert!(acknowledged >= usize::try_from(MANY).unwrap(), "{name}: {acknowledged}");
        assert!(is_answered(&server, &trusted).await, "nobody is answered after {name}");
    }
    assert_eq!(server.stop().await, Drained::Completely);
}
