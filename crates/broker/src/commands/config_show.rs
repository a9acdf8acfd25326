//! `landbridge config show`.

use crate::config::Loaded;
use crate::secrets::MasterKeySource;

pub(super) fn run(loaded: &Loaded) {
    print!("{}", loaded.effective());
    if let MasterKeySource::Beside(path) = MasterKeySource::of(&loaded.config) {
        println!("# The master key is kept in {}.", path.display());
    }
}
