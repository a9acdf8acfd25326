//! `landbridge config show`.

use crate::config::Loaded;
use crate::secrets::MasterKeySource;

use super::output;

pub(super) fn run(loaded: &Loaded) -> anyhow::Result<()> {
    output::say(loaded.effective())?;
    if let MasterKeySource::Beside(path) = MasterKeySource::of(&loaded.config) {
        output::say(format_args!("# The master key is kept in {}.\n", path.display()))?;
    }
    Ok(())
}
