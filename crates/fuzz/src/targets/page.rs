//! Names that strangers and tenants chose, on a page: the application's, the tenant's, the person's, and the state.

use url::Url;
use web::pages::{Frame, Login, Page, PageClient, WebUrl};

use super::template::{PAGES, frame, login};

/// Whatever the names are, the page has the same elements and attributes as with harmless ones.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let harmless: String = text.chars().map(|letter| if is_markup(letter) { '-' } else { letter }).collect();
    assert_eq!(elements(&page(text)), elements(&page(&harmless)), "the names have become markup");
    check_address(text);
}

fn is_markup(letter: char) -> bool {
    matches!(letter, '<' | '>' | '&' | '"' | '\'' | '`' | '=' | '/' | '{' | '}' | '%')
}

fn page(names: &str) -> String {
    let mut names = names.split('\n');
    let mut name = || names.next().unwrap_or_default();
    let client = PageClient { name: name(), logo: None };
    let frame = Frame { tenant_name: name(), ..frame() };
    let login = Login { client, username: name(), state: name(), ..login() };
    PAGES.render(&Page::Login(login), &frame).expect("a page of ours")
}

/// The names of elements and attributes, as a browser would find them.
fn elements(html: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = inside(tag, &mut names);
    }
    names
}

/// Reads one tag up to its end, and returns what follows.
fn inside<'a>(tag: &'a str, names: &mut Vec<&'a str>) -> &'a str {
    let mut rest = tag;
    loop {
        let end = rest.find([' ', '\t', '\n', '=', '"', '>']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        names.extend(Some(name).filter(|name| !name.is_empty()));
        let mut letters = after.chars();
        match letters.next() {
            None => return "",
            Some('>') => return letters.as_str(),
            Some('"') => rest = letters.as_str().split_once('"').map_or("", |(_, after)| after),
            Some(_) => rest = letters.as_str(),
        }
    }
}

/// Only addresses of the web become links, as browsers read them.
fn check_address(text: &str) {
    if WebUrl::new(text).is_some() {
        let url = Url::parse(text).expect("an address");
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{url}");
    }
}
