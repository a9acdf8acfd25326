//! The pages as people, operators and attackers meet them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::samples;
use super::{
    Again, ConsentScope, EndedLink, ErrorPage, FormPost, Frame, LinkEnd, LoggedOut, Login, LoginProvider, LoginRefusal,
    LogoutConfirm, NewPassword, NewPasswordRefusal, News, Notice, Onward, Page, PageClient, Pages, PasswordRule,
    Problem, ProviderRefusal, ProviderRefused, Requirement, ResetRefusal, ResetRequest, Signup, SignupRefusal,
    VerifyEmail, WebUrl, catalogue, files,
};

fn pages() -> Pages {
    Pages::new(None).expect("our own pages are sound")
}

/// Every sample, rendered, with the name of its template.
fn rendered() -> Vec<(&'static str, String)> {
    let (pages, frame) = (pages(), samples::frame("en"));
    let render = |page: &Page<'_>| (page.template(), pages.render(page, &frame).expect("renders"));
    samples::pages().iter().map(render).collect()
}

/// The tags of that name, each from `<` to `>`.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    let starts = html.match_indices(&open).filter(|(at, _)| html[at + open.len()..].starts_with([' ', '>']));
    starts.map(|(at, _)| &html[at..=at + html[at..].find('>').expect("closed")]).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

mod accessibility {
    use super::*;

    fn ids(html: &str) -> Vec<&str> {
        html.split(" id=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id).collect()
    }

    #[test]
    fn every_input_has_a_label() {
        for (template, html) in rendered() {
            let labelled: Vec<_> = tags(&html, "label").into_iter().filter_map(|tag| attribute(tag, "for")).collect();
            for input in tags(&html, "input").into_iter().filter(|tag| attribute(tag, "type") != Some("hidden")) {
                let id = attribute(input, "id").expect("an input people see has an id");
                assert!(labelled.contains(&id), "{template}: {input}");
            }
        }
    }

    #[test]
    fn ids_are_unique_and_what_is_pointed_at_exists() {
        for (template, html) in rendered() {
            let ids = ids(&html);
            assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{template}: {ids:?}");
            let described = html.split("aria-describedby=\"").skip(1).filter_map(|rest| rest.split_once('"'));
            for id in described.flat_map(|(list, _)| list.split(' ')) {
                assert!(ids.contains(&id), "{template}: {id}");
            }
            for link in tags(&html, "a").into_iter().filter_map(|tag| attribute(tag, "href")?.strip_prefix('#')) {
                assert!(ids.contains(&link), "{template}: {link}");
            }
        }
    }

    #[test]
    fn every_page_has_a_language_a_title_and_one_heading() {
        for (template, html) in rendered() {
            assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{template}");
            assert!(html.contains(" · Northwind</title>"), "{template}");
            assert_eq!((tags(&html, "h1").len(), tags(&html, "main").len()), (1, 1), "{template}");
            assert!(tags(&html, "input").iter().filter(|tag| tag.contains(" autofocus")).count() <= 1, "{template}");
        }
    }

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("a colour")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn colours_keep_their_contrast_in_light_and_dark() {
        let css = String::from_utf8(pages().asset("landbridge.css").expect("is there").bytes.to_vec()).expect("text");
        let schemes: Vec<&str> = css.split(":root {").skip(1).filter_map(|rest| rest.split('}').next()).collect();
        assert_eq!(schemes.len(), 2);
        for scheme in schemes {
            let colour = |name: &str| {
                let (_, rest) = scheme.split_once(&format!("--{name}: ")).expect("is listed");
                rest[..7].to_owned()
            };
            let check = |front: &str, back: &str, least: f64| {
                let found = contrast(&colour(front), &colour(back));
                assert!(found >= least, "{front} on {back}: {found:.2}");
            };
            for back in ["surface", "backdrop", "field", "refused-soft", "wait-soft", "accent-soft"] {
                check("text", back, 4.5);
            }
            for (front, back) in [
                ("muted", "surface"),
                ("muted", "backdrop"),
                ("muted", "arch"),
                ("accent", "surface"),
                ("accent", "accent-soft"),
                ("on-accent", "accent"),
                ("on-accent", "accent-strong"),
                ("refused", "surface"),
                ("refused", "refused-soft"),
                ("wait", "wait-soft"),
            ] {
                check(front, back, 4.5);
            }
            check("edge", "surface", 3.0);
            check("edge", "field", 3.0);
        }
    }
}

mod content {
    use super::*;

    /// The keys that Rust puts together for a template.
    fn composed() -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for part in ["title", "text"] {
            keys.extend(LoginRefusal::ALL.iter().map(|refusal| format!("login.refused.{}.{part}", refusal.key())));
            keys.extend(LinkEnd::ALL.iter().map(|why| format!("link_ended.{}.{part}", why.key())));
            keys.extend(News::ALL.iter().map(|news| format!("notice.{}.{part}", news.key())));
            keys.extend(Problem::ALL.iter().map(|problem| format!("error.{}.{part}", problem.key())));
            keys.extend(ProviderRefusal::ALL.iter().map(|own| format!("provider.refused.{}.{part}", own.key())));
        }
        keys.extend(ResetRefusal::ALL.iter().map(|refusal| format!("reset.refused.{}", refusal.key())));
        keys.extend(NewPasswordRefusal::ALL.iter().map(|refusal| format!("new_password.refused.{}", refusal.key())));
        keys.extend(ConsentScope::KNOWN.map(|scope| format!("consent.scope.{scope}")));
        keys.extend(SignupRefusal::ALL.iter().map(|refusal| format!("signup.refused.{}", refusal.key())));
        keys
    }

    #[test]
    fn every_message_is_said_somewhere() {
        let embedded = files::embedded();
        let catalogues = catalogue::read(&embedded, &files::PageFiles::new()).expect("complete");
        let templates: String = embedded
            .iter()
            .filter(|(name, _)| !name.contains('/'))
            .map(|(_, file)| file.text().expect("text"))
            .collect();
        let composed = composed();
        for key in catalogues["en"].keys().filter(|key| !key.starts_with("password.rule.")) {
            assert!(composed.contains(key) || templates.contains(&format!("t(\"{key}\"")), "{key} is never said");
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_is_inline() {
        for (name, file) in files::embedded().iter().filter(|(name, _)| !name.starts_with("locales/")) {
            let text = file.text().expect("text").replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
            for forbidden in ["http://", "https://", "src=\"//", "style=", "<style", "onclick", "onload", "@import"] {
                assert!(!text.contains(forbidden), "{name} has {forbidden}");
            }
            assert_eq!(text.contains("<script"), name == "form_post.html", "{name}");
        }
    }

    fn login(refusal: Option<LoginRefusal>, username: &str) -> String {
        let client = PageClient { name: "Sample", logo: None };
        let page = Login {
            client,
            state: "s&t",
            csrf: "c",
            username,
            refusal,
            signup_allowed: true,
            reset_allowed: true,
            takes_passwords: true,
            knows_domains: false,
            providers: &[],
        };
        pages().render(&Page::Login(page), &samples::frame("en")).expect("renders")
    }

    #[test]
    fn the_login_form_carries_its_fields_and_focus() {
        let html = login(None, "");
        assert!(html.contains("Sign in to continue to Sample"));
        assert_eq!(tags(&html, "form"), [r#"<form method="post" action="/u/login">"#]);
        let inputs = tags(&html, "input");
        let names: Vec<_> = inputs.iter().filter_map(|tag| attribute(tag, "name")).collect();
        assert_eq!(names, ["state", "csrf", "username", "password"]);
        assert_eq!(attribute(inputs[0], "value"), Some("s&amp;t"));
        assert!(inputs[2].contains("autocomplete=\"username\"") && inputs[2].contains(" autofocus"));
        assert!(inputs[3].contains("autocomplete=\"current-password\"") && !inputs[3].contains(" autofocus"));
        assert!(html.contains(r#"<a href="/u/reset-password/request?state=s%26t">"#));
        assert!(html.contains(r#"<a href="/u/signup?state=s%26t">"#) && !html.contains("role=\"alert\""));
        assert!(tags(&login(None, "ada@example.com"), "input")[3].contains(" autofocus"));
    }

    fn check_refusal(refusal: LoginRefusal, says: &str, username_invalid: bool, password_invalid: bool) {
        let html = login(Some(refusal), "ada@example.com");
        assert!(html.contains("id=\"refusal\" role=\"alert\"") && html.contains(says), "{refusal:?}");
        let inputs = tags(&html, "input");
        let invalid = |tag: &str| attribute(tag, "aria-invalid") == Some("true");
        assert_eq!((invalid(inputs[2]), invalid(inputs[3])), (username_invalid, password_invalid), "{refusal:?}");
        assert!(inputs[2..].iter().all(|tag| attribute(tag, "aria-describedby") == Some("refusal")), "{refusal:?}");
        assert_eq!(attribute(inputs[3], "value"), None, "a password is never sent back");
    }

    #[test]
    fn each_refusal_says_what_is_true_and_marks_only_its_fields() {
        check_refusal(LoginRefusal::MissingUsername, "Your email address is missing", true, false);
        check_refusal(LoginRefusal::MissingPassword, "Your password is missing", false, true);
        check_refusal(LoginRefusal::WrongPassword, "Wrong email or password", true, true);
        check_refusal(LoginRefusal::UnknownDomain, "No way of signing in is set up", true, false);
        check_refusal(LoginRefusal::Blocked, "An administrator has blocked it", false, false);
        check_refusal(LoginRefusal::TooManyAttempts, "Your password was not checked", false, false);
        check_refusal(LoginRefusal::BreachedPassword, "turned up in a data breach", false, true);
        check_refusal(LoginRefusal::SecondFactorRequired, "asks for a second step", false, false);
        check_refusal(LoginRefusal::SourceUnavailable, "nothing was counted against your account", false, false);
        check_refusal(LoginRefusal::SourceThrottled, "asks for a pause", false, false);
    }

    fn signup(refusals: &[SignupRefusal]) -> String {
        let client = PageClient { name: "Sample", logo: None };
        let rules = [
            PasswordRule { requirement: Requirement::MinLength(8), broken: true },
            PasswordRule { requirement: Requirement::ThreeKinds, broken: false },
        ];
        let page = Signup { client, state: "s", csrf: "c", email: "ada@", rules: &rules, refusals };
        pages().render(&Page::Signup(page), &samples::frame("en")).expect("renders")
    }

    #[test]
    fn sign_up_lists_the_rules_and_says_which_is_broken() {
        let html = signup(&[SignupRefusal::InvalidEmail, SignupRefusal::WeakPassword]);
        assert!(html.contains(r#"<li class="broken">At least 8 characters <span class="visually-hidden">"#));
        assert!(html.contains("<li>Three of these: "));
        assert!(html.contains(r##"<li><a href="#email">This does not look like an email address.</a></li>"##));
        let inputs = tags(&html, "input");
        assert_eq!(attribute(inputs[2], "aria-describedby"), Some("email-refused"));
        assert_eq!(attribute(inputs[3], "aria-describedby"), Some("password-refused password-rules"));
        assert!(html.contains(r#"class="notice notice-refused""#));
        let html = signup(&[SignupRefusal::TooManyAttempts]);
        assert!(html.contains("<li>Too many") && !html.contains("aria-invalid"));
        assert!(html.contains(r#"class="notice notice-wait""#));
    }

    #[test]
    fn sign_up_puts_the_focus_on_the_first_field_that_was_refused() {
        let has_focus = |refusals: &[SignupRefusal]| {
            let html = signup(refusals);
            let inputs = tags(&html, "input");
            [inputs[2].contains(" autofocus"), inputs[3].contains(" autofocus")]
        };
        assert_eq!(has_focus(&[SignupRefusal::EmailTaken]), [true, false]);
        assert_eq!(has_focus(&[SignupRefusal::InvalidEmail, SignupRefusal::WeakPassword]), [true, false]);
        assert_eq!(has_focus(&[SignupRefusal::WeakPassword]), [false, true]);
    }

    #[test]
    fn a_form_post_submits_itself_and_has_a_button_without_script() {
        let (pages, frame) = (pages(), samples::frame("en"));
        let fields = vec![("submit".to_owned(), "\"quoted\"".to_owned())];
        let page = FormPost { action: WebUrl::new("https://app.example/cb?a=1&b=2").expect("a web address"), fields };
        let html = pages.render(&Page::FormPost(page), &frame).expect("renders");
        assert_eq!(
            tags(&html, "form"),
            [r#"<form method="post" action="https:&#x2f;&#x2f;app.example&#x2f;cb?a=1&amp;b=2">"#]
        );
        assert!(html.contains(r#"<input type="hidden" name="submit" value="&quot;quoted&quot;">"#), "{html}");
        assert!(html.contains(r#"<script nonce="c2FtcGxlLW5vbmNl">HTMLFormElement.prototype.submit.call("#));
        let (_, noscript) = html.split_once("<noscript>").expect("is there");
        assert!(noscript.contains("<button class=\"button\" type=\"submit\">Continue</button>"));
    }

    #[test]
    fn each_page_has_the_policy_it_needs() {
        for page in samples::pages() {
            let policy = page.csp("n", &["https://other.example/cb"]);
            let forms = match page {
                Page::FormPost(_) => "form-action 'self' https://app.example https://other.example;",
                Page::Onward(_)
                | Page::ProviderRefused(_)
                | Page::Error(_)
                | Page::EndedLink(_)
                | Page::Notice(_)
                | Page::LoggedOut(_)
                | Page::StillSignedIn
                | Page::NotFound => "form-action 'self';",
                Page::Login(_)
                | Page::Signup(_)
                | Page::Consent(_)
                | Page::ResetRequest(_)
                | Page::NewPassword(_)
                | Page::VerifyEmail(_)
                | Page::LogoutConfirm(_) => "form-action 'self' https://other.example;",
            };
            assert!(policy.contains(forms), "{policy}");
            assert_eq!(policy.contains("script-src 'nonce-n'"), matches!(page, Page::FormPost(_)), "{policy}");
        }
    }

    #[test]
    fn a_language_falls_back_to_its_base_and_then_to_english() {
        for locale in ["en-GB", "xx", "", "../../etc/passwd"] {
            let html = pages().render(&Page::NotFound, &samples::frame(locale)).expect("renders");
            assert!(html.contains("<html lang=\"en\">"), "{locale}");
        }
    }
}

mod hostile {
    use super::*;

    const HOSTILE: &str = "x\"'><script>alert(1)</script>{{ 7 * 7 }}<img src=x onerror=alert(2)>&amp;";

    static PROVIDERS: LazyLock<[LoginProvider<'static>; 1]> = LazyLock::new(|| {
        let icon = WebUrl::new("https://cdn.example/\"><script>alert(1)</script>");
        [LoginProvider { label: HOSTILE, icon, initial: HOSTILE.to_owned(), href: HOSTILE.to_owned() }]
    });

    fn client() -> PageClient<'static> {
        PageClient { name: HOSTILE, logo: WebUrl::new("https://cdn.example/\"><script>alert(1)</script>") }
    }

    fn hostile_pages() -> Vec<Page<'static>> {
        let back = WebUrl::new("https://app.example/\"><script>alert(1)</script>");
        let fields = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
        let refusals = SignupRefusal::ALL;
        let name = Some(HOSTILE);
        vec![
            Page::Login(Login {
                client: client(),
                state: HOSTILE,
                csrf: HOSTILE,
                username: HOSTILE,
                refusal: Some(LoginRefusal::Blocked),
                signup_allowed: true,
                reset_allowed: true,
                takes_passwords: true,
                knows_domains: true,
                providers: PROVIDERS.as_slice(),
            }),
            Page::Onward(Onward { href: HOSTILE.to_owned() }),
            Page::ProviderRefused(ProviderRefused {
                refusal: ProviderRefusal::NotBelieved,
                provider: name,
                client: client(),
                back,
                again: Some(HOSTILE.to_owned()),
                others: Some(HOSTILE.to_owned()),
            }),
            Page::ResetRequest(ResetRequest {
                client: client(),
                state: HOSTILE,
                csrf: HOSTILE,
                email: HOSTILE,
                refusal: None,
            }),
            Page::NewPassword(NewPassword {
                client: Some(client()),
                ticket: HOSTILE,
                csrf: HOSTILE,
                name: HOSTILE,
                rules: &[],
                refusal: None,
            }),
            Page::VerifyEmail(VerifyEmail { client: Some(client()), ticket: HOSTILE, csrf: HOSTILE, email: HOSTILE }),
            Page::EndedLink(EndedLink {
                why: LinkEnd::Spent,
                client: Some(client()),
                back,
                again: Some(Again { action: "/u/reset-verify/again", ticket: HOSTILE, csrf: HOSTILE }),
            }),
            Page::Notice(Notice { news: News::ResetMail, client: Some(client()), back, state: Some(HOSTILE) }),
            Page::Signup(Signup {
                client: client(),
                state: HOSTILE,
                csrf: HOSTILE,
                email: HOSTILE,
                rules: &[],
                refusals,
            }),
            Page::Error(ErrorPage {
                problem: Problem::InvalidRequest,
                client: Some(client()),
                back,
                detail: Some(HOSTILE),
            }),
            Page::LoggedOut(LoggedOut { client: Some(client()), back }),
            Page::LogoutConfirm(LogoutConfirm {
                client: Some(client()),
                user: Some(HOSTILE),
                csrf: HOSTILE,
                fields: fields.clone(),
            }),
            Page::FormPost(FormPost { action: back.expect("a web address"), fields }),
            Page::NotFound,
        ]
    }

    #[test]
    fn ad_12_ad_13_no_value_becomes_markup_or_code_in_any_field() {
        let frame = Frame {
            nonce: HOSTILE,
            request_id: HOSTILE,
            locale: HOSTILE,
            tenant_name: HOSTILE,
            asset_version: HOSTILE,
        };
        let pages = pages();
        for page in hostile_pages() {
            let html = pages.render(&page, &frame).expect("renders");
            let template = page.template();
            assert!(html.contains("x&quot;&#x27;&gt;&lt;script&gt;alert(1)"), "{template}: {html}");
            for forbidden in ["<script>", "<img src=x", "x\"", "example/\"", "example&#x2f;\"", "49"] {
                assert!(!html.contains(forbidden), "{template} has {forbidden}: {html}");
            }
        }
    }
}

mod overrides {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            for (name, text) in files {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
                fs::write(path, text).expect("written");
            }
            Folder(folder)
        }

        fn pages(&self) -> Result<Pages, String> {
            Pages::new(Some(self.0.path().to_owned())).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn a_template_replaces_ours_and_the_others_stay() {
        let folder = Folder::with(&[
            ("not_found.html", "<p>{{ t('not_found.title') }} at {{ frame.tenant_name }}</p>"),
            ("locales/en.json", r#"{"not_found.title": "Gone fishing"}"#),
            ("..data/ignored", "x"),
        ]);
        let pages = folder.pages().expect("sound");
        let frame = samples::frame("en");
        assert_eq!(pages.render(&Page::NotFound, &frame).expect("renders"), "<p>Gone fishing at Northwind</p>");
        let logged_out = Page::LoggedOut(LoggedOut { client: None, back: None });
        assert!(pages.render(&logged_out, &frame).expect("renders").contains("You are signed out"));
    }

    #[test]
    fn assets_are_replaced_and_added() {
        let folder = Folder::with(&[("assets/landbridge.css", "body{}"), ("assets/logo.svg", "<svg/>")]);
        let (ours, theirs) = (pages(), folder.pages().expect("sound"));
        let css = theirs.asset("landbridge.css").expect("is there");
        assert_eq!((&css.bytes[..], css.content_type), (&b"body{}"[..], "text/css; charset=utf-8"));
        assert_ne!(css.etag, ours.asset("landbridge.css").expect("is there").etag);
        assert_ne!(ours.asset_version(), theirs.asset_version());
        assert!(theirs.asset("logo.svg").is_some() && theirs.asset("icon.svg").is_some());
        for name in ["", "nothing.css", "../login.html", "login.html", "assets/landbridge.css"] {
            assert!(theirs.asset(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_language_is_one_more_file() {
        let embedded = files::embedded();
        let english = embedded["locales/en.json"].text().expect("text");
        let folder = Folder::with(&[("locales/sv.json", &english.replace("You are signed out", "Du är utloggad"))]);
        let page = Page::LoggedOut(LoggedOut { client: None, back: None });
        let pages = folder.pages().expect("sound");
        assert_eq!(pages.best_locale(&["tlh".to_owned(), "sv-fi".to_owned()]), "sv");
        let html = pages.render(&page, &samples::frame("sv")).expect("renders");
        assert!(html.contains("<html lang=\"sv\">") && html.contains("Du är utloggad"), "{html}");
    }

    fn refused(name: &str, text: &str, says: &str) {
        let folder = Folder::with(&[(name, text)]);
        let error = folder.pages().map(drop).expect_err(name);
        let place = folder.0.path().join(name).display().to_string();
        assert!(error.contains(says) && (error.contains(&place) || name.starts_with("locales/")), "{error}");
    }

    #[test]
    fn a_broken_file_is_refused_with_its_name_and_line() {
        refused("login.html", "<p>\n{% if page.refusal %}", "login.html:2: syntax error");
        refused("login.html", "\n\n{{ page.usrname }}", "login.html:3: undefined value");
        refused("login.html", "{{ page.refusal.key }}{{ nothing }}", "login.html:1: undefined value");
        refused(
            "error.html",
            "{{ t('no.such.key') }}",
            "error.html:1: invalid operation: there is no message `no.such.key`",
        );
        refused("error.html", "{{ t('back.named') }}", "message `back.named` needs `application`");
        refused("layout.html", "\n{{ frame.colour }}", "layout.html:2: undefined value");
        refused("assets/site.js", "alert(1)", "assets are .css");
        refused("logn.html", "<p>", "replaces no page file; known are consent.html, ");
        refused(
            "locales/en.json",
            r#"{"login.titel": "x"}"#,
            "locales/en.json: message `login.titel` is not one of ours",
        );
        refused("locales/sv.json", r#"{"login.title": "x"}"#, "is missing");
        refused("locales/en.json", "{", "EOF while parsing");
    }

    /// AD-13 (CVE-2024-41953 of Zitadel): a template has its values, its texts and its sisters, and no way out to a file,
    /// the environment or the network.
    #[test]
    fn ad_13_a_template_reaches_nothing_but_what_it_is_given() {
        for (text, says) in [
            ("{% include 'secrets.html' %}", ""),
            ("{% include '../../../../etc/passwd' %}", ""),
            ("{% import '/etc/passwd' as x %}", ""),
            ("{% extends 'http://evil.example/' %}", ""),
            ("{{ 'x' | safe }}", "unknown filter"),
            ("{{ page | tojson }}", "unknown filter"),
            ("{{ page | pprint }}", "unknown filter"),
            ("{{ debug() }}", "unknown function"),
            ("{{ env('PATH') }}", "unknown function"),
            ("{{ range(9) }}", "unknown function"),
            ("{{ dict() }}", "unknown function"),
            ("{{ namespace() }}", "unknown function"),
            ("{{ ''.__class__.__mro__ }}", "undefined value"),
            ("{{ config }}", "undefined value"),
            ("{{ self.__init__ }}", "undefined value"),
            ("{% autoescape false %}{{ page.title }}{% endautoescape %}{{ nothing }}", ""),
        ] {
            refused("login.html", text, &format!("login.html:1: {says}"));
        }
    }

    #[test]
    fn ad_13_work_and_output_are_bounded() {
        let ones = "[1,1,1,1,1,1,1,1,1,1]";
        let many =
            (0..6).fold("x".to_owned(), |body, depth| format!("{{% for a{depth} in {ones} %}}{body}{{% endfor %}}"));
        refused("login.html", &many, "engine ran out of fuel");
        refused("login.html", "{{ 'x' * 2000000 }}", "the page is larger than 1 MiB");
        refused("login.html", "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "recursion");
    }

    #[test]
    fn a_folder_that_is_not_there_is_refused() {
        let error = Pages::new(Some(PathBuf::from("/nowhere/at/all"))).map(drop).expect_err("is not there");
        assert!(error.to_string().starts_with("cannot read /nowhere/at/all: "), "{error}");
    }
}

/// Writes each page as a file that a browser opens as it is, and prints where.
#[test]
#[ignore = "for looking at the pages"]
fn gallery() {
    let folder = std::env::temp_dir().join("landbridge-pages");
    for (name, file) in files::embedded().iter().filter(|(name, _)| name.starts_with("assets/")) {
        fs::create_dir_all(folder.join("assets")).expect("made");
        fs::write(folder.join(name), &file.bytes).expect("written");
    }
    for (number, (template, html)) in rendered().into_iter().enumerate() {
        let html = html.replace("/u/assets/", "assets/").replace("?v=sample", "");
        fs::write(folder.join(format!("{number:02}-{template}")), html).expect("written");
    }
    println!("{}", folder.display());
}
