//! What mails say: the templates and texts in `ui/mail`, rendered by the engine of the pages, within its bounds.

use std::collections::BTreeMap;

use flows::mail::{ImportTold, Mail, Message};
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use crate::pages::files::{self, PageFiles};
use crate::pages::{PagesError, catalogue, engine};

const SUBJECT: &str = "subject.txt";
const TEXT: &str = "letter.txt";
const HTML: &str = "letter.html";

#[derive(rust_embed::RustEmbed)]
#[folder = "../../ui/mail"]
struct Embedded;

/// The mails, ready to be written: one engine for each language.
pub struct Mails(BTreeMap<String, Environment<'static>>);

/// A mail in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For programs that show HTML.
    pub html: String,
}

/// What the templates are told of a mail.
#[derive(Default, Serialize)]
struct Facts<'a> {
    template: &'static str,
    to: &'a str,
    link: Option<&'a str>,
    valid_hours: Option<u64>,
    connection: Option<&'a str>,
    inserted: Option<u64>,
    updated: Option<u64>,
    failed: Option<u64>,
    total: Option<u64>,
}

impl<'a> Facts<'a> {
    fn of(mail: &'a Mail) -> Self {
        let facts = Facts { to: &mail.to, ..Facts::default() };
        match &mail.message {
            Message::VerifyEmail { link, valid_hours } => facts.linking("verify_email", link, *valid_hours),
            Message::ResetPassword { link, valid_hours } => facts.linking("reset_password", link, *valid_hours),
            Message::PasswordChanged => Facts { template: "password_changed", ..facts },
            Message::UsersImported(told) => facts.telling("users_imported", told),
            Message::UsersImportFailed(told) => facts.telling("users_import_failed", told),
        }
    }

    fn linking(self, template: &'static str, link: &'a str, valid_hours: u64) -> Self {
        Facts { template, link: Some(link), valid_hours: Some(valid_hours), ..self }
    }

    fn telling(self, template: &'static str, told: &'a ImportTold) -> Self {
        Facts {
            template,
            connection: Some(&told.connection),
            inserted: Some(told.inserted),
            updated: Some(told.updated),
            failed: Some(told.failed),
            total: Some(told.total),
            ..self
        }
    }
}

impl Mails {
    /// Reads the templates and texts.
    pub fn new() -> Result<Self, PagesError> {
        let files = files::embedded_in::<Embedded>("ui/mail");
        let mut engines = BTreeMap::new();
        for (locale, catalogue) in catalogue::read(&files, &PageFiles::new())? {
            let mut engine = engine::engine(&locale, catalogue);
            for name in [SUBJECT, TEXT, HTML] {
                let text = files[name].text()?.to_owned();
                engine.add_template_owned(name, text).map_err(|error| broken(&error, name))?;
            }
            engines.insert(locale, engine);
        }
        Ok(Mails(engines))
    }

    /// Puts a mail into words, in the first language the person reads that there is, else in English.
    pub fn write(&self, mail: &Mail, tenant_name: &str) -> Result<Letter, PagesError> {
        let (_, engine) = catalogue::best(&self.0, &mail.languages);
        let facts = Facts::of(mail);
        let render = |name: &str| {
            let context = context! { mail => Serde(&facts), tenant_name };
            engine::render(engine, name, context).map_err(|error| broken(&error, name))
        };
        // A subject is a line, whatever the place is called.
        let subject = render(SUBJECT)?.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Letter { subject, text: render(TEXT)?, html: render(HTML)? })
    }
}

fn broken(error: &minijinja::Error, name: &str) -> PagesError {
    PagesError::template(error, name, |name| format!("ui/mail/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://id.example/u/email-verification?ticket=abc&x=<y>#";

    fn messages() -> [Message; 6] {
        let link = || LINK.to_owned();
        [
            Message::VerifyEmail { link: link(), valid_hours: 120 },
            Message::ResetPassword { link: link(), valid_hours: 1 },
            Message::ResetPassword { link: link(), valid_hours: 24 },
            Message::PasswordChanged,
            Message::UsersImported(told()),
            Message::UsersImportFailed(told()),
        ]
    }

    fn told() -> ImportTold {
        ImportTold { connection: "people".to_owned(), inserted: 11, updated: 22, failed: 33, total: 66 }
    }

    fn letter(message: Message, language: &str, tenant: &str) -> Letter {
        let mail = Mail {
            to: "ada@example.com".to_owned(),
            user_id: None,
            languages: vec![language.to_owned()],
            message,
            expires_at: None,
        };
        Mails::new().expect("sound templates").write(&mail, tenant).expect("our own mails render")
    }

    #[test]
    fn every_mail_is_written_in_every_language() {
        for locale in Mails::new().expect("sound templates").0.keys() {
            for message in messages() {
                let has_link = matches!(message, Message::VerifyEmail { .. } | Message::ResetPassword { .. });
                let Letter { subject, text, html } = letter(message, locale, "Northwind");
                assert!(subject.contains("Northwind") && !subject.contains('\n'), "{locale}: {subject}");
                assert!(html.contains(&format!("<html lang=\"{locale}\">")) && html.contains(&subject), "{html}");
                assert!(text.contains("ada@example.com") && html.contains("ada@example.com"));
                assert_eq!((text.contains(LINK), html.contains("ticket=abc")), (has_link, has_link), "{locale}");
            }
        }
    }

    #[test]
    fn ad_12_what_a_mail_is_told_is_escaped_and_makes_no_second_line() {
        let tenant = "<b>North</b>\r\nBcc: eve@example.com";
        let Letter { subject, html, .. } = letter(messages()[0].clone(), "en", tenant);
        assert_eq!(subject, "<b>North</b> Bcc: eve@example.com: confirm your email address");
        assert!(!html.contains("<b>") && !html.contains("x=<y>"), "{html}");
        assert!(
            html.contains(
                "href=\"https:&#x2f;&#x2f;id.example&#x2f;u&#x2f;email-verification?ticket=abc&amp;x=&lt;y&gt;#\""
            ),
            "{html}"
        );
    }

    /// AD-13 (CVE-2024-41953 of Zitadel): what a template is given is never one itself.
    #[test]
    fn ad_13_nothing_that_a_mail_is_told_is_run() {
        let tenant = "{{ 7 * 7 }}{% for x in [1,2] %}x{% endfor %}{{ mail }}";
        for locale in Mails::new().expect("sound templates").0.keys() {
            for message in messages() {
                let Letter { subject, text, html } = letter(message, locale, tenant);
                assert!(subject.contains(tenant) && text.contains(tenant), "{subject} {text}");
                assert!(html.contains("{{ 7 * 7 }}") && !html.contains("49") && !text.contains("49"), "{html}");
            }
        }
    }

    #[test]
    fn an_import_is_told_in_numbers() {
        for locale in Mails::new().expect("sound templates").0.keys() {
            let text = letter(Message::UsersImported(told()), locale, "N").text;
            assert!(["people", "11", "22", "33", "66"].iter().all(|told| text.contains(told)), "{text}");
        }
    }

    #[test]
    fn a_language_nobody_wrote_becomes_english() {
        assert_eq!(letter(Message::PasswordChanged, "tlh", "N"), letter(Message::PasswordChanged, "en-gb", "N"));
    }
}
