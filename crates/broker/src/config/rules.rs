//! What must hold between settings.

use secrecy::ExposeSecret;

use super::values::{DatabaseUrl, Network, SmtpUrl};
use super::{Config, Hashing};

/// Shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

/// A setting and what is wrong with it.
pub(super) type Broken = (&'static str, String);

/// Every rule that is broken, in the order of the settings.
pub(super) fn broken(config: &Config) -> Vec<Broken> {
    let rules: [fn(&Config) -> Option<Broken>; 10] = [
        tls_is_whole,
        tls_means_https,
        not_everybody_is_a_proxy,
        one_master_key,
        postgres_has_a_master_key,
        bootstrap_client_is_whole,
        one_way_for_mails,
        mail_server_is_named_by_a_url,
        mail_server_needs_a_sender,
        hashing_is_possible,
    ];
    rules.iter().filter_map(|rule| rule(config)).chain(bootstrap_secret_is_strong(config)).collect()
}

fn tls_is_whole(config: &Config) -> Option<Broken> {
    match (&config.server.tls.certificate, &config.server.tls.key) {
        (Some(_), None) => Some(("server.tls.certificate", needs("server.tls.key"))),
        (None, Some(_)) => Some(("server.tls.key", needs("server.tls.certificate"))),
        _ => None,
    }
}

fn tls_means_https(config: &Config) -> Option<Broken> {
    let terminates_tls = config.server.tls.certificate.is_some();
    (terminates_tls && !config.server.issuer.is_https()).then(|| {
        let issuer = config.server.issuer.as_str();
        let https = issuer.replacen("http:", "https:", 1);
        ("server.issuer", format!("server.tls is set, so the broker cannot be reached at {issuer}; write {https}"))
    })
}

fn not_everybody_is_a_proxy(config: &Config) -> Option<Broken> {
    let everybody = |network: &&Network| network.0.prefix_len() == 0;
    config.server.trusted_proxies.iter().find(everybody).map(|network| {
        let message = format!("{network} would let everybody claim any address; name the networks of your proxies");
        ("server.trusted_proxies", message)
    })
}

fn one_master_key(config: &Config) -> Option<Broken> {
    let secrets = &config.secrets;
    (secrets.master_key.is_some() && secrets.master_key_file.is_some())
        .then(|| ("secrets.master_key", "secrets.master_key_file is set too; keep one of them".to_owned()))
}

fn postgres_has_a_master_key(config: &Config) -> Option<Broken> {
    let has_key = config.secrets.master_key.is_some() || config.secrets.master_key_file.is_some();
    (matches!(config.database.url, DatabaseUrl::Postgres(_)) && !has_key).then(|| {
        let message = "it is required on Postgres, the same for every node; make one with: openssl rand -base64 32";
        ("secrets.master_key", message.to_owned())
    })
}

fn bootstrap_client_is_whole(config: &Config) -> Option<Broken> {
    let bootstrap = &config.bootstrap;
    let (secret, file) =
        (bootstrap.management_client_secret.is_some(), bootstrap.management_client_secret_file.is_some());
    match &bootstrap.management_client_id {
        _ if secret && file => Some((
            "bootstrap.management_client_secret",
            "bootstrap.management_client_secret_file is set too; keep one of them".to_owned(),
        )),
        Some(id) if id.is_empty() => Some(("bootstrap.management_client_id", "it is empty".to_owned())),
        Some(_) if !secret && !file => {
            Some(("bootstrap.management_client_id", needs("bootstrap.management_client_secret")))
        }
        None if secret || file => Some(("bootstrap.management_client_secret", needs("bootstrap.management_client_id"))),
        _ => None,
    }
}

fn bootstrap_secret_is_strong(config: &Config) -> Option<Broken> {
    let secret = config.bootstrap.management_client_secret.as_ref()?;
    let message = secret_weakness(secret.expose_secret())?;
    Some(("bootstrap.management_client_secret", message))
}

/// Why a secret that stands for every right cannot be used.
pub(crate) fn secret_weakness(secret: &str) -> Option<String> {
    (secret.chars().count() < SHORTEST_SECRET)
        .then(|| format!("it is shorter than {SHORTEST_SECRET} characters; make one with: openssl rand -base64 32"))
}

fn one_way_for_mails(config: &Config) -> Option<Broken> {
    let mail = &config.mail;
    let ways = [
        ("mail.smtp_url", mail.smtp_url.is_some()),
        ("mail.smtp_url_file", mail.smtp_url_file.is_some()),
        ("mail.folder", mail.folder.is_some()),
    ];
    let mut named = ways.iter().filter(|(_, is_set)| *is_set);
    let ((first, _), (second, _)) = (named.next()?, named.next()?);
    Some((first, format!("{second} is set too; keep one of them")))
}

fn mail_server_is_named_by_a_url(config: &Config) -> Option<Broken> {
    let url = config.mail.smtp_url.as_ref()?;
    let malformed = url.expose_secret().parse::<SmtpUrl>().err()?;
    Some(("mail.smtp_url", malformed.to_string()))
}

fn mail_server_needs_a_sender(config: &Config) -> Option<Broken> {
    let mail = &config.mail;
    let key = if mail.smtp_url.is_some() { "mail.smtp_url" } else { "mail.smtp_url_file" };
    let has_server = mail.smtp_url.is_some() || mail.smtp_url_file.is_some();
    (has_server && mail.from.is_none()).then(|| (key, "it needs mail.from".to_owned()))
}

fn hashing_is_possible(config: &Config) -> Option<Broken> {
    config.hashing.parameters().err().map(|message| ("hashing.memory", message))
}

fn needs(other: &str) -> String {
    format!("it needs {other}; set both or neither")
}

impl Hashing {
    /// What the hasher is given, or why it would refuse it.
    pub(crate) fn parameters(&self) -> Result<credentials::password::Parameters, String> {
        let memory = u32::try_from(self.memory.kib()).map_err(|_| "it is more than argon2 can use".to_owned())?;
        credentials::password::Parameters::new(memory, self.iterations.get(), 1).map_err(|error| error.to_string())
    }
}
