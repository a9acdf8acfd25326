//! Lines of the log for machines: one JSON object for each, written straight into the line.

use std::fmt::{self, Debug, Write};

use model::address::is_unseen;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::one_line;

/// An entry as an object: its own fields beside time, level and target, and those of the span it was made in.
pub(super) struct JsonLine;

/// The fields of a span as members without the braces, so that more can follow.
pub(super) struct JsonMembers;

impl<S: Subscriber + for<'s> LookupSpan<'s>> FormatEvent<S, JsonMembers> for JsonLine {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonMembers>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // What a crate logs that knows the `log` crate alone says elsewhere where it comes from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        write!(line, "\",\"level\":\"{}\"", metadata.level().as_str())?;
        let mut members = Members { line: &mut line, begins: false, written: Ok(()) };
        event.record(&mut members);
        members.written?;
        line.write_str(",\"target\":")?;
        text(&mut line, metadata.target())?;
        let span = event.parent().and_then(|id| context.span(id)).or_else(|| context.lookup_current());
        if let Some(span) = span {
            line.write_str(",\"span\":{")?;
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonMembers>>()
                && !fields.is_empty()
            {
                write!(line, "{fields},")?;
            }
            line.write_str("\"name\":")?;
            text(&mut line, span.name())?;
            line.write_char('}')?;
        }
        line.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'w>, fields: R) -> fmt::Result {
        let mut members = Members { line: &mut line, begins: true, written: Ok(()) };
        fields.record(&mut members);
        members.written
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        if !current.fields.is_empty() && !fields.is_empty() {
            current.fields.push(',');
        }
        self.format_fields(current.as_writer(), fields)
    }
}

/// Writes each field as a member.
struct Members<'l> {
    line: &'l mut dyn Write,
    /// Whether the next member is the first.
    begins: bool,
    written: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = self.write(field, value);
        }
    }

    fn write(&mut self, field: &Field, value: impl FnOnce(&mut dyn Write) -> fmt::Result) -> fmt::Result {
        if !std::mem::take(&mut self.begins) {
            self.line.write_char(',')?;
        }
        text(self.line, field.name())?;
        self.line.write_char(':')?;
        value(self.line)
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |line| text(line, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |line| write!(line, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |line| write!(line, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON knows no other numbers.
        self.member(field, |line| if value.is_finite() { write!(line, "{value}") } else { line.write_str("null") });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |line| {
            line.write_char('"')?;
            write!(Escaped(line), "{value:?}")?;
            line.write_char('"')
        });
    }
}

fn text(line: &mut dyn Write, text: &str) -> fmt::Result {
    line.write_char('"')?;
    Escaped(line).write_str(text)?;
    line.write_char('"')
}

/// Escapes what JSON demands, and what would end the line, hide in it or reorder it.
struct Escaped<'l>(&'l mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(must_be_escaped) {
            let (plain, special) = rest.split_at(at);
            self.0.write_str(plain)?;
            let character = special.chars().next().expect("it was found there");
            match character {
                '"' | '\\' => {
                    self.0.write_char('\\')?;
                    self.0.write_char(character)?;
                }
                _ => one_line::escape(character, self.0)?,
            }
            rest = &special[character.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

fn must_be_escaped(character: char) -> bool {
    match character {
        '"' | '\\' => true,
        ' '..='~' => false,
        _ => is_unseen(character),
    }
}
