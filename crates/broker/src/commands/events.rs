//! `landbridge events verify`.

use std::fmt::Write;

use anyhow::anyhow;
use flows::event_seals::{self, Head, NotWhole, Report};

use crate::config::Loaded;
use crate::wiring::{self, Opening};

use super::{Failure, output};

pub(super) async fn verify(loaded: &Loaded, kept: Option<&Head>) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let report = event_seals::verify(&services, kept).await;
    services.store.close().await;
    match report {
        Ok(report) => Ok(output::say(told(&report))?),
        Err(NotWhole::Internal(error)) => {
            Err(anyhow::Error::new(error).context("cannot read the log of events").into())
        }
        Err(not_whole) => Err(Failure::Altered(anyhow!("the log of events is not as it was sealed: {not_whole}"))),
    }
}

fn told(report: &Report) -> String {
    let mut lines = match report.since {
        Some(since) => format!("Events that are as they were sealed: {}, since {since}.\n", report.events),
        None => "No event is sealed.\n".to_owned(),
    };
    if let Some(head) = &report.head {
        line(&mut lines, format_args!("Head: {head}. Kept elsewhere, it shows that nothing was cut off."));
    }
    for (count, what) in [
        (report.unsealed, "Not sealed yet, so that nothing shows whether they were altered"),
        (report.erased, "Rewritten by the broker as a person was deleted"),
        (report.late, "Sealed more than an hour after their date"),
    ] {
        if count > 0 {
            line(&mut lines, format_args!("{what}: {count}."));
        }
    }
    if report.is_kept_head_swept {
        line(&mut lines, "The head that was kept is older than the events that are kept, and shows nothing.");
    }
    lines
}

fn line(lines: &mut String, line: impl std::fmt::Display) {
    writeln!(lines, "{line}").expect("a text takes whatever is written to it");
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn dl_06_a_report_says_what_was_shown_and_what_was_not() {
        assert_eq!(told(&Report::default()), "No event is sealed.\n");
        let head = "3:abababababababababababababababab";
        let report = Report {
            events: 12,
            since: Some(Timestamp::from_millis(0)),
            head: head.parse().ok(),
            unsealed: 1,
            erased: 2,
            late: 3,
            is_kept_head_swept: true,
        };
        let expected = format!(
            "Events that are as they were sealed: 12, since 1970-01-01T00:00:00.000Z.\n\
             Head: {head}. Kept elsewhere, it shows that nothing was cut off.\n\
             Not sealed yet, so that nothing shows whether they were altered: 1.\n\
             Rewritten by the broker as a person was deleted: 2.\n\
             Sealed more than an hour after their date: 3.\n\
             The head that was kept is older than the events that are kept, and shows nothing.\n"
        );
        assert_eq!(told(&report), expected);
    }
}
