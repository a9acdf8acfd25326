//! Where lines of the log leave the process. Whoever logs hands a line over, and a thread writes it: nobody who answers a
//! call waits for a disk, or for a reader of the log that has stopped reading.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that may wait to be written. Lines beyond them are dropped and counted.
const MOST_WAITING: usize = 1024 * 1024;

/// Room for lines that is kept while there are none.
const KEPT_ROOM: usize = 64 * 1024;

/// How long the thread rests after it has written, so that under load many lines leave at once.
const REST: Duration = Duration::from_millis(2);

/// How long the end of the process waits for lines to be written.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes lines. Clones are the same outlet.
#[derive(Clone, Default)]
pub(super) struct Outlet(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    came: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// How many found no room since the thread looked last.
    dropped: u64,
    /// Whether the thread is to be told of the next line.
    is_idle: bool,
    /// Whether it has taken lines that it has not written yet.
    is_writing: bool,
}

impl Outlet {
    /// An outlet to this stream.
    pub(super) fn to(stream: impl Write + Send + 'static) -> io::Result<Self> {
        let outlet = Outlet::default();
        let shared = Arc::clone(&outlet.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_on_and_on(stream))?;
        Ok(outlet)
    }

    fn hand_over(&self, line: &[u8]) {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() + line.len() > MOST_WAITING {
            waiting.dropped += 1;
            return;
        }
        waiting.lines.extend_from_slice(line);
        if mem::take(&mut waiting.is_idle) {
            drop(waiting);
            self.0.came.notify_one();
        }
    }

    /// Waits until everything so far is written, though not for ever.
    pub(super) fn drain(&self) {
        let is_left = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        // Whether time ran out does not matter: nothing more can be done.
        let _ = self.0.written.wait_timeout_while(self.0.waiting(), PATIENCE, is_left);
    }
}

impl Shared {
    fn write_on_and_on(&self, mut stream: impl Write) {
        let mut lines = Vec::new();
        loop {
            let dropped = self.take(&mut lines);
            // There is nobody left to whom it could be told that the log cannot be written.
            let _ = stream.write_all(&lines);
            lines.clear();
            lines.shrink_to(KEPT_ROOM);
            self.waiting().is_writing = false;
            self.written.notify_all();
            if dropped > 0 {
                metrics::counter!("landbridge_log_lines_dropped_total").increment(dropped);
                tracing::warn!(lines = dropped, "lines of the log were dropped: whoever reads it is too slow");
            }
            thread::sleep(REST);
        }
    }

    /// Exchanges the empty `lines` for those that wait, once there are any, and says how many were dropped.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        let mut waiting = self.waiting();
        while waiting.lines.is_empty() {
            waiting.is_idle = true;
            waiting = self.came.wait(waiting).expect("nothing panics while it holds the lock");
        }
        waiting.is_idle = false;
        waiting.is_writing = true;
        mem::swap(lines, &mut waiting.lines);
        mem::take(&mut waiting.dropped)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics while it holds the lock")
    }
}

impl Write for Outlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.hand_over(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Outlet {
    type Writer = Outlet;

    fn make_writer(&self) -> Outlet {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// A reader of the log, who is told when to read on, and shows what was written.
    struct Slow {
        may_read: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may_read.recv().map_err(io::Error::other)?;
            self.read.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Outlet, Sender<()>, Receiver<Vec<u8>>) {
        let ((go_on, may_read), (read, written)) = (channel(), channel());
        (Outlet::to(Slow { may_read, read }).unwrap(), go_on, written)
    }

    #[test]
    fn lines_that_wait_leave_together_and_in_order() {
        let (outlet, go_on, written) = slow();
        outlet.hand_over(b"first\n");
        go_on.send(()).unwrap();
        let first = written.recv().unwrap();
        for line in [&b"second\n"[..], b"third\n"] {
            outlet.hand_over(line);
        }
        go_on.send(()).unwrap();
        // The thread may have looked between the two lines.
        drop(go_on);
        outlet.drain();
        let rest: Vec<u8> = written.try_iter().flatten().collect();
        assert!(first == b"first\n" && b"second\nthird\n".starts_with(&rest) && !rest.is_empty(), "{rest:?}");
    }

    #[test]
    fn nobody_waits_for_a_reader_who_is_too_slow() {
        const LINE: [u8; 1024] = [b'x'; 1024];
        const ROOM: usize = MOST_WAITING / LINE.len();
        let (outlet, go_on, written) = slow();
        outlet.hand_over(&LINE);
        // It is the only one that the thread takes before it may write.
        while !outlet.0.waiting().is_writing {
            thread::yield_now();
        }
        for _ in 0..3 * ROOM {
            outlet.hand_over(&LINE);
        }
        assert_eq!(usize::try_from(outlet.0.waiting().dropped), Ok(2 * ROOM));
        for _ in 0..2 {
            go_on.send(()).unwrap();
        }
        outlet.drain();
        let arrived: usize = written.try_iter().map(|bytes| bytes.len()).sum();
        assert_eq!(arrived, (1 + ROOM) * LINE.len());
    }
}
