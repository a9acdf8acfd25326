//! What can be used and should not be left as it is.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::ExposeSecret;

use super::keys::{Catalogue, Setting};
use super::{Hashing, Loaded, RedisUrl, SmtpUrl, Source};

impl Loaded {
    /// A sentence for each.
    pub fn warnings(&self) -> Vec<String> {
        [self.public_file(), self.readable_mails(), self.cheap_hashing(), self.plain_http()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn public_file(&self) -> Option<String> {
        let file = self.layers.file().filter(|path| is_public(path))?;
        let catalogue = Catalogue::new();
        let in_file = |key: &str| matches!(self.layers.source(key), Source::File(_));
        let holds_secret = |setting: &&Setting| setting.is_secret || self.names_password(&setting.key);
        let secret = catalogue.settings.iter().filter(holds_secret).find(|setting| in_file(&setting.key))?;
        let (file, key) = (file.display(), &secret.key);
        Some(format!("{file} holds {key} and can be read by every user of this machine; run: chmod 600 {file}"))
    }

    /// Whether there is a password in an address that is shown without it.
    fn names_password(&self, key: &str) -> bool {
        match key {
            "database.url" => self.config.database.url.has_password(),
            "redis.url" => self.config.redis.url.as_ref().is_some_and(RedisUrl::has_password),
            _ => false,
        }
    }

    fn readable_mails(&self) -> Option<String> {
        let url: SmtpUrl = self.config.mail.smtp_url.as_ref()?.expose_secret().parse().ok()?;
        url.is_readable_by_others().then(|| {
            "mail.smtp_url turns TLS off: whoever can read along on the way to the server can choose new passwords"
                .to_owned()
        })
    }

    fn cheap_hashing(&self) -> Option<String> {
        let (asked, usual) = (&self.config.hashing, Hashing::default());
        let is_cheap = asked.memory < usual.memory || asked.iterations < usual.iterations;
        is_cheap.then(|| {
            format!(
                "hashing costs less than {} and {} iterations: stolen hashes are guessed sooner",
                usual.memory, usual.iterations
            )
        })
    }

    fn plain_http(&self) -> Option<String> {
        let allowed = self.config.outgoing.allow_http;
        allowed.then(|| "outgoing.allow_http is on: passwords may cross the network as they are typed".to_owned())
    }
}

fn is_public(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}
