//! Values for trying every branch of every page.

use std::sync::LazyLock;

use super::{
    Again, Consent, ConsentScope, EndedLink, ErrorPage, FormPost, Frame, LinkEnd, LoggedOut, Login, LoginProvider,
    LoginRefusal, LogoutConfirm, NewPassword, NewPasswordRefusal, News, Notice, Onward, Page, PageClient, PasswordRule,
    Problem, ProviderRefusal, ProviderRefused, Requirement, ResetRefusal, ResetRequest, Signup, SignupRefusal,
    VerifyEmail, WebUrl,
};

const RULES: &[PasswordRule] = &[
    PasswordRule { requirement: Requirement::MinLength(8), broken: true },
    PasswordRule { requirement: Requirement::LowerUpperDigit, broken: false },
    PasswordRule { requirement: Requirement::ThreeKinds, broken: true },
    PasswordRule { requirement: Requirement::NoRepeats, broken: false },
    PasswordRule { requirement: Requirement::NotCommon, broken: false },
    PasswordRule { requirement: Requirement::NotPersonal, broken: false },
];

/// The frame around a sample.
pub(super) fn frame(locale: &str) -> Frame<'_> {
    Frame {
        nonce: "c2FtcGxlLW5vbmNl",
        request_id: "req_01J9Z6Q4",
        locale,
        tenant_name: "Northwind",
        asset_version: "sample",
    }
}

/// Every page in every state that its template tells apart.
pub(super) fn pages() -> Vec<Page<'static>> {
    let mut pages = vec![Page::NotFound, Page::StillSignedIn, Page::FormPost(form_post()), Page::Onward(onward())];
    pages.extend(logins().map(Page::Login));
    pages.extend(provider_refusals().map(Page::ProviderRefused));
    pages.extend(signups().map(Page::Signup));
    pages.extend(reset_requests().map(Page::ResetRequest));
    pages.extend(new_passwords().map(Page::NewPassword));
    pages.extend(verifications().map(Page::VerifyEmail));
    pages.extend(ended_links().map(Page::EndedLink));
    pages.extend(notices().map(Page::Notice));
    pages.extend(errors().map(Page::Error));
    pages.extend(logged_out().map(Page::LoggedOut));
    pages.extend(consents().map(Page::Consent));
    pages.extend(logout_confirms().map(Page::LogoutConfirm));
    pages
}

fn with_logo() -> PageClient<'static> {
    PageClient { logo: WebUrl::new("https://app.example/logo.png"), ..without_logo() }
}

fn without_logo() -> PageClient<'static> {
    PageClient { name: "Sample application", logo: None }
}

fn back() -> Option<WebUrl<'static>> {
    WebUrl::new("https://app.example/")
}

fn logins() -> impl Iterator<Item = Login<'static>> {
    let fresh = Login {
        client: without_logo(),
        state: "state",
        csrf: "csrf",
        username: "",
        refusal: None,
        signup_allowed: true,
        reset_allowed: true,
        takes_passwords: true,
        knows_domains: false,
        providers: &[],
    };
    let providers = Login { providers: PROVIDERS.as_slice(), ..fresh.clone() };
    let by_domain = Login { knows_domains: true, ..providers.clone() };
    let by_domain_alone =
        Login { takes_passwords: false, signup_allowed: false, reset_allowed: false, ..by_domain.clone() };
    let providers_alone = Login { knows_domains: false, ..by_domain_alone.clone() };
    let hinted = Login {
        client: with_logo(),
        username: "ada@example.com",
        signup_allowed: false,
        reset_allowed: false,
        ..fresh.clone()
    };
    let refused = hinted.clone();
    let refused = LoginRefusal::ALL.iter().map(move |refusal| Login { refusal: Some(*refusal), ..refused.clone() });
    [fresh, providers, by_domain, by_domain_alone, providers_alone, hinted].into_iter().chain(refused)
}

static PROVIDERS: LazyLock<[LoginProvider<'static>; 2]> = LazyLock::new(|| {
    let provider = |label: &'static str, initial: &str, icon| LoginProvider {
        label,
        icon,
        initial: initial.to_owned(),
        href: "/u/login/connection?state=s&connection=c".to_owned(),
    };
    [provider("Acme", "A", WebUrl::new("https://acme.example/icon.png")), provider("Google", "G", None)]
});

fn onward() -> Onward {
    Onward { href: "/u/login/connection?state=s&connection=c".to_owned() }
}

fn provider_refusals() -> impl Iterator<Item = ProviderRefused<'static>> {
    ProviderRefusal::ALL.iter().flat_map(|&refusal| {
        let bare =
            ProviderRefused { refusal, provider: None, client: with_logo(), back: None, again: None, others: None };
        let full = ProviderRefused {
            provider: Some("Acme"),
            back: back(),
            again: Some("/u/login/connection?state=s&connection=c".to_owned()),
            others: Some("/u/login?state=s".to_owned()),
            ..bare.clone()
        };
        [bare, full]
    })
}

fn signups() -> impl Iterator<Item = Signup<'static>> {
    let fresh = Signup { client: with_logo(), state: "state", csrf: "csrf", email: "", rules: &[], refusals: &[] };
    let typed = Signup { client: without_logo(), email: "ada@example.com", rules: RULES, ..fresh.clone() };
    let refused = Signup { refusals: SignupRefusal::ALL, ..typed.clone() };
    [fresh, typed, refused].into_iter()
}

fn reset_requests() -> impl Iterator<Item = ResetRequest<'static>> {
    let fresh = ResetRequest { client: with_logo(), state: "state", csrf: "csrf", email: "", refusal: None };
    let typed = ResetRequest { client: without_logo(), email: "ada@example.com", ..fresh.clone() };
    let refused =
        ResetRefusal::ALL.iter().map(move |refusal| ResetRequest { refusal: Some(*refusal), ..typed.clone() });
    [fresh].into_iter().chain(refused)
}

fn new_passwords() -> impl Iterator<Item = NewPassword<'static>> {
    let fresh = NewPassword {
        client: Some(with_logo()),
        ticket: "ticket",
        csrf: "csrf",
        name: "ada@example.com",
        rules: &[],
        refusal: None,
    };
    let typed = NewPassword { client: None, rules: RULES, ..fresh.clone() };
    let refused =
        NewPasswordRefusal::ALL.iter().map(move |refusal| NewPassword { refusal: Some(*refusal), ..typed.clone() });
    [fresh].into_iter().chain(refused)
}

fn verifications() -> impl Iterator<Item = VerifyEmail<'static>> {
    let known = VerifyEmail { client: Some(with_logo()), ticket: "ticket", csrf: "csrf", email: "ada@example.com" };
    [VerifyEmail { client: None, ..known.clone() }, known].into_iter()
}

fn ended_links() -> impl Iterator<Item = EndedLink<'static>> {
    let again = Again { action: "/u/reset-verify/again", ticket: "ticket", csrf: "csrf" };
    LinkEnd::ALL.iter().flat_map(move |&why| {
        [
            EndedLink { why, client: Some(with_logo()), back: back(), again: Some(again) },
            EndedLink { why, client: None, back: None, again: None },
        ]
    })
}

fn notices() -> impl Iterator<Item = Notice<'static>> {
    News::ALL.iter().flat_map(|&news| {
        [
            Notice { news, client: Some(without_logo()), back: back(), state: None },
            Notice { news, client: None, back: None, state: Some("state") },
        ]
    })
}

fn errors() -> impl Iterator<Item = ErrorPage<'static>> {
    Problem::ALL.iter().flat_map(|&problem| {
        [
            ErrorPage { problem, client: None, back: None, detail: None },
            ErrorPage { problem, client: None, back: back(), detail: Some("redirect_uri is repeated") },
            ErrorPage { problem, client: Some(without_logo()), back: back(), detail: None },
        ]
    })
}

fn logged_out() -> impl Iterator<Item = LoggedOut<'static>> {
    [
        LoggedOut { client: None, back: None },
        LoggedOut { client: None, back: back() },
        LoggedOut { client: Some(with_logo()), back: back() },
    ]
    .into_iter()
}

fn consents() -> impl Iterator<Item = Consent<'static>> {
    let scope = |value, description| ConsentScope { value, description };
    let known = ConsentScope::KNOWN.map(|value| scope(value, None));
    let of_api = [scope("read:notes", Some("Read your notes")), scope("write:notes", None)];
    let full = Consent {
        client: with_logo(),
        state: "pending",
        csrf: "csrf",
        user: Some("ada@example.com"),
        api: Some("Notes"),
        scopes: [known.as_slice(), &of_api].concat(),
    };
    let empty = Consent { client: without_logo(), user: None, api: None, scopes: Vec::new(), ..full.clone() };
    [full, empty].into_iter()
}

fn logout_confirms() -> impl Iterator<Item = LogoutConfirm<'static>> {
    let fields = vec![("state".to_owned(), "xyz".to_owned())];
    let known = LogoutConfirm { client: Some(without_logo()), user: Some("ada@example.com"), csrf: "csrf", fields };
    let unknown = LogoutConfirm { client: None, user: None, csrf: "csrf", fields: Vec::new() };
    [known, unknown].into_iter()
}

fn form_post() -> FormPost<'static> {
    let fields = [("code", "c0de"), ("state", "xyz"), ("iss", "http://localhost:3000/")];
    FormPost {
        action: WebUrl::new("https://app.example/callback").expect("a web address"),
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}
