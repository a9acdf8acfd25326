//! `landbridge config check`.

use crate::config::Loaded;
use crate::secrets::{bootstrap_secret, master_key, smtp_url};
use crate::wiring;

use super::{Failure, output};

/// Everything that can be known without changing anything and without asking another machine.
pub(super) fn run(loaded: &Loaded) -> Result<(), Failure> {
    let config = &loaded.config;
    wiring::tls_certificate(&config.server.tls)?;
    master_key::find(config)?;
    bootstrap_secret(&config.bootstrap)?;
    smtp_url(&config.mail)?;
    wiring::check_pages(&config.pages)?;
    for warning in loaded.warnings() {
        output::remark(format_args!("warning: {warning}\n"));
    }
    Ok(output::say("The configuration can be used.\n")?)
}
