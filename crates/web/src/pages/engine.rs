//! The template engine, with only what a page or a mail needs inside.
//!
//! Operators bring their own templates, so a template is data: it reads the values it is given and the templates we
//! know by name, and nothing else. No loader, no environment, no network; steps and output are bounded.

use std::io;
use std::path::Path;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, filters, tests};

use super::catalogue::Catalogue;

/// Instructions one rendering may take. The largest of ours takes some hundreds.
const FUEL: u64 = 50_000;

/// Bytes one page may have. An authorization response with several tokens in it stays far below.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

fn is_plain_text(template: &str) -> bool {
    Path::new(template).extension().is_some_and(|extension| extension == "txt")
}

/// An engine that speaks one language.
pub(crate) fn engine(locale: &str, catalogue: Catalogue) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_auto_escape_callback(|name| if is_plain_text(name) { AutoEscape::None } else { AutoEscape::Html });
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    // Debug information repeats the values of a page, and those hold tokens.
    engine.set_debug(false);
    engine.add_filter("default", filters::default);
    engine.add_filter("length", filters::length);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("urlencode", filters::urlencode);
    engine.add_test("defined", tests::is_defined);
    engine.add_test("none", tests::is_none);
    engine.add_global("lang", locale.to_owned());
    engine.add_function("t", move |key: &str, arguments: Kwargs| {
        catalogue
            .message(key, |name| argument(&arguments, name))
            .map_err(|reason| Error::new(ErrorKind::InvalidOperation, reason))
    });
    engine
}

fn argument(arguments: &Kwargs, name: &str) -> Option<String> {
    let value: Value = arguments.get(name).ok()?;
    (!value.is_none() && !value.is_undefined()).then(|| value.to_string())
}

/// Renders a page.
pub(crate) fn render(engine: &Environment<'_>, template: &str, context: Value) -> Result<String, Error> {
    let mut page = BoundedPage(Vec::new());
    engine.get_template(template)?.render_captured_to(context, &mut page)?;
    String::from_utf8(page.0).map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
}

struct BoundedPage(Vec<u8>);

impl io::Write for BoundedPage {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_PAGE_BYTES {
            return Err(io::Error::other("the page is larger than 1 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
