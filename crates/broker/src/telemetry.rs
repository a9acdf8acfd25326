//! Logs and metrics of the process.
//!
//! A log line never holds a password, token, code, cookie, whole query string or e-mail address; what is logged is
//! decided where it happens, and this module only gives it a form.

mod json;
mod one_line;
mod outlet;

use std::io::{self, IsTerminal};
use std::panic;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::{Log, LogFormat};
use json::{JsonLine, JsonMembers};
use one_line::OneLine;
use outlet::Outlet;

/// Seconds. From a signature to the longest answer of a source.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The log of this process. Before this is dropped, what was logged has been written.
#[must_use = "lines that wait to be written are lost without it"]
pub struct Logging(Outlet);

impl Drop for Logging {
    fn drop(&mut self) {
        self.0.drain();
    }
}

/// Logs to the standard error stream from here on. A panic becomes a line too.
pub fn log(settings: &Log) -> Result<Logging, anyhow::Error> {
    let with_colours = io::stderr().is_terminal();
    let outlet = Outlet::to(io::stderr())?;
    subscriber(settings, outlet.clone(), with_colours).try_init()?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "{}", panic_text(panic.payload()));
    }));
    Ok(Logging(outlet))
}

fn subscriber<W>(settings: &Log, writer: W, with_colours: bool) -> impl SubscriberInitExt
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = match settings.format {
        LogFormat::Pretty => {
            let writer = OneLine { inner: writer, with_colours };
            fmt::layer().with_writer(writer).with_ansi(with_colours).boxed()
        }
        LogFormat::Json => fmt::layer().fmt_fields(JsonMembers).event_format(JsonLine).with_writer(writer).boxed(),
    };
    registry().with(settings.level.targets()).with(lines)
}

/// Only text that is written in a program; a formatted message may carry what a person typed.
fn panic_text(payload: &dyn std::any::Any) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("a panic with a computed message")
}

/// Collects what every crate counts and measures, for this whole process. Can be done once.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    recorder_settings()?.install_recorder()
}

fn recorder_settings() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is logged ends up here.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let settings = Log { format, level: level.parse().unwrap() };
        tracing::dispatcher::with_default(&subscriber(&settings, move || writer.clone(), false).into(), log);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn a_request() {
        let span = tracing::info_span!("request", request_id = "r1");
        let _entered = span.enter();
        tracing::info!(client.id = "c1", "answered");
        tracing::debug!("details");
    }

    #[test]
    fn a_json_line_carries_the_request_id() {
        let text = logged(LogFormat::Json, "info", a_request);
        let line: serde_json::Value = serde_json::from_str(&text).expect("one line of JSON");
        assert_eq!(line["message"], "answered");
        assert_eq!(line["client.id"], "c1");
        assert_eq!(line["span"]["request_id"], "r1");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn a_line_for_people_carries_the_request_id() {
        let text = logged(LogFormat::Pretty, "info", a_request);
        assert!(text.contains(r#"request{request_id="r1"}"#) && text.contains("answered"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    /// DL-04: an entry cannot be made to look like two, or to draw on the screen of whoever reads it.
    #[test]
    fn dl_04_what_a_line_repeats_neither_ends_nor_reorders_it() {
        const HOSTILE: &str =
            "a\r\n2027-01-15T08:00:00Z  INFO all is well\n\u{1b}[2J\u{9b}31m\"\u{202e}\u{2028}\u{200b}\u{85}\0z";
        let log = || {
            let span = tracing::info_span!("request", user_agent = HOSTILE, name = %HOSTILE);
            let _entered = span.enter();
            tracing::info!(debug = ?HOSTILE, display = %HOSTILE, "{HOSTILE}");
        };
        for format in [LogFormat::Pretty, LogFormat::Json] {
            let text = logged(format, "info", log);
            let line = text.strip_suffix('\n').expect("a line");
            assert!(!line.contains(model::address::is_unseen), "{line:?}");
            assert_eq!(text.lines().count(), 1, "{text}");
            if format == LogFormat::Json {
                let read: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert_eq!(read["display"], HOSTILE, "nothing of it is lost");
            }
        }
    }

    #[test]
    fn the_level_decides_what_is_logged() {
        assert_eq!(logged(LogFormat::Pretty, "debug", a_request).lines().count(), 2);
        assert_eq!(logged(LogFormat::Pretty, "off", a_request), "");
        assert_eq!(logged(LogFormat::Pretty, "off,broker=info", a_request).lines().count(), 1);
    }

    #[test]
    fn a_computed_panic_message_is_not_logged() {
        let computed: Box<dyn std::any::Any + Send> = Box::new("hunter2".to_owned());
        assert_eq!(panic_text(&*computed), "a panic with a computed message");
        let written: Box<dyn std::any::Any + Send> = Box::new("the lock is poisoned");
        assert_eq!(panic_text(&*written), "the lock is poisoned");
    }

    #[test]
    fn times_are_rendered_as_histograms() {
        let recorder = recorder_settings().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, || metrics::histogram!("hashing_seconds").record(0.02));
        let text = recorder.handle().render();
        assert!(text.contains("hashing_seconds_bucket{le=\"0.025\"} 1"), "{text}");
    }
}
