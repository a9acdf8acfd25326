//! Everything a person sees here: server-rendered pages that need no script, and the files they refer to.
//!
//! The files lie in `ui/pages` and are part of the binary; an operator's folder may replace any of them. All of them
//! are read, parsed and rendered once at the start, so that a page that cannot be shown stops the start and not a
//! sign-in. Start at [`Pages::render`] and [`Page`].

mod assets;
pub(crate) mod catalogue;
mod csp;
pub(crate) mod engine;
mod error;
pub(crate) mod files;
mod link_pages;
mod page;
mod provider;
mod refusal;
mod samples;
#[cfg(test)]
mod tests;
mod web_url;

use std::collections::BTreeMap;
use std::path::PathBuf;

use minijinja::value::Serde;
use minijinja::{Environment, context};

pub use self::assets::Asset;
pub use self::error::PagesError;
pub use self::link_pages::{Again, EndedLink, NewPassword, Notice, ResetRequest, VerifyEmail, password_rules};
pub use self::page::{
    Consent, ConsentScope, ErrorPage, FormPost, Frame, LoggedOut, Login, LogoutConfirm, Page, PageClient, PasswordRule,
    Requirement, Signup,
};
pub use self::provider::{LoginProvider, Onward, ProviderRefused};
pub(crate) use self::provider::{SILENT, departure, silent_departure};
pub use self::refusal::{
    LinkEnd, LoginRefusal, NewPasswordRefusal, News, Problem, ProviderRefusal, ResetRefusal, SignupRefusal,
};
pub use self::web_url::WebUrl;

use self::assets::Assets;
use self::catalogue::Catalogue;
use self::files::PageFiles;

/// The pages, ready to be rendered.
pub struct Pages {
    /// One engine for each language.
    engines: BTreeMap<String, Environment<'static>>,
    /// Where each template lies, for messages.
    origins: BTreeMap<String, String>,
    assets: Assets,
}

impl Pages {
    /// Reads the pages, those of `override_dir` in place of ours of the same name, and renders each of them in each
    /// language with sample values. The error names file and line.
    pub fn new(override_dir: Option<PathBuf>) -> Result<Self, PagesError> {
        let embedded = files::embedded();
        let replaced =
            override_dir.map(|folder| files::overriding(&folder, &embedded)).transpose()?.unwrap_or_default();
        let layers = [&embedded, &replaced];
        let engines = engines(catalogue::read(&embedded, &replaced)?, &layers)?;
        let pages = Pages { engines, origins: origins(&layers), assets: Assets::read(&layers)? };
        pages.try_samples()?;
        Ok(pages)
    }

    /// The page as HTML.
    pub fn render(&self, page: &Page<'_>, frame: &Frame<'_>) -> Result<String, PagesError> {
        let context = context! { page => Serde(page), frame => Serde(frame) };
        engine::render(self.engine(frame.locale), page.template(), context)
            .map_err(|error| PagesError::template(&error, page.template(), |name| self.origin(name)))
    }

    /// The page as HTML, by this text in place of its template. For the fuzz targets, which see public items alone:
    /// what operators bring is a folder.
    #[doc(hidden)]
    pub fn render_by(&self, template: &str, page: &Page<'_>, frame: &Frame<'_>) -> Result<String, PagesError> {
        let mut engine = self.engine(frame.locale).clone();
        let place = |error: &minijinja::Error| PagesError::template(error, page.template(), str::to_owned);
        engine.add_template_owned(page.template(), template.to_owned()).map_err(|error| place(&error))?;
        let context = context! { page => Serde(page), frame => Serde(frame) };
        engine::render(&engine, page.template(), context).map_err(|error| place(&error))
    }

    /// The file served as `/u/assets/{name}`.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.get(name)
    }

    /// Changes with the assets, so that an address which carries it may be cached for good.
    pub fn asset_version(&self) -> &str {
        self.assets.version()
    }

    /// The first of these languages that the pages speak, be it only as its base (`de` for `de-at`); else English.
    pub fn best_locale(&self, wanted: &[String]) -> &str {
        catalogue::best(&self.engines, wanted).0
    }

    fn engine(&self, locale: &str) -> &Environment<'static> {
        let engine = self.engines.get(locale).or_else(|| self.engines.get(catalogue::REFERENCE));
        engine.expect("English is part of the binary")
    }

    fn origin(&self, name: &str) -> String {
        self.origins.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    fn try_samples(&self) -> Result<(), PagesError> {
        let pages = samples::pages();
        for locale in self.engines.keys() {
            pages.iter().try_for_each(|page| self.render(page, &samples::frame(locale)).map(drop))?;
        }
        Ok(())
    }
}

fn engines(
    catalogues: BTreeMap<String, Catalogue>,
    layers: &[&PageFiles],
) -> Result<BTreeMap<String, Environment<'static>>, PagesError> {
    let mut engines = BTreeMap::new();
    for (locale, catalogue) in catalogues {
        let mut engine = engine::engine(&locale, catalogue);
        for (name, file) in templates(layers) {
            engine
                .add_template_owned(name.clone(), file.text()?.to_owned())
                .map_err(|error| PagesError::template(&error, name, |_| file.origin.clone()))?;
        }
        engines.insert(locale, engine);
    }
    Ok(engines)
}

/// The templates; a later layer's replaces an earlier one's.
fn templates<'a>(layers: &[&'a PageFiles]) -> BTreeMap<&'a String, &'a files::PageFile> {
    layers.iter().copied().flatten().filter(|(name, _)| !name.contains('/')).collect()
}

fn origins(layers: &[&PageFiles]) -> BTreeMap<String, String> {
    templates(layers).into_iter().map(|(name, file)| (name.clone(), file.origin.clone())).collect()
}
